-- table: demand_forecasts
-- severity: block
-- meaning: quantiles do not cross, neither of a day nor of the days up to it
SELECT s.level, s.node, s.period_start
FROM {staged} s
WHERE NOT (
    s.p05 >= 0 AND s.p05 <= s.p10 AND s.p10 <= s.p25 AND s.p25 <= s.p50
    AND s.p50 <= s.p75 AND s.p75 <= s.p90 AND s.p90 <= s.p95 AND s.p95 <= s.p99
    AND s.total_p05 >= 0 AND s.total_p05 <= s.total_p10 AND s.total_p10 <= s.total_p25 AND s.total_p25 <= s.total_p50
    AND s.total_p50 <= s.total_p75 AND s.total_p75 <= s.total_p90 AND s.total_p90 <= s.total_p95
    AND s.total_p95 <= s.total_p99
)
