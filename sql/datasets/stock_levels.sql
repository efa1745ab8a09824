-- Closing stock of every day: the newest is what there is, the older ones show on which days a product was sold out.
-- grain:    snapshot_on, product_id, location_id
-- binds:    :as_of, the last complete business day; :history_from, 800 days before
-- units:    thousandths of a unit
SELECT snapshot_on, product_id, location_id, ROUND(on_hand * 1000) AS on_hand, ROUND(reserved * 1000) AS reserved
FROM stock_levels
WHERE snapshot_on <= :as_of AND snapshot_on >= :history_from
