-- What each known customer bought per day. Derived from order_lines.sql.
-- grain:    customer_id, sold_on
-- units:    net_amount in minor currency units, returns deducted
SELECT
    customer_id,
    ordered_on AS sold_on,
    COUNT(DISTINCT CASE WHEN quantity > 0 THEN order_id END) AS orders,
    SUM(net_amount) AS net_amount,
    COUNT(DISTINCT CASE WHEN coupon_id IS NOT NULL THEN order_id END) AS coupon_orders
FROM {order_lines}
WHERE customer_id IS NOT NULL
GROUP BY customer_id, ordered_on
