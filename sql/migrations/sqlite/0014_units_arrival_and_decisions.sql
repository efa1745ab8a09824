-- What quantities of a forecast are counted in, by when nine in ten orders have come, and what was decided about recommendations.
ALTER TABLE demand_forecasts ADD COLUMN unit TEXT;
ALTER TABLE staged_demand_forecasts ADD COLUMN unit TEXT;
ALTER TABLE inventory_recommendations ADD COLUMN arrives_by TEXT;
ALTER TABLE staged_inventory_recommendations ADD COLUMN arrives_by TEXT;

-- What people and their systems decided about recommendations; rows are only ever added, also by other programs.
CREATE TABLE recommendation_decisions (
    decision_id TEXT NOT NULL,
    recommendation_id TEXT NOT NULL,
    decided_us INTEGER NOT NULL,
    actor TEXT NOT NULL,
    action TEXT NOT NULL,
    quantity REAL,
    until_day TEXT,
    reason TEXT,
    reference TEXT,
    PRIMARY KEY (decision_id)
);
