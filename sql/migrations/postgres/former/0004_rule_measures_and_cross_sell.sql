-- Step 4 was first committed under this file's name, without `substitutes`, and renamed within the hour. A warehouse that
-- applied it under this name gets here what the step of today makes besides.

-- pairs of products of one category that share a basket less often than chance: likely substitutes, both ways round
CREATE TABLE IF NOT EXISTS substitutes (
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
CREATE TABLE IF NOT EXISTS staged_substitutes (
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
CREATE INDEX IF NOT EXISTS substitutes_by_run ON substitutes (run_id);
CREATE OR REPLACE VIEW substitutes_current AS
SELECT t.* FROM substitutes t JOIN nightclerk_current c ON c.run_id = t.run_id;
