-- table: inventory_transfers
-- severity: block
-- meaning: a transfer moves more than nothing, to another location
SELECT product_id, from_location_id, to_location_id, quantity
FROM {staged} t
WHERE quantity <= 0 OR from_location_id = to_location_id
