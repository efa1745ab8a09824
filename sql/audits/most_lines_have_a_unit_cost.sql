-- table: inventory_recommendations
-- severity: warn
-- meaning: more than one ordered line in ten has no unit cost, so order values leave much out
SELECT COUNT(*) AS ordered_lines, SUM(CASE WHEN s.unit_cost IS NULL THEN 1 ELSE 0 END) AS without_cost
FROM {staged} s
WHERE s.order_quantity > 0
HAVING SUM(CASE WHEN s.unit_cost IS NULL THEN 1 ELSE 0 END) * 10 > COUNT(*)
