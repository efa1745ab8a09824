-- table: coupon_targets
-- severity: block
-- meaning: everyone on the list was assigned to treatment; nobody who is held out is on it
SELECT s.campaign_id, s.customer_id, a.variant
FROM {staged} s
LEFT JOIN staged_coupon_assignments a
    ON a.run_id = s.run_id AND a.campaign_id = s.campaign_id AND a.customer_id = s.customer_id
WHERE a.variant IS NULL OR a.variant <> 'treatment'
