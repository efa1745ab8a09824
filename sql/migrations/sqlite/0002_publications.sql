-- The tables that jobs publish. Rows are staged in staged_NAME, become visible in NAME in one transaction,
-- and consumers read NAME_current: the newest publication of each job.

-- rules antecedent -> consequent that hold beyond chance, strongest first
CREATE TABLE association_rules (
    job TEXT NOT NULL,
    as_of TEXT NOT NULL,
    run_id INTEGER NOT NULL,
    level TEXT NOT NULL,
    antecedent TEXT NOT NULL,
    consequent TEXT NOT NULL,
    antecedent_name TEXT NOT NULL,
    consequent_name TEXT NOT NULL,
    rank INTEGER NOT NULL,
    n_baskets INTEGER NOT NULL,
    n_antecedent INTEGER NOT NULL,
    n_consequent INTEGER NOT NULL,
    n_both INTEGER NOT NULL,
    support REAL NOT NULL,
    confidence REAL NOT NULL,
    lift REAL NOT NULL,
    lift_lower REAL NOT NULL,
    leverage REAL NOT NULL,
    conviction REAL,
    p_value REAL NOT NULL,
    q_value REAL NOT NULL,
    margin_per_1000 REAL,
    sentence TEXT NOT NULL
);
CREATE TABLE staged_association_rules (
    job TEXT NOT NULL,
    as_of TEXT NOT NULL,
    run_id INTEGER NOT NULL,
    level TEXT NOT NULL,
    antecedent TEXT NOT NULL,
    consequent TEXT NOT NULL,
    antecedent_name TEXT NOT NULL,
    consequent_name TEXT NOT NULL,
    rank INTEGER NOT NULL,
    n_baskets INTEGER NOT NULL,
    n_antecedent INTEGER NOT NULL,
    n_consequent INTEGER NOT NULL,
    n_both INTEGER NOT NULL,
    support REAL NOT NULL,
    confidence REAL NOT NULL,
    lift REAL NOT NULL,
    lift_lower REAL NOT NULL,
    leverage REAL NOT NULL,
    conviction REAL,
    p_value REAL NOT NULL,
    q_value REAL NOT NULL,
    margin_per_1000 REAL,
    sentence TEXT NOT NULL
);
CREATE INDEX association_rules_by_run ON association_rules (run_id);
CREATE VIEW association_rules_current AS
SELECT t.* FROM association_rules t JOIN nightclerk_current c ON c.run_id = t.run_id;

-- what each campaign caused, with its uncertainty, and whether it paid
CREATE TABLE campaign_lift (
    job TEXT NOT NULL,
    as_of TEXT NOT NULL,
    run_id INTEGER NOT NULL,
    campaign_id TEXT NOT NULL,
    campaign_name TEXT NOT NULL,
    arm TEXT NOT NULL,
    metric TEXT NOT NULL,
    primary_metric INTEGER NOT NULL,
    grade TEXT NOT NULL,
    window_from TEXT NOT NULL,
    window_to TEXT NOT NULL,
    complete INTEGER NOT NULL,
    n_treated INTEGER NOT NULL,
    n_control INTEGER NOT NULL,
    mean_treated REAL,
    mean_control REAL,
    difference REAL,
    lower REAL,
    upper REAL,
    p_value REAL,
    p_adjusted REAL,
    relative_lift REAL,
    relative_lower REAL,
    relative_upper REAL,
    sample_ratio_p REAL,
    incremental_margin REAL,
    cost REAL,
    net_value REAL,
    net_lower REAL,
    net_upper REAL,
    return_on_spend REAL,
    verdict TEXT NOT NULL,
    explanation TEXT NOT NULL
);
CREATE TABLE staged_campaign_lift (
    job TEXT NOT NULL,
    as_of TEXT NOT NULL,
    run_id INTEGER NOT NULL,
    campaign_id TEXT NOT NULL,
    campaign_name TEXT NOT NULL,
    arm TEXT NOT NULL,
    metric TEXT NOT NULL,
    primary_metric INTEGER NOT NULL,
    grade TEXT NOT NULL,
    window_from TEXT NOT NULL,
    window_to TEXT NOT NULL,
    complete INTEGER NOT NULL,
    n_treated INTEGER NOT NULL,
    n_control INTEGER NOT NULL,
    mean_treated REAL,
    mean_control REAL,
    difference REAL,
    lower REAL,
    upper REAL,
    p_value REAL,
    p_adjusted REAL,
    relative_lift REAL,
    relative_lower REAL,
    relative_upper REAL,
    sample_ratio_p REAL,
    incremental_margin REAL,
    cost REAL,
    net_value REAL,
    net_lower REAL,
    net_upper REAL,
    return_on_spend REAL,
    verdict TEXT NOT NULL,
    explanation TEXT NOT NULL
);
CREATE INDEX campaign_lift_by_run ON campaign_lift (run_id);
CREATE VIEW campaign_lift_current AS
SELECT t.* FROM campaign_lift t JOIN nightclerk_current c ON c.run_id = t.run_id;

