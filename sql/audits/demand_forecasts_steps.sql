-- table: demand_forecasts
-- severity: block
-- meaning: every node has every day of the horizon, from step 1 on
SELECT s.level, s.node, COUNT(*) AS steps, MIN(s.step) AS first_step, MAX(s.step) AS last_step
FROM {staged} s
GROUP BY s.level, s.node
HAVING MIN(s.step) <> 1
    OR COUNT(*) <> MAX(s.step)
    OR MAX(s.step) <> (SELECT MAX(a.step) FROM {staged} a)
