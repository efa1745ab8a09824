-- The customers.
-- Grain: customer_id, the row number that the import adds.
-- All had bought within twelve months and were on the shop's e-mail list when it wrote to them: they count as opted in.
-- Attributes: recency (months since the last order), history (cents spent in the year before), mens and womens
-- (bought such goods in the year before), zip_code (kind of area), newbie (new in the year before), channel.
SELECT
    CAST(_row AS TEXT) AS customer_id,
    (1 = 1) AS consent_marketing,
    CAST(recency AS BIGINT) AS recency,
    CAST(ROUND(history * 100) AS BIGINT) AS history,
    CAST(mens AS BIGINT) AS mens,
    CAST(womens AS BIGINT) AS womens,
    zip_code,
    CAST(newbie AS BIGINT) AS newbie,
    channel
FROM hillstrom_email
