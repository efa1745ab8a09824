-- The products.
-- Grain: product_id.
-- category_path: department, product category, product type; a slash within a name is written as a comma. Where the
-- category is unknown the path ends with the department.
-- The name is the product type with the package size, the source has no better one.
SELECT
    CAST(product_id AS TEXT) AS product_id,
    COALESCE(product_type, department) || COALESCE(', ' || package_size, '') AS name,
    REPLACE(department, '/', ', ')
        || COALESCE('/' || REPLACE(product_category, '/', ', '), '')
        || CASE WHEN product_category IS NULL THEN '' ELSE COALESCE('/' || REPLACE(product_type, '/', ', '), '') END
        AS category_path,
    brand
FROM complete_journey_products
