-- table: inventory_explanations
-- severity: block
-- meaning: the running total of a step is the one before it plus its own quantity
SELECT s.recommendation_id, s.step_no, s.quantity, s.running
FROM {staged} s
LEFT JOIN staged_inventory_explanations p
  ON p.recommendation_id = s.recommendation_id AND p.run_id = s.run_id AND p.step_no = s.step_no - 1
WHERE ABS(s.running - COALESCE(p.running, 0) - s.quantity) > 0.0005
