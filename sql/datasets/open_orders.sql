-- Orders to suppliers that had not arrived by the close of :as_of.
-- grain:    one row per order line
-- units:    quantity in thousandths of a unit
SELECT o.product_id, o.location_id, o.quantity * 1000 AS quantity, o.due_on, o.ordered_on
FROM purchase_orders o
LEFT JOIN deliveries d
    ON d.order_number = o.order_number
    AND d.product_id = o.product_id
    AND d.location_id = o.location_id
    AND d.received_on <= :as_of
WHERE o.ordered_on <= :as_of AND d.order_number IS NULL
