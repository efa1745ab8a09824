-- table: association_rules
-- severity: block
-- meaning: a rule with lift of 1 or less, a lower bound above its lift, or a p or q value outside 0 to 1 is no rule
SELECT s.level, s.antecedent, s.consequent, s.lift, s.lift_lower, s.p_value, s.q_value
FROM {staged} s
WHERE s.lift <= 1 OR s.lift_lower > s.lift OR s.p_value < 0 OR s.q_value < s.p_value OR s.q_value > 1
