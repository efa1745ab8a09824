-- table: coupon_assignments
-- severity: block
-- meaning: everyone assigned to treatment is on the list, or the next campaign score would count customers who got nothing
SELECT s.campaign_id, s.customer_id
FROM {staged} s
LEFT JOIN staged_coupon_targets t
    ON t.run_id = s.run_id AND t.campaign_id = s.campaign_id AND t.customer_id = s.customer_id
WHERE s.variant = 'treatment' AND t.customer_id IS NULL
