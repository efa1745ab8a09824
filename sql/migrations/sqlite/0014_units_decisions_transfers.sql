-- Rows are staged in staged_NAME, become visible in NAME in one transaction, and consumers read NAME_current:
-- the newest publication of each job.

-- demand distribution per node and day; `total_*` is the demand of all days from the first up to this one
ALTER TABLE demand_forecasts ADD COLUMN unit TEXT;
ALTER TABLE staged_demand_forecasts ADD COLUMN unit TEXT;

-- what to order, when, how much
ALTER TABLE inventory_recommendations ADD COLUMN arrives_by TEXT;
ALTER TABLE staged_inventory_recommendations ADD COLUMN arrives_by TEXT;

-- what one location can spare and another would lose sales without, before an order can arrive
CREATE TABLE inventory_transfers (
    job TEXT NOT NULL,
    as_of TEXT NOT NULL,
    run_id INTEGER NOT NULL,
    product_id TEXT NOT NULL,
    from_location_id TEXT NOT NULL,
    to_location_id TEXT NOT NULL,
    quantity DECIMAL(18,3) NOT NULL,
    value DECIMAL(18,{money_decimals}),
    move_on TEXT NOT NULL,
    arrives_by TEXT NOT NULL,
    text TEXT NOT NULL
);
CREATE INDEX inventory_transfers_by_run ON inventory_transfers (run_id);
CREATE TABLE staged_inventory_transfers (
    job TEXT NOT NULL,
    as_of TEXT NOT NULL,
    run_id INTEGER NOT NULL,
    product_id TEXT NOT NULL,
    from_location_id TEXT NOT NULL,
    to_location_id TEXT NOT NULL,
    quantity DECIMAL(18,3) NOT NULL,
    value DECIMAL(18,{money_decimals}),
    move_on TEXT NOT NULL,
    arrives_by TEXT NOT NULL,
    text TEXT NOT NULL
);
CREATE VIEW inventory_transfers_current AS
SELECT t.* FROM inventory_transfers t JOIN nightclerk_current c ON c.run_id = t.run_id;

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
