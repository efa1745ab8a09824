-- table: inventory_recommendations
-- severity: block
-- meaning: an order is placed after the as-of date, arrives after it is placed and covers the time after it arrives
SELECT product_id, location_id, order_on, arrives_on, covers_until
FROM {staged}
WHERE run_id = :run_id
  AND (order_on <= as_of OR arrives_on < order_on OR covers_until < arrives_on)
