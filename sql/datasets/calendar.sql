-- Holidays and events, past and known ahead, by the same name every year.
-- On the days of an event named `closed` the shop is closed, of `closed L01` the location L01.
-- grain:    date, event
SELECT date, event
FROM calendar
