-- Everything as it is after step 9, with which nightclerk came to MariaDB. Each statement may be applied twice: what changes tables
-- commits by itself here, and a step that was cut short is applied from its start.
CREATE TABLE IF NOT EXISTS nightclerk_counters (
    name VARCHAR(190) NOT NULL,
    value BIGINT NOT NULL,
    PRIMARY KEY (name)
) ENGINE=InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin;
INSERT IGNORE INTO nightclerk_counters (name, value) VALUES ('run_id', 0);
CREATE TABLE IF NOT EXISTS nightclerk_runs (
    run_id BIGINT NOT NULL,
    job VARCHAR(255) NOT NULL,
    kind MEDIUMTEXT NOT NULL,
    as_of DATE NOT NULL,
    state VARCHAR(190) NOT NULL,
    fence BIGINT NOT NULL,
    started_us BIGINT NOT NULL,
    finished_us BIGINT,
    params_toml MEDIUMTEXT NOT NULL,
    config_hash MEDIUMTEXT NOT NULL,
    code_version MEDIUMTEXT NOT NULL,
    seed BIGINT NOT NULL,
    rows_in BIGINT NOT NULL,
    rows_out BIGINT NOT NULL,
    error MEDIUMTEXT,
    PRIMARY KEY (run_id)
) ENGINE=InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin;
CREATE INDEX IF NOT EXISTS nightclerk_runs_by_job ON nightclerk_runs (job, run_id);
CREATE TABLE IF NOT EXISTS nightclerk_leases (
    job VARCHAR(255) NOT NULL,
    place MEDIUMTEXT NOT NULL,
    process BIGINT NOT NULL,
    fence BIGINT NOT NULL,
    lease_until_us BIGINT NOT NULL,
    runner MEDIUMTEXT NOT NULL,
    locked BIGINT NOT NULL,
    PRIMARY KEY (job)
) ENGINE=InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin;
CREATE TABLE IF NOT EXISTS nightclerk_publications (
    run_id BIGINT NOT NULL,
    job VARCHAR(255) NOT NULL,
    kind MEDIUMTEXT NOT NULL,
    as_of DATE NOT NULL,
    state VARCHAR(190) NOT NULL,
    published_us BIGINT NOT NULL,
    rows_out BIGINT NOT NULL,
    headline MEDIUMTEXT NOT NULL,
    grade MEDIUMTEXT,
    n_caveats BIGINT NOT NULL,
    tables_json MEDIUMTEXT NOT NULL,
    inputs_json MEDIUMTEXT NOT NULL,
    metrics_json MEDIUMTEXT NOT NULL,
    PRIMARY KEY (run_id),
    UNIQUE (job, as_of)
) ENGINE=InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin;
CREATE TABLE IF NOT EXISTS nightclerk_gates (
    run_id BIGINT NOT NULL,
    position BIGINT NOT NULL,
    name MEDIUMTEXT NOT NULL,
    severity MEDIUMTEXT NOT NULL,
    passed BOOLEAN NOT NULL,
    observed MEDIUMTEXT NOT NULL,
    expected MEDIUMTEXT NOT NULL,
    explanation MEDIUMTEXT NOT NULL,
    PRIMARY KEY (run_id, position)
) ENGINE=InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin;
CREATE TABLE IF NOT EXISTS nightclerk_slots (
    job VARCHAR(255) NOT NULL,
    as_of DATE NOT NULL,
    state VARCHAR(190) NOT NULL,
    reason MEDIUMTEXT NOT NULL,
    schedule MEDIUMTEXT NOT NULL,
    due_us BIGINT NOT NULL,
    until_us BIGINT NOT NULL,
    next_try_us BIGINT NOT NULL,
    attempts BIGINT NOT NULL,
    crashes BIGINT NOT NULL,
    run_id BIGINT,
    changed_us BIGINT NOT NULL,
    PRIMARY KEY (job, as_of)
) ENGINE=InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin;
CREATE TABLE IF NOT EXISTS nightclerk_files (
    run_id BIGINT NOT NULL,
    path VARCHAR(700) NOT NULL,
    job MEDIUMTEXT NOT NULL,
    as_of DATE NOT NULL,
    state VARCHAR(190) NOT NULL,
    sha256 MEDIUMTEXT NOT NULL,
    bytes BIGINT NOT NULL,
    leaves BOOLEAN NOT NULL,
    place MEDIUMTEXT NOT NULL,
    written_us BIGINT,
    PRIMARY KEY (run_id, path)
) ENGINE=InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin;
CREATE TABLE IF NOT EXISTS nightclerk_days (
    job VARCHAR(255) NOT NULL,
    dataset VARCHAR(190) NOT NULL,
    day DATE NOT NULL,
    n_rows BIGINT NOT NULL,
    sums_json MEDIUMTEXT NOT NULL,
    PRIMARY KEY (job, dataset, day)
) ENGINE=InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin;
CREATE TABLE IF NOT EXISTS nightclerk_profiles (
    job VARCHAR(255) NOT NULL,
    as_of DATE NOT NULL,
    relation VARCHAR(190) NOT NULL,
    column_name VARCHAR(190) NOT NULL,
    n_rows BIGINT NOT NULL,
    n_nulls BIGINT NOT NULL,
    n_zeros BIGINT NOT NULL,
    n_negatives BIGINT NOT NULL,
    total DOUBLE NOT NULL,
    median DOUBLE NOT NULL,
    p95 DOUBLE NOT NULL,
    PRIMARY KEY (job, as_of, relation, column_name)
) ENGINE=InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin;
CREATE TABLE IF NOT EXISTS nightclerk_quarantine (
    run_id BIGINT NOT NULL,
    dataset VARCHAR(190) NOT NULL,
    position BIGINT NOT NULL,
    "row_number" BIGINT NOT NULL,
    column_name MEDIUMTEXT NOT NULL,
    reason MEDIUMTEXT NOT NULL,
    left_out MEDIUMTEXT NOT NULL,
    PRIMARY KEY (run_id, dataset, position)
) ENGINE=InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin;
-- The newest publication of each job that was not rolled back.
CREATE OR REPLACE VIEW nightclerk_current AS
SELECT p.job, p.kind, p.as_of, p.run_id
FROM nightclerk_publications p
WHERE p.state = 'published'
  AND p.as_of = (SELECT MAX(q.as_of) FROM nightclerk_publications q WHERE q.job = p.job AND q.state = 'published');

