-- table: inventory_recommendations
-- severity: block
-- meaning: an order is never below zero
SELECT s.recommendation_id, s.product_id, s.location_id, s.order_quantity
FROM {staged} s
WHERE s.order_quantity < 0
