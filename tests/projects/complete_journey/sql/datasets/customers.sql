-- The households; demographics are known for 801 of 2,500.
-- Grain: customer_id.
-- Consent is not recorded, so it is NULL and nobody may be written to. No joining dates are recorded.
-- Attributes: age (band), income (band), home_ownership, marital_status, household_size, household_comp, kids_count.
SELECT
    CAST(h.household_key AS TEXT) AS customer_id,
    CAST(NULL AS BOOLEAN) AS consent_marketing,
    d.age,
    d.income,
    d.home_ownership,
    d.marital_status,
    CAST(d.household_size AS TEXT) AS household_size,
    d.household_comp,
    CAST(d.kids_count AS TEXT) AS kids_count
FROM complete_journey_household_summary AS h
LEFT JOIN complete_journey_demographics AS d ON d.household_id = h.household_key
