-- table: inventory_recommendations
-- severity: block
-- meaning: the order-up-to level is expected demand plus safety stock, and demand is never below zero
SELECT s.recommendation_id, s.product_id, s.location_id, s.expected_demand, s.safety_stock, s.order_up_to
FROM {staged} s
WHERE s.expected_demand < 0 OR s.order_up_to < 0 OR ABS(s.expected_demand + s.safety_stock - s.order_up_to) > 0.001
