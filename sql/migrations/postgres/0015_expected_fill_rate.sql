-- Rows are staged in staged_NAME, become visible in NAME in one transaction, and consumers read NAME_current:
-- the newest publication of each job.

-- what to order, when, how much
ALTER TABLE inventory_recommendations ADD COLUMN expected_fill_rate DOUBLE PRECISION;
ALTER TABLE staged_inventory_recommendations ADD COLUMN expected_fill_rate DOUBLE PRECISION;
CREATE OR REPLACE VIEW inventory_recommendations_current AS
SELECT t.* FROM inventory_recommendations t JOIN nightclerk_current c ON c.run_id = t.run_id;