-- arm of every selected customer, so that the next campaign score can read the list back
CREATE TABLE coupon_assignments (
    job TEXT NOT NULL,
    as_of TEXT NOT NULL,
    run_id INTEGER NOT NULL,
    campaign_id TEXT NOT NULL,
    customer_id TEXT NOT NULL,
    variant TEXT NOT NULL,
    probability REAL NOT NULL,
    assigned_on TEXT NOT NULL
);
CREATE TABLE staged_coupon_assignments (
    job TEXT NOT NULL,
    as_of TEXT NOT NULL,
    run_id INTEGER NOT NULL,
    campaign_id TEXT NOT NULL,
    customer_id TEXT NOT NULL,
    variant TEXT NOT NULL,
    probability REAL NOT NULL,
    assigned_on TEXT NOT NULL
);
CREATE INDEX coupon_assignments_by_run ON coupon_assignments (run_id);
CREATE VIEW coupon_assignments_current AS
SELECT t.* FROM coupon_assignments t JOIN nightclerk_current c ON c.run_id = t.run_id;

-- our own coupon lists as campaigns
CREATE TABLE coupon_campaigns (
    job TEXT NOT NULL,
    as_of TEXT NOT NULL,
    run_id INTEGER NOT NULL,
    campaign_id TEXT NOT NULL,
    name TEXT NOT NULL,
    kind TEXT NOT NULL,
    starts_on TEXT NOT NULL,
    ends_on TEXT NOT NULL,
    randomised INTEGER NOT NULL,
    contact_cost INTEGER,
    offer_id TEXT,
    budget INTEGER,
    primary_metric TEXT
);
CREATE TABLE staged_coupon_campaigns (
    job TEXT NOT NULL,
    as_of TEXT NOT NULL,
    run_id INTEGER NOT NULL,
    campaign_id TEXT NOT NULL,
    name TEXT NOT NULL,
    kind TEXT NOT NULL,
    starts_on TEXT NOT NULL,
    ends_on TEXT NOT NULL,
    randomised INTEGER NOT NULL,
    contact_cost INTEGER,
    offer_id TEXT,
    budget INTEGER,
    primary_metric TEXT
);
CREATE INDEX coupon_campaigns_by_run ON coupon_campaigns (run_id);
CREATE VIEW coupon_campaigns_current AS
SELECT t.* FROM coupon_campaigns t JOIN nightclerk_current c ON c.run_id = t.run_id;

-- customers by what happened to them; the counts add up to all customers
CREATE TABLE coupon_drops (
    job TEXT NOT NULL,
    as_of TEXT NOT NULL,
    run_id INTEGER NOT NULL,
    campaign_id TEXT NOT NULL,
    position INTEGER NOT NULL,
    reason TEXT NOT NULL,
    customers INTEGER NOT NULL,
    text TEXT NOT NULL
);
CREATE TABLE staged_coupon_drops (
    job TEXT NOT NULL,
    as_of TEXT NOT NULL,
    run_id INTEGER NOT NULL,
    campaign_id TEXT NOT NULL,
    position INTEGER NOT NULL,
    reason TEXT NOT NULL,
    customers INTEGER NOT NULL,
    text TEXT NOT NULL
);
CREATE INDEX coupon_drops_by_run ON coupon_drops (run_id);
CREATE VIEW coupon_drops_current AS
SELECT t.* FROM coupon_drops t JOIN nightclerk_current c ON c.run_id = t.run_id;

