-- The tables that jobs publish. Rows are staged in staged_NAME, become visible in NAME in one transaction,
-- and consumers read NAME_current: the newest publication of each job.

-- how good the forecasts are by days ahead and model; `champion` and `challenger` are scored on the same series and days
CREATE TABLE forecast_accuracy_by_horizon (
    job TEXT NOT NULL,
    as_of DATE NOT NULL,
    run_id BIGINT NOT NULL,
    basis TEXT NOT NULL,
    forecast_as_of DATE NOT NULL,
    level TEXT NOT NULL,
    first_step BIGINT NOT NULL,
    last_step BIGINT NOT NULL,
    method TEXT NOT NULL,
    n_periods BIGINT NOT NULL,
    wape DOUBLE PRECISION,
    naive_wape DOUBLE PRECISION,
    mase DOUBLE PRECISION,
    rmsse DOUBLE PRECISION,
    bias DOUBLE PRECISION,
    coverage_80 DOUBLE PRECISION,
    coverage_90 DOUBLE PRECISION,
    pinball DOUBLE PRECISION
);
CREATE TABLE staged_forecast_accuracy_by_horizon (
    job TEXT NOT NULL,
    as_of DATE NOT NULL,
    run_id BIGINT NOT NULL,
    basis TEXT NOT NULL,
    forecast_as_of DATE NOT NULL,
    level TEXT NOT NULL,
    first_step BIGINT NOT NULL,
    last_step BIGINT NOT NULL,
    method TEXT NOT NULL,
    n_periods BIGINT NOT NULL,
    wape DOUBLE PRECISION,
    naive_wape DOUBLE PRECISION,
    mase DOUBLE PRECISION,
    rmsse DOUBLE PRECISION,
    bias DOUBLE PRECISION,
    coverage_80 DOUBLE PRECISION,
    coverage_90 DOUBLE PRECISION,
    pinball DOUBLE PRECISION
);
CREATE INDEX forecast_accuracy_by_horizon_by_run ON forecast_accuracy_by_horizon (run_id);
CREATE VIEW forecast_accuracy_by_horizon_current AS
SELECT t.* FROM forecast_accuracy_by_horizon t JOIN nightclerk_current c ON c.run_id = t.run_id;