-- Rows are staged in staged_NAME, become visible in NAME in one transaction, and consumers read NAME_current:
-- the newest publication of each job.

-- rules antecedent -> consequent that hold beyond chance, strongest first
CREATE TABLE IF NOT EXISTS association_rules (
    job MEDIUMTEXT NOT NULL,
    as_of DATE NOT NULL,
    run_id BIGINT NOT NULL,
    level MEDIUMTEXT NOT NULL,
    antecedent MEDIUMTEXT NOT NULL,
    consequent MEDIUMTEXT NOT NULL,
    antecedent_name MEDIUMTEXT NOT NULL,
    consequent_name MEDIUMTEXT NOT NULL,
    rank BIGINT NOT NULL,
    n_baskets BIGINT NOT NULL,
    n_antecedent BIGINT NOT NULL,
    n_consequent BIGINT NOT NULL,
    n_both BIGINT NOT NULL,
    support DOUBLE NOT NULL,
    confidence DOUBLE NOT NULL,
    lift DOUBLE NOT NULL,
    lift_lower DOUBLE NOT NULL,
    leverage DOUBLE NOT NULL,
    conviction DOUBLE,
    p_value DOUBLE NOT NULL,
    q_value DOUBLE NOT NULL,
    margin_per_1000 DECIMAL(18,{money_decimals}),
    sentence MEDIUMTEXT NOT NULL
) ENGINE=InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin;
CREATE INDEX IF NOT EXISTS association_rules_by_run ON association_rules (run_id);
CREATE TABLE IF NOT EXISTS staged_association_rules (
    job MEDIUMTEXT NOT NULL,
    as_of DATE NOT NULL,
    run_id BIGINT NOT NULL,
    level MEDIUMTEXT NOT NULL,
    antecedent MEDIUMTEXT NOT NULL,
    consequent MEDIUMTEXT NOT NULL,
    antecedent_name MEDIUMTEXT NOT NULL,
    consequent_name MEDIUMTEXT NOT NULL,
    rank BIGINT NOT NULL,
    n_baskets BIGINT NOT NULL,
    n_antecedent BIGINT NOT NULL,
    n_consequent BIGINT NOT NULL,
    n_both BIGINT NOT NULL,
    support DOUBLE NOT NULL,
    confidence DOUBLE NOT NULL,
    lift DOUBLE NOT NULL,
    lift_lower DOUBLE NOT NULL,
    leverage DOUBLE NOT NULL,
    conviction DOUBLE,
    p_value DOUBLE NOT NULL,
    q_value DOUBLE NOT NULL,
    margin_per_1000 DECIMAL(18,{money_decimals}),
    sentence MEDIUMTEXT NOT NULL
) ENGINE=InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin;
CREATE OR REPLACE VIEW association_rules_current AS
SELECT t.* FROM association_rules t JOIN nightclerk_current c ON c.run_id = t.run_id;

-- what each campaign caused, with its uncertainty, and whether it paid
CREATE TABLE IF NOT EXISTS campaign_lift (
    job MEDIUMTEXT NOT NULL,
    as_of DATE NOT NULL,
    run_id BIGINT NOT NULL,
    campaign_id MEDIUMTEXT NOT NULL,
    campaign_name MEDIUMTEXT NOT NULL,
    arm MEDIUMTEXT NOT NULL,
    metric MEDIUMTEXT NOT NULL,
    primary_metric BOOLEAN NOT NULL,
    grade MEDIUMTEXT NOT NULL,
    window_from DATE NOT NULL,
    window_to DATE NOT NULL,
    complete BOOLEAN NOT NULL,
    n_treated BIGINT NOT NULL,
    n_control BIGINT NOT NULL,
    mean_treated DOUBLE,
    mean_control DOUBLE,
    difference DOUBLE,
    lower DOUBLE,
    upper DOUBLE,
    p_value DOUBLE,
    p_adjusted DOUBLE,
    relative_lift DOUBLE,
    relative_lower DOUBLE,
    relative_upper DOUBLE,
    sample_ratio_p DOUBLE,
    incremental_margin DECIMAL(18,{money_decimals}),
    cost DECIMAL(18,{money_decimals}),
    net_value DECIMAL(18,{money_decimals}),
    net_lower DECIMAL(18,{money_decimals}),
    net_upper DECIMAL(18,{money_decimals}),
    return_on_spend DOUBLE,
    verdict MEDIUMTEXT NOT NULL,
    explanation MEDIUMTEXT NOT NULL
) ENGINE=InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin;
CREATE INDEX IF NOT EXISTS campaign_lift_by_run ON campaign_lift (run_id);
CREATE TABLE IF NOT EXISTS staged_campaign_lift (
    job MEDIUMTEXT NOT NULL,
    as_of DATE NOT NULL,
    run_id BIGINT NOT NULL,
    campaign_id MEDIUMTEXT NOT NULL,
    campaign_name MEDIUMTEXT NOT NULL,
    arm MEDIUMTEXT NOT NULL,
    metric MEDIUMTEXT NOT NULL,
    primary_metric BOOLEAN NOT NULL,
    grade MEDIUMTEXT NOT NULL,
    window_from DATE NOT NULL,
    window_to DATE NOT NULL,
    complete BOOLEAN NOT NULL,
    n_treated BIGINT NOT NULL,
    n_control BIGINT NOT NULL,
    mean_treated DOUBLE,
    mean_control DOUBLE,
    difference DOUBLE,
    lower DOUBLE,
    upper DOUBLE,
    p_value DOUBLE,
    p_adjusted DOUBLE,
    relative_lift DOUBLE,
    relative_lower DOUBLE,
    relative_upper DOUBLE,
    sample_ratio_p DOUBLE,
    incremental_margin DECIMAL(18,{money_decimals}),
    cost DECIMAL(18,{money_decimals}),
    net_value DECIMAL(18,{money_decimals}),
    net_lower DECIMAL(18,{money_decimals}),
    net_upper DECIMAL(18,{money_decimals}),
    return_on_spend DOUBLE,
    verdict MEDIUMTEXT NOT NULL,
    explanation MEDIUMTEXT NOT NULL
) ENGINE=InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin;
CREATE OR REPLACE VIEW campaign_lift_current AS
SELECT t.* FROM campaign_lift t JOIN nightclerk_current c ON c.run_id = t.run_id;

