-- Order lines of the Complete Journey transactions, on PostgreSQL (order_lines.sqlite.sql says the same).
-- A RANDOM SAMPLE of about 7 % of the lines: baskets and totals per household are not complete. Do not read baskets.
-- Grain: one row per sampled line. Units: quantity in thousandths of a unit, amounts in cents.
-- Instants are UTC; stores are on US Eastern time.
-- Left out: fuel and COUPON/MISC ITEMS, whose quantities are no units of goods; lines of quantity 0.
-- discount_amount: the loyalty card's, the manufacturer's and the matched coupon's.
SELECT
    CAST(t.basket_id AS TEXT) AS order_id,
    CAST(t.transaction_timestamp AT TIME ZONE 'America/New_York' AS DATE) AS ordered_on,
    t.transaction_timestamp AS ordered_at,
    CAST(t.household_id AS TEXT) AS customer_id,
    CAST(t.product_id AS TEXT) AS product_id,
    CAST(t.store_id AS TEXT) AS location_id,
    CAST(t.quantity AS BIGINT) * 1000 AS quantity,
    CAST(ROUND(t.sales_value * 100) AS BIGINT) AS net_amount,
    CAST(ROUND((t.retail_disc + t.coupon_disc + t.coupon_match_disc) * 100) AS BIGINT) AS discount_amount
FROM complete_journey_transactions_sample AS t
LEFT JOIN complete_journey_products AS p ON p.product_id = t.product_id
WHERE t.quantity > 0
  AND COALESCE(p.department, '') NOT IN ('FUEL', 'COUPON')
  AND COALESCE(p.product_category, '') NOT IN ('FUEL', 'COUPON', 'COUPON/MISC ITEMS', 'COUPONS/STORE & MFG')
