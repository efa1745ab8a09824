-- The sold lines of each invoice, for basket rules. Baskets are complete.
-- Grain: order_id, product_id.
-- Units: quantity in thousandths of a unit, net_amount in pence.
SELECT
    order_id,
    MIN(ordered_on) AS sold_on,
    product_id,
    CAST(SUM(quantity) AS BIGINT) AS quantity,
    CAST(SUM(net_amount) AS BIGINT) AS net_amount
FROM {order_lines}
WHERE quantity > 0
GROUP BY order_id, product_id
