-- table: inventory_explanations
-- severity: block
-- meaning: the running total of an explanation is the sum of its steps
SELECT e.recommendation_id, SUM(e.quantity) AS total, MAX(CASE WHEN e.step_no = l.last_no THEN e.running END) AS running
FROM {staged} AS e
JOIN (
    SELECT recommendation_id, MAX(step_no) AS last_no
    FROM {staged}
    WHERE run_id = :run_id
    GROUP BY recommendation_id
) AS l ON l.recommendation_id = e.recommendation_id
WHERE e.run_id = :run_id
GROUP BY e.recommendation_id
HAVING SUM(e.quantity) <> MAX(CASE WHEN e.step_no = l.last_no THEN e.running END)
