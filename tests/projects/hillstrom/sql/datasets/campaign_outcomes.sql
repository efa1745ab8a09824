-- What customers did in the two weeks after the e-mail.
-- Grain: campaign_id, customer_id, metric. `visit` and `conversion` are 0 or 1, `spend` is in cents.
-- A customer in the control has a row in both campaigns. The same metrics before the e-mail are not recorded: spend of
-- the year before is an attribute in customers.
SELECT g.campaign_id, CAST(h._row AS TEXT) AS customer_id, 'visit' AS metric, CAST(h.visit AS BIGINT) AS value
FROM hillstrom_email AS h
JOIN (
    SELECT 'mens_email' AS campaign_id, 'Mens E-Mail' AS segment
    UNION ALL SELECT 'mens_email', 'No E-Mail'
    UNION ALL SELECT 'womens_email', 'Womens E-Mail'
    UNION ALL SELECT 'womens_email', 'No E-Mail'
) AS g ON g.segment = h.segment
UNION ALL
SELECT g.campaign_id, CAST(h._row AS TEXT), 'conversion', CAST(h.conversion AS BIGINT)
FROM hillstrom_email AS h
JOIN (
    SELECT 'mens_email' AS campaign_id, 'Mens E-Mail' AS segment
    UNION ALL SELECT 'mens_email', 'No E-Mail'
    UNION ALL SELECT 'womens_email', 'Womens E-Mail'
    UNION ALL SELECT 'womens_email', 'No E-Mail'
) AS g ON g.segment = h.segment
UNION ALL
SELECT g.campaign_id, CAST(h._row AS TEXT), 'spend', CAST(ROUND(h.spend * 100) AS BIGINT)
FROM hillstrom_email AS h
JOIN (
    SELECT 'mens_email' AS campaign_id, 'Mens E-Mail' AS segment
    UNION ALL SELECT 'mens_email', 'No E-Mail'
    UNION ALL SELECT 'womens_email', 'Womens E-Mail'
    UNION ALL SELECT 'womens_email', 'No E-Mail'
) AS g ON g.segment = h.segment
