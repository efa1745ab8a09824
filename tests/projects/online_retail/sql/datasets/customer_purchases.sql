-- What each customer with a number bought per day. A quarter of the lines name none.
-- Grain: customer_id, sold_on, product_id.
SELECT DISTINCT customer_id, ordered_on AS sold_on, product_id
FROM {order_lines}
WHERE customer_id IS NOT NULL AND quantity > 0
