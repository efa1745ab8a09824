//! Products of a season: they sell for some weeks of every year and not at all between.

use std::ops::Range;

use super::cold_start::ColdStart;
use crate::forecast::series::{observed_count, observed_mean};

/// Observed periods without demand that may lie between two seasons.
const SHORTEST_GAP: usize = 56;
/// A gap is none of chance below this probability, at the rate of demand of the season before or after it.
const GAP_PROBABILITY: f64 = 1e-6;
/// A season is not longer: what sells for most of the year has no season.
const LONGEST_SEASON: usize = 240;
/// Periods by which a season may begin or end earlier or later than the one before.
const LARGEST_SHIFT: usize = 28;
/// A season that comes once in a while: this many periods with demand at least.
const FEWEST_SALES: usize = 5;
/// Periods of a season in progress from which on it says how strong it is.
const TELLING: usize = 5;
/// Units of the seasons before that its own strength is weighed against.
const WEIGHT_OF_PAST: f64 = 20.0;
/// Coefficient of variation of the strength of a season that has not begun, and of one in progress.
const STRENGTH_AHEAD: f64 = 0.35;
const STRENGTH_NOW: f64 = 0.15;
/// Weight of a season beside that of the one after it.
const OLDER: f64 = 0.5;
/// Periods before and after a place in the season whose mean is its level.
const AROUND: usize = 3;
/// Factors of weekdays on it, shrunk by so many units to one.
const WEEK: usize = 7;
const WEEKDAY_SHRINK: f64 = 10.0;

/// When seasons come: by how many periods each earlier year lies before this one, the last year first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Anchor {
    /// What the season keeps to, in a word: a date, a feast.
    pub name: String,
    /// Periods back to the same place of one year before, of two, and so on.
    pub lags: Vec<usize>,
}

/// A product of a season: what it sold in those that are over, and where they lie in the year to come.
#[derive(Clone, Debug, PartialEq)]
pub struct Season {
    /// What it keeps to.
    pub anchor: String,
    /// Past seasons as they would lie now, the newest first: (lag in periods, periods of the history).
    past: Vec<(usize, Range<usize>)>,
    /// The season in progress.
    now: Option<Range<usize>>,
    /// Whether the history begins within a season, so that its begin is not known.
    begins_within: bool,
}

impl Season {
    /// The season of a product, by whichever of `anchors` its seasons keep to best; `None` where it has none that comes again.
    ///
    /// Demand per period, oldest first, `NaN` = not observed. A season is a stretch with demand between gaps of at least 56
    /// observed periods without any that chance does not explain. It comes again when two lie at the same place of their
    /// years, give or take four weeks: two that are over, or one that is over and the one in progress. `is_known_to_recur`: others
    /// of its kind come again, so that one that is over is enough. `begins_with_sales`: the history begins with the first sale, before
    /// which there was none; else a season that it begins with may have begun before.
    pub fn of(demand: &[f64], anchors: &[Anchor], is_known_to_recur: bool, begins_with_sales: bool) -> Option<Season> {
        let spans = spans(demand)?;
        if spans.iter().any(|span| span.len() > LONGEST_SEASON) {
            return None;
        }
        let mut over = spans;
        let now = over.pop_if(|last| {
            let after = &demand[last.end..];
            observed_count(after) < SHORTEST_GAP
        });
        // One that is over for some weeks may not be known to be: then others lie beside it.
        let from = now.as_ref().map_or(demand.len(), |now| now.end);
        let mut best: Option<(usize, Season)> = None;
        for anchor in anchors {
            // Each season that is over belongs to the year whose place it would take.
            let reach = LARGEST_SHIFT + LONGEST_SEASON;
            let place = |lag: usize, span: &Range<usize>| span.start + lag..span.end + lag;
            let mut past: Vec<(usize, Range<usize>)> = Vec::new();
            for lag in &anchor.lags {
                let ahead = over.iter().rev().find(|span| {
                    let place = place(*lag, span);
                    let is_taken = past.iter().any(|(_, known)| known == *span);
                    !is_taken && place.end + LARGEST_SHIFT > from && place.start < demand.len() + reach + 126
                });
                past.extend(ahead.map(|span| (*lag, span.clone())));
            }
            let Some((lag, newest)) = past.first() else { continue };
            let newest = place(*lag, newest);
            let is_cut = |span: &Range<usize>| span.start == 0 && !begins_with_sales;
            let shift = match (&now, past.get(1)) {
                (Some(now), _) => Some(shift_between(&newest, is_cut(&past[0].1), now, true)),
                (None, Some((lag, older))) => Some(shift_between(&newest, is_cut(older), &place(*lag, older), false)),
                (None, None) => is_known_to_recur.then_some(LARGEST_SHIFT),
            };
            let Some(shift) = shift.filter(|shift| *shift <= LARGEST_SHIFT) else { continue };
            if best.as_ref().is_none_or(|(known, _)| shift < *known) {
                let begins_within = past.iter().any(|(_, span)| is_cut(span));
                let season = Season { anchor: anchor.name.clone(), past, now: now.clone(), begins_within };
                best = Some((shift, season));
            }
        }
        best.map(|(_, season)| season)
    }

