-- The tables that jobs publish. Rows are staged in staged_NAME, become visible in NAME in one transaction,
-- and consumers read NAME_current: the newest publication of each job.

-- rules antecedent -> consequent that hold beyond chance, strongest first
CREATE TABLE association_rules (
    job TEXT NOT NULL,
    as_of DATE NOT NULL,
    run_id BIGINT NOT NULL,
    level TEXT NOT NULL,
    antecedent TEXT NOT NULL,
    consequent TEXT NOT NULL,
    antecedent_name TEXT NOT NULL,
    consequent_name TEXT NOT NULL,
    rank BIGINT NOT NULL,
    n_baskets BIGINT NOT NULL,
    n_antecedent BIGINT NOT NULL,
    n_consequent BIGINT NOT NULL,
    n_both BIGINT NOT NULL,
    support DOUBLE PRECISION NOT NULL,
    confidence DOUBLE PRECISION NOT NULL,
    lift DOUBLE PRECISION NOT NULL,
    lift_lower DOUBLE PRECISION NOT NULL,
    leverage DOUBLE PRECISION NOT NULL,
    conviction DOUBLE PRECISION,
    p_value DOUBLE PRECISION NOT NULL,
    q_value DOUBLE PRECISION NOT NULL,
    margin_per_1000 DOUBLE PRECISION,
    sentence TEXT NOT NULL
);
CREATE TABLE staged_association_rules (
    job TEXT NOT NULL,
    as_of DATE NOT NULL,
    run_id BIGINT NOT NULL,
    level TEXT NOT NULL,
    antecedent TEXT NOT NULL,
    consequent TEXT NOT NULL,
    antecedent_name TEXT NOT NULL,
    consequent_name TEXT NOT NULL,
    rank BIGINT NOT NULL,
    n_baskets BIGINT NOT NULL,
    n_antecedent BIGINT NOT NULL,
    n_consequent BIGINT NOT NULL,
    n_both BIGINT NOT NULL,
    support DOUBLE PRECISION NOT NULL,
    confidence DOUBLE PRECISION NOT NULL,
    lift DOUBLE PRECISION NOT NULL,
    lift_lower DOUBLE PRECISION NOT NULL,
    leverage DOUBLE PRECISION NOT NULL,
    conviction DOUBLE PRECISION,
    p_value DOUBLE PRECISION NOT NULL,
    q_value DOUBLE PRECISION NOT NULL,
    margin_per_1000 DOUBLE PRECISION,
    sentence TEXT NOT NULL
);
CREATE INDEX association_rules_by_run ON association_rules (run_id);
CREATE VIEW association_rules_current AS
SELECT t.* FROM association_rules t JOIN nightclerk_current c ON c.run_id = t.run_id;

