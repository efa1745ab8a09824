-- The campaigns. Our own coupon lists are added to them by themselves.
-- grain:    campaign_id
-- units:    contact_cost and budget in minor currency units
-- randomised: whether chance decided who got it; only then can a return be computed
SELECT
    campaign_id, name, kind, starts_on, ends_on, randomised, contact_cost, offer_id, budget, primary_metric
FROM campaigns
WHERE starts_on <= :as_of
