-- table: recommendation_outcomes
-- severity: block
-- meaning: a verdict agrees with its facts: good advice had no stock-out, too little had one, and only an order that is known can be not followed
SELECT s.recommendation_id, s.verdict, s.stock_out_days, s.ordered, s.closing_stock
FROM {staged} s
WHERE s.stock_out_days < 0
   OR (s.verdict = 'good' AND s.stock_out_days > 0)
   OR (s.verdict = 'too_little' AND s.stock_out_days = 0)
   OR (s.verdict = 'not_followed' AND s.ordered IS NULL)
   OR (s.verdict IN ('good', 'too_much') AND s.closing_stock IS NULL)
   OR s.verdict NOT IN ('good', 'too_little', 'too_much', 'not_followed', 'unknown')
