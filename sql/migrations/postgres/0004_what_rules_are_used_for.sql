-- The tables that jobs publish. Rows are staged in staged_NAME, become visible in NAME in one transaction,
-- and consumers read NAME_current: the newest publication of each job.

-- per product, what to recommend with it, best first
CREATE TABLE cross_sell (
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
    margin_per_1000 DOUBLE PRECISION,
    sentence TEXT NOT NULL
);
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
    margin_per_1000 DOUBLE PRECISION,
    sentence TEXT NOT NULL
);
CREATE INDEX cross_sell_by_run ON cross_sell (run_id);
CREATE VIEW cross_sell_current AS
SELECT t.* FROM cross_sell t JOIN nightclerk_current c ON c.run_id = t.run_id;

-- one row per rule of association_rules: the other measures, and how it held over the window
CREATE TABLE rule_measures (
    job TEXT NOT NULL,
    as_of DATE NOT NULL,
    run_id BIGINT NOT NULL,
    level TEXT NOT NULL,
    antecedent TEXT NOT NULL,
    consequent TEXT NOT NULL,
    n_expected DOUBLE PRECISION NOT NULL,
    improvement DOUBLE PRECISION NOT NULL,
    zhang DOUBLE PRECISION,
    kulczynski DOUBLE PRECISION NOT NULL,
    imbalance DOUBLE PRECISION NOT NULL,
    jaccard DOUBLE PRECISION NOT NULL,
    cosine DOUBLE PRECISION NOT NULL,
    phi DOUBLE PRECISION,
    odds_ratio DOUBLE PRECISION,
    odds_ratio_low DOUBLE PRECISION,
    odds_ratio_high DOUBLE PRECISION,
    chi_squared DOUBLE PRECISION,
    ln_chi_squared_p DOUBLE PRECISION,
    ln_fisher_p DOUBLE PRECISION NOT NULL,
    mutual_information DOUBLE PRECISION NOT NULL,
    hyper_lift DOUBLE PRECISION,
    hyper_confidence DOUBLE PRECISION NOT NULL,
    undefined TEXT,
    days_with_both BIGINT NOT NULL,
    trend TEXT NOT NULL,
    lift_recent DOUBLE PRECISION,
    parent_lift DOUBLE PRECISION
);
CREATE TABLE staged_rule_measures (
    job TEXT NOT NULL,
    as_of DATE NOT NULL,
    run_id BIGINT NOT NULL,
    level TEXT NOT NULL,
    antecedent TEXT NOT NULL,
    consequent TEXT NOT NULL,
    n_expected DOUBLE PRECISION NOT NULL,
    improvement DOUBLE PRECISION NOT NULL,
    zhang DOUBLE PRECISION,
    kulczynski DOUBLE PRECISION NOT NULL,
    imbalance DOUBLE PRECISION NOT NULL,
    jaccard DOUBLE PRECISION NOT NULL,
    cosine DOUBLE PRECISION NOT NULL,
    phi DOUBLE PRECISION,
    odds_ratio DOUBLE PRECISION,
    odds_ratio_low DOUBLE PRECISION,
    odds_ratio_high DOUBLE PRECISION,
    chi_squared DOUBLE PRECISION,
    ln_chi_squared_p DOUBLE PRECISION,
    ln_fisher_p DOUBLE PRECISION NOT NULL,
    mutual_information DOUBLE PRECISION NOT NULL,
    hyper_lift DOUBLE PRECISION,
    hyper_confidence DOUBLE PRECISION NOT NULL,
    undefined TEXT,
    days_with_both BIGINT NOT NULL,
    trend TEXT NOT NULL,
    lift_recent DOUBLE PRECISION,
    parent_lift DOUBLE PRECISION
);
CREATE INDEX rule_measures_by_run ON rule_measures (run_id);
CREATE VIEW rule_measures_current AS
SELECT t.* FROM rule_measures t JOIN nightclerk_current c ON c.run_id = t.run_id;

-- pairs of products of one category that share a basket less often than chance: likely substitutes, both ways round
CREATE TABLE substitutes (
    job TEXT NOT NULL,
    as_of DATE NOT NULL,
    run_id BIGINT NOT NULL,
    product_id TEXT NOT NULL,
    substitute_id TEXT NOT NULL,
    product_name TEXT NOT NULL,
    substitute_name TEXT NOT NULL,
    category TEXT NOT NULL,
    n_product BIGINT NOT NULL,
    n_substitute BIGINT NOT NULL,
    n_both BIGINT NOT NULL,
    n_expected DOUBLE PRECISION NOT NULL,
    q_value DOUBLE PRECISION NOT NULL,
    in_stock BIGINT,
    sentence TEXT NOT NULL
);
CREATE TABLE staged_substitutes (
    job TEXT NOT NULL,
    as_of DATE NOT NULL,
    run_id BIGINT NOT NULL,
    product_id TEXT NOT NULL,
    substitute_id TEXT NOT NULL,
    product_name TEXT NOT NULL,
    substitute_name TEXT NOT NULL,
    category TEXT NOT NULL,
    n_product BIGINT NOT NULL,
    n_substitute BIGINT NOT NULL,
    n_both BIGINT NOT NULL,
    n_expected DOUBLE PRECISION NOT NULL,
    q_value DOUBLE PRECISION NOT NULL,
    in_stock BIGINT,
    sentence TEXT NOT NULL
);
CREATE INDEX substitutes_by_run ON substitutes (run_id);
CREATE VIEW substitutes_current AS
SELECT t.* FROM substitutes t JOIN nightclerk_current c ON c.run_id = t.run_id;
