-- What was read and written looks like, night by night, and what of it broke its contract.
CREATE TABLE nightclerk_days (
    job TEXT NOT NULL,
    dataset TEXT NOT NULL,
    day DATE NOT NULL,
    n_rows BIGINT NOT NULL,
    sums_json TEXT NOT NULL,
    PRIMARY KEY (job, dataset, day)
);
CREATE TABLE nightclerk_profiles (
    job TEXT NOT NULL,
    as_of DATE NOT NULL,
    relation TEXT NOT NULL,
    column_name TEXT NOT NULL,
    n_rows BIGINT NOT NULL,
    n_nulls BIGINT NOT NULL,
    n_zeros BIGINT NOT NULL,
    n_negatives BIGINT NOT NULL,
    total DOUBLE PRECISION NOT NULL,
    median DOUBLE PRECISION NOT NULL,
    p95 DOUBLE PRECISION NOT NULL,
    PRIMARY KEY (job, as_of, relation, column_name)
);
CREATE TABLE nightclerk_quarantine (
    run_id BIGINT NOT NULL,
    dataset TEXT NOT NULL,
    position BIGINT NOT NULL,
    row_number BIGINT NOT NULL,
    column_name TEXT NOT NULL,
    reason TEXT NOT NULL,
    left_out TEXT NOT NULL,
    PRIMARY KEY (run_id, dataset, position)
);
