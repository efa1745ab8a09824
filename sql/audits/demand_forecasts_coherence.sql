-- table: demand_forecasts
-- severity: block
-- meaning: the total is the sum of its series, and no category is less than the categories directly below it, in each unit
SELECT p.level, p.node, p.step, p.mean, c.mean AS mean_below
FROM {staged} p
JOIN (
    SELECT s.step, 'total' AS level, s.unit, NULL AS node, SUM(s.mean) AS mean, 1 AS complete
    FROM {staged} s
    WHERE s.level = 'product_location'
    GROUP BY s.step, s.unit
    UNION ALL
    SELECT s.step, u.level, u.unit, u.node, SUM(s.mean) AS mean, 0 AS complete
    FROM {staged} s
    JOIN {staged} u
        ON u.step = s.step AND u.unit = s.unit AND u.level LIKE 'category_%' AND s.level LIKE 'category_%'
        AND CAST(SUBSTR(s.level, 10) AS INTEGER) = CAST(SUBSTR(u.level, 10) AS INTEGER) + 1
        -- A node begins with the one above it, whose name ends with its unit where there are several. No part of a path is empty, so
        -- `//` stands in front alone.
        AND (
            REPLACE('//' || s.node, '//' || u.node || '/', '') <> '//' || s.node
            OR REPLACE('//' || s.node, REPLACE('//' || u.node || '##', ' in ' || u.unit || '##', '') || '/', '') <> '//' || s.node
        )
    GROUP BY s.step, u.level, u.unit, u.node
) c ON c.step = p.step AND c.level = p.level AND c.unit = p.unit AND (c.node IS NULL OR c.node = p.node)
WHERE c.mean - p.mean > 0.000001 * (1 + p.mean)
    OR (c.complete = 1 AND p.mean - c.mean > 0.000001 * (1 + p.mean))
