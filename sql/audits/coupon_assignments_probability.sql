-- table: coupon_assignments
-- severity: block
-- meaning: everyone in a list was put into an arm by chance
SELECT campaign_id, customer_id, variant, probability
FROM {staged}
WHERE run_id = :run_id
  AND (variant NOT IN ('treatment', 'control') OR probability <= 0 OR probability > 1)
