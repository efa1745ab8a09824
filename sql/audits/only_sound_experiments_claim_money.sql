-- table: campaign_lift
-- severity: block
-- meaning: money may be claimed only where chance decided and the split is sound
SELECT s.campaign_id, s.arm, s.metric, s.grade, s.verdict, s.net_value, s.return_on_spend
FROM {staged} s
WHERE (s.grade <> 'randomised' AND (s.net_value IS NOT NULL OR s.return_on_spend IS NOT NULL OR s.verdict IN ('paid', 'lost')))
   OR (s.verdict = 'broken_split' AND (s.net_value IS NOT NULL OR s.return_on_spend IS NOT NULL))
   OR (s.verdict IN ('paid', 'lost') AND NOT s.complete)
