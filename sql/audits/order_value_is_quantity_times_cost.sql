-- table: inventory_recommendations
-- severity: block
-- meaning: the order value is quantity times unit cost, to the nearest smallest coin, and empty exactly when the cost is unknown
SELECT s.recommendation_id, s.product_id, s.location_id, s.order_quantity, s.unit_cost, s.order_value
FROM {staged} s
WHERE (s.unit_cost IS NULL AND s.order_value IS NOT NULL)
   OR (s.unit_cost IS NOT NULL AND s.order_value IS NULL)
   OR s.unit_cost < 0
   OR ABS(s.order_value - s.order_quantity * s.unit_cost) * {money_units} > 0.5001
