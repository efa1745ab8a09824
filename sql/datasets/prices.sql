-- Prices with their first day; price changes known ahead too.
-- grain:    product_id, location_id, valid_from
-- units:    price in minor currency units per unit, before promotions
SELECT product_id, location_id, valid_from, price
FROM prices
