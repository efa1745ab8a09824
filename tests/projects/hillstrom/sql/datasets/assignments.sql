-- Who got which e-mail; those without one are the control of both campaigns.
-- Grain: campaign_id, customer_id.
-- The data has no customer number: the row number `_row`, which the import adds, stands for it.
-- Within a campaign and the control each customer had probability 1/2.
-- assigned_at: not recorded; noon UTC of the first day was chosen.
SELECT
    'mens_email' AS campaign_id,
    CAST(_row AS TEXT) AS customer_id,
    CASE WHEN segment = 'No E-Mail' THEN 'control' ELSE 'treatment' END AS variant,
    '2008-03-20T12:00:00Z' AS assigned_at,
    0.5 AS probability
FROM hillstrom_email
WHERE segment IN ('Mens E-Mail', 'No E-Mail')
UNION ALL
SELECT
    'womens_email',
    CAST(_row AS TEXT),
    CASE WHEN segment = 'No E-Mail' THEN 'control' ELSE 'treatment' END,
    '2008-03-20T12:00:00Z',
    0.5
FROM hillstrom_email
WHERE segment IN ('Womens E-Mail', 'No E-Mail')
