-- table: demand_forecasts
-- severity: block
-- meaning: expected demand is never negative
SELECT s.level, s.node, s.period_start, s.mean, s.total_mean
FROM {staged} s
WHERE s.mean < 0 OR s.total_mean < 0
