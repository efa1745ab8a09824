-- table: coupon_targets
-- severity: block
-- meaning: there is time to send, it lies after the as-of date, and no coupon costs less than nothing
SELECT campaign_id, customer_id, send_after, send_before, expected_cost
FROM {staged} s
WHERE (send_after <= as_of OR send_before < send_after OR expected_cost < 0)