-- customers to be sent an offer; the holdout is not among them
CREATE TABLE coupon_targets (
    job TEXT NOT NULL,
    as_of TEXT NOT NULL,
    run_id INTEGER NOT NULL,
    campaign_id TEXT NOT NULL,
    customer_id TEXT NOT NULL,
    rank INTEGER NOT NULL,
    offer_id TEXT NOT NULL,
    expected_uplift REAL NOT NULL,
    expected_value REAL NOT NULL,
    expected_cost REAL NOT NULL,
    reason TEXT NOT NULL,
    send_after TEXT NOT NULL,
    send_before TEXT NOT NULL,
    consent_basis TEXT NOT NULL,
    idempotency_key TEXT NOT NULL
);
CREATE TABLE staged_coupon_targets (
    job TEXT NOT NULL,
    as_of TEXT NOT NULL,
    run_id INTEGER NOT NULL,
    campaign_id TEXT NOT NULL,
    customer_id TEXT NOT NULL,
    rank INTEGER NOT NULL,
    offer_id TEXT NOT NULL,
    expected_uplift REAL NOT NULL,
    expected_value REAL NOT NULL,
    expected_cost REAL NOT NULL,
    reason TEXT NOT NULL,
    send_after TEXT NOT NULL,
    send_before TEXT NOT NULL,
    consent_basis TEXT NOT NULL,
    idempotency_key TEXT NOT NULL
);
CREATE INDEX coupon_targets_by_run ON coupon_targets (run_id);
CREATE VIEW coupon_targets_current AS
SELECT t.* FROM coupon_targets t JOIN nightclerk_current c ON c.run_id = t.run_id;

-- demand distribution per node and day; `total_*` is the demand of all days from the first up to this one
CREATE TABLE demand_forecasts (
    job TEXT NOT NULL,
    as_of TEXT NOT NULL,
    run_id INTEGER NOT NULL,
    level TEXT NOT NULL,
    node TEXT NOT NULL,
    product_id TEXT,
    location_id TEXT,
    period_start TEXT NOT NULL,
    step INTEGER NOT NULL,
    method TEXT NOT NULL,
    mean REAL NOT NULL,
    p05 REAL NOT NULL,
    p10 REAL NOT NULL,
    p25 REAL NOT NULL,
    p50 REAL NOT NULL,
    p75 REAL NOT NULL,
    p90 REAL NOT NULL,
    p95 REAL NOT NULL,
    p99 REAL NOT NULL,
    total_mean REAL NOT NULL,
    total_p05 REAL NOT NULL,
    total_p10 REAL NOT NULL,
    total_p25 REAL NOT NULL,
    total_p50 REAL NOT NULL,
    total_p75 REAL NOT NULL,
    total_p90 REAL NOT NULL,
    total_p95 REAL NOT NULL,
    total_p99 REAL NOT NULL
);
CREATE TABLE staged_demand_forecasts (
    job TEXT NOT NULL,
    as_of TEXT NOT NULL,
    run_id INTEGER NOT NULL,
    level TEXT NOT NULL,
    node TEXT NOT NULL,
    product_id TEXT,
    location_id TEXT,
    period_start TEXT NOT NULL,
    step INTEGER NOT NULL,
    method TEXT NOT NULL,
    mean REAL NOT NULL,
    p05 REAL NOT NULL,
    p10 REAL NOT NULL,
    p25 REAL NOT NULL,
    p50 REAL NOT NULL,
    p75 REAL NOT NULL,
    p90 REAL NOT NULL,
    p95 REAL NOT NULL,
    p99 REAL NOT NULL,
    total_mean REAL NOT NULL,
    total_p05 REAL NOT NULL,
    total_p10 REAL NOT NULL,
    total_p25 REAL NOT NULL,
    total_p50 REAL NOT NULL,
    total_p75 REAL NOT NULL,
    total_p90 REAL NOT NULL,
    total_p95 REAL NOT NULL,
    total_p99 REAL NOT NULL
);
CREATE INDEX demand_forecasts_by_run ON demand_forecasts (run_id);
CREATE VIEW demand_forecasts_current AS
SELECT t.* FROM demand_forecasts t JOIN nightclerk_current c ON c.run_id = t.run_id;

