-- What people are to be told, until they are told.
CREATE TABLE nightclerk_alerts (
    dedupe_key TEXT NOT NULL,
    channel TEXT NOT NULL,
    job TEXT NOT NULL,
    as_of TEXT NOT NULL,
    kind TEXT NOT NULL,
    body_json TEXT NOT NULL,
    state TEXT NOT NULL,
    attempts INTEGER NOT NULL,
    next_try_us INTEGER NOT NULL,
    created_us INTEGER NOT NULL,
    error TEXT NOT NULL,
    changed_us INTEGER NOT NULL,
    PRIMARY KEY (dedupe_key, channel)
);
