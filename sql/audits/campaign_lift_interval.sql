-- table: campaign_lift
-- severity: block
-- meaning: an interval contains its estimate, and no window ends after the as-of date
SELECT campaign_id, arm, metric, difference, lower, upper, net_value, net_lower, net_upper, window_to
FROM {staged}
WHERE run_id = :run_id
  AND (difference < lower OR difference > upper OR net_value < net_lower OR net_value > net_upper OR window_to > as_of)
