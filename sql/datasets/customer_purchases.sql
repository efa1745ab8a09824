-- What each known customer bought per day. Derived from order_lines.sql. Delete this file if your order lines are a sample or
-- hardly any name their customer: what is bought next needs whole histories.
-- grain:    customer_id, sold_on, product_id
SELECT DISTINCT customer_id, ordered_on AS sold_on, product_id
FROM {order_lines}
WHERE customer_id IS NOT NULL AND quantity > 0
