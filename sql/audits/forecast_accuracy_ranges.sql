-- table: forecast_accuracy
-- severity: block
-- meaning: errors are not negative, shares lie between 0 and 1, and scored days are counted
SELECT s.basis, s.forecast_as_of, s.level, s.node
FROM {staged} s
WHERE s.n_periods < 0 OR s.wape < 0 OR s.naive_wape < 0 OR s.mase < 0 OR s.rmsse < 0 OR s.pinball < 0
    OR s.coverage_80 < 0 OR s.coverage_80 > 1 OR s.coverage_90 < s.coverage_80 OR s.coverage_90 > 1
    OR (s.n_periods = 0 AND s.wape IS NOT NULL)
