-- table: recommendation_outcomes
-- severity: block
-- meaning: advice is graded when the days it covers are over, from the day after it was given
SELECT s.recommended_as_of, s.recommendation_id, s.window_from, s.window_to, s.as_of
FROM {staged} s
WHERE s.window_to > s.as_of OR s.window_from <= s.recommended_as_of OR s.window_to < s.window_from
