-- Deliveries received: where lead times come from.
-- grain:    one row per delivery line
-- units:    quantity in thousandths of a unit
-- The order number tells a rest that came later from one that never does; without it every rest counts as on its way.
SELECT supplier_id, product_id, location_id, ordered_on, received_on, ROUND(quantity * 1000) AS quantity, order_number
FROM deliveries
WHERE received_on <= :as_of
