-- Orders to suppliers that had not arrived by the close of :as_of: what was ordered less what was cancelled and received, line by line.
-- What came of several lines of one order for one product is counted to those due first; a line below 0 cancels what is due last.
-- grain:    one row per order line
-- units:    quantity in thousandths of a unit
-- A column of order numbers may be left out: then no order can be named, and receipts close the orders of their own order day.
SELECT
    product_id, location_id, ROUND(outstanding * 1000) AS quantity, due_on, ordered_on, order_number,
    ROUND((ordered - outstanding) * 1000) AS received
FROM (
    SELECT
        product_id, location_id, due_on, ordered_on, order_number, ordered,
        CASE
            WHEN before_it + ordered - received <= 0 THEN 0
            WHEN before_it + ordered - received < ordered THEN before_it + ordered - received
            ELSE ordered
        END AS outstanding
    FROM (
        SELECT
            o.product_id, o.location_id, o.due_on, o.ordered_on, o.order_number, o.before_it,
            CASE
                WHEN o.net - o.before_it <= 0 THEN 0
                WHEN o.net - o.before_it < o.quantity THEN o.net - o.before_it
                ELSE o.quantity
            END AS ordered,
            COALESCE(d.received, 0) + COALESCE(u.received, 0)
                + CASE WHEN o.first_location = o.last_location THEN COALESCE(w.received, 0) ELSE 0 END AS received
        FROM (
            SELECT
                order_number, product_id, location_id, quantity, due_on, ordered_on,
                SUM(CASE WHEN quantity > 0 THEN quantity ELSE 0 END) OVER (
                    PARTITION BY order_number, product_id, location_id, CASE WHEN order_number IS NULL THEN ordered_on END
                    ORDER BY due_on, ordered_on, quantity ROWS UNBOUNDED PRECEDING
                ) - quantity AS before_it,
                SUM(quantity) OVER (
                    PARTITION BY order_number, product_id, location_id, CASE WHEN order_number IS NULL THEN ordered_on END
                ) AS net,
                MIN(location_id) OVER (PARTITION BY order_number, product_id) AS first_location,
                MAX(location_id) OVER (PARTITION BY order_number, product_id) AS last_location
            FROM purchase_orders
            WHERE ordered_on <= :as_of
        ) o
        LEFT JOIN (
            SELECT order_number, product_id, location_id, SUM(quantity) AS received
            FROM deliveries
            WHERE received_on <= :as_of AND location_id IS NOT NULL
            GROUP BY order_number, product_id, location_id
        ) d ON d.order_number = o.order_number AND d.product_id = o.product_id AND d.location_id = o.location_id
        LEFT JOIN (
            SELECT order_number, product_id, SUM(quantity) AS received
            FROM deliveries
            WHERE received_on <= :as_of AND location_id IS NULL
            GROUP BY order_number, product_id
        ) w ON w.order_number = o.order_number AND w.product_id = o.product_id
        LEFT JOIN (
            SELECT product_id, location_id, ordered_on, SUM(quantity) AS received
            FROM deliveries
            WHERE received_on <= :as_of AND order_number IS NULL
            GROUP BY product_id, location_id, ordered_on
        ) u ON o.order_number IS NULL AND u.product_id = o.product_id AND u.location_id = o.location_id
            AND u.ordered_on = o.ordered_on
        WHERE o.quantity > 0
    ) counted
) open_lines
WHERE outstanding > 0
