-- table: inventory_recommendations
-- severity: block
-- meaning: an order is placed after the as-of day, arrives no earlier than it is placed, and covers the days until the next one can arrive
SELECT s.recommendation_id, s.as_of, s.order_on, s.arrives_on, s.covers_until, s.protection_days
FROM {staged} s
WHERE s.order_on <= s.as_of OR s.arrives_on < s.order_on OR s.covers_until < s.arrives_on OR s.protection_days < 1
