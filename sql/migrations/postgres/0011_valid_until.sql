-- When a publication is out of date, for whoever reads it.
ALTER TABLE nightclerk_publications ADD COLUMN valid_until_us BIGINT;
CREATE OR REPLACE VIEW nightclerk_current AS
SELECT p.job, p.kind, p.as_of, p.run_id, p.published_us, p.valid_until_us
FROM nightclerk_publications p
WHERE p.state = 'published'
  AND p.as_of = (SELECT MAX(q.as_of) FROM nightclerk_publications q WHERE q.job = p.job AND q.state = 'published');
