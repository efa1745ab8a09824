-- timezone: Europe/London
-- Order lines of the UCI Online Retail data.
-- Grain: one row per line of an invoice (the file has no line number; lines repeat).
-- Units: quantity in thousandths of a unit, amounts in pence. Prices are net of VAT, discounts are not recorded.
-- An invoice number that starts with C is a cancellation: its quantities are negative and count as returns.
-- Left out, because they are no demand for goods:
--   POST, DOT, C2      postage and carriage          M           manual corrections
--   BANK CHARGES       fees                          AMAZONFEE   fees
--   CRUK               donations                     S           samples
--   D                  discounts as lines            B           bad debt (invoices that start with A)
--   PADS               free pads sent with cushions  gift_...    gift vouchers
--   price 0            stock corrections (damaged, lost, found), which carry no customer and no sale
-- Codes differ in case only for the same article (85123a, 85123A), so they are compared in capitals.
-- One typing error is left in: invoice 541431 of 74,215 units, cancelled within minutes by C541433.
SELECT
    CAST(invoice_no AS TEXT) AS order_id,
    SUBSTR(invoice_date, 1, 10) AS ordered_on,
    invoice_date AS ordered_at,
    CAST(customer_id AS TEXT) AS customer_id,
    UPPER(CAST(stock_code AS TEXT)) AS product_id,
    CAST(quantity AS BIGINT) * 1000 AS quantity,
    CAST(quantity AS BIGINT) * CAST(ROUND(unit_price * 100) AS BIGINT) AS net_amount
FROM online_retail_to_2011_08
WHERE unit_price > 0
  AND UPPER(stock_code) NOT IN ('POST', 'DOT', 'C2', 'M', 'BANK CHARGES', 'AMAZONFEE', 'CRUK', 'S', 'D', 'B', 'PADS')
  AND UPPER(stock_code) NOT LIKE 'GIFT%'