-- arm of every selected customer, so that the next campaign score can read the list back
CREATE TABLE IF NOT EXISTS coupon_assignments (
    job MEDIUMTEXT NOT NULL,
    as_of DATE NOT NULL,
    run_id BIGINT NOT NULL,
    campaign_id MEDIUMTEXT NOT NULL,
    customer_id MEDIUMTEXT NOT NULL,
    variant MEDIUMTEXT NOT NULL,
    probability DOUBLE NOT NULL,
    assigned_on DATE NOT NULL
) ENGINE=InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin;
CREATE INDEX IF NOT EXISTS coupon_assignments_by_run ON coupon_assignments (run_id);
CREATE TABLE IF NOT EXISTS staged_coupon_assignments (
    job MEDIUMTEXT NOT NULL,
    as_of DATE NOT NULL,
    run_id BIGINT NOT NULL,
    campaign_id MEDIUMTEXT NOT NULL,
    customer_id MEDIUMTEXT NOT NULL,
    variant MEDIUMTEXT NOT NULL,
    probability DOUBLE NOT NULL,
    assigned_on DATE NOT NULL
) ENGINE=InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin;
CREATE OR REPLACE VIEW coupon_assignments_current AS
SELECT t.* FROM coupon_assignments t JOIN nightclerk_current c ON c.run_id = t.run_id;

-- our own coupon lists as campaigns
CREATE TABLE IF NOT EXISTS coupon_campaigns (
    job MEDIUMTEXT NOT NULL,
    as_of DATE NOT NULL,
    run_id BIGINT NOT NULL,
    campaign_id MEDIUMTEXT NOT NULL,
    name MEDIUMTEXT NOT NULL,
    kind MEDIUMTEXT NOT NULL,
    starts_on DATE NOT NULL,
    ends_on DATE NOT NULL,
    randomised BOOLEAN NOT NULL,
    contact_cost DECIMAL(18,{money_decimals}),
    offer_id MEDIUMTEXT,
    budget DECIMAL(18,{money_decimals}),
    primary_metric MEDIUMTEXT
) ENGINE=InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin;
CREATE INDEX IF NOT EXISTS coupon_campaigns_by_run ON coupon_campaigns (run_id);
CREATE TABLE IF NOT EXISTS staged_coupon_campaigns (
    job MEDIUMTEXT NOT NULL,
    as_of DATE NOT NULL,
    run_id BIGINT NOT NULL,
    campaign_id MEDIUMTEXT NOT NULL,
    name MEDIUMTEXT NOT NULL,
    kind MEDIUMTEXT NOT NULL,
    starts_on DATE NOT NULL,
    ends_on DATE NOT NULL,
    randomised BOOLEAN NOT NULL,
    contact_cost DECIMAL(18,{money_decimals}),
    offer_id MEDIUMTEXT,
    budget DECIMAL(18,{money_decimals}),
    primary_metric MEDIUMTEXT
) ENGINE=InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin;
CREATE OR REPLACE VIEW coupon_campaigns_current AS
SELECT t.* FROM coupon_campaigns t JOIN nightclerk_current c ON c.run_id = t.run_id;

-- customers by what happened to them; the counts add up to all customers
CREATE TABLE IF NOT EXISTS coupon_drops (
    job MEDIUMTEXT NOT NULL,
    as_of DATE NOT NULL,
    run_id BIGINT NOT NULL,
    campaign_id MEDIUMTEXT NOT NULL,
    position BIGINT NOT NULL,
    reason MEDIUMTEXT NOT NULL,
    customers BIGINT NOT NULL,
    text MEDIUMTEXT NOT NULL
) ENGINE=InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin;
CREATE INDEX IF NOT EXISTS coupon_drops_by_run ON coupon_drops (run_id);
CREATE TABLE IF NOT EXISTS staged_coupon_drops (
    job MEDIUMTEXT NOT NULL,
    as_of DATE NOT NULL,
    run_id BIGINT NOT NULL,
    campaign_id MEDIUMTEXT NOT NULL,
    position BIGINT NOT NULL,
    reason MEDIUMTEXT NOT NULL,
    customers BIGINT NOT NULL,
    text MEDIUMTEXT NOT NULL
) ENGINE=InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin;
CREATE OR REPLACE VIEW coupon_drops_current AS
SELECT t.* FROM coupon_drops t JOIN nightclerk_current c ON c.run_id = t.run_id;

