-- table: coupon_targets
-- severity: warn
-- meaning: ranks count from 1 without gaps
SELECT s.campaign_id, COUNT(*) AS n, MIN(s.rank) AS lowest, MAX(s.rank) AS highest, COUNT(DISTINCT s.rank) AS ranks
FROM {staged} s
GROUP BY s.campaign_id
HAVING MIN(s.rank) <> 1 OR MAX(s.rank) <> COUNT(*) OR COUNT(DISTINCT s.rank) <> COUNT(*)
