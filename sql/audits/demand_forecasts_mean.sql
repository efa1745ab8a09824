-- table: demand_forecasts
-- severity: block
-- meaning: expected demand is never negative
SELECT level, node, period_start, mean, total_mean
FROM {staged}
WHERE run_id = :run_id AND (mean < 0 OR total_mean < 0)