-- customers to be sent an offer; the holdout is not among them
CREATE TABLE IF NOT EXISTS coupon_targets (
    job MEDIUMTEXT NOT NULL,
    as_of DATE NOT NULL,
    run_id BIGINT NOT NULL,
    campaign_id MEDIUMTEXT NOT NULL,
    customer_id MEDIUMTEXT NOT NULL,
    rank BIGINT NOT NULL,
    offer_id MEDIUMTEXT NOT NULL,
    expected_uplift DOUBLE NOT NULL,
    expected_value DOUBLE NOT NULL,
    expected_cost DOUBLE NOT NULL,
    reason MEDIUMTEXT NOT NULL,
    send_after DATE NOT NULL,
    send_before DATE NOT NULL,
    consent_basis MEDIUMTEXT NOT NULL,
    idempotency_key MEDIUMTEXT NOT NULL
) ENGINE=InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin;
CREATE INDEX IF NOT EXISTS coupon_targets_by_run ON coupon_targets (run_id);
CREATE TABLE IF NOT EXISTS staged_coupon_targets (
    job MEDIUMTEXT NOT NULL,
    as_of DATE NOT NULL,
    run_id BIGINT NOT NULL,
    campaign_id MEDIUMTEXT NOT NULL,
    customer_id MEDIUMTEXT NOT NULL,
    rank BIGINT NOT NULL,
    offer_id MEDIUMTEXT NOT NULL,
    expected_uplift DOUBLE NOT NULL,
    expected_value DOUBLE NOT NULL,
    expected_cost DOUBLE NOT NULL,
    reason MEDIUMTEXT NOT NULL,
    send_after DATE NOT NULL,
    send_before DATE NOT NULL,
    consent_basis MEDIUMTEXT NOT NULL,
    idempotency_key MEDIUMTEXT NOT NULL
) ENGINE=InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin;
CREATE OR REPLACE VIEW coupon_targets_current AS
SELECT t.* FROM coupon_targets t JOIN nightclerk_current c ON c.run_id = t.run_id;

-- per product, what to recommend with it, best first
CREATE TABLE IF NOT EXISTS cross_sell (
    job MEDIUMTEXT NOT NULL,
    as_of DATE NOT NULL,
    run_id BIGINT NOT NULL,
    product_id MEDIUMTEXT NOT NULL,
    rank BIGINT NOT NULL,
    recommended_id MEDIUMTEXT NOT NULL,
    product_name MEDIUMTEXT NOT NULL,
    recommended_name MEDIUMTEXT NOT NULL,
    recommended_category MEDIUMTEXT,
    in_stock BIGINT,
    confidence DOUBLE NOT NULL,
    lift_lower DOUBLE NOT NULL,
    n_both BIGINT NOT NULL,
    margin_per_1000 DECIMAL(18,{money_decimals}),
    sentence MEDIUMTEXT NOT NULL
) ENGINE=InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin;
CREATE INDEX IF NOT EXISTS cross_sell_by_run ON cross_sell (run_id);
CREATE TABLE IF NOT EXISTS staged_cross_sell (
    job MEDIUMTEXT NOT NULL,
    as_of DATE NOT NULL,
    run_id BIGINT NOT NULL,
    product_id MEDIUMTEXT NOT NULL,
    rank BIGINT NOT NULL,
    recommended_id MEDIUMTEXT NOT NULL,
    product_name MEDIUMTEXT NOT NULL,
    recommended_name MEDIUMTEXT NOT NULL,
    recommended_category MEDIUMTEXT,
    in_stock BIGINT,
    confidence DOUBLE NOT NULL,
    lift_lower DOUBLE NOT NULL,
    n_both BIGINT NOT NULL,
    margin_per_1000 DECIMAL(18,{money_decimals}),
    sentence MEDIUMTEXT NOT NULL
) ENGINE=InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin;
CREATE OR REPLACE VIEW cross_sell_current AS
SELECT t.* FROM cross_sell t JOIN nightclerk_current c ON c.run_id = t.run_id;

-- demand distribution per node and day; `total_*` is the demand of all days from the first up to this one
CREATE TABLE IF NOT EXISTS demand_forecasts (
    job MEDIUMTEXT NOT NULL,
    as_of DATE NOT NULL,
    run_id BIGINT NOT NULL,
    level MEDIUMTEXT NOT NULL,
    node MEDIUMTEXT NOT NULL,
    product_id MEDIUMTEXT,
    location_id MEDIUMTEXT,
    period_start DATE NOT NULL,
    step BIGINT NOT NULL,
    method MEDIUMTEXT NOT NULL,
    mean DOUBLE NOT NULL,
    p05 DOUBLE NOT NULL,
    p10 DOUBLE NOT NULL,
    p25 DOUBLE NOT NULL,
    p50 DOUBLE NOT NULL,
    p75 DOUBLE NOT NULL,
    p90 DOUBLE NOT NULL,
    p95 DOUBLE NOT NULL,
    p99 DOUBLE NOT NULL,
    total_mean DOUBLE NOT NULL,
    total_p05 DOUBLE NOT NULL,
    total_p10 DOUBLE NOT NULL,
    total_p25 DOUBLE NOT NULL,
    total_p50 DOUBLE NOT NULL,
    total_p75 DOUBLE NOT NULL,
    total_p90 DOUBLE NOT NULL,
    total_p95 DOUBLE NOT NULL,
    total_p99 DOUBLE NOT NULL
) ENGINE=InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin;
CREATE INDEX IF NOT EXISTS demand_forecasts_by_run ON demand_forecasts (run_id);
CREATE TABLE IF NOT EXISTS staged_demand_forecasts (
    job MEDIUMTEXT NOT NULL,
    as_of DATE NOT NULL,
    run_id BIGINT NOT NULL,
    level MEDIUMTEXT NOT NULL,
    node MEDIUMTEXT NOT NULL,
    product_id MEDIUMTEXT,
    location_id MEDIUMTEXT,
    period_start DATE NOT NULL,
    step BIGINT NOT NULL,
    method MEDIUMTEXT NOT NULL,
    mean DOUBLE NOT NULL,
    p05 DOUBLE NOT NULL,
    p10 DOUBLE NOT NULL,
    p25 DOUBLE NOT NULL,
    p50 DOUBLE NOT NULL,
    p75 DOUBLE NOT NULL,
    p90 DOUBLE NOT NULL,
    p95 DOUBLE NOT NULL,
    p99 DOUBLE NOT NULL,
    total_mean DOUBLE NOT NULL,
    total_p05 DOUBLE NOT NULL,
    total_p10 DOUBLE NOT NULL,
    total_p25 DOUBLE NOT NULL,
    total_p50 DOUBLE NOT NULL,
    total_p75 DOUBLE NOT NULL,
    total_p90 DOUBLE NOT NULL,
    total_p95 DOUBLE NOT NULL,
    total_p99 DOUBLE NOT NULL
) ENGINE=InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin;
CREATE OR REPLACE VIEW demand_forecasts_current AS
SELECT t.* FROM demand_forecasts t JOIN nightclerk_current c ON c.run_id = t.run_id;

