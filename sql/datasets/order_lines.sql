-- Every line of every order that was known by the night of :as_of. The one file to adapt first: daily_sales,
-- basket_lines and customer_days are derived from it.
-- grain:    one row per order line; a return is a line with a negative quantity
-- binds:    :as_of, the last complete business day; :as_of_end, the midnight that ends it
-- units:    quantity in thousandths of a unit; amounts in minor currency units (cents), without tax
-- ordered_on must be the business date in the project's time zone (SQLite cannot derive it from an instant).
-- Left out: lines recorded after :as_of (nobody could know them), and the dirty ones: no quantity, a product that is
-- not in the catalogue, an amount of more than fifty times the list price.
SELECT
    l.order_id,
    l.ordered_on,
    l.ordered_at,
    l.customer_id,
    l.product_id,
    l.location_id,
    ROUND(l.quantity * 1000) AS quantity,
    l.net_amount,
    l.discount_amount,
    l.coupon_id
FROM order_lines l
JOIN products p ON p.product_id = l.product_id
WHERE l.ordered_on <= :as_of
  AND l.recorded_at < :as_of_end
  AND l.quantity <> 0
  AND (p.list_price IS NULL OR ABS(l.net_amount) <= 50.0 * p.list_price * ABS(l.quantity))
