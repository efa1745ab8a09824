-- Who was mailed which campaign.
-- Grain: campaign_id, customer_id.
-- The probability of being mailed is not known, nor is the day of the decision: NULL. Nobody was held out, so there is
-- no control; households without a row were not chosen.
SELECT
    CAST(campaign_id AS TEXT) AS campaign_id,
    CAST(household_id AS TEXT) AS customer_id,
    'treatment' AS variant
FROM complete_journey_campaigns
