-- What quantities of a forecast are counted in, by when nine in ten orders have come, and what was decided about recommendations.
ALTER TABLE demand_forecasts ADD COLUMN unit TEXT;
ALTER TABLE staged_demand_forecasts ADD COLUMN unit TEXT;
CREATE OR REPLACE VIEW demand_forecasts_current AS
SELECT t.* FROM demand_forecasts t JOIN nightclerk_current c ON c.run_id = t.run_id;
ALTER TABLE inventory_recommendations ADD COLUMN arrives_by DATE;
ALTER TABLE staged_inventory_recommendations ADD COLUMN arrives_by DATE;
CREATE OR REPLACE VIEW inventory_recommendations_current AS
SELECT t.* FROM inventory_recommendations t JOIN nightclerk_current c ON c.run_id = t.run_id;

-- What people and their systems decided about recommendations; rows are only ever added, also by other programs.
CREATE TABLE recommendation_decisions (
    decision_id TEXT NOT NULL,
    recommendation_id TEXT NOT NULL,
    decided_us BIGINT NOT NULL,
    actor TEXT NOT NULL,
    action TEXT NOT NULL,
    quantity DOUBLE PRECISION,
    until_day DATE,
    reason TEXT,
    reference TEXT,
    PRIMARY KEY (decision_id)
);
