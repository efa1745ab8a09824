-- Rows are staged in staged_NAME, become visible in NAME in one transaction, and consumers read NAME_current:
-- the newest publication of each job.
--
-- From here on quantities are in the product's unit and money is in the project's currency: what was kept in thousandths and in minor
-- units is carried over. {money_decimals} are the decimals of the project's currency, {money_units} says how many of its smallest coin
-- make one.

-- rules antecedent -> consequent that hold beyond chance, strongest first
CREATE TABLE before_association_rules AS SELECT * FROM association_rules;
DROP TABLE association_rules;
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
    margin_per_1000 DECIMAL(18,{money_decimals}),
    sentence TEXT NOT NULL
);
INSERT INTO association_rules (
    job,
    as_of,
    run_id,
    level,
    antecedent,
    consequent,
    antecedent_name,
    consequent_name,
    rank,
    n_baskets,
    n_antecedent,
    n_consequent,
    n_both,
    support,
    confidence,
    lift,
    lift_lower,
    leverage,
    conviction,
    p_value,
    q_value,
    margin_per_1000,
    sentence
)
SELECT
    job,
    as_of,
    run_id,
    level,
    antecedent,
    consequent,
    antecedent_name,
    consequent_name,
    rank,
    n_baskets,
    n_antecedent,
    n_consequent,
    n_both,
    support,
    confidence,
    lift,
    lift_lower,
    leverage,
    conviction,
    p_value,
    q_value,
    ROUND(CAST(margin_per_1000 AS NUMERIC) / {money_units}.0, {money_decimals}),
    sentence
FROM before_association_rules;
DROP TABLE before_association_rules;
CREATE INDEX association_rules_by_run ON association_rules (run_id);
DROP TABLE staged_association_rules;
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
    margin_per_1000 DECIMAL(18,{money_decimals}),
    sentence TEXT NOT NULL
);

-- what each campaign caused, with its uncertainty, and whether it paid
CREATE TABLE before_campaign_lift AS SELECT * FROM campaign_lift;
DROP TABLE campaign_lift;
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
    incremental_margin DECIMAL(18,{money_decimals}),
    cost DECIMAL(18,{money_decimals}),
    net_value DECIMAL(18,{money_decimals}),
    net_lower DECIMAL(18,{money_decimals}),
    net_upper DECIMAL(18,{money_decimals}),
    return_on_spend REAL,
    verdict TEXT NOT NULL,
    explanation TEXT NOT NULL
);
INSERT INTO campaign_lift (
    job,
    as_of,
    run_id,
    campaign_id,
    campaign_name,
    arm,
    metric,
    primary_metric,
    grade,
    window_from,
    window_to,
    complete,
    n_treated,
    n_control,
    mean_treated,
    mean_control,
    difference,
    lower,
    upper,
    p_value,
    p_adjusted,
    relative_lift,
    relative_lower,
    relative_upper,
    sample_ratio_p,
    incremental_margin,
    cost,
    net_value,
    net_lower,
    net_upper,
    return_on_spend,
    verdict,
    explanation
)
SELECT
    job,
    as_of,
    run_id,
    campaign_id,
    campaign_name,
    arm,
    metric,
    primary_metric,
    grade,
    window_from,
    window_to,
    complete,
    n_treated,
    n_control,
    mean_treated,
    mean_control,
    difference,
    lower,
    upper,
    p_value,
    p_adjusted,
    relative_lift,
    relative_lower,
    relative_upper,
    sample_ratio_p,
    ROUND(CAST(incremental_margin AS NUMERIC) / {money_units}.0, {money_decimals}),
    ROUND(CAST(cost AS NUMERIC) / {money_units}.0, {money_decimals}),
    ROUND(CAST(net_value AS NUMERIC) / {money_units}.0, {money_decimals}),
    ROUND(CAST(net_lower AS NUMERIC) / {money_units}.0, {money_decimals}),
    ROUND(CAST(net_upper AS NUMERIC) / {money_units}.0, {money_decimals}),
    return_on_spend,
    verdict,
    explanation
