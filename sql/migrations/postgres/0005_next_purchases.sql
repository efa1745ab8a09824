-- The tables that jobs publish. Rows are staged in staged_NAME, become visible in NAME in one transaction,
-- and consumers read NAME_current: the newest publication of each job.

-- what customers buy within some days after a product, beyond chance and in this order, strongest first
CREATE TABLE next_purchases (
    job TEXT NOT NULL,
    as_of DATE NOT NULL,
    run_id BIGINT NOT NULL,
    product_id TEXT NOT NULL,
    next_id TEXT NOT NULL,
    product_name TEXT NOT NULL,
    next_name TEXT NOT NULL,
    rank BIGINT NOT NULL,
    within_days BIGINT NOT NULL,
    median_days DOUBLE PRECISION NOT NULL,
    n_customers BIGINT NOT NULL,
    n_followed BIGINT NOT NULL,
    confidence DOUBLE PRECISION NOT NULL,
    n_expected DOUBLE PRECISION NOT NULL,
    lift DOUBLE PRECISION NOT NULL,
    lift_lower DOUBLE PRECISION NOT NULL,
    n_forward BIGINT NOT NULL,
    n_backward BIGINT NOT NULL,
    p_value DOUBLE PRECISION NOT NULL,
    q_value DOUBLE PRECISION NOT NULL,
    in_stock BIGINT,
    counted_on DATE NOT NULL,
    sentence TEXT NOT NULL
);
CREATE TABLE staged_next_purchases (
    job TEXT NOT NULL,
    as_of DATE NOT NULL,
    run_id BIGINT NOT NULL,
    product_id TEXT NOT NULL,
    next_id TEXT NOT NULL,
    product_name TEXT NOT NULL,
    next_name TEXT NOT NULL,
    rank BIGINT NOT NULL,
    within_days BIGINT NOT NULL,
    median_days DOUBLE PRECISION NOT NULL,
    n_customers BIGINT NOT NULL,
    n_followed BIGINT NOT NULL,
    confidence DOUBLE PRECISION NOT NULL,
    n_expected DOUBLE PRECISION NOT NULL,
    lift DOUBLE PRECISION NOT NULL,
    lift_lower DOUBLE PRECISION NOT NULL,
    n_forward BIGINT NOT NULL,
    n_backward BIGINT NOT NULL,
    p_value DOUBLE PRECISION NOT NULL,
    q_value DOUBLE PRECISION NOT NULL,
    in_stock BIGINT,
    counted_on DATE NOT NULL,
    sentence TEXT NOT NULL
);
CREATE INDEX next_purchases_by_run ON next_purchases (run_id);
CREATE VIEW next_purchases_current AS
SELECT t.* FROM next_purchases t JOIN nightclerk_current c ON c.run_id = t.run_id;
