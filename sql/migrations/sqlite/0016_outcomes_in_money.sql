-- Rows are staged in staged_NAME, become visible in NAME in one transaction, and consumers read NAME_current:
-- the newest publication of each job.

-- how earlier advice turned out, graded when its protection interval is over
ALTER TABLE recommendation_outcomes ADD COLUMN promised_fill_rate REAL;
ALTER TABLE recommendation_outcomes ADD COLUMN achieved_fill_rate REAL;
ALTER TABLE recommendation_outcomes ADD COLUMN naive_quantity DECIMAL(18,3);
ALTER TABLE recommendation_outcomes ADD COLUMN cost_recommended DECIMAL(18,{money_decimals});
ALTER TABLE recommendation_outcomes ADD COLUMN cost_ordered DECIMAL(18,{money_decimals});
ALTER TABLE recommendation_outcomes ADD COLUMN cost_naive DECIMAL(18,{money_decimals});
ALTER TABLE staged_recommendation_outcomes ADD COLUMN promised_fill_rate REAL;
ALTER TABLE staged_recommendation_outcomes ADD COLUMN achieved_fill_rate REAL;
ALTER TABLE staged_recommendation_outcomes ADD COLUMN naive_quantity DECIMAL(18,3);
ALTER TABLE staged_recommendation_outcomes ADD COLUMN cost_recommended DECIMAL(18,{money_decimals});
ALTER TABLE staged_recommendation_outcomes ADD COLUMN cost_ordered DECIMAL(18,{money_decimals});
ALTER TABLE staged_recommendation_outcomes ADD COLUMN cost_naive DECIMAL(18,{money_decimals});
