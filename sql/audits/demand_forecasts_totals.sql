-- table: demand_forecasts
-- severity: block
-- meaning: the demand of the days up to a step never falls from step to step
SELECT s.level, s.node, s.step
FROM {staged} s
JOIN {staged} b ON b.level = s.level AND b.node = s.node AND b.step = s.step - 1
WHERE s.total_mean < b.total_mean * (1 - 1e-9)
    OR s.total_p05 < b.total_p05 OR s.total_p10 < b.total_p10 OR s.total_p25 < b.total_p25 OR s.total_p50 < b.total_p50
    OR s.total_p75 < b.total_p75 OR s.total_p90 < b.total_p90 OR s.total_p95 < b.total_p95 OR s.total_p99 < b.total_p99
