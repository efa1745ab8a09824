-- The ledger: what ran, who runs what, which publication is current.
CREATE TABLE nightclerk_counters (name TEXT PRIMARY KEY, value BIGINT NOT NULL);
INSERT INTO nightclerk_counters (name, value) VALUES ('run_id', 0);

CREATE TABLE nightclerk_runs (
    run_id BIGINT PRIMARY KEY,
    job TEXT NOT NULL,
    kind TEXT NOT NULL,
    as_of DATE NOT NULL,
    state TEXT NOT NULL,
    fence BIGINT NOT NULL,
    started_us BIGINT NOT NULL,
    finished_us BIGINT,
    params_toml TEXT NOT NULL,
    config_hash TEXT NOT NULL,
    code_version TEXT NOT NULL,
    seed BIGINT NOT NULL,
    rows_in BIGINT NOT NULL,
    rows_out BIGINT NOT NULL,
    error TEXT
);
CREATE INDEX nightclerk_runs_by_job ON nightclerk_runs (job, run_id);

CREATE TABLE nightclerk_leases (
    job TEXT PRIMARY KEY,
    place TEXT NOT NULL,
    process BIGINT NOT NULL,
    fence BIGINT NOT NULL,
    lease_until_us BIGINT NOT NULL
);

CREATE TABLE nightclerk_publications (
    run_id BIGINT PRIMARY KEY,
    job TEXT NOT NULL,
    kind TEXT NOT NULL,
    as_of DATE NOT NULL,
    state TEXT NOT NULL,
    published_us BIGINT NOT NULL,
    rows_out BIGINT NOT NULL,
    headline TEXT NOT NULL,
    grade TEXT,
    n_caveats BIGINT NOT NULL,
    tables_json TEXT NOT NULL,
    inputs_json TEXT NOT NULL,
    metrics_json TEXT NOT NULL,
    UNIQUE (job, as_of)
);

CREATE TABLE nightclerk_gates (
    run_id BIGINT NOT NULL,
    position BIGINT NOT NULL,
    name TEXT NOT NULL,
    severity TEXT NOT NULL,
    passed BOOLEAN NOT NULL,
    observed TEXT NOT NULL,
    expected TEXT NOT NULL,
    explanation TEXT NOT NULL,
    PRIMARY KEY (run_id, position)
);

-- The newest publication of each job that was not rolled back.
CREATE VIEW nightclerk_current AS
SELECT p.job, p.kind, p.as_of, p.run_id
FROM nightclerk_publications p
WHERE p.state = 'published'
  AND p.as_of = (SELECT MAX(q.as_of) FROM nightclerk_publications q WHERE q.job = p.job AND q.state = 'published');
