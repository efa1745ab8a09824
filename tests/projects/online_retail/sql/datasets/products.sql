-- The products.
-- Grain: product_id.
-- The name is the most frequent description of an article (of equally frequent ones the first in the alphabet), taken
-- from sold lines: the others carry remarks such as "damaged". There are no categories, costs or suppliers.
SELECT product_id, name, CAST(NULL AS TEXT) AS category_path
FROM (
    SELECT
        UPPER(CAST(stock_code AS TEXT)) AS product_id,
        TRIM(description) AS name,
        ROW_NUMBER() OVER (
            PARTITION BY UPPER(CAST(stock_code AS TEXT))
            ORDER BY COUNT(*) DESC, TRIM(description)
        ) AS place
    FROM online_retail_to_2011_08
    WHERE description IS NOT NULL
      AND unit_price > 0
      AND UPPER(stock_code) NOT IN ('POST', 'DOT', 'C2', 'M', 'BANK CHARGES', 'AMAZONFEE', 'CRUK', 'S', 'D', 'B', 'PADS')
      AND UPPER(stock_code) NOT LIKE 'GIFT%'
    GROUP BY UPPER(CAST(stock_code AS TEXT)), TRIM(description)
) AS named
WHERE place = 1
