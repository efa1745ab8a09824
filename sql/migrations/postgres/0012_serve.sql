-- What runs said while they ran; who may ask `nightclerk serve`; who changed what by hand.
CREATE TABLE nightclerk_log (
    run_id BIGINT NOT NULL,
    position BIGINT NOT NULL,
    at_us BIGINT NOT NULL,
    said TEXT NOT NULL,
    PRIMARY KEY (run_id, position)
);
CREATE TABLE nightclerk_tokens (
    name TEXT NOT NULL,
    role TEXT NOT NULL,
    sha256 TEXT NOT NULL,
    created_us BIGINT NOT NULL,
    revoked_us BIGINT,
    PRIMARY KEY (name)
);
CREATE TABLE nightclerk_audit (
    entry TEXT NOT NULL,
    at_us BIGINT NOT NULL,
    actor TEXT NOT NULL,
    action TEXT NOT NULL,
    subject TEXT NOT NULL,
    outcome TEXT NOT NULL,
    PRIMARY KEY (entry)
);
