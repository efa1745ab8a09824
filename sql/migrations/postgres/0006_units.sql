-- Rows are staged in staged_NAME, become visible in NAME in one transaction, and consumers read NAME_current:
-- the newest publication of each job.
--
-- From here on quantities are in the product's unit and money is in the project's currency: what was kept in thousandths and in minor
-- units is carried over. {money_decimals} are the decimals of the project's currency, {money_units} says how many of its smallest coin
-- make one.

-- rules antecedent -> consequent that hold beyond chance, strongest first
-- What was granted on the view goes with it: grant it again.
DROP VIEW association_rules_current;
ALTER TABLE association_rules
    ALTER COLUMN margin_per_1000 TYPE NUMERIC(18,{money_decimals}) USING ROUND(CAST(margin_per_1000 AS NUMERIC) / {money_units}.0, {money_decimals});
DROP TABLE staged_association_rules;
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
    margin_per_1000 NUMERIC(18,{money_decimals}),
    sentence TEXT NOT NULL
);
CREATE VIEW association_rules_current AS
SELECT t.* FROM association_rules t JOIN nightclerk_current c ON c.run_id = t.run_id;

-- what each campaign caused, with its uncertainty, and whether it paid
-- What was granted on the view goes with it: grant it again.
DROP VIEW campaign_lift_current;
ALTER TABLE campaign_lift
    ALTER COLUMN incremental_margin TYPE NUMERIC(18,{money_decimals}) USING ROUND(CAST(incremental_margin AS NUMERIC) / {money_units}.0, {money_decimals}),
    ALTER COLUMN cost TYPE NUMERIC(18,{money_decimals}) USING ROUND(CAST(cost AS NUMERIC) / {money_units}.0, {money_decimals}),
    ALTER COLUMN net_value TYPE NUMERIC(18,{money_decimals}) USING ROUND(CAST(net_value AS NUMERIC) / {money_units}.0, {money_decimals}),
    ALTER COLUMN net_lower TYPE NUMERIC(18,{money_decimals}) USING ROUND(CAST(net_lower AS NUMERIC) / {money_units}.0, {money_decimals}),
    ALTER COLUMN net_upper TYPE NUMERIC(18,{money_decimals}) USING ROUND(CAST(net_upper AS NUMERIC) / {money_units}.0, {money_decimals});
DROP TABLE staged_campaign_lift;
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
    incremental_margin NUMERIC(18,{money_decimals}),
    cost NUMERIC(18,{money_decimals}),
    net_value NUMERIC(18,{money_decimals}),
    net_lower NUMERIC(18,{money_decimals}),
    net_upper NUMERIC(18,{money_decimals}),
    return_on_spend DOUBLE PRECISION,
    verdict TEXT NOT NULL,
    explanation TEXT NOT NULL
);
CREATE VIEW campaign_lift_current AS
SELECT t.* FROM campaign_lift t JOIN nightclerk_current c ON c.run_id = t.run_id;

-- our own coupon lists as campaigns
-- What was granted on the view goes with it: grant it again.
DROP VIEW coupon_campaigns_current;
ALTER TABLE coupon_campaigns
    ALTER COLUMN contact_cost TYPE NUMERIC(18,{money_decimals}) USING contact_cost / {money_units}.0,
    ALTER COLUMN budget TYPE NUMERIC(18,{money_decimals}) USING budget / {money_units}.0;
DROP TABLE staged_coupon_campaigns;
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
    contact_cost NUMERIC(18,{money_decimals}),
    offer_id TEXT,
    budget NUMERIC(18,{money_decimals}),
    primary_metric TEXT
);
CREATE VIEW coupon_campaigns_current AS
SELECT t.* FROM coupon_campaigns t JOIN nightclerk_current c ON c.run_id = t.run_id;

-- per product, what to recommend with it, best first
-- What was granted on the view goes with it: grant it again.
DROP VIEW cross_sell_current;
ALTER TABLE cross_sell
    ALTER COLUMN margin_per_1000 TYPE NUMERIC(18,{money_decimals}) USING ROUND(CAST(margin_per_1000 AS NUMERIC) / {money_units}.0, {money_decimals});
DROP TABLE staged_cross_sell;
CREATE TABLE staged_cross_sell (
    job TEXT NOT NULL,
    as_of DATE NOT NULL,
    run_id BIGINT NOT NULL,
    product_id TEXT NOT NULL,
    rank BIGINT NOT NULL,
    recommended_id TEXT NOT NULL,
    product_name TEXT NOT NULL,
    recommended_name TEXT NOT NULL,
    recommended_category TEXT,
    in_stock BIGINT,
    confidence DOUBLE PRECISION NOT NULL,
    lift_lower DOUBLE PRECISION NOT NULL,
    n_both BIGINT NOT NULL,
    margin_per_1000 NUMERIC(18,{money_decimals}),
    sentence TEXT NOT NULL
);
CREATE VIEW cross_sell_current AS
SELECT t.* FROM cross_sell t JOIN nightclerk_current c ON c.run_id = t.run_id;

-- stock-outs, overstock and facts that are missing, with dates and money
-- What was granted on the view goes with it: grant it again.
DROP VIEW inventory_exceptions_current;
ALTER TABLE inventory_exceptions
    ALTER COLUMN quantity TYPE NUMERIC(18,3) USING ROUND(CAST(quantity AS NUMERIC), 3),
    ALTER COLUMN value TYPE NUMERIC(18,{money_decimals}) USING ROUND(CAST(value AS NUMERIC) / {money_units}.0, {money_decimals});
