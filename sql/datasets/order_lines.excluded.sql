-- How many lines order_lines.sql leaves out, by reason, of the last 28 days; `kept` are those that pass. Change both files together:
-- a reason that takes 2 % of the lines more than in the last nights is remarked on, 5 % stop the job.
-- binds:    :recent_from, the first of the 28 days, beside those of order_lines.sql
SELECT reason, COUNT(*) AS n_rows
FROM (
    SELECT CASE
        WHEN p.product_id IS NULL THEN 'with a product that is not in the catalogue'
        WHEN l.quantity IS NULL OR l.quantity = 0 THEN 'without a quantity'
        WHEN p.list_price IS NOT NULL AND ABS(l.net_amount) > 50.0 * p.list_price * ABS(l.quantity)
            THEN 'with more than fifty times the list price'
        ELSE 'kept' END AS reason
    FROM order_lines l
    LEFT JOIN products p ON p.product_id = l.product_id
    WHERE l.ordered_on BETWEEN :recent_from AND :as_of AND l.recorded_at < :as_of_end
) judged
GROUP BY reason