FROM before_campaign_lift;
DROP TABLE before_campaign_lift;
CREATE INDEX campaign_lift_by_run ON campaign_lift (run_id);
DROP TABLE staged_campaign_lift;
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
    incremental_margin DECIMAL(18,{money_decimals}),
    cost DECIMAL(18,{money_decimals}),
    net_value DECIMAL(18,{money_decimals}),
    net_lower DECIMAL(18,{money_decimals}),
    net_upper DECIMAL(18,{money_decimals}),
    return_on_spend REAL,
    verdict TEXT NOT NULL,
    explanation TEXT NOT NULL
);

-- our own coupon lists as campaigns
CREATE TABLE before_coupon_campaigns AS SELECT * FROM coupon_campaigns;
DROP TABLE coupon_campaigns;
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
    contact_cost DECIMAL(18,{money_decimals}),
    offer_id TEXT,
    budget DECIMAL(18,{money_decimals}),
    primary_metric TEXT
);
INSERT INTO coupon_campaigns (
    job,
    as_of,
    run_id,
    campaign_id,
    name,
    kind,
    starts_on,
    ends_on,
    randomised,
    contact_cost,
    offer_id,
    budget,
    primary_metric
)
SELECT
    job,
    as_of,
    run_id,
    campaign_id,
    name,
    kind,
    starts_on,
    ends_on,
    randomised,
    contact_cost / {money_units}.0,
    offer_id,
    budget / {money_units}.0,
    primary_metric
FROM before_coupon_campaigns;
DROP TABLE before_coupon_campaigns;
CREATE INDEX coupon_campaigns_by_run ON coupon_campaigns (run_id);
DROP TABLE staged_coupon_campaigns;
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
    contact_cost DECIMAL(18,{money_decimals}),
    offer_id TEXT,
    budget DECIMAL(18,{money_decimals}),
    primary_metric TEXT
);

-- per product, what to recommend with it, best first
CREATE TABLE before_cross_sell AS SELECT * FROM cross_sell;
DROP TABLE cross_sell;
CREATE TABLE cross_sell (
    job TEXT NOT NULL,
    as_of TEXT NOT NULL,
    run_id INTEGER NOT NULL,
    product_id TEXT NOT NULL,
    rank INTEGER NOT NULL,
    recommended_id TEXT NOT NULL,
    product_name TEXT NOT NULL,
    recommended_name TEXT NOT NULL,
    recommended_category TEXT,
    in_stock INTEGER,
    confidence REAL NOT NULL,
    lift_lower REAL NOT NULL,
    n_both INTEGER NOT NULL,
    margin_per_1000 DECIMAL(18,{money_decimals}),
    sentence TEXT NOT NULL
);
INSERT INTO cross_sell (
    job,
    as_of,
    run_id,
    product_id,
    rank,
    recommended_id,
    product_name,
    recommended_name,
    recommended_category,
    in_stock,
    confidence,
    lift_lower,
    n_both,
    margin_per_1000,
    sentence
)
SELECT
    job,
    as_of,
    run_id,
    product_id,
    rank,
    recommended_id,
    product_name,
    recommended_name,
    recommended_category,
    in_stock,
    confidence,
    lift_lower,
    n_both,
    ROUND(CAST(margin_per_1000 AS NUMERIC) / {money_units}.0, {money_decimals}),
    sentence
FROM before_cross_sell;
DROP TABLE before_cross_sell;
CREATE INDEX cross_sell_by_run ON cross_sell (run_id);
DROP TABLE staged_cross_sell;
CREATE TABLE staged_cross_sell (
    job TEXT NOT NULL,
    as_of TEXT NOT NULL,
    run_id INTEGER NOT NULL,
    product_id TEXT NOT NULL,
    rank INTEGER NOT NULL,
    recommended_id TEXT NOT NULL,
    product_name TEXT NOT NULL,
    recommended_name TEXT NOT NULL,
    recommended_category TEXT,
    in_stock INTEGER,
    confidence REAL NOT NULL,
    lift_lower REAL NOT NULL,
    n_both INTEGER NOT NULL,
    margin_per_1000 DECIMAL(18,{money_decimals}),
    sentence TEXT NOT NULL
);