-- what each campaign caused, with its uncertainty, and whether it paid
CREATE TABLE campaign_lift (
    job TEXT NOT NULL,
    as_of DATE NOT NULL,
    run_id BIGINT NOT NULL,
    campaign_id TEXT NOT NULL,
    campaign_name TEXT NOT NULL,
    arm TEXT NOT NULL,
    metric TEXT NOT NULL,
    primary_metric BOOLEAN NOT NULL,
    grade TEXT NOT NULL,
    window_from DATE NOT NULL,
    window_to DATE NOT NULL,
    complete BOOLEAN NOT NULL,
    n_treated BIGINT NOT NULL,
    n_control BIGINT NOT NULL,
    mean_treated DOUBLE PRECISION,
    mean_control DOUBLE PRECISION,
    difference DOUBLE PRECISION,
    lower DOUBLE PRECISION,
    upper DOUBLE PRECISION,
    p_value DOUBLE PRECISION,
    p_adjusted DOUBLE PRECISION,
    relative_lift DOUBLE PRECISION,
    relative_lower DOUBLE PRECISION,
    relative_upper DOUBLE PRECISION,
    sample_ratio_p DOUBLE PRECISION,
    incremental_margin DOUBLE PRECISION,
    cost DOUBLE PRECISION,
    net_value DOUBLE PRECISION,
    net_lower DOUBLE PRECISION,
    net_upper DOUBLE PRECISION,
    return_on_spend DOUBLE PRECISION,
    verdict TEXT NOT NULL,
    explanation TEXT NOT NULL
);
CREATE TABLE staged_campaign_lift (
    job TEXT NOT NULL,
    as_of DATE NOT NULL,
    run_id BIGINT NOT NULL,
    campaign_id TEXT NOT NULL,
    campaign_name TEXT NOT NULL,
    arm TEXT NOT NULL,
    metric TEXT NOT NULL,
    primary_metric BOOLEAN NOT NULL,
    grade TEXT NOT NULL,
    window_from DATE NOT NULL,
    window_to DATE NOT NULL,
    complete BOOLEAN NOT NULL,
    n_treated BIGINT NOT NULL,
    n_control BIGINT NOT NULL,
    mean_treated DOUBLE PRECISION,
    mean_control DOUBLE PRECISION,
    difference DOUBLE PRECISION,
    lower DOUBLE PRECISION,
    upper DOUBLE PRECISION,
    p_value DOUBLE PRECISION,
    p_adjusted DOUBLE PRECISION,
    relative_lift DOUBLE PRECISION,
    relative_lower DOUBLE PRECISION,
    relative_upper DOUBLE PRECISION,
    sample_ratio_p DOUBLE PRECISION,
    incremental_margin DOUBLE PRECISION,
    cost DOUBLE PRECISION,
    net_value DOUBLE PRECISION,
    net_lower DOUBLE PRECISION,
    net_upper DOUBLE PRECISION,
    return_on_spend DOUBLE PRECISION,
    verdict TEXT NOT NULL,
    explanation TEXT NOT NULL
);
CREATE INDEX campaign_lift_by_run ON campaign_lift (run_id);
CREATE VIEW campaign_lift_current AS
SELECT t.* FROM campaign_lift t JOIN nightclerk_current c ON c.run_id = t.run_id;

-- arm of every selected customer, so that the next campaign score can read the list back
CREATE TABLE coupon_assignments (
    job TEXT NOT NULL,
    as_of DATE NOT NULL,
    run_id BIGINT NOT NULL,
    campaign_id TEXT NOT NULL,
    customer_id TEXT NOT NULL,
    variant TEXT NOT NULL,
    probability DOUBLE PRECISION NOT NULL,
    assigned_on DATE NOT NULL
);
CREATE TABLE staged_coupon_assignments (
    job TEXT NOT NULL,
    as_of DATE NOT NULL,
    run_id BIGINT NOT NULL,
    campaign_id TEXT NOT NULL,
    customer_id TEXT NOT NULL,
    variant TEXT NOT NULL,
    probability DOUBLE PRECISION NOT NULL,
    assigned_on DATE NOT NULL
);
CREATE INDEX coupon_assignments_by_run ON coupon_assignments (run_id);
CREATE VIEW coupon_assignments_current AS
SELECT t.* FROM coupon_assignments t JOIN nightclerk_current c ON c.run_id = t.run_id;

-- our own coupon lists as campaigns
CREATE TABLE coupon_campaigns (
    job TEXT NOT NULL,
    as_of DATE NOT NULL,
    run_id BIGINT NOT NULL,
    campaign_id TEXT NOT NULL,
    name TEXT NOT NULL,
    kind TEXT NOT NULL,
    starts_on DATE NOT NULL,
    ends_on DATE NOT NULL,
    randomised BOOLEAN NOT NULL,
    contact_cost BIGINT,
    offer_id TEXT,
    budget BIGINT,
    primary_metric TEXT
);
CREATE TABLE staged_coupon_campaigns (
    job TEXT NOT NULL,
    as_of DATE NOT NULL,
    run_id BIGINT NOT NULL,
    campaign_id TEXT NOT NULL,
    name TEXT NOT NULL,
    kind TEXT NOT NULL,
    starts_on DATE NOT NULL,
    ends_on DATE NOT NULL,
    randomised BOOLEAN NOT NULL,
    contact_cost BIGINT,
    offer_id TEXT,
    budget BIGINT,
    primary_metric TEXT
);
CREATE INDEX coupon_campaigns_by_run ON coupon_campaigns (run_id);
CREATE VIEW coupon_campaigns_current AS
SELECT t.* FROM coupon_campaigns t JOIN nightclerk_current c ON c.run_id = t.run_id;