-- how good the forecasts are: `backtest` before publishing, `published` for an earlier publication against actuals
CREATE TABLE IF NOT EXISTS forecast_accuracy (
    job MEDIUMTEXT NOT NULL,
    as_of DATE NOT NULL,
    run_id BIGINT NOT NULL,
    basis MEDIUMTEXT NOT NULL,
    forecast_as_of DATE NOT NULL,
    level MEDIUMTEXT NOT NULL,
    node MEDIUMTEXT NOT NULL,
    product_id MEDIUMTEXT,
    location_id MEDIUMTEXT,
    method MEDIUMTEXT NOT NULL,
    n_periods BIGINT NOT NULL,
    actual DOUBLE,
    forecast DOUBLE,
    wape DOUBLE,
    naive_wape DOUBLE,
    mase DOUBLE,
    rmsse DOUBLE,
    bias DOUBLE,
    coverage_80 DOUBLE,
    coverage_90 DOUBLE,
    pinball DOUBLE
) ENGINE=InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin;
CREATE INDEX IF NOT EXISTS forecast_accuracy_by_run ON forecast_accuracy (run_id);
CREATE TABLE IF NOT EXISTS staged_forecast_accuracy (
    job MEDIUMTEXT NOT NULL,
    as_of DATE NOT NULL,
    run_id BIGINT NOT NULL,
    basis MEDIUMTEXT NOT NULL,
    forecast_as_of DATE NOT NULL,
    level MEDIUMTEXT NOT NULL,
    node MEDIUMTEXT NOT NULL,
    product_id MEDIUMTEXT,
    location_id MEDIUMTEXT,
    method MEDIUMTEXT NOT NULL,
    n_periods BIGINT NOT NULL,
    actual DOUBLE,
    forecast DOUBLE,
    wape DOUBLE,
    naive_wape DOUBLE,
    mase DOUBLE,
    rmsse DOUBLE,
    bias DOUBLE,
    coverage_80 DOUBLE,
    coverage_90 DOUBLE,
    pinball DOUBLE
) ENGINE=InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin;
CREATE OR REPLACE VIEW forecast_accuracy_current AS
SELECT t.* FROM forecast_accuracy t JOIN nightclerk_current c ON c.run_id = t.run_id;

-- how good the forecasts are by days ahead and model; `champion` and `challenger` are scored on the same series and days
CREATE TABLE IF NOT EXISTS forecast_accuracy_by_horizon (
    job MEDIUMTEXT NOT NULL,
    as_of DATE NOT NULL,
    run_id BIGINT NOT NULL,
    basis MEDIUMTEXT NOT NULL,
    forecast_as_of DATE NOT NULL,
    level MEDIUMTEXT NOT NULL,
    first_step BIGINT NOT NULL,
    last_step BIGINT NOT NULL,
    method MEDIUMTEXT NOT NULL,
    n_periods BIGINT NOT NULL,
    wape DOUBLE,
    naive_wape DOUBLE,
    mase DOUBLE,
    rmsse DOUBLE,
    bias DOUBLE,
    coverage_80 DOUBLE,
    coverage_90 DOUBLE,
    pinball DOUBLE
) ENGINE=InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin;
CREATE INDEX IF NOT EXISTS forecast_accuracy_by_horizon_by_run ON forecast_accuracy_by_horizon (run_id);
CREATE TABLE IF NOT EXISTS staged_forecast_accuracy_by_horizon (
    job MEDIUMTEXT NOT NULL,
    as_of DATE NOT NULL,
    run_id BIGINT NOT NULL,
    basis MEDIUMTEXT NOT NULL,
    forecast_as_of DATE NOT NULL,
    level MEDIUMTEXT NOT NULL,
    first_step BIGINT NOT NULL,
    last_step BIGINT NOT NULL,
    method MEDIUMTEXT NOT NULL,
    n_periods BIGINT NOT NULL,
    wape DOUBLE,
    naive_wape DOUBLE,
    mase DOUBLE,
    rmsse DOUBLE,
    bias DOUBLE,
    coverage_80 DOUBLE,
    coverage_90 DOUBLE,
    pinball DOUBLE
) ENGINE=InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin;
CREATE OR REPLACE VIEW forecast_accuracy_by_horizon_current AS
SELECT t.* FROM forecast_accuracy_by_horizon t JOIN nightclerk_current c ON c.run_id = t.run_id;

