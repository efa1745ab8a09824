-- The campaigns of the one-year tables.
-- Grain: campaign_id.
-- kind: Type A sends each household 16 coupons of a larger set, B and C send all of them.
-- Mailing was targeted: mailed households spent about twice as much before the campaigns began. Hence randomised is
-- false, and every difference after it is an association.
SELECT
    CAST(campaign_id AS TEXT) AS campaign_id,
    'Campaign ' || CAST(campaign_id AS TEXT) || ' (' || campaign_type || ')' AS name,
    'coupon' AS kind,
    start_date AS starts_on,
    end_date AS ends_on,
    (1 = 0) AS randomised,
    'spend_28_days' AS primary_metric
FROM complete_journey_campaign_descriptions