-- customers by what happened to them; the counts add up to all customers
CREATE TABLE coupon_drops (
    job TEXT NOT NULL,
    as_of DATE NOT NULL,
    run_id BIGINT NOT NULL,
    campaign_id TEXT NOT NULL,
    position BIGINT NOT NULL,
    reason TEXT NOT NULL,
    customers BIGINT NOT NULL,
    text TEXT NOT NULL
);
CREATE TABLE staged_coupon_drops (
    job TEXT NOT NULL,
    as_of DATE NOT NULL,
    run_id BIGINT NOT NULL,
    campaign_id TEXT NOT NULL,
    position BIGINT NOT NULL,
    reason TEXT NOT NULL,
    customers BIGINT NOT NULL,
    text TEXT NOT NULL
);
CREATE INDEX coupon_drops_by_run ON coupon_drops (run_id);
CREATE VIEW coupon_drops_current AS
SELECT t.* FROM coupon_drops t JOIN nightclerk_current c ON c.run_id = t.run_id;

-- customers to be sent an offer; the holdout is not among them
CREATE TABLE coupon_targets (
    job TEXT NOT NULL,
    as_of DATE NOT NULL,
    run_id BIGINT NOT NULL,
    campaign_id TEXT NOT NULL,
    customer_id TEXT NOT NULL,
    rank BIGINT NOT NULL,
    offer_id TEXT NOT NULL,
    expected_uplift DOUBLE PRECISION NOT NULL,
    expected_value DOUBLE PRECISION NOT NULL,
    expected_cost DOUBLE PRECISION NOT NULL,
    reason TEXT NOT NULL,
    send_after DATE NOT NULL,
    send_before DATE NOT NULL,
    consent_basis TEXT NOT NULL,
    idempotency_key TEXT NOT NULL
);
CREATE TABLE staged_coupon_targets (
    job TEXT NOT NULL,
    as_of DATE NOT NULL,
    run_id BIGINT NOT NULL,
    campaign_id TEXT NOT NULL,
    customer_id TEXT NOT NULL,
    rank BIGINT NOT NULL,
    offer_id TEXT NOT NULL,
    expected_uplift DOUBLE PRECISION NOT NULL,
    expected_value DOUBLE PRECISION NOT NULL,
    expected_cost DOUBLE PRECISION NOT NULL,
    reason TEXT NOT NULL,
    send_after DATE NOT NULL,
    send_before DATE NOT NULL,
    consent_basis TEXT NOT NULL,
    idempotency_key TEXT NOT NULL
);
CREATE INDEX coupon_targets_by_run ON coupon_targets (run_id);
CREATE VIEW coupon_targets_current AS
SELECT t.* FROM coupon_targets t JOIN nightclerk_current c ON c.run_id = t.run_id;

