-- table: coupon_assignments
-- severity: block
-- meaning: everyone in a list was put into an arm by chance
SELECT campaign_id, customer_id, variant, probability
FROM {staged} s
WHERE (variant NOT IN ('treatment', 'control') OR probability <= 0 OR probability > 1)
