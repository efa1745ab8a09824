-- table: demand_forecasts
-- severity: block
-- meaning: the total is the sum of its series, and no category is less than the categories directly below it
SELECT p.level, p.node, p.step, p.mean, c.mean AS mean_below
FROM {staged} p
JOIN (
    SELECT s.step, 'total' AS level, 'all' AS node, SUM(s.mean) AS mean, 1 AS complete
    FROM {staged} s
    WHERE s.level = 'product_location'
    GROUP BY s.step
    UNION ALL
    SELECT s.step, u.level, u.node, SUM(s.mean) AS mean, 0 AS complete
    FROM {staged} s
    JOIN {staged} u
        ON u.step = s.step AND u.level LIKE 'category_%' AND s.level LIKE 'category_%'
        AND CAST(SUBSTR(s.level, 10) AS INTEGER) = CAST(SUBSTR(u.level, 10) AS INTEGER) + 1
        -- A node begins with the one above it. No part of a path is empty, so `//` stands in front alone.
        AND REPLACE('//' || s.node, '//' || u.node || '/', '') <> '//' || s.node
    GROUP BY s.step, u.level, u.node
) c ON c.step = p.step AND c.level = p.level AND c.node = p.node
WHERE c.mean - p.mean > 0.000001 * (1 + p.mean)
    OR (c.complete = 1 AND p.mean - c.mean > 0.000001 * (1 + p.mean))