    /// Seasons that are over.
    pub fn n_past(&self) -> usize {
        self.past.len()
    }

    /// Demand of the periods ahead: the level at the same places of the seasons before, the newest with most weight, times the
    /// factor of the weekday in all of them, which lies elsewhere every year, times how strong the season in progress is beside them. Its level has a coefficient of variation of 35 % before it begins,
    /// 15 % once it is in progress; around it demand varies as in the seasons before.
    pub fn ahead(&self, demand: &[f64], horizon: usize) -> ColdStart {
        let n = demand.len();
        let week = self.week(demand);
        let strength = self.now.as_ref().filter(|now| n - now.start >= TELLING).map(|now| {
            // Days on which nothing was usual say when a season began, not how strong it is.
            let days = (now.start..n).filter(|t| demand[*t].is_finite());
            let days = days.map(|t| (demand[t], self.usual(demand, &week, t))).filter(|(_, usual)| *usual > 0.0);
            let (sold, usual) = days.fold((0.0, 0.0), |sum, (units, usual)| (sum.0 + units, sum.1 + usual));
            (sold + WEIGHT_OF_PAST) / (usual + WEIGHT_OF_PAST)
        });
        let mean: Vec<f64> = (n..n + horizon).map(|t| self.usual(demand, &week, t) * strength.unwrap_or(1.0)).collect();
        let variation = if strength.is_some() { STRENGTH_NOW } else { STRENGTH_AHEAD }.powi(2);
        let is_whole = demand.iter().all(|units| !units.is_finite() || units.fract() == 0.0);
        let dispersion = self.dispersion(demand, &week, is_whole);
        let totals = mean.iter().scan(0.0, |total, mean| {
            *total += mean;
            Some(*total)
        });
        ColdStart {
            total_dispersion: totals.map(|total| dispersion + variation * total).collect(),
            dispersion: mean.iter().map(|mean| dispersion + variation * mean).collect(),
            level: mean.iter().sum::<f64>() / horizon.max(1) as f64,
            weight_own: 1.0,
            mean,
            is_whole,
        }
    }

    /// What the seasons before let expect of a period, past or ahead.
    fn usual(&self, demand: &[f64], week: &[f64; WEEK], t: usize) -> f64 {
        let (mut sum, mut weights) = (0.0, 0.0);
        let mut weight = 1.0;
        for (lag, span) in &self.past {
            // A history that begins within a season says nothing about the days before.
            let begins_within = self.begins_within && span.start == 0;
            let place = t.checked_sub(*lag).filter(|place| !begins_within || *place >= span.start);
            if let Some(place) = place {
                sum +=
                    weight * if span.contains(&place) { level_at(demand, span, place) * week[t % WEEK] } else { 0.0 };
                weights += weight;
            }
            weight *= OLDER;
        }
        if weights > 0.0 { sum / weights } else { 0.0 }
    }

