-- What runs said while they ran; who may ask `nightclerk serve`; who changed what by hand.
CREATE TABLE IF NOT EXISTS nightclerk_log (
    run_id BIGINT NOT NULL,
    position BIGINT NOT NULL,
    at_us BIGINT NOT NULL,
    said MEDIUMTEXT NOT NULL,
    PRIMARY KEY (run_id, position)
) ENGINE=InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin;
CREATE TABLE IF NOT EXISTS nightclerk_tokens (
    name VARCHAR(190) NOT NULL,
    role VARCHAR(190) NOT NULL,
    sha256 VARCHAR(190) NOT NULL,
    created_us BIGINT NOT NULL,
    revoked_us BIGINT,
    PRIMARY KEY (name)
) ENGINE=InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin;
CREATE TABLE IF NOT EXISTS nightclerk_audit (
    entry VARCHAR(190) NOT NULL,
    at_us BIGINT NOT NULL,
    actor MEDIUMTEXT NOT NULL,
    action MEDIUMTEXT NOT NULL,
    subject MEDIUMTEXT NOT NULL,
    outcome MEDIUMTEXT NOT NULL,
    PRIMARY KEY (entry)
) ENGINE=InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin;
