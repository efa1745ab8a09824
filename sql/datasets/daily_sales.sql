-- Sales per day, product and location. Derived: {order_lines} stands for the query in order_lines.sql.
-- grain:    sold_on, product_id, location_id
-- units:    quantities in thousandths of a unit, returns apart and positive; net_amount of the sold lines
SELECT
    ordered_on AS sold_on,
    product_id,
    COALESCE(location_id, 'all') AS location_id,
    CAST(SUM(CASE WHEN quantity > 0 THEN quantity ELSE 0 END) AS BIGINT) AS quantity,
    CAST(SUM(CASE WHEN quantity < 0 THEN -quantity ELSE 0 END) AS BIGINT) AS returned_quantity,
    CAST(SUM(CASE WHEN quantity > 0 THEN net_amount ELSE 0 END) AS BIGINT) AS net_amount,
    CAST(COUNT(DISTINCT order_id) AS BIGINT) AS orders
FROM {order_lines}
GROUP BY ordered_on, product_id, COALESCE(location_id, 'all')
