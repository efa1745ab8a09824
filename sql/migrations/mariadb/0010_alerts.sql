-- What people are to be told, until they are told.
CREATE TABLE IF NOT EXISTS nightclerk_alerts (
    dedupe_key VARCHAR(500) NOT NULL,
    channel VARCHAR(190) NOT NULL,
    job VARCHAR(255) NOT NULL,
    as_of DATE NOT NULL,
    kind VARCHAR(190) NOT NULL,
    body_json MEDIUMTEXT NOT NULL,
    state VARCHAR(190) NOT NULL,
    attempts BIGINT NOT NULL,
    next_try_us BIGINT NOT NULL,
    created_us BIGINT NOT NULL,
    error MEDIUMTEXT NOT NULL,
    changed_us BIGINT NOT NULL,
    PRIMARY KEY (dedupe_key, channel)
) ENGINE=InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin;