-- stock-outs, overstock and facts that are missing, with dates and money
CREATE TABLE IF NOT EXISTS inventory_exceptions (
    job MEDIUMTEXT NOT NULL,
    as_of DATE NOT NULL,
    run_id BIGINT NOT NULL,
    code MEDIUMTEXT NOT NULL,
    severity MEDIUMTEXT NOT NULL,
    product_id MEDIUMTEXT,
    location_id MEDIUMTEXT,
    supplier_id MEDIUMTEXT,
    first_on DATE,
    quantity DECIMAL(18,3),
    value DECIMAL(18,{money_decimals}),
    text MEDIUMTEXT NOT NULL
) ENGINE=InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin;
CREATE INDEX IF NOT EXISTS inventory_exceptions_by_run ON inventory_exceptions (run_id);
CREATE TABLE IF NOT EXISTS staged_inventory_exceptions (
    job MEDIUMTEXT NOT NULL,
    as_of DATE NOT NULL,
    run_id BIGINT NOT NULL,
    code MEDIUMTEXT NOT NULL,
    severity MEDIUMTEXT NOT NULL,
    product_id MEDIUMTEXT,
    location_id MEDIUMTEXT,
    supplier_id MEDIUMTEXT,
    first_on DATE,
    quantity DECIMAL(18,3),
    value DECIMAL(18,{money_decimals}),
    text MEDIUMTEXT NOT NULL
) ENGINE=InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin;
CREATE OR REPLACE VIEW inventory_exceptions_current AS
SELECT t.* FROM inventory_exceptions t JOIN nightclerk_current c ON c.run_id = t.run_id;

-- how an order quantity came about; the quantities of a recommendation sum exactly to its order
CREATE TABLE IF NOT EXISTS inventory_explanations (
    job MEDIUMTEXT NOT NULL,
    as_of DATE NOT NULL,
    run_id BIGINT NOT NULL,
    recommendation_id MEDIUMTEXT NOT NULL,
    step_no BIGINT NOT NULL,
    code MEDIUMTEXT NOT NULL,
    quantity DECIMAL(18,3) NOT NULL,
    running DECIMAL(18,3) NOT NULL,
    text MEDIUMTEXT NOT NULL
) ENGINE=InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin;
CREATE INDEX IF NOT EXISTS inventory_explanations_by_run ON inventory_explanations (run_id);
CREATE TABLE IF NOT EXISTS staged_inventory_explanations (
    job MEDIUMTEXT NOT NULL,
    as_of DATE NOT NULL,
    run_id BIGINT NOT NULL,
    recommendation_id MEDIUMTEXT NOT NULL,
    step_no BIGINT NOT NULL,
    code MEDIUMTEXT NOT NULL,
    quantity DECIMAL(18,3) NOT NULL,
    running DECIMAL(18,3) NOT NULL,
    text MEDIUMTEXT NOT NULL
) ENGINE=InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin;
CREATE OR REPLACE VIEW inventory_explanations_current AS
SELECT t.* FROM inventory_explanations t JOIN nightclerk_current c ON c.run_id = t.run_id;

-- what to order, when, how much
CREATE TABLE IF NOT EXISTS inventory_recommendations (
    job MEDIUMTEXT NOT NULL,
    as_of DATE NOT NULL,
    run_id BIGINT NOT NULL,
    recommendation_id MEDIUMTEXT NOT NULL,
    product_id MEDIUMTEXT NOT NULL,
    location_id MEDIUMTEXT NOT NULL,
    supplier_id MEDIUMTEXT,
    order_on DATE NOT NULL,
    arrives_on DATE NOT NULL,
    covers_until DATE NOT NULL,
    order_quantity DECIMAL(18,3) NOT NULL,
    pack_size DECIMAL(18,3),
    unit_cost DECIMAL(18,{money_decimals}),
    order_value DECIMAL(18,{money_decimals}),
    on_hand DECIMAL(18,3) NOT NULL,
    reserved DECIMAL(18,3) NOT NULL,
    on_order DECIMAL(18,3) NOT NULL,
    expected_demand DECIMAL(18,3) NOT NULL,
    safety_stock DECIMAL(18,3) NOT NULL,
    order_up_to DECIMAL(18,3) NOT NULL,
    service_level DOUBLE NOT NULL,
    lead_time_days DOUBLE NOT NULL,
    lead_time_basis MEDIUMTEXT NOT NULL,
    protection_days BIGINT NOT NULL,
    forecast_as_of DATE NOT NULL,
    forecast_method MEDIUMTEXT NOT NULL,
    stock_out_on DATE,
    urgency MEDIUMTEXT NOT NULL,
    flags MEDIUMTEXT NOT NULL,
    explanation MEDIUMTEXT NOT NULL
) ENGINE=InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin;
CREATE INDEX IF NOT EXISTS inventory_recommendations_by_run ON inventory_recommendations (run_id);
CREATE TABLE IF NOT EXISTS staged_inventory_recommendations (
    job MEDIUMTEXT NOT NULL,
    as_of DATE NOT NULL,
    run_id BIGINT NOT NULL,
    recommendation_id MEDIUMTEXT NOT NULL,
    product_id MEDIUMTEXT NOT NULL,
    location_id MEDIUMTEXT NOT NULL,
    supplier_id MEDIUMTEXT,
    order_on DATE NOT NULL,
    arrives_on DATE NOT NULL,
    covers_until DATE NOT NULL,
    order_quantity DECIMAL(18,3) NOT NULL,
    pack_size DECIMAL(18,3),
    unit_cost DECIMAL(18,{money_decimals}),
    order_value DECIMAL(18,{money_decimals}),
    on_hand DECIMAL(18,3) NOT NULL,
    reserved DECIMAL(18,3) NOT NULL,
    on_order DECIMAL(18,3) NOT NULL,
    expected_demand DECIMAL(18,3) NOT NULL,
    safety_stock DECIMAL(18,3) NOT NULL,
    order_up_to DECIMAL(18,3) NOT NULL,
    service_level DOUBLE NOT NULL,
    lead_time_days DOUBLE NOT NULL,
    lead_time_basis MEDIUMTEXT NOT NULL,
    protection_days BIGINT NOT NULL,
    forecast_as_of DATE NOT NULL,
    forecast_method MEDIUMTEXT NOT NULL,
    stock_out_on DATE,
    urgency MEDIUMTEXT NOT NULL,
    flags MEDIUMTEXT NOT NULL,
    explanation MEDIUMTEXT NOT NULL
) ENGINE=InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin;
CREATE OR REPLACE VIEW inventory_recommendations_current AS
SELECT t.* FROM inventory_recommendations t JOIN nightclerk_current c ON c.run_id = t.run_id;

