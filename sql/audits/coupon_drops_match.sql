-- table: coupon_drops
-- severity: block
-- meaning: as many customers are counted as targeted and as held out as there are in the list's arms
SELECT s.campaign_id, s.reason, s.customers
FROM {staged} s
WHERE s.reason IN ('targeted', 'held_out')
  AND s.customers <> (
    SELECT COUNT(*)
    FROM staged_coupon_assignments a
    WHERE a.run_id = s.run_id AND a.campaign_id = s.campaign_id
      AND a.variant = CASE WHEN s.reason = 'targeted' THEN 'treatment' ELSE 'control' END
  )
