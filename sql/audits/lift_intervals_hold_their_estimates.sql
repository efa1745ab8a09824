-- table: campaign_lift
-- severity: block
-- meaning: an estimate outside its own interval, or a p value outside 0 to 1, means that columns were mixed up
SELECT s.campaign_id, s.arm, s.metric, s.lower, s.difference, s.upper, s.net_lower, s.net_value, s.net_upper
FROM {staged} s
WHERE s.lower > s.difference OR s.difference > s.upper
   OR s.net_lower > s.net_value OR s.net_value > s.net_upper
   OR s.relative_lower > s.relative_lift OR s.relative_lift > s.relative_upper
   OR s.p_value < 0 OR s.p_value > 1 OR s.p_adjusted < s.p_value OR s.p_adjusted > 1
   OR s.window_from > s.window_to