-- what customers buy within some days after a product, beyond chance and in this order, strongest first
CREATE TABLE IF NOT EXISTS next_purchases (
    job MEDIUMTEXT NOT NULL,
    as_of DATE NOT NULL,
    run_id BIGINT NOT NULL,
    product_id MEDIUMTEXT NOT NULL,
    next_id MEDIUMTEXT NOT NULL,
    product_name MEDIUMTEXT NOT NULL,
    next_name MEDIUMTEXT NOT NULL,
    rank BIGINT NOT NULL,
    within_days BIGINT NOT NULL,
    median_days DOUBLE NOT NULL,
    n_customers BIGINT NOT NULL,
    n_followed BIGINT NOT NULL,
    confidence DOUBLE NOT NULL,
    n_expected DOUBLE NOT NULL,
    lift DOUBLE NOT NULL,
    lift_lower DOUBLE NOT NULL,
    n_forward BIGINT NOT NULL,
    n_backward BIGINT NOT NULL,
    p_value DOUBLE NOT NULL,
    q_value DOUBLE NOT NULL,
    in_stock BIGINT,
    counted_on DATE NOT NULL,
    sentence MEDIUMTEXT NOT NULL
) ENGINE=InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin;
CREATE INDEX IF NOT EXISTS next_purchases_by_run ON next_purchases (run_id);
CREATE TABLE IF NOT EXISTS staged_next_purchases (
    job MEDIUMTEXT NOT NULL,
    as_of DATE NOT NULL,
    run_id BIGINT NOT NULL,
    product_id MEDIUMTEXT NOT NULL,
    next_id MEDIUMTEXT NOT NULL,
    product_name MEDIUMTEXT NOT NULL,
    next_name MEDIUMTEXT NOT NULL,
    rank BIGINT NOT NULL,
    within_days BIGINT NOT NULL,
    median_days DOUBLE NOT NULL,
    n_customers BIGINT NOT NULL,
    n_followed BIGINT NOT NULL,
    confidence DOUBLE NOT NULL,
    n_expected DOUBLE NOT NULL,
    lift DOUBLE NOT NULL,
    lift_lower DOUBLE NOT NULL,
    n_forward BIGINT NOT NULL,
    n_backward BIGINT NOT NULL,
    p_value DOUBLE NOT NULL,
    q_value DOUBLE NOT NULL,
    in_stock BIGINT,
    counted_on DATE NOT NULL,
    sentence MEDIUMTEXT NOT NULL
) ENGINE=InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin;
CREATE OR REPLACE VIEW next_purchases_current AS
SELECT t.* FROM next_purchases t JOIN nightclerk_current c ON c.run_id = t.run_id;

-- how earlier advice turned out, graded when its protection interval is over
CREATE TABLE IF NOT EXISTS recommendation_outcomes (
    job MEDIUMTEXT NOT NULL,
    as_of DATE NOT NULL,
    run_id BIGINT NOT NULL,
    recommended_as_of DATE NOT NULL,
    recommendation_id MEDIUMTEXT NOT NULL,
    product_id MEDIUMTEXT NOT NULL,
    location_id MEDIUMTEXT NOT NULL,
    recommended DECIMAL(18,3) NOT NULL,
    ordered DECIMAL(18,3),
    followed BOOLEAN,
    window_from DATE NOT NULL,
    window_to DATE NOT NULL,
    demand_expected DECIMAL(18,3) NOT NULL,
    demand_actual DECIMAL(18,3) NOT NULL,
    order_up_to DECIMAL(18,3) NOT NULL,
    stock_out_days BIGINT NOT NULL,
    closing_stock DECIMAL(18,3),
    verdict MEDIUMTEXT NOT NULL,
    explanation MEDIUMTEXT NOT NULL
) ENGINE=InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin;
CREATE INDEX IF NOT EXISTS recommendation_outcomes_by_run ON recommendation_outcomes (run_id);
CREATE TABLE IF NOT EXISTS staged_recommendation_outcomes (
    job MEDIUMTEXT NOT NULL,
    as_of DATE NOT NULL,
    run_id BIGINT NOT NULL,
    recommended_as_of DATE NOT NULL,
    recommendation_id MEDIUMTEXT NOT NULL,
    product_id MEDIUMTEXT NOT NULL,
    location_id MEDIUMTEXT NOT NULL,
    recommended DECIMAL(18,3) NOT NULL,
    ordered DECIMAL(18,3),
    followed BOOLEAN,
    window_from DATE NOT NULL,
    window_to DATE NOT NULL,
    demand_expected DECIMAL(18,3) NOT NULL,
    demand_actual DECIMAL(18,3) NOT NULL,
    order_up_to DECIMAL(18,3) NOT NULL,
    stock_out_days BIGINT NOT NULL,
    closing_stock DECIMAL(18,3),
    verdict MEDIUMTEXT NOT NULL,
    explanation MEDIUMTEXT NOT NULL
) ENGINE=InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin;
CREATE OR REPLACE VIEW recommendation_outcomes_current AS
SELECT t.* FROM recommendation_outcomes t JOIN nightclerk_current c ON c.run_id = t.run_id;