    /// All seasons.
    fn spans(&self) -> impl Iterator<Item = &Range<usize>> {
        self.past.iter().map(|(_, span)| span).chain(&self.now)
    }

    /// Factors of the weekdays on the level, by period modulo seven.
    fn week(&self, demand: &[f64]) -> [f64; WEEK] {
        let mut sums = [(WEEKDAY_SHRINK, WEEKDAY_SHRINK); WEEK];
        for span in self.spans() {
            for t in span.clone().filter(|t| demand[*t].is_finite()) {
                let (sold, usual) = &mut sums[t % WEEK];
                *sold += demand[t];
                *usual += level_at(demand, span, t);
            }
        }
        sums.map(|(sold, usual)| sold / usual)
    }

    /// Variance over mean around the level of the season, at least one for whole numbers.
    fn dispersion(&self, demand: &[f64], week: &[f64; WEEK], is_whole: bool) -> f64 {
        let (mut squares, mut sum) = (0.0, 0.0);
        for span in self.spans() {
            for t in span.clone().filter(|t| demand[*t].is_finite()) {
                let level = level_at(demand, span, t) * week[t % WEEK];
                squares += (demand[t] - level).powi(2);
                sum += level;
            }
        }
        let ratio: f64 = if sum > 0.0 { squares / sum } else { 1.0 };
        if is_whole { ratio.max(1.0) } else { ratio }
    }
}

/// The level of a place in a season: the mean of the observed days around it, from farther where there are none.
fn level_at(demand: &[f64], span: &Range<usize>, place: usize) -> f64 {
    let mean_within = |reach: usize| {
        observed_mean(&demand[place.saturating_sub(reach).max(span.start)..(place + reach + 1).min(span.end)])
    };
    [AROUND, 3 * AROUND, LONGEST_SEASON].map(mean_within).into_iter().find(|mean| mean.is_finite()).unwrap_or(0.0)
}

/// By how much one season lies beside another: the later of begin and end; only of what is known of both.
fn shift_between(one: &Range<usize>, begin_is_cut: bool, other: &Range<usize>, end_is_open: bool) -> usize {
    let begin = one.start.abs_diff(other.start);
    let end = one.end.abs_diff(other.end);
    match (begin_is_cut, end_is_open) {
        (false, false) => begin.max(end),
        (false, true) => begin,
        (true, false) => end,
        // A history that begins in a season, and one in progress: the one in progress has not lasted longer yet.
        (true, true) => other.end.saturating_sub(one.end),
    }
}

/// The stretches with demand between gaps that are none of chance, oldest first; `None` where there is no such gap.
fn spans(demand: &[f64]) -> Option<Vec<Range<usize>>> {
    let has_demand = |t: &usize| demand[*t].is_finite() && demand[*t] > 0.0;
    let sales: Vec<usize> = (0..demand.len()).filter(has_demand).collect();
    let (first, last) = (*sales.first()?, *sales.last()?);
    let mut spans = Vec::new();
    let mut start = first;
    let mut is_seasonal = observed_count(&demand[last + 1..]) >= SHORTEST_GAP;
    for pair in sales.windows(2) {
        if observed_count(&demand[pair[0] + 1..pair[1]]) >= SHORTEST_GAP {
            spans.push(start..pair[0] + 1);
            start = pair[1];
            is_seasonal = true;
        }
    }
    spans.push(start..last + 1);
    if !is_seasonal {
        return None;
    }
    // The gaps are none of chance at the rate of demand in the seasons; a stray sale is no season.
    spans.retain(|span| span.clone().filter(has_demand).count() >= FEWEST_SALES);
    let (n_sales, n_periods) = spans.iter().fold((0, 0), |(sales, periods), span| {
        (sales + span.clone().filter(has_demand).count(), periods + observed_count(&demand[span.clone()]))
    });
    let rate = n_sales as f64 / n_periods.max(1) as f64;
    ((1.0 - rate).powf(SHORTEST_GAP as f64) < GAP_PROBABILITY).then_some(spans).filter(|spans| !spans.is_empty())
}

#[cfg(test)]
#[path = "season_tests.rs"]
mod tests;
