-- What each order contained. Derived from order_lines.sql. Delete this file if your order lines are a sample:
-- rules need whole baskets.
-- grain:    order_id, product_id
-- units:    quantity in thousandths of a unit, net_amount in minor currency units
SELECT
    order_id,
    MIN(ordered_on) AS sold_on,
    product_id,
    SUM(quantity) AS quantity,
    SUM(net_amount) AS net_amount
FROM {order_lines}
WHERE quantity > 0
GROUP BY order_id, product_id
