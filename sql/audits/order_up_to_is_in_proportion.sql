-- table: inventory_recommendations
-- severity: block
-- meaning: demand that is never negative exceeds 1 / (1 - service level) times its mean too rarely to count (Markov), so an order-up-to level far beyond that rests on a forecast gone astray; what a planner or the shelf wants beyond demand is left out
SELECT s.recommendation_id, s.product_id, s.location_id, s.order_up_to, s.expected_demand, s.service_level
FROM {staged} s
LEFT JOIN (
    SELECT run_id, recommendation_id, SUM(quantity) AS wished
    FROM staged_inventory_explanations
    WHERE code IN ('minimum_stock', 'presentation')
    GROUP BY run_id, recommendation_id
) w ON w.run_id = s.run_id AND w.recommendation_id = s.recommendation_id
WHERE (s.order_up_to - COALESCE(w.wished, 0)) * (1.0 - s.service_level) > 2.0 * s.expected_demand + 5.0