-- stock-outs, overstock and facts that are missing, with dates and money
CREATE TABLE before_inventory_exceptions AS SELECT * FROM inventory_exceptions;
DROP TABLE inventory_exceptions;
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
    quantity DECIMAL(18,3),
    value DECIMAL(18,{money_decimals}),
    text TEXT NOT NULL
);
INSERT INTO inventory_exceptions (
    job,
    as_of,
    run_id,
    code,
    severity,
    product_id,
    location_id,
    supplier_id,
    first_on,
    quantity,
    value,
    text
)
SELECT
    job,
    as_of,
    run_id,
    code,
    severity,
    product_id,
    location_id,
    supplier_id,
    first_on,
    ROUND(CAST(quantity AS NUMERIC), 3),
    ROUND(CAST(value AS NUMERIC) / {money_units}.0, {money_decimals}),
    text
FROM before_inventory_exceptions;
DROP TABLE before_inventory_exceptions;
CREATE INDEX inventory_exceptions_by_run ON inventory_exceptions (run_id);
DROP TABLE staged_inventory_exceptions;
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
    quantity DECIMAL(18,3),
    value DECIMAL(18,{money_decimals}),
    text TEXT NOT NULL
);

-- how an order quantity came about; the quantities of a recommendation sum exactly to its order
CREATE TABLE before_inventory_explanations AS SELECT * FROM inventory_explanations;
DROP TABLE inventory_explanations;
CREATE TABLE inventory_explanations (
    job TEXT NOT NULL,
    as_of TEXT NOT NULL,
    run_id INTEGER NOT NULL,
    recommendation_id TEXT NOT NULL,
    step_no INTEGER NOT NULL,
    code TEXT NOT NULL,
    quantity DECIMAL(18,3) NOT NULL,
    running DECIMAL(18,3) NOT NULL,
    text TEXT NOT NULL
);
INSERT INTO inventory_explanations (
    job,
    as_of,
    run_id,
    recommendation_id,
    step_no,
    code,
    quantity,
    running,
    text
)
SELECT
    job,
    as_of,
    run_id,
    recommendation_id,
    step_no,
    code,
    quantity / 1000.0,
    running / 1000.0,
    text
FROM before_inventory_explanations;
DROP TABLE before_inventory_explanations;
CREATE INDEX inventory_explanations_by_run ON inventory_explanations (run_id);
DROP TABLE staged_inventory_explanations;
CREATE TABLE staged_inventory_explanations (
    job TEXT NOT NULL,
    as_of TEXT NOT NULL,
    run_id INTEGER NOT NULL,
    recommendation_id TEXT NOT NULL,
    step_no INTEGER NOT NULL,
    code TEXT NOT NULL,
    quantity DECIMAL(18,3) NOT NULL,
    running DECIMAL(18,3) NOT NULL,
    text TEXT NOT NULL
);

-- what to order, when, how much
CREATE TABLE before_inventory_recommendations AS SELECT * FROM inventory_recommendations;
DROP TABLE inventory_recommendations;
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
INSERT INTO inventory_recommendations (
    job,
    as_of,
    run_id,
    recommendation_id,
    product_id,
    location_id,
    supplier_id,
    order_on,
    arrives_on,
    covers_until,
    order_quantity,
    pack_size,
    unit_cost,
    order_value,
    on_hand,
    reserved,
    on_order,
    expected_demand,
    safety_stock,
    order_up_to,
    service_level,
    lead_time_days,
    lead_time_basis,
    protection_days,
    forecast_as_of,
    forecast_method,
    stock_out_on,
    urgency,
    flags,
    explanation
)
SELECT
    job,
    as_of,
    run_id,
    recommendation_id,
    product_id,
    location_id,
    supplier_id,
    order_on,
    arrives_on,
    covers_until,
    order_quantity / 1000.0,
    pack_size / 1000.0,
    unit_cost / {money_units}.0,
    order_value / {money_units}.0,
    on_hand / 1000.0,
    reserved / 1000.0,
    on_order / 1000.0,
    ROUND(CAST(expected_demand AS NUMERIC), 3),
    ROUND(CAST(safety_stock AS NUMERIC), 3),
    ROUND(CAST(order_up_to AS NUMERIC), 3),
    service_level,
    lead_time_days,
    lead_time_basis,
    protection_days,
    forecast_as_of,
    forecast_method,
    stock_out_on,
    urgency,
    flags,
    explanation
