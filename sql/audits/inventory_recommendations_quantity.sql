-- table: inventory_recommendations
-- severity: block
-- meaning: an order is never negative and is made of whole packs
SELECT product_id, location_id, order_quantity, pack_size
FROM {staged}
WHERE run_id = :run_id
  AND (order_quantity < 0 OR (pack_size > 0 AND order_quantity % pack_size <> 0))
