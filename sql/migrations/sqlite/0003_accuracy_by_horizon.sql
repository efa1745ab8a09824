-- The tables that jobs publish. Rows are staged in staged_NAME, become visible in NAME in one transaction,
-- and consumers read NAME_current: the newest publication of each job.

-- how good the forecasts are by days ahead and model; `champion` and `challenger` are scored on the same series and days
CREATE TABLE forecast_accuracy_by_horizon (
    job TEXT NOT NULL,
    as_of TEXT NOT NULL,
    run_id INTEGER NOT NULL,
    basis TEXT NOT NULL,
    forecast_as_of TEXT NOT NULL,
    level TEXT NOT NULL,
    first_step INTEGER NOT NULL,
    last_step INTEGER NOT NULL,
    method TEXT NOT NULL,
    n_periods INTEGER NOT NULL,
    wape REAL,
    naive_wape REAL,
    mase REAL,
    rmsse REAL,
    bias REAL,
    coverage_80 REAL,
    coverage_90 REAL,
    pinball REAL
);
CREATE TABLE staged_forecast_accuracy_by_horizon (
    job TEXT NOT NULL,
    as_of TEXT NOT NULL,
    run_id INTEGER NOT NULL,
    basis TEXT NOT NULL,
    forecast_as_of TEXT NOT NULL,
    level TEXT NOT NULL,
    first_step INTEGER NOT NULL,
    last_step INTEGER NOT NULL,
    method TEXT NOT NULL,
    n_periods INTEGER NOT NULL,
    wape REAL,
    naive_wape REAL,
    mase REAL,
    rmsse REAL,
    bias REAL,
    coverage_80 REAL,
    coverage_90 REAL,
    pinball REAL
);
CREATE INDEX forecast_accuracy_by_horizon_by_run ON forecast_accuracy_by_horizon (run_id);
CREATE VIEW forecast_accuracy_by_horizon_current AS
SELECT t.* FROM forecast_accuracy_by_horizon t JOIN nightclerk_current c ON c.run_id = t.run_id;