-- demand distribution per node and day; `total_*` is the demand of all days from the first up to this one
CREATE TABLE demand_forecasts (
    job TEXT NOT NULL,
    as_of DATE NOT NULL,
    run_id BIGINT NOT NULL,
    level TEXT NOT NULL,
    node TEXT NOT NULL,
    product_id TEXT,
    location_id TEXT,
    period_start DATE NOT NULL,
    step BIGINT NOT NULL,
    method TEXT NOT NULL,
    mean DOUBLE PRECISION NOT NULL,
    p05 DOUBLE PRECISION NOT NULL,
    p10 DOUBLE PRECISION NOT NULL,
    p25 DOUBLE PRECISION NOT NULL,
    p50 DOUBLE PRECISION NOT NULL,
    p75 DOUBLE PRECISION NOT NULL,
    p90 DOUBLE PRECISION NOT NULL,
    p95 DOUBLE PRECISION NOT NULL,
    p99 DOUBLE PRECISION NOT NULL,
    total_mean DOUBLE PRECISION NOT NULL,
    total_p05 DOUBLE PRECISION NOT NULL,
    total_p10 DOUBLE PRECISION NOT NULL,
    total_p25 DOUBLE PRECISION NOT NULL,
    total_p50 DOUBLE PRECISION NOT NULL,
    total_p75 DOUBLE PRECISION NOT NULL,
    total_p90 DOUBLE PRECISION NOT NULL,
    total_p95 DOUBLE PRECISION NOT NULL,
    total_p99 DOUBLE PRECISION NOT NULL
);
CREATE TABLE staged_demand_forecasts (
    job TEXT NOT NULL,
    as_of DATE NOT NULL,
    run_id BIGINT NOT NULL,
    level TEXT NOT NULL,
    node TEXT NOT NULL,
    product_id TEXT,
    location_id TEXT,
    period_start DATE NOT NULL,
    step BIGINT NOT NULL,
    method TEXT NOT NULL,
    mean DOUBLE PRECISION NOT NULL,
    p05 DOUBLE PRECISION NOT NULL,
    p10 DOUBLE PRECISION NOT NULL,
    p25 DOUBLE PRECISION NOT NULL,
    p50 DOUBLE PRECISION NOT NULL,
    p75 DOUBLE PRECISION NOT NULL,
    p90 DOUBLE PRECISION NOT NULL,
    p95 DOUBLE PRECISION NOT NULL,
    p99 DOUBLE PRECISION NOT NULL,
    total_mean DOUBLE PRECISION NOT NULL,
    total_p05 DOUBLE PRECISION NOT NULL,
    total_p10 DOUBLE PRECISION NOT NULL,
    total_p25 DOUBLE PRECISION NOT NULL,
    total_p50 DOUBLE PRECISION NOT NULL,
    total_p75 DOUBLE PRECISION NOT NULL,
    total_p90 DOUBLE PRECISION NOT NULL,
    total_p95 DOUBLE PRECISION NOT NULL,
    total_p99 DOUBLE PRECISION NOT NULL
);
CREATE INDEX demand_forecasts_by_run ON demand_forecasts (run_id);
CREATE VIEW demand_forecasts_current AS
SELECT t.* FROM demand_forecasts t JOIN nightclerk_current c ON c.run_id = t.run_id;

-- how good the forecasts are: `backtest` before publishing, `published` for an earlier publication against actuals
CREATE TABLE forecast_accuracy (
    job TEXT NOT NULL,
    as_of DATE NOT NULL,
    run_id BIGINT NOT NULL,
    basis TEXT NOT NULL,
    forecast_as_of DATE NOT NULL,
    level TEXT NOT NULL,
    node TEXT NOT NULL,
    product_id TEXT,
    location_id TEXT,
    method TEXT NOT NULL,
    n_periods BIGINT NOT NULL,
    actual DOUBLE PRECISION,
    forecast DOUBLE PRECISION,
    wape DOUBLE PRECISION,
    naive_wape DOUBLE PRECISION,
    mase DOUBLE PRECISION,
    rmsse DOUBLE PRECISION,
    bias DOUBLE PRECISION,
    coverage_80 DOUBLE PRECISION,
    coverage_90 DOUBLE PRECISION,
    pinball DOUBLE PRECISION
);
CREATE TABLE staged_forecast_accuracy (
    job TEXT NOT NULL,
    as_of DATE NOT NULL,
    run_id BIGINT NOT NULL,
    basis TEXT NOT NULL,
    forecast_as_of DATE NOT NULL,
    level TEXT NOT NULL,
    node TEXT NOT NULL,
    product_id TEXT,
    location_id TEXT,
    method TEXT NOT NULL,
    n_periods BIGINT NOT NULL,
    actual DOUBLE PRECISION,
    forecast DOUBLE PRECISION,
    wape DOUBLE PRECISION,
    naive_wape DOUBLE PRECISION,
    mase DOUBLE PRECISION,
    rmsse DOUBLE PRECISION,
    bias DOUBLE PRECISION,
    coverage_80 DOUBLE PRECISION,
    coverage_90 DOUBLE PRECISION,
    pinball DOUBLE PRECISION
);
CREATE INDEX forecast_accuracy_by_run ON forecast_accuracy (run_id);
CREATE VIEW forecast_accuracy_current AS
SELECT t.* FROM forecast_accuracy t JOIN nightclerk_current c ON c.run_id = t.run_id;