DROP TABLE staged_inventory_exceptions;
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
    quantity NUMERIC(18,3),
    value NUMERIC(18,{money_decimals}),
    text TEXT NOT NULL
);
CREATE VIEW inventory_exceptions_current AS
SELECT t.* FROM inventory_exceptions t JOIN nightclerk_current c ON c.run_id = t.run_id;

-- how an order quantity came about; the quantities of a recommendation sum exactly to its order
-- What was granted on the view goes with it: grant it again.
DROP VIEW inventory_explanations_current;
ALTER TABLE inventory_explanations
    ALTER COLUMN quantity TYPE NUMERIC(18,3) USING quantity / 1000.0,
    ALTER COLUMN running TYPE NUMERIC(18,3) USING running / 1000.0;
DROP TABLE staged_inventory_explanations;
CREATE TABLE staged_inventory_explanations (
    job TEXT NOT NULL,
    as_of DATE NOT NULL,
    run_id BIGINT NOT NULL,
    recommendation_id TEXT NOT NULL,
    step_no BIGINT NOT NULL,
    code TEXT NOT NULL,
    quantity NUMERIC(18,3) NOT NULL,
    running NUMERIC(18,3) NOT NULL,
    text TEXT NOT NULL
);
CREATE VIEW inventory_explanations_current AS
SELECT t.* FROM inventory_explanations t JOIN nightclerk_current c ON c.run_id = t.run_id;

-- what to order, when, how much
-- What was granted on the view goes with it: grant it again.
DROP VIEW inventory_recommendations_current;
ALTER TABLE inventory_recommendations
    ALTER COLUMN order_quantity TYPE NUMERIC(18,3) USING order_quantity / 1000.0,
    ALTER COLUMN pack_size TYPE NUMERIC(18,3) USING pack_size / 1000.0,
    ALTER COLUMN unit_cost TYPE NUMERIC(18,{money_decimals}) USING unit_cost / {money_units}.0,
    ALTER COLUMN order_value TYPE NUMERIC(18,{money_decimals}) USING order_value / {money_units}.0,
    ALTER COLUMN on_hand TYPE NUMERIC(18,3) USING on_hand / 1000.0,
    ALTER COLUMN reserved TYPE NUMERIC(18,3) USING reserved / 1000.0,
    ALTER COLUMN on_order TYPE NUMERIC(18,3) USING on_order / 1000.0,
    ALTER COLUMN expected_demand TYPE NUMERIC(18,3) USING ROUND(CAST(expected_demand AS NUMERIC), 3),
    ALTER COLUMN safety_stock TYPE NUMERIC(18,3) USING ROUND(CAST(safety_stock AS NUMERIC), 3),
    ALTER COLUMN order_up_to TYPE NUMERIC(18,3) USING ROUND(CAST(order_up_to AS NUMERIC), 3);
DROP TABLE staged_inventory_recommendations;
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
    order_quantity NUMERIC(18,3) NOT NULL,
    pack_size NUMERIC(18,3),
    unit_cost NUMERIC(18,{money_decimals}),
    order_value NUMERIC(18,{money_decimals}),
    on_hand NUMERIC(18,3) NOT NULL,
    reserved NUMERIC(18,3) NOT NULL,
    on_order NUMERIC(18,3) NOT NULL,
    expected_demand NUMERIC(18,3) NOT NULL,
    safety_stock NUMERIC(18,3) NOT NULL,
    order_up_to NUMERIC(18,3) NOT NULL,
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
CREATE VIEW inventory_recommendations_current AS
SELECT t.* FROM inventory_recommendations t JOIN nightclerk_current c ON c.run_id = t.run_id;

-- how earlier advice turned out, graded when its protection interval is over
-- What was granted on the view goes with it: grant it again.
DROP VIEW recommendation_outcomes_current;
ALTER TABLE recommendation_outcomes
    ALTER COLUMN recommended TYPE NUMERIC(18,3) USING recommended / 1000.0,
    ALTER COLUMN ordered TYPE NUMERIC(18,3) USING ordered / 1000.0,
    ALTER COLUMN demand_expected TYPE NUMERIC(18,3) USING ROUND(CAST(demand_expected AS NUMERIC), 3),
    ALTER COLUMN demand_actual TYPE NUMERIC(18,3) USING ROUND(CAST(demand_actual AS NUMERIC), 3),
    ALTER COLUMN order_up_to TYPE NUMERIC(18,3) USING ROUND(CAST(order_up_to AS NUMERIC), 3),
    ALTER COLUMN closing_stock TYPE NUMERIC(18,3) USING ROUND(CAST(closing_stock AS NUMERIC), 3);
DROP TABLE staged_recommendation_outcomes;
CREATE TABLE staged_recommendation_outcomes (
    job TEXT NOT NULL,
    as_of DATE NOT NULL,
    run_id BIGINT NOT NULL,
    recommended_as_of DATE NOT NULL,
    recommendation_id TEXT NOT NULL,
    product_id TEXT NOT NULL,
    location_id TEXT NOT NULL,
    recommended NUMERIC(18,3) NOT NULL,
    ordered NUMERIC(18,3),
    followed BOOLEAN,
    window_from DATE NOT NULL,
    window_to DATE NOT NULL,
    demand_expected NUMERIC(18,3) NOT NULL,
    demand_actual NUMERIC(18,3) NOT NULL,
    order_up_to NUMERIC(18,3) NOT NULL,
    stock_out_days BIGINT NOT NULL,
    closing_stock NUMERIC(18,3),
    verdict TEXT NOT NULL,
    explanation TEXT NOT NULL
);
CREATE VIEW recommendation_outcomes_current AS
SELECT t.* FROM recommendation_outcomes t JOIN nightclerk_current c ON c.run_id = t.run_id;

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
