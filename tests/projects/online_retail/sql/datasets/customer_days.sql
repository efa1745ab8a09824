-- What each known customer bought per day; guests are left out.
-- Grain: customer_id, sold_on.
-- Units: net_amount in pence, returns deducted. No offers are recorded, so coupon_orders is 0.
SELECT
    customer_id,
    ordered_on AS sold_on,
    CAST(COUNT(DISTINCT CASE WHEN quantity > 0 THEN order_id END) AS BIGINT) AS orders,
    CAST(SUM(net_amount) AS BIGINT) AS net_amount,
    CAST(0 AS BIGINT) AS coupon_orders
FROM {order_lines}
WHERE customer_id IS NOT NULL
GROUP BY customer_id, ordered_on
