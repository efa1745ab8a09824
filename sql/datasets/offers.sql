-- What an offer is.
-- grain:    offer_id
-- units:    value is minor currency units off for kind `amount`, a share of the price for kind `rate`
SELECT offer_id, kind, value, capacity
FROM offers
