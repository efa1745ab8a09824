-- table: inventory_recommendations
-- severity: block
-- meaning: demand that is never negative exceeds 1 / (1 - service level) times its mean too rarely to count (Markov), so an order-up-to level far beyond that rests on a forecast gone astray
SELECT s.recommendation_id, s.product_id, s.location_id, s.order_up_to, s.expected_demand, s.service_level
FROM {staged} s
WHERE s.order_up_to * (1.0 - s.service_level) > 2.0 * s.expected_demand + 5.0
