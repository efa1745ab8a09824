-- table: association_rules
-- severity: block
-- meaning: support and confidence are shares, and no count may exceed the one it is part of
SELECT s.level, s.antecedent, s.consequent, s.n_baskets, s.n_antecedent, s.n_consequent, s.n_both
FROM {staged} s
WHERE s.support <= 0 OR s.support > 1 OR s.confidence <= 0 OR s.confidence > 1
   OR s.n_both > s.n_antecedent OR s.n_both > s.n_consequent
   OR s.n_antecedent > s.n_baskets OR s.n_consequent > s.n_baskets OR s.n_both < 1
