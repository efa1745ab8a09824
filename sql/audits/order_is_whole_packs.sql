-- table: inventory_recommendations
-- severity: block
-- meaning: a supplier delivers whole packs, so an order is a multiple of its pack size
SELECT s.recommendation_id, s.product_id, s.location_id, s.order_quantity, s.pack_size
FROM {staged} s
WHERE s.pack_size <= 0 OR (s.pack_size > 0
    -- In thousandths, which are whole: a remainder of decimals is not what every engine calls one.
    AND ROUND(s.order_quantity * 1000) % ROUND(s.pack_size * 1000) <> 0)
