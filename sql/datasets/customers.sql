-- The customers. Every further column is an attribute that the uplift model may use: no names, no addresses.
-- grain:    customer_id
-- consent_marketing: NULL counts as no; contact_hash: two customers with one hash are one contact
SELECT customer_id, joined_on, consent_marketing, contact_hash, age_band, home_location_id, loyalty_tier
FROM customers
