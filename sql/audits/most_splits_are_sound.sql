-- table: campaign_lift
-- severity: warn
-- meaning: arms of these campaigns are not of the planned sizes; look for customers lost between the list and the send
SELECT s.campaign_id, s.arm, s.n_treated, s.n_control, s.sample_ratio_p
FROM {staged} s
WHERE s.primary_metric AND s.sample_ratio_p < 0.001