FROM before_inventory_recommendations;
DROP TABLE before_inventory_recommendations;
CREATE INDEX inventory_recommendations_by_run ON inventory_recommendations (run_id);
DROP TABLE staged_inventory_recommendations;
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

-- how earlier advice turned out, graded when its protection interval is over
CREATE TABLE before_recommendation_outcomes AS SELECT * FROM recommendation_outcomes;
DROP TABLE recommendation_outcomes;
CREATE TABLE recommendation_outcomes (
    job TEXT NOT NULL,
    as_of TEXT NOT NULL,
    run_id INTEGER NOT NULL,
    recommended_as_of TEXT NOT NULL,
    recommendation_id TEXT NOT NULL,
    product_id TEXT NOT NULL,
    location_id TEXT NOT NULL,
    recommended DECIMAL(18,3) NOT NULL,
    ordered DECIMAL(18,3),
    followed INTEGER,
    window_from TEXT NOT NULL,
    window_to TEXT NOT NULL,
    demand_expected DECIMAL(18,3) NOT NULL,
    demand_actual DECIMAL(18,3) NOT NULL,
    order_up_to DECIMAL(18,3) NOT NULL,
    stock_out_days INTEGER NOT NULL,
    closing_stock DECIMAL(18,3),
    verdict TEXT NOT NULL,
    explanation TEXT NOT NULL
);
INSERT INTO recommendation_outcomes (
    job,
    as_of,
    run_id,
    recommended_as_of,
    recommendation_id,
    product_id,
    location_id,
    recommended,
    ordered,
    followed,
    window_from,
    window_to,
    demand_expected,
    demand_actual,
    order_up_to,
    stock_out_days,
    closing_stock,
    verdict,
    explanation
)
SELECT
    job,
    as_of,
    run_id,
    recommended_as_of,
    recommendation_id,
    product_id,
    location_id,
    recommended / 1000.0,
    ordered / 1000.0,
    followed,
    window_from,
    window_to,
    ROUND(CAST(demand_expected AS NUMERIC), 3),
    ROUND(CAST(demand_actual AS NUMERIC), 3),
    ROUND(CAST(order_up_to AS NUMERIC), 3),
    stock_out_days,
    ROUND(CAST(closing_stock AS NUMERIC), 3),
    verdict,
    explanation
FROM before_recommendation_outcomes;
DROP TABLE before_recommendation_outcomes;
CREATE INDEX recommendation_outcomes_by_run ON recommendation_outcomes (run_id);
DROP TABLE staged_recommendation_outcomes;
CREATE TABLE staged_recommendation_outcomes (
    job TEXT NOT NULL,
    as_of TEXT NOT NULL,
    run_id INTEGER NOT NULL,
    recommended_as_of TEXT NOT NULL,
    recommendation_id TEXT NOT NULL,
    product_id TEXT NOT NULL,
    location_id TEXT NOT NULL,
    recommended DECIMAL(18,3) NOT NULL,
    ordered DECIMAL(18,3),
    followed INTEGER,
    window_from TEXT NOT NULL,
    window_to TEXT NOT NULL,
    demand_expected DECIMAL(18,3) NOT NULL,
    demand_actual DECIMAL(18,3) NOT NULL,
    order_up_to DECIMAL(18,3) NOT NULL,
    stock_out_days INTEGER NOT NULL,
    closing_stock DECIMAL(18,3),
    verdict TEXT NOT NULL,
    explanation TEXT NOT NULL
);

-- Columns that stay real numbers: what is expected of one contact, and what one customer spent.
UPDATE coupon_targets SET
    expected_value = expected_value / {money_units}.0,
    expected_cost = expected_cost / {money_units}.0;
UPDATE coupon_targets SET expected_uplift = expected_uplift / {money_units}.0
WHERE EXISTS (
    SELECT 1 FROM coupon_campaigns c
    WHERE c.run_id = coupon_targets.run_id AND c.campaign_id = coupon_targets.campaign_id AND c.primary_metric = 'spend'
);
UPDATE campaign_lift SET
    mean_treated = mean_treated / {money_units}.0,
    mean_control = mean_control / {money_units}.0,
    difference = difference / {money_units}.0,
    lower = lower / {money_units}.0,
    upper = upper / {money_units}.0
WHERE metric = 'spend';
