-- The suppliers.
-- grain:    supplier_id
-- units:    lead_time_days from order to arrival; order_weekdays such as `mon,thu`, NULL for every day;
--           min_order_value in minor currency units
SELECT supplier_id, name, lead_time_days, order_weekdays, min_order_value
FROM suppliers
