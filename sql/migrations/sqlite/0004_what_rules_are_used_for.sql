-- The tables that jobs publish. Rows are staged in staged_NAME, become visible in NAME in one transaction,
-- and consumers read NAME_current: the newest publication of each job.

-- per product, what to recommend with it, best first
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
    margin_per_1000 REAL,
    sentence TEXT NOT NULL
);
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
    margin_per_1000 REAL,
    sentence TEXT NOT NULL
);
CREATE INDEX cross_sell_by_run ON cross_sell (run_id);
CREATE VIEW cross_sell_current AS
SELECT t.* FROM cross_sell t JOIN nightclerk_current c ON c.run_id = t.run_id;

-- one row per rule of association_rules: the other measures, and how it held over the window
CREATE TABLE rule_measures (
    job TEXT NOT NULL,
    as_of TEXT NOT NULL,
    run_id INTEGER NOT NULL,
    level TEXT NOT NULL,
    antecedent TEXT NOT NULL,
    consequent TEXT NOT NULL,
    n_expected REAL NOT NULL,
    improvement REAL NOT NULL,
    zhang REAL,
    kulczynski REAL NOT NULL,
    imbalance REAL NOT NULL,
    jaccard REAL NOT NULL,
    cosine REAL NOT NULL,
    phi REAL,
    odds_ratio REAL,
    odds_ratio_low REAL,
    odds_ratio_high REAL,
    chi_squared REAL,
    ln_chi_squared_p REAL,
    ln_fisher_p REAL NOT NULL,
    mutual_information REAL NOT NULL,
    hyper_lift REAL,
    hyper_confidence REAL NOT NULL,
    undefined TEXT,
    days_with_both INTEGER NOT NULL,
    trend TEXT NOT NULL,
    lift_recent REAL,
    parent_lift REAL
);
CREATE TABLE staged_rule_measures (
    job TEXT NOT NULL,
    as_of TEXT NOT NULL,
    run_id INTEGER NOT NULL,
    level TEXT NOT NULL,
    antecedent TEXT NOT NULL,
    consequent TEXT NOT NULL,
    n_expected REAL NOT NULL,
    improvement REAL NOT NULL,
    zhang REAL,
    kulczynski REAL NOT NULL,
    imbalance REAL NOT NULL,
    jaccard REAL NOT NULL,
    cosine REAL NOT NULL,
    phi REAL,
    odds_ratio REAL,
    odds_ratio_low REAL,
    odds_ratio_high REAL,
    chi_squared REAL,
    ln_chi_squared_p REAL,
    ln_fisher_p REAL NOT NULL,
    mutual_information REAL NOT NULL,
    hyper_lift REAL,
    hyper_confidence REAL NOT NULL,
    undefined TEXT,
    days_with_both INTEGER NOT NULL,
    trend TEXT NOT NULL,
    lift_recent REAL,
    parent_lift REAL
);
CREATE INDEX rule_measures_by_run ON rule_measures (run_id);
CREATE VIEW rule_measures_current AS
SELECT t.* FROM rule_measures t JOIN nightclerk_current c ON c.run_id = t.run_id;

-- pairs of products of one category that share a basket less often than chance: likely substitutes, both ways round
CREATE TABLE substitutes (
    job TEXT NOT NULL,
    as_of TEXT NOT NULL,
    run_id INTEGER NOT NULL,
    product_id TEXT NOT NULL,
    substitute_id TEXT NOT NULL,
    product_name TEXT NOT NULL,
    substitute_name TEXT NOT NULL,
    category TEXT NOT NULL,
    n_product INTEGER NOT NULL,
    n_substitute INTEGER NOT NULL,
    n_both INTEGER NOT NULL,
    n_expected REAL NOT NULL,
    q_value REAL NOT NULL,
    in_stock INTEGER,
    sentence TEXT NOT NULL
);
CREATE TABLE staged_substitutes (
    job TEXT NOT NULL,
    as_of TEXT NOT NULL,
    run_id INTEGER NOT NULL,
    product_id TEXT NOT NULL,
    substitute_id TEXT NOT NULL,
    product_name TEXT NOT NULL,
    substitute_name TEXT NOT NULL,
    category TEXT NOT NULL,
    n_product INTEGER NOT NULL,
    n_substitute INTEGER NOT NULL,
    n_both INTEGER NOT NULL,
    n_expected REAL NOT NULL,
    q_value REAL NOT NULL,
    in_stock INTEGER,
    sentence TEXT NOT NULL
);
CREATE INDEX substitutes_by_run ON substitutes (run_id);
CREATE VIEW substitutes_current AS
SELECT t.* FROM substitutes t JOIN nightclerk_current c ON c.run_id = t.run_id;
