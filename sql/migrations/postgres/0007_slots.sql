-- Slots: what is due per business day, from the moment it is until it has ended. Keys are written by hand, as those of step 1.
CREATE TABLE nightclerk_slots (
    job TEXT NOT NULL,
    as_of DATE NOT NULL,
    state TEXT NOT NULL,
    reason TEXT NOT NULL,
    schedule TEXT NOT NULL,
    due_us BIGINT NOT NULL,
    until_us BIGINT NOT NULL,
    next_try_us BIGINT NOT NULL,
    attempts BIGINT NOT NULL,
    crashes BIGINT NOT NULL,
    run_id BIGINT,
    changed_us BIGINT NOT NULL,
    PRIMARY KEY (job, as_of)
);
-- Dates that were run before have ended as their newest run did; what was interrupted is due again if its schedule still says so.
INSERT INTO nightclerk_slots
    (job, as_of, state, reason, schedule, due_us, until_us, next_try_us, attempts, crashes, run_id, changed_us)
SELECT
    r.job,
    r.as_of,
    CASE
        WHEN EXISTS (SELECT 1 FROM nightclerk_publications p
                     WHERE p.job = r.job AND p.as_of = r.as_of AND p.state = 'published') THEN 'published'
        WHEN r.state IN ('blocked', 'refused', 'cancelled') THEN r.state
        ELSE 'failed'
    END,
    COALESCE(r.error, ''),
    CASE WHEN r.state IN ('blocked', 'refused', 'failed', 'published') THEN 'before slots were kept' ELSE '' END,
    r.started_us,
    r.started_us,
    r.started_us,
    1,
    0,
    r.run_id,
    r.started_us
FROM nightclerk_runs r
WHERE r.run_id = (SELECT MAX(q.run_id) FROM nightclerk_runs q WHERE q.job = r.job AND q.as_of = r.as_of);
ALTER TABLE nightclerk_leases ADD COLUMN runner TEXT NOT NULL DEFAULT '';
ALTER TABLE nightclerk_leases ADD COLUMN locked BIGINT NOT NULL DEFAULT 0;
