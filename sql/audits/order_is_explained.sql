-- table: inventory_recommendations
-- severity: block
-- meaning: every recommendation has an explanation
SELECT s.recommendation_id, s.product_id, s.location_id
FROM {staged} s
LEFT JOIN staged_inventory_explanations e ON e.recommendation_id = s.recommendation_id AND e.run_id = s.run_id
WHERE e.recommendation_id IS NULL
