-- Rows are staged in staged_NAME, become visible in NAME in one transaction, and consumers read NAME_current:
-- the newest publication of each job.

-- how earlier advice turned out, graded when its protection interval is over
ALTER TABLE recommendation_outcomes ADD COLUMN IF NOT EXISTS promised_fill_rate DOUBLE;
ALTER TABLE recommendation_outcomes ADD COLUMN IF NOT EXISTS achieved_fill_rate DOUBLE;
ALTER TABLE recommendation_outcomes ADD COLUMN IF NOT EXISTS naive_quantity DECIMAL(18,3);
ALTER TABLE recommendation_outcomes ADD COLUMN IF NOT EXISTS cost_recommended DECIMAL(18,{money_decimals});
ALTER TABLE recommendation_outcomes ADD COLUMN IF NOT EXISTS cost_ordered DECIMAL(18,{money_decimals});
ALTER TABLE recommendation_outcomes ADD COLUMN IF NOT EXISTS cost_naive DECIMAL(18,{money_decimals});
ALTER TABLE staged_recommendation_outcomes ADD COLUMN IF NOT EXISTS promised_fill_rate DOUBLE;
ALTER TABLE staged_recommendation_outcomes ADD COLUMN IF NOT EXISTS achieved_fill_rate DOUBLE;
ALTER TABLE staged_recommendation_outcomes ADD COLUMN IF NOT EXISTS naive_quantity DECIMAL(18,3);
ALTER TABLE staged_recommendation_outcomes ADD COLUMN IF NOT EXISTS cost_recommended DECIMAL(18,{money_decimals});
ALTER TABLE staged_recommendation_outcomes ADD COLUMN IF NOT EXISTS cost_ordered DECIMAL(18,{money_decimals});
ALTER TABLE staged_recommendation_outcomes ADD COLUMN IF NOT EXISTS cost_naive DECIMAL(18,{money_decimals});
CREATE OR REPLACE VIEW recommendation_outcomes_current AS
SELECT t.* FROM recommendation_outcomes t JOIN nightclerk_current c ON c.run_id = t.run_id;
