-- Pages and exports: whether they stand in their places, and whether they leave the house.
CREATE TABLE nightclerk_files (
    run_id INTEGER NOT NULL,
    path TEXT NOT NULL,
    job TEXT NOT NULL,
    as_of TEXT NOT NULL,
    state TEXT NOT NULL,
    sha256 TEXT NOT NULL,
    bytes INTEGER NOT NULL,
    leaves INTEGER NOT NULL,
    place TEXT NOT NULL,
    written_us INTEGER,
    PRIMARY KEY (run_id, path)
);
