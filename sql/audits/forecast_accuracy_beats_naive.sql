-- table: forecast_accuracy
-- severity: warn
-- meaning: as a whole, no level is forecast worse than by repeating last week: in backtest, and clearly in weeks that came true
SELECT s.basis, s.forecast_as_of, s.level, s.wape, s.naive_wape
FROM {staged} s
WHERE s.node = 'all' AND (
    s.basis = 'backtest' AND s.wape > s.naive_wape
    -- A day or a week is lost by chance now and then, two weeks by a fifth, three and more by a tenth hardly ever.
    OR s.basis = 'published' AND s.wape > 1.1 * s.naive_wape AND EXISTS (
        SELECT 1 FROM {staged} t
        WHERE t.basis = s.basis AND t.forecast_as_of = s.forecast_as_of AND t.level = 'total' AND t.node = 'all'
            AND (t.n_periods >= 20 OR t.n_periods >= 12 AND s.wape > 1.25 * s.naive_wape)
    )
)
