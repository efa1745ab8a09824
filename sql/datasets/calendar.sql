-- Holidays and events, past and known ahead, by the same name every year.
-- grain:    date, event
SELECT date, event
FROM calendar
