-- Sales per day, product and location, for forecasting.
-- Grain: sold_on, product_id, location_id.
-- Units: quantities in thousandths of a unit, net_amount in pence of the sold lines.
-- There is one location only.
SELECT
    ordered_on AS sold_on,
    product_id,
    'all' AS location_id,
    CAST(SUM(CASE WHEN quantity > 0 THEN quantity ELSE 0 END) AS BIGINT) AS quantity,
    CAST(SUM(CASE WHEN quantity < 0 THEN -quantity ELSE 0 END) AS BIGINT) AS returned_quantity,
    CAST(SUM(CASE WHEN quantity > 0 THEN net_amount ELSE 0 END) AS BIGINT) AS net_amount,
    CAST(COUNT(DISTINCT CASE WHEN quantity > 0 THEN order_id END) AS BIGINT) AS orders
FROM {order_lines}
GROUP BY ordered_on, product_id
