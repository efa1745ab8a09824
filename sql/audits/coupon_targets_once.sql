-- table: coupon_targets
-- severity: block
-- meaning: a customer gets one offer, and no key is used twice
SELECT customer_id AS repeated, COUNT(*) AS n
FROM {staged} s
GROUP BY customer_id
HAVING COUNT(*) > 1
UNION ALL
SELECT idempotency_key AS repeated, COUNT(*) AS n
FROM {staged} s
GROUP BY idempotency_key
HAVING COUNT(*) > 1
