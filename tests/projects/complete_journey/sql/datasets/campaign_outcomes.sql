-- Spend around each campaign, of mailed and of other households, from the full transactions.
-- Grain: campaign_id, customer_id, metric.
-- Units: cents; `spend_28_days` is the spend in the first 28 days of the campaign (each runs longer), `before` the spend
-- in the 28 days before it.
-- The source numbers the 30 campaigns of two years: 1 to 23 are the same, 27 to 30 are 24 to 27 here, 24 to 26 are not in
-- the one-year tables. Campaigns from 2017-12-05 on are left out: their 28 days end after the as-of date.
-- Redemptions are no outcome here: only mailed households can redeem, so their difference says nothing.
SELECT
    CAST(c.campaign_id AS TEXT) AS campaign_id,
    CAST(s.household_key AS TEXT) AS customer_id,
    'spend_28_days' AS metric,
    CAST(ROUND(s.post_spend * 100) AS BIGINT) AS value,
    CAST(ROUND(s.pre_spend * 100) AS BIGINT) AS before
FROM complete_journey_household_campaign_spend AS s
JOIN complete_journey_campaign_descriptions AS c
    ON c.campaign_id = CASE WHEN s.campaign >= 27 THEN s.campaign - 3 WHEN s.campaign <= 23 THEN s.campaign END
WHERE c.start_date <= '2017-12-04'
