-- Rows are staged in staged_NAME, become visible in NAME in one transaction, and consumers read NAME_current:
-- the newest publication of each job.

-- demand distribution per node and day; `total_*` is the demand of all days from the first up to this one
ALTER TABLE demand_forecasts ADD COLUMN unit TEXT;
ALTER TABLE staged_demand_forecasts ADD COLUMN unit TEXT;
CREATE OR REPLACE VIEW demand_forecasts_current AS
SELECT t.* FROM demand_forecasts t JOIN nightclerk_current c ON c.run_id = t.run_id;

-- what to order, when, how much
ALTER TABLE inventory_recommendations ADD COLUMN arrives_by DATE;
ALTER TABLE staged_inventory_recommendations ADD COLUMN arrives_by DATE;
CREATE OR REPLACE VIEW inventory_recommendations_current AS
SELECT t.* FROM inventory_recommendations t JOIN nightclerk_current c ON c.run_id = t.run_id;