-- one row per rule of association_rules: the other measures, and how it held over the window
CREATE TABLE IF NOT EXISTS rule_measures (
    job MEDIUMTEXT NOT NULL,
    as_of DATE NOT NULL,
    run_id BIGINT NOT NULL,
    level MEDIUMTEXT NOT NULL,
    antecedent MEDIUMTEXT NOT NULL,
    consequent MEDIUMTEXT NOT NULL,
    n_expected DOUBLE NOT NULL,
    improvement DOUBLE NOT NULL,
    zhang DOUBLE,
    kulczynski DOUBLE NOT NULL,
    imbalance DOUBLE NOT NULL,
    jaccard DOUBLE NOT NULL,
    cosine DOUBLE NOT NULL,
    phi DOUBLE,
    odds_ratio DOUBLE,
    odds_ratio_low DOUBLE,
    odds_ratio_high DOUBLE,
    chi_squared DOUBLE,
    ln_chi_squared_p DOUBLE,
    ln_fisher_p DOUBLE NOT NULL,
    mutual_information DOUBLE NOT NULL,
    hyper_lift DOUBLE,
    hyper_confidence DOUBLE NOT NULL,
    undefined MEDIUMTEXT,
    days_with_both BIGINT NOT NULL,
    trend MEDIUMTEXT NOT NULL,
    lift_recent DOUBLE,
    parent_lift DOUBLE
) ENGINE=InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin;
CREATE INDEX IF NOT EXISTS rule_measures_by_run ON rule_measures (run_id);
CREATE TABLE IF NOT EXISTS staged_rule_measures (
    job MEDIUMTEXT NOT NULL,
    as_of DATE NOT NULL,
    run_id BIGINT NOT NULL,
    level MEDIUMTEXT NOT NULL,
    antecedent MEDIUMTEXT NOT NULL,
    consequent MEDIUMTEXT NOT NULL,
    n_expected DOUBLE NOT NULL,
    improvement DOUBLE NOT NULL,
    zhang DOUBLE,
    kulczynski DOUBLE NOT NULL,
    imbalance DOUBLE NOT NULL,
    jaccard DOUBLE NOT NULL,
    cosine DOUBLE NOT NULL,
    phi DOUBLE,
    odds_ratio DOUBLE,
    odds_ratio_low DOUBLE,
    odds_ratio_high DOUBLE,
    chi_squared DOUBLE,
    ln_chi_squared_p DOUBLE,
    ln_fisher_p DOUBLE NOT NULL,
    mutual_information DOUBLE NOT NULL,
    hyper_lift DOUBLE,
    hyper_confidence DOUBLE NOT NULL,
    undefined MEDIUMTEXT,
    days_with_both BIGINT NOT NULL,
    trend MEDIUMTEXT NOT NULL,
    lift_recent DOUBLE,
    parent_lift DOUBLE
) ENGINE=InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin;
CREATE OR REPLACE VIEW rule_measures_current AS
SELECT t.* FROM rule_measures t JOIN nightclerk_current c ON c.run_id = t.run_id;

-- pairs of products of one category that share a basket less often than chance: likely substitutes, both ways round
CREATE TABLE IF NOT EXISTS substitutes (
    job MEDIUMTEXT NOT NULL,
    as_of DATE NOT NULL,
    run_id BIGINT NOT NULL,
    product_id MEDIUMTEXT NOT NULL,
    substitute_id MEDIUMTEXT NOT NULL,
    product_name MEDIUMTEXT NOT NULL,
    substitute_name MEDIUMTEXT NOT NULL,
    category MEDIUMTEXT NOT NULL,
    n_product BIGINT NOT NULL,
    n_substitute BIGINT NOT NULL,
    n_both BIGINT NOT NULL,
    n_expected DOUBLE NOT NULL,
    q_value DOUBLE NOT NULL,
    in_stock BIGINT,
    sentence MEDIUMTEXT NOT NULL
) ENGINE=InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin;
CREATE INDEX IF NOT EXISTS substitutes_by_run ON substitutes (run_id);
CREATE TABLE IF NOT EXISTS staged_substitutes (
    job MEDIUMTEXT NOT NULL,
    as_of DATE NOT NULL,
    run_id BIGINT NOT NULL,
    product_id MEDIUMTEXT NOT NULL,
    substitute_id MEDIUMTEXT NOT NULL,
    product_name MEDIUMTEXT NOT NULL,
    substitute_name MEDIUMTEXT NOT NULL,
    category MEDIUMTEXT NOT NULL,
    n_product BIGINT NOT NULL,
    n_substitute BIGINT NOT NULL,
    n_both BIGINT NOT NULL,
    n_expected DOUBLE NOT NULL,
    q_value DOUBLE NOT NULL,
    in_stock BIGINT,
    sentence MEDIUMTEXT NOT NULL
) ENGINE=InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin;
CREATE OR REPLACE VIEW substitutes_current AS
SELECT t.* FROM substitutes t JOIN nightclerk_current c ON c.run_id = t.run_id;
