-- table: coupon_drops
-- severity: block
-- meaning: no count is negative, no reason stands twice
SELECT s.campaign_id, s.reason, COUNT(*) AS n, MIN(s.customers) AS customers
FROM {staged} s
GROUP BY s.campaign_id, s.reason
HAVING COUNT(*) > 1 OR MIN(s.customers) < 0
