-- Who was put into which arm of a campaign.
-- grain:    campaign_id, customer_id
-- variant:  `control` for those held out; probability of the variant, NULL where it is not known
SELECT campaign_id, customer_id, variant, assigned_at, probability
FROM assignments
