-- table: inventory_explanations
-- severity: block
-- meaning: every explanation belongs to a recommendation of the same run
SELECT s.recommendation_id, s.step_no
FROM {staged} s
LEFT JOIN staged_inventory_recommendations r ON r.recommendation_id = s.recommendation_id AND r.run_id = s.run_id
WHERE r.recommendation_id IS NULL
