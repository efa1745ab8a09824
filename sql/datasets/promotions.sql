-- Promotions, past and planned: a promotion that is known ahead moves the forecast.
-- grain:    one row per promotion of a product, or of a category and everything below it
-- units:    discount_rate is the share of the price given away, 0 to 1
SELECT product_id, category_path, location_id, starts_on, ends_on, kind, discount_rate
FROM promotions
