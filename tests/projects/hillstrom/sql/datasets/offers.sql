-- What the e-mails showed: goods for men or for women, at full price.
-- Grain: offer_id. value: 0 cents off.
SELECT 'mens_goods' AS offer_id, 'amount' AS kind, 0.0 AS value
UNION ALL
SELECT 'womens_goods', 'amount', 0.0
