-- What was read and written looks like, night by night, and what of it broke its contract.
CREATE TABLE nightclerk_days (
    job TEXT NOT NULL,
    dataset TEXT NOT NULL,
    day TEXT NOT NULL,
    n_rows INTEGER NOT NULL,
    sums_json TEXT NOT NULL,
    PRIMARY KEY (job, dataset, day)
);
CREATE TABLE nightclerk_profiles (
    job TEXT NOT NULL,
    as_of TEXT NOT NULL,
    relation TEXT NOT NULL,
    column_name TEXT NOT NULL,
    n_rows INTEGER NOT NULL,
    n_nulls INTEGER NOT NULL,
    n_zeros INTEGER NOT NULL,
    n_negatives INTEGER NOT NULL,
    total REAL NOT NULL,
    median REAL NOT NULL,
    p95 REAL NOT NULL,
    PRIMARY KEY (job, as_of, relation, column_name)
);
CREATE TABLE nightclerk_quarantine (
    run_id INTEGER NOT NULL,
    dataset TEXT NOT NULL,
    position INTEGER NOT NULL,
    row_number INTEGER NOT NULL,
    column_name TEXT NOT NULL,
    reason TEXT NOT NULL,
    left_out TEXT NOT NULL,
    PRIMARY KEY (run_id, dataset, position)
);