-- stock-outs, overstock and facts that are missing, with dates and money
CREATE TABLE inventory_exceptions (
    job TEXT NOT NULL,
    as_of DATE NOT NULL,
    run_id BIGINT NOT NULL,
    code TEXT NOT NULL,
    severity TEXT NOT NULL,
    product_id TEXT,
    location_id TEXT,
    supplier_id TEXT,
    first_on DATE,
    quantity DOUBLE PRECISION,
    value DOUBLE PRECISION,
    text TEXT NOT NULL
);
CREATE TABLE staged_inventory_exceptions (
    job TEXT NOT NULL,
    as_of DATE NOT NULL,
    run_id BIGINT NOT NULL,
    code TEXT NOT NULL,
    severity TEXT NOT NULL,
    product_id TEXT,
    location_id TEXT,
    supplier_id TEXT,
    first_on DATE,
    quantity DOUBLE PRECISION,
    value DOUBLE PRECISION,
    text TEXT NOT NULL
);
CREATE INDEX inventory_exceptions_by_run ON inventory_exceptions (run_id);
CREATE VIEW inventory_exceptions_current AS
SELECT t.* FROM inventory_exceptions t JOIN nightclerk_current c ON c.run_id = t.run_id;

-- how an order quantity came about; the quantities of a recommendation sum exactly to its order
CREATE TABLE inventory_explanations (
    job TEXT NOT NULL,
    as_of DATE NOT NULL,
    run_id BIGINT NOT NULL,
    recommendation_id TEXT NOT NULL,
    step_no BIGINT NOT NULL,
    code TEXT NOT NULL,
    quantity BIGINT NOT NULL,
    running BIGINT NOT NULL,
    text TEXT NOT NULL
);
CREATE TABLE staged_inventory_explanations (
    job TEXT NOT NULL,
    as_of DATE NOT NULL,
    run_id BIGINT NOT NULL,
    recommendation_id TEXT NOT NULL,
    step_no BIGINT NOT NULL,
    code TEXT NOT NULL,
    quantity BIGINT NOT NULL,
    running BIGINT NOT NULL,
    text TEXT NOT NULL
);
CREATE INDEX inventory_explanations_by_run ON inventory_explanations (run_id);
CREATE VIEW inventory_explanations_current AS
SELECT t.* FROM inventory_explanations t JOIN nightclerk_current c ON c.run_id = t.run_id;

