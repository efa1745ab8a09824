-- Sales per day, product and location. Derived: {order_lines} stands for the query in order_lines.sql.
-- grain:    sold_on, product_id, location_id
-- units:    quantities in thousandths of a unit, returns apart and positive; net_amount of the sold lines
SELECT
    ordered_on AS sold_on,
    product_id,
    COALESCE(location_id, 'all') AS location_id,
    SUM(CASE WHEN quantity > 0 THEN quantity ELSE 0 END) AS quantity,
    SUM(CASE WHEN quantity < 0 THEN -quantity ELSE 0 END) AS returned_quantity,
    SUM(CASE WHEN quantity > 0 THEN net_amount ELSE 0 END) AS net_amount,
    COUNT(DISTINCT order_id) AS orders
FROM {order_lines}
GROUP BY ordered_on, product_id, COALESCE(location_id, 'all')
