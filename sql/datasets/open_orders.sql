-- Orders to suppliers that had not arrived by the close of :as_of: what was ordered less what was received, line by line. What came
-- of several lines of one order for one product is counted to those due first.
-- grain:    one row per order line
-- units:    quantity in thousandths of a unit
-- A column of order numbers may be left out; without them no order can be named.
SELECT
    product_id, location_id, ROUND(outstanding * 1000) AS quantity, due_on, ordered_on, order_number,
    ROUND((quantity - outstanding) * 1000) AS received
FROM (
    SELECT
        o.product_id, o.location_id, o.due_on, o.ordered_on, o.order_number, o.quantity,
        CASE
            WHEN o.ordered_so_far - COALESCE(d.received, 0) < o.quantity THEN o.ordered_so_far - COALESCE(d.received, 0)
            ELSE o.quantity
        END AS outstanding
    FROM (
        SELECT
            order_number, product_id, location_id, quantity, due_on, ordered_on,
            SUM(quantity) OVER (
                PARTITION BY order_number, product_id, location_id
                ORDER BY due_on, ordered_on, quantity ROWS UNBOUNDED PRECEDING
            ) AS ordered_so_far
        FROM purchase_orders
        WHERE ordered_on <= :as_of
    ) o
    LEFT JOIN (
        SELECT order_number, product_id, location_id, SUM(quantity) AS received
        FROM deliveries
        WHERE received_on <= :as_of
        GROUP BY order_number, product_id, location_id
    ) d ON d.order_number = o.order_number AND d.product_id = o.product_id AND d.location_id = o.location_id
) open_lines
WHERE outstanding > 0
