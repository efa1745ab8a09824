-- table: demand_forecasts
-- severity: block
-- meaning: the demand of the days up to a step never falls from step to step
SELECT d.level, d.node, d.step
FROM (
    SELECT
        s.*,
        LAG(s.total_mean) OVER w AS mean_before,
        LAG(s.total_p05) OVER w AS p05_before,
        LAG(s.total_p10) OVER w AS p10_before,
        LAG(s.total_p25) OVER w AS p25_before,
        LAG(s.total_p50) OVER w AS p50_before,
        LAG(s.total_p75) OVER w AS p75_before,
        LAG(s.total_p90) OVER w AS p90_before,
        LAG(s.total_p95) OVER w AS p95_before,
        LAG(s.total_p99) OVER w AS p99_before
    FROM {staged} s
    WINDOW w AS (PARTITION BY s.level, s.node ORDER BY s.step)
) d
WHERE d.total_mean < d.mean_before * (1 - 1e-9)
    OR d.total_p05 < d.p05_before OR d.total_p10 < d.p10_before OR d.total_p25 < d.p25_before
    OR d.total_p50 < d.p50_before OR d.total_p75 < d.p75_before OR d.total_p90 < d.p90_before
    OR d.total_p95 < d.p95_before OR d.total_p99 < d.p99_before
