-- table: campaign_lift
-- severity: block
-- meaning: nothing is said to have paid or lost unless chance decided who got it
SELECT campaign_id, arm, metric, grade, verdict
FROM {staged}
WHERE run_id = :run_id
  AND verdict IN ('paid', 'lost') AND grade <> 'randomised'
