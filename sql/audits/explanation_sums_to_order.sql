-- table: inventory_explanations
-- severity: block
-- meaning: the steps of a recommendation sum exactly to its order
SELECT s.recommendation_id, r.order_quantity, SUM(s.quantity) AS explained
FROM {staged} s
JOIN staged_inventory_recommendations r ON r.recommendation_id = s.recommendation_id AND r.run_id = s.run_id
GROUP BY s.recommendation_id, r.order_quantity
HAVING ABS(SUM(s.quantity) - r.order_quantity) > 0.0005
