-- Deliveries received: where lead times come from.
-- grain:    one row per delivery line
-- units:    quantity in thousandths of a unit
SELECT supplier_id, product_id, location_id, ordered_on, received_on, ROUND(quantity * 1000) AS quantity
FROM deliveries
WHERE received_on <= :as_of
