-- The numbers of products and suppliers as publications read them: the next night's rows are held against them, one by one.
CREATE TABLE nightclerk_standing (
    run_id BIGINT NOT NULL,
    dataset TEXT NOT NULL,
    position BIGINT NOT NULL,
    job TEXT NOT NULL,
    content TEXT NOT NULL,
    PRIMARY KEY (run_id, dataset, position)
);
-- What was published in the shadow of another process: consumers do not see it.
ALTER TABLE nightclerk_publications ADD COLUMN shadow BOOLEAN NOT NULL DEFAULT FALSE;
CREATE OR REPLACE VIEW nightclerk_current AS
SELECT p.job, p.kind, p.as_of, p.run_id, p.published_us, p.valid_until_us
FROM nightclerk_publications p
WHERE p.state = 'published' AND NOT p.shadow
  AND p.as_of = (
      SELECT MAX(q.as_of) FROM nightclerk_publications q WHERE q.job = p.job AND q.state = 'published' AND NOT q.shadow
  );
