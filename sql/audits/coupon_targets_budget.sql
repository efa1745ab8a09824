-- table: coupon_targets
-- severity: block
-- meaning: the list is not expected to cost more than its budget (half a cent is rounding)
SELECT s.campaign_id, SUM(s.expected_cost) AS expected_cost, MIN(c.budget) AS budget
FROM {staged} s
JOIN staged_coupon_campaigns c ON c.run_id = s.run_id AND c.campaign_id = s.campaign_id
GROUP BY s.campaign_id
HAVING SUM(s.expected_cost) > MIN(c.budget) + 0.005