-- how good the forecasts are: `backtest` before publishing, `published` for an earlier publication against actuals
CREATE TABLE forecast_accuracy (
    job TEXT NOT NULL,
    as_of TEXT NOT NULL,
    run_id INTEGER NOT NULL,
    basis TEXT NOT NULL,
    forecast_as_of TEXT NOT NULL,
    level TEXT NOT NULL,
    node TEXT NOT NULL,
    product_id TEXT,
    location_id TEXT,
    method TEXT NOT NULL,
    n_periods INTEGER NOT NULL,
    actual REAL,
    forecast REAL,
    wape REAL,
    naive_wape REAL,
    mase REAL,
    rmsse REAL,
    bias REAL,
    coverage_80 REAL,
    coverage_90 REAL,
    pinball REAL
);
CREATE TABLE staged_forecast_accuracy (
    job TEXT NOT NULL,
    as_of TEXT NOT NULL,
    run_id INTEGER NOT NULL,
    basis TEXT NOT NULL,
    forecast_as_of TEXT NOT NULL,
    level TEXT NOT NULL,
    node TEXT NOT NULL,
    product_id TEXT,
    location_id TEXT,
    method TEXT NOT NULL,
    n_periods INTEGER NOT NULL,
    actual REAL,
    forecast REAL,
    wape REAL,
    naive_wape REAL,
    mase REAL,
    rmsse REAL,
    bias REAL,
    coverage_80 REAL,
    coverage_90 REAL,
    pinball REAL
);
CREATE INDEX forecast_accuracy_by_run ON forecast_accuracy (run_id);
CREATE VIEW forecast_accuracy_current AS
SELECT t.* FROM forecast_accuracy t JOIN nightclerk_current c ON c.run_id = t.run_id;

-- stock-outs, overstock and facts that are missing, with dates and money
CREATE TABLE inventory_exceptions (
    job TEXT NOT NULL,
    as_of TEXT NOT NULL,
    run_id INTEGER NOT NULL,
    code TEXT NOT NULL,
    severity TEXT NOT NULL,
    product_id TEXT,
    location_id TEXT,
    supplier_id TEXT,
    first_on TEXT,
    quantity REAL,
    value REAL,
    text TEXT NOT NULL
);
CREATE TABLE staged_inventory_exceptions (
    job TEXT NOT NULL,
    as_of TEXT NOT NULL,
    run_id INTEGER NOT NULL,
    code TEXT NOT NULL,
    severity TEXT NOT NULL,
    product_id TEXT,
    location_id TEXT,
    supplier_id TEXT,
    first_on TEXT,
    quantity REAL,
    value REAL,
    text TEXT NOT NULL
);
CREATE INDEX inventory_exceptions_by_run ON inventory_exceptions (run_id);
CREATE VIEW inventory_exceptions_current AS
SELECT t.* FROM inventory_exceptions t JOIN nightclerk_current c ON c.run_id = t.run_id;

-- how an order quantity came about; the quantities of a recommendation sum exactly to its order
CREATE TABLE inventory_explanations (
    job TEXT NOT NULL,
    as_of TEXT NOT NULL,
    run_id INTEGER NOT NULL,
    recommendation_id TEXT NOT NULL,
    step_no INTEGER NOT NULL,
    code TEXT NOT NULL,
    quantity INTEGER NOT NULL,
    running INTEGER NOT NULL,
    text TEXT NOT NULL
);
CREATE TABLE staged_inventory_explanations (
    job TEXT NOT NULL,
    as_of TEXT NOT NULL,
    run_id INTEGER NOT NULL,
    recommendation_id TEXT NOT NULL,
    step_no INTEGER NOT NULL,
    code TEXT NOT NULL,
    quantity INTEGER NOT NULL,
    running INTEGER NOT NULL,
    text TEXT NOT NULL
);
CREATE INDEX inventory_explanations_by_run ON inventory_explanations (run_id);
CREATE VIEW inventory_explanations_current AS
SELECT t.* FROM inventory_explanations t JOIN nightclerk_current c ON c.run_id = t.run_id;