-- what to order, when, how much
CREATE TABLE inventory_recommendations (
    job TEXT NOT NULL,
    as_of DATE NOT NULL,
    run_id BIGINT NOT NULL,
    recommendation_id TEXT NOT NULL,
    product_id TEXT NOT NULL,
    location_id TEXT NOT NULL,
    supplier_id TEXT,
    order_on DATE NOT NULL,
    arrives_on DATE NOT NULL,
    covers_until DATE NOT NULL,
    order_quantity BIGINT NOT NULL,
    pack_size BIGINT,
    unit_cost BIGINT,
    order_value BIGINT,
    on_hand BIGINT NOT NULL,
    reserved BIGINT NOT NULL,
    on_order BIGINT NOT NULL,
    expected_demand DOUBLE PRECISION NOT NULL,
    safety_stock DOUBLE PRECISION NOT NULL,
    order_up_to DOUBLE PRECISION NOT NULL,
    service_level DOUBLE PRECISION NOT NULL,
    lead_time_days DOUBLE PRECISION NOT NULL,
    lead_time_basis TEXT NOT NULL,
    protection_days BIGINT NOT NULL,
    forecast_as_of DATE NOT NULL,
    forecast_method TEXT NOT NULL,
    stock_out_on DATE,
    urgency TEXT NOT NULL,
    flags TEXT NOT NULL,
    explanation TEXT NOT NULL
);
CREATE TABLE staged_inventory_recommendations (
    job TEXT NOT NULL,
    as_of DATE NOT NULL,
    run_id BIGINT NOT NULL,
    recommendation_id TEXT NOT NULL,
    product_id TEXT NOT NULL,
    location_id TEXT NOT NULL,
    supplier_id TEXT,
    order_on DATE NOT NULL,
    arrives_on DATE NOT NULL,
    covers_until DATE NOT NULL,
    order_quantity BIGINT NOT NULL,
    pack_size BIGINT,
    unit_cost BIGINT,
    order_value BIGINT,
    on_hand BIGINT NOT NULL,
    reserved BIGINT NOT NULL,
    on_order BIGINT NOT NULL,
    expected_demand DOUBLE PRECISION NOT NULL,
    safety_stock DOUBLE PRECISION NOT NULL,
    order_up_to DOUBLE PRECISION NOT NULL,
    service_level DOUBLE PRECISION NOT NULL,
    lead_time_days DOUBLE PRECISION NOT NULL,
    lead_time_basis TEXT NOT NULL,
    protection_days BIGINT NOT NULL,
    forecast_as_of DATE NOT NULL,
    forecast_method TEXT NOT NULL,
    stock_out_on DATE,
    urgency TEXT NOT NULL,
    flags TEXT NOT NULL,
    explanation TEXT NOT NULL
);
CREATE INDEX inventory_recommendations_by_run ON inventory_recommendations (run_id);
CREATE VIEW inventory_recommendations_current AS
SELECT t.* FROM inventory_recommendations t JOIN nightclerk_current c ON c.run_id = t.run_id;

-- how earlier advice turned out, graded when its protection interval is over
CREATE TABLE recommendation_outcomes (
    job TEXT NOT NULL,
    as_of DATE NOT NULL,
    run_id BIGINT NOT NULL,
    recommended_as_of DATE NOT NULL,
    recommendation_id TEXT NOT NULL,
    product_id TEXT NOT NULL,
    location_id TEXT NOT NULL,
    recommended BIGINT NOT NULL,
    ordered BIGINT,
    followed BOOLEAN,
    window_from DATE NOT NULL,
    window_to DATE NOT NULL,
    demand_expected DOUBLE PRECISION NOT NULL,
    demand_actual DOUBLE PRECISION NOT NULL,
    order_up_to DOUBLE PRECISION NOT NULL,
    stock_out_days BIGINT NOT NULL,
    closing_stock DOUBLE PRECISION,
    verdict TEXT NOT NULL,
    explanation TEXT NOT NULL
);
CREATE TABLE staged_recommendation_outcomes (
    job TEXT NOT NULL,
    as_of DATE NOT NULL,
    run_id BIGINT NOT NULL,
    recommended_as_of DATE NOT NULL,
    recommendation_id TEXT NOT NULL,
    product_id TEXT NOT NULL,
    location_id TEXT NOT NULL,
    recommended BIGINT NOT NULL,
    ordered BIGINT,
    followed BOOLEAN,
    window_from DATE NOT NULL,
    window_to DATE NOT NULL,
    demand_expected DOUBLE PRECISION NOT NULL,
    demand_actual DOUBLE PRECISION NOT NULL,
    order_up_to DOUBLE PRECISION NOT NULL,
    stock_out_days BIGINT NOT NULL,
    closing_stock DOUBLE PRECISION,
    verdict TEXT NOT NULL,
    explanation TEXT NOT NULL
);
CREATE INDEX recommendation_outcomes_by_run ON recommendation_outcomes (run_id);
CREATE VIEW recommendation_outcomes_current AS
SELECT t.* FROM recommendation_outcomes t JOIN nightclerk_current c ON c.run_id = t.run_id;
