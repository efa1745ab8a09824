-- table: inventory_recommendations
-- severity: block
-- meaning: an order is planned from stock of at least zero: negative books count as nothing
SELECT s.recommendation_id, s.product_id, s.location_id, s.on_hand, s.reserved, s.on_order
FROM {staged} s
WHERE s.on_hand < 0 OR s.reserved < 0 OR s.on_order < 0
