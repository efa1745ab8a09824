-- table: association_rules
-- severity: block
-- meaning: counts fit each other, shares are shares, and the bound of lift is not above lift
SELECT level, antecedent, consequent
FROM {staged}
WHERE run_id = :run_id
  AND NOT (
    n_both > 0 AND n_both <= n_antecedent AND n_both <= n_consequent
    AND n_antecedent <= n_baskets AND n_consequent <= n_baskets
    AND support > 0 AND support <= 1 AND confidence > 0 AND confidence <= 1
    AND lift > 0 AND lift_lower <= lift
    AND p_value >= 0 AND p_value <= 1 AND q_value >= 0 AND q_value <= 1
  )
