-- Rows are staged in staged_NAME, become visible in NAME in one transaction, and consumers read NAME_current:
-- the newest publication of each job.

-- how earlier advice turned out, graded when its protection interval is over
ALTER TABLE recommendation_outcomes ADD COLUMN promised_fill_rate DOUBLE PRECISION;
ALTER TABLE recommendation_outcomes ADD COLUMN achieved_fill_rate DOUBLE PRECISION;
ALTER TABLE recommendation_outcomes ADD COLUMN naive_quantity NUMERIC(18,3);
ALTER TABLE recommendation_outcomes ADD COLUMN cost_recommended NUMERIC(18,{money_decimals});
ALTER TABLE recommendation_outcomes ADD COLUMN cost_ordered NUMERIC(18,{money_decimals});
ALTER TABLE recommendation_outcomes ADD COLUMN cost_naive NUMERIC(18,{money_decimals});
ALTER TABLE staged_recommendation_outcomes ADD COLUMN promised_fill_rate DOUBLE PRECISION;
ALTER TABLE staged_recommendation_outcomes ADD COLUMN achieved_fill_rate DOUBLE PRECISION;
ALTER TABLE staged_recommendation_outcomes ADD COLUMN naive_quantity NUMERIC(18,3);
ALTER TABLE staged_recommendation_outcomes ADD COLUMN cost_recommended NUMERIC(18,{money_decimals});
ALTER TABLE staged_recommendation_outcomes ADD COLUMN cost_ordered NUMERIC(18,{money_decimals});
ALTER TABLE staged_recommendation_outcomes ADD COLUMN cost_naive NUMERIC(18,{money_decimals});
CREATE OR REPLACE VIEW recommendation_outcomes_current AS
SELECT t.* FROM recommendation_outcomes t JOIN nightclerk_current c ON c.run_id = t.run_id;
