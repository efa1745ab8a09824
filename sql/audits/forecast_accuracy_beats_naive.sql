-- table: forecast_accuracy
-- severity: warn
-- meaning: as a whole, a level is not forecast worse than by repeating last week
SELECT s.basis, s.forecast_as_of, s.level, s.wape, s.naive_wape
FROM {staged} s
WHERE s.node = 'all' AND s.wape > s.naive_wape
