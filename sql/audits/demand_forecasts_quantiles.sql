-- table: demand_forecasts
-- severity: block
-- meaning: quantiles do not cross, of a day nor of the days up to it
SELECT level, node, period_start
FROM {staged}
WHERE run_id = :run_id
  AND NOT (
    p05 >= 0 AND p05 <= p10 AND p10 <= p25 AND p25 <= p50 AND p50 <= p75 AND p75 <= p90 AND p90 <= p95 AND p95 <= p99
    AND total_p05 >= 0 AND total_p05 <= total_p10 AND total_p10 <= total_p25 AND total_p25 <= total_p50
    AND total_p50 <= total_p75 AND total_p75 <= total_p90 AND total_p90 <= total_p95 AND total_p95 <= total_p99
  )
