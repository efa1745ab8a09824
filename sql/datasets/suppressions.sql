-- Customers who must not be contacted.
-- grain:    customer_id, reason
-- until:    last day it holds; NULL: for good
SELECT customer_id, reason, until
FROM suppressions
