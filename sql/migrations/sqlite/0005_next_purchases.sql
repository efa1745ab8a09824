-- The tables that jobs publish. Rows are staged in staged_NAME, become visible in NAME in one transaction,
-- and consumers read NAME_current: the newest publication of each job.

-- what customers buy within some days after a product, beyond chance and in this order, strongest first
CREATE TABLE next_purchases (
    job TEXT NOT NULL,
    as_of TEXT NOT NULL,
    run_id INTEGER NOT NULL,
    product_id TEXT NOT NULL,
    next_id TEXT NOT NULL,
    product_name TEXT NOT NULL,
    next_name TEXT NOT NULL,
    rank INTEGER NOT NULL,
    within_days INTEGER NOT NULL,
    median_days REAL NOT NULL,
    n_customers INTEGER NOT NULL,
    n_followed INTEGER NOT NULL,
    confidence REAL NOT NULL,
    n_expected REAL NOT NULL,
    lift REAL NOT NULL,
    lift_lower REAL NOT NULL,
    n_forward INTEGER NOT NULL,
    n_backward INTEGER NOT NULL,
    p_value REAL NOT NULL,
    q_value REAL NOT NULL,
    in_stock INTEGER,
    counted_on TEXT NOT NULL,
    sentence TEXT NOT NULL
);
CREATE TABLE staged_next_purchases (
    job TEXT NOT NULL,
    as_of TEXT NOT NULL,
    run_id INTEGER NOT NULL,
    product_id TEXT NOT NULL,
    next_id TEXT NOT NULL,
    product_name TEXT NOT NULL,
    next_name TEXT NOT NULL,
    rank INTEGER NOT NULL,
    within_days INTEGER NOT NULL,
    median_days REAL NOT NULL,
    n_customers INTEGER NOT NULL,
    n_followed INTEGER NOT NULL,
    confidence REAL NOT NULL,
    n_expected REAL NOT NULL,
    lift REAL NOT NULL,
    lift_lower REAL NOT NULL,
    n_forward INTEGER NOT NULL,
    n_backward INTEGER NOT NULL,
    p_value REAL NOT NULL,
    q_value REAL NOT NULL,
    in_stock INTEGER,
    counted_on TEXT NOT NULL,
    sentence TEXT NOT NULL
);
CREATE INDEX next_purchases_by_run ON next_purchases (run_id);
CREATE VIEW next_purchases_current AS
SELECT t.* FROM next_purchases t JOIN nightclerk_current c ON c.run_id = t.run_id;
