-- The products.
-- grain:    product_id
-- units:    costs and prices in minor currency units per unit; pack_size and min_order_quantity in thousandths of a unit
-- A shop that counts some goods in kilograms selects `unit` too (`'kg'`, `'pieces'`): sums are made in each unit apart. Without it,
-- what is sold in fractions is told from what is only sold whole.
-- A column that you do not know may be left out or NULL: advice that needs it is then narrower, and says so.
SELECT
    product_id,
    name,
    category_path,
    brand,
    unit_cost,
    list_price,
    supplier_id,
    ROUND(pack_size * 1000) AS pack_size,
    ROUND(min_order_quantity * 1000) AS min_order_quantity,
    shelf_life_days,
    launched_on,
    discontinued_on
FROM products
