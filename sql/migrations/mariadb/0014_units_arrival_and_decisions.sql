-- What quantities of a forecast are counted in, by when nine in ten orders have come, and what was decided about recommendations.
ALTER TABLE demand_forecasts ADD COLUMN IF NOT EXISTS unit MEDIUMTEXT;
ALTER TABLE staged_demand_forecasts ADD COLUMN IF NOT EXISTS unit MEDIUMTEXT;
CREATE OR REPLACE VIEW demand_forecasts_current AS
SELECT t.* FROM demand_forecasts t JOIN nightclerk_current c ON c.run_id = t.run_id;
ALTER TABLE inventory_recommendations ADD COLUMN IF NOT EXISTS arrives_by DATE;
ALTER TABLE staged_inventory_recommendations ADD COLUMN IF NOT EXISTS arrives_by DATE;
CREATE OR REPLACE VIEW inventory_recommendations_current AS
SELECT t.* FROM inventory_recommendations t JOIN nightclerk_current c ON c.run_id = t.run_id;

-- What people and their systems decided about recommendations; rows are only ever added, also by other programs.
CREATE TABLE IF NOT EXISTS recommendation_decisions (
    decision_id VARCHAR(190) NOT NULL,
    recommendation_id MEDIUMTEXT NOT NULL,
    decided_us BIGINT NOT NULL,
    actor MEDIUMTEXT NOT NULL,
    action MEDIUMTEXT NOT NULL,
    quantity DOUBLE,
    until_day DATE,
    reason MEDIUMTEXT,
    reference MEDIUMTEXT,
    PRIMARY KEY (decision_id)
) ENGINE=InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin;
