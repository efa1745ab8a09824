-- What people are to be told, until they are told.
CREATE TABLE nightclerk_alerts (
    dedupe_key TEXT NOT NULL,
    channel TEXT NOT NULL,
    job TEXT NOT NULL,
    as_of DATE NOT NULL,
    kind TEXT NOT NULL,
    body_json TEXT NOT NULL,
    state TEXT NOT NULL,
    attempts BIGINT NOT NULL,
    next_try_us BIGINT NOT NULL,
    created_us BIGINT NOT NULL,
    error TEXT NOT NULL,
    changed_us BIGINT NOT NULL,
    PRIMARY KEY (dedupe_key, channel)
);
