-- Coupons used.
-- grain:    one row per redemption
-- units:    amount given away, in minor currency units
SELECT campaign_id, customer_id, redeemed_at, amount
FROM redemptions
