-- Pages and exports: whether they stand in their places, and whether they leave the house.
CREATE TABLE nightclerk_files (
    run_id BIGINT NOT NULL,
    path TEXT NOT NULL,
    job TEXT NOT NULL,
    as_of DATE NOT NULL,
    state TEXT NOT NULL,
    sha256 TEXT NOT NULL,
    bytes BIGINT NOT NULL,
    leaves BOOLEAN NOT NULL,
    place TEXT NOT NULL,
    written_us BIGINT,
    PRIMARY KEY (run_id, path)
);
