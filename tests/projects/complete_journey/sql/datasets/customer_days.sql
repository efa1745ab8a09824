-- What each household bought per day.
-- Grain: customer_id, sold_on. Units: net_amount in cents.
-- FROM A 7 % SAMPLE OF LINES: amounts and orders are far below the truth and serve as features to rank by, not as
-- outcomes; spend around campaigns is in campaign_outcomes, from the full data.
-- coupon_orders: days with a redemption, from the redemptions table, which is complete; days whose lines are all
-- missing from the sample are there with 0 orders.
SELECT
    customer_id,
    sold_on,
    CAST(SUM(orders) AS BIGINT) AS orders,
    CAST(SUM(net_amount) AS BIGINT) AS net_amount,
    CAST(SUM(coupon_orders) AS BIGINT) AS coupon_orders
FROM (
    SELECT
        customer_id,
        CAST(ordered_on AS TEXT) AS sold_on,
        CAST(COUNT(DISTINCT order_id) AS BIGINT) AS orders,
        CAST(SUM(net_amount) AS BIGINT) AS net_amount,
        CAST(0 AS BIGINT) AS coupon_orders
    FROM {order_lines}
    GROUP BY customer_id, ordered_on
    UNION ALL
    SELECT DISTINCT
        CAST(household_id AS TEXT) AS customer_id,
        CAST(redemption_date AS TEXT) AS sold_on,
        CAST(0 AS BIGINT) AS orders,
        CAST(0 AS BIGINT) AS net_amount,
        CAST(1 AS BIGINT) AS coupon_orders
    FROM complete_journey_coupon_redemptions
) AS days
GROUP BY customer_id, sold_on