-- what to order, when, how much
CREATE TABLE inventory_recommendations (
    job TEXT NOT NULL,
    as_of TEXT NOT NULL,
    run_id INTEGER NOT NULL,
    recommendation_id TEXT NOT NULL,
    product_id TEXT NOT NULL,
    location_id TEXT NOT NULL,
    supplier_id TEXT,
    order_on TEXT NOT NULL,
    arrives_on TEXT NOT NULL,
    covers_until TEXT NOT NULL,
    order_quantity INTEGER NOT NULL,
    pack_size INTEGER,
    unit_cost INTEGER,
    order_value INTEGER,
    on_hand INTEGER NOT NULL,
    reserved INTEGER NOT NULL,
    on_order INTEGER NOT NULL,
    expected_demand REAL NOT NULL,
    safety_stock REAL NOT NULL,
    order_up_to REAL NOT NULL,
    service_level REAL NOT NULL,
    lead_time_days REAL NOT NULL,
    lead_time_basis TEXT NOT NULL,
    protection_days INTEGER NOT NULL,
    forecast_as_of TEXT NOT NULL,
    forecast_method TEXT NOT NULL,
    stock_out_on TEXT,
    urgency TEXT NOT NULL,
    flags TEXT NOT NULL,
    explanation TEXT NOT NULL
);
CREATE TABLE staged_inventory_recommendations (
    job TEXT NOT NULL,
    as_of TEXT NOT NULL,
    run_id INTEGER NOT NULL,
    recommendation_id TEXT NOT NULL,
    product_id TEXT NOT NULL,
    location_id TEXT NOT NULL,
    supplier_id TEXT,
    order_on TEXT NOT NULL,
    arrives_on TEXT NOT NULL,
    covers_until TEXT NOT NULL,
    order_quantity INTEGER NOT NULL,
    pack_size INTEGER,
    unit_cost INTEGER,
    order_value INTEGER,
    on_hand INTEGER NOT NULL,
    reserved INTEGER NOT NULL,
    on_order INTEGER NOT NULL,
    expected_demand REAL NOT NULL,
    safety_stock REAL NOT NULL,
    order_up_to REAL NOT NULL,
    service_level REAL NOT NULL,
    lead_time_days REAL NOT NULL,
    lead_time_basis TEXT NOT NULL,
    protection_days INTEGER NOT NULL,
    forecast_as_of TEXT NOT NULL,
    forecast_method TEXT NOT NULL,
    stock_out_on TEXT,
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
    as_of TEXT NOT NULL,
    run_id INTEGER NOT NULL,
    recommended_as_of TEXT NOT NULL,
    recommendation_id TEXT NOT NULL,
    product_id TEXT NOT NULL,
    location_id TEXT NOT NULL,
    recommended INTEGER NOT NULL,
    ordered INTEGER,
    followed INTEGER,
    window_from TEXT NOT NULL,
    window_to TEXT NOT NULL,
    demand_expected REAL NOT NULL,
    demand_actual REAL NOT NULL,
    order_up_to REAL NOT NULL,
    stock_out_days INTEGER NOT NULL,
    closing_stock REAL,
    verdict TEXT NOT NULL,
    explanation TEXT NOT NULL
);
CREATE TABLE staged_recommendation_outcomes (
    job TEXT NOT NULL,
    as_of TEXT NOT NULL,
    run_id INTEGER NOT NULL,
    recommended_as_of TEXT NOT NULL,
    recommendation_id TEXT NOT NULL,
    product_id TEXT NOT NULL,
    location_id TEXT NOT NULL,
    recommended INTEGER NOT NULL,
    ordered INTEGER,
    followed INTEGER,
    window_from TEXT NOT NULL,
    window_to TEXT NOT NULL,
    demand_expected REAL NOT NULL,
    demand_actual REAL NOT NULL,
    order_up_to REAL NOT NULL,
    stock_out_days INTEGER NOT NULL,
    closing_stock REAL,
    verdict TEXT NOT NULL,
    explanation TEXT NOT NULL
);
CREATE INDEX recommendation_outcomes_by_run ON recommendation_outcomes (run_id);
CREATE VIEW recommendation_outcomes_current AS
SELECT t.* FROM recommendation_outcomes t JOIN nightclerk_current c ON c.run_id = t.run_id;
