-- What runs said while they ran; who may ask `nightclerk serve`; who changed what by hand.
CREATE TABLE nightclerk_log (
    run_id INTEGER NOT NULL,
    position INTEGER NOT NULL,
    at_us INTEGER NOT NULL,
    said TEXT NOT NULL,
    PRIMARY KEY (run_id, position)
);
CREATE TABLE nightclerk_tokens (
    name TEXT NOT NULL,
    role TEXT NOT NULL,
    sha256 TEXT NOT NULL,
    created_us INTEGER NOT NULL,
    revoked_us INTEGER,
    PRIMARY KEY (name)
);
CREATE TABLE nightclerk_audit (
    entry TEXT NOT NULL,
    at_us INTEGER NOT NULL,
    actor TEXT NOT NULL,
    action TEXT NOT NULL,
    subject TEXT NOT NULL,
    outcome TEXT NOT NULL,
    PRIMARY KEY (entry)
);
