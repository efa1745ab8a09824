-- table: coupon_assignments
-- severity: block
-- meaning: a customer is in one arm of a campaign, once
SELECT s.campaign_id, s.customer_id, COUNT(*) AS n
FROM {staged} s
GROUP BY s.campaign_id, s.customer_id
HAVING COUNT(*) > 1
