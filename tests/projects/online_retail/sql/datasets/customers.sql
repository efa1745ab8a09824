-- The known customers.
-- Grain: customer_id.
-- joined_on is the first order in the data, which begins on 2010-12-01: earlier customers look new.
-- Consent is not recorded, so it is NULL and nobody may be written to.
-- Attribute: country (a customer with several counts with the first in the alphabet).
SELECT
    CAST(customer_id AS TEXT) AS customer_id,
    MIN(SUBSTR(invoice_date, 1, 10)) AS joined_on,
    CAST(NULL AS BOOLEAN) AS consent_marketing,
    MIN(country) AS country
FROM online_retail_to_2011_08
WHERE customer_id IS NOT NULL AND quantity > 0 AND unit_price > 0
GROUP BY CAST(customer_id AS TEXT)
