-- Rows are staged in staged_NAME, become visible in NAME in one transaction, and consumers read NAME_current:
-- the newest publication of each job.

-- what to order, when, how much
ALTER TABLE inventory_recommendations ADD COLUMN expected_fill_rate REAL;
ALTER TABLE staged_inventory_recommendations ADD COLUMN expected_fill_rate REAL;
