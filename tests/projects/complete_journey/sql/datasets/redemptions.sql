-- Coupons used; complete, not sampled.
-- Grain: none, a household may redeem several coupons on a day.
-- The source gives a day only. Noon UTC stands for it: it lies within that day on US Eastern time.
-- What was given away per coupon is not recorded.
SELECT
    CAST(campaign_id AS TEXT) AS campaign_id,
    CAST(household_id AS TEXT) AS customer_id,
    CAST(redemption_date AS TEXT) || 'T12:00:00Z' AS redeemed_at
FROM complete_journey_coupon_redemptions
