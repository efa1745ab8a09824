//! A row: what is known at an origin about one period ahead of it.

use super::layout::{Layout, SAME_PHASE, SAME_PHASE_LONG};
use super::members::{Member, Members};

/// Bounds on a growth factor from one season to the next.
const GROWTH_BOUNDS: (f64, f64) = (0.25, 4.0);

/// What all rows of an origin share.
pub(crate) struct Origin<'p, 'a> {
    members: &'p Members<'a>,
    member: &'p Member<'a>,
    layout: &'p Layout,
    /// Number of periods that are known.
    known: usize,
    /// Demand, in the series' unit, that counts as 1.
    pub scale: f64,
    shared: Vec<f32>,
    growth: Vec<(f64, f64)>,
}

impl<'p, 'a> Origin<'p, 'a> {
    /// `None` when nothing was sold before the origin.
    pub(crate) fn new(
        members: &'p Members<'a>,
        member: &'p Member<'a>,
        layout: &'p Layout,
        origin: usize,
    ) -> Option<Self> {
        let (history, end) = (&member.history, origin as i64);
        let lately = history.magnitude(end - layout.scale_window as i64, end);
        let scale = if lately > 0.0 { lately } else { history.magnitude(0, end) };
        if !(scale > 0.0 && scale.is_finite()) {
            return None;
        }
        let mut shared = Vec::with_capacity(64);
        let mut push = |value: f64| shared.push(value as f32);
        (1..=layout.n_lags as i64).for_each(|lag| push(history.at(end - lag) / scale));
        layout.windows.iter().for_each(|w| push(history.mean(end - *w as i64, end) / scale));
        push(history.deviation(end - 4 * layout.season.max(2) as i64, end) / scale);
        push(history.zero_share(end - 4 * layout.season.max(2) as i64, end));
        push((origin - history.first_sale).min(layout.oldest_age()) as f64);
        push(history.since_last_sale(origin));
        push(naive_error(member, layout, origin) / scale);
        let growth: Vec<(f64, f64)> = layout.look_backs.iter().map(|m| growth(member, *m, origin)).collect();
        for (long, short) in &growth {
            push(*long);
            push(*short);
        }
        Some(Origin { members, member, layout, known: origin, scale, shared, growth })
    }

    /// Writes the row for the period `ahead` (1 = the first after the origin) and returns simple forecasts of it, in
    /// scales, each finite: see [`SIMPLE`].
    pub(crate) fn row(&self, ahead: usize, row: &mut Vec<f32>) -> [f64; SIMPLE] {
        row.clear();
        row.extend_from_slice(&self.shared);
        let (history, layout, scale) = (&self.member.history, self.layout, self.scale);
        let (end, target) = (self.known as i64, (self.known + ahead - 1) as i64);
        let index = self.member.source.first_index.saturating_add(target);
        row.push(ahead as f32);
        row.extend(layout.seasons.iter().map(|m| (index - self.members.end).rem_euclid(*m as i64) as f32));

        let season = layout.season as i64;
        let back = ((ahead as i64 - 1) / season + 1) * season;
        let same: Vec<f64> =
            (0..SAME_PHASE_LONG as i64).map(|k| history.at(target - back - k * season) / scale).collect();
        row.extend(same[..SAME_PHASE].iter().map(|y| *y as f32));
        let (mean, median) = (mean_of(&same), median_of(&same));
        let smoothed = usize::try_from(target - back).ok().and_then(|t| self.member.same_phase.get(t)).copied();
        let smoothed = smoothed.map_or(f64::NAN, f64::from) / scale;
        row.extend([mean as f32, median as f32, smoothed as f32]);

        let (mut grown_best, mut shortly_best, mut added_best) = (f64::NAN, f64::NAN, f64::NAN);
        let mut group_best = f64::NAN;
        for (at, (length, (long, short))) in layout.look_backs.iter().zip(&self.growth).enumerate() {
            let length = *length as i64;
            let back = ((ahead as i64 - 1) / length + 1) * length;
            let then = target - back;
            let value = history.at(then) / scale;
            let around = if length > 60 {
                mean_of(&[history.at(then - season), history.at(then), history.at(then + season)]) / scale
            } else {
                mean_of(&[history.at(then - 1), history.at(then), history.at((then + 1).min(end - 1))]) / scale
            };
            let (grown, shortly) = (value * long, value * short);
            row.extend([value, around, grown, shortly, history.at(then - length) / scale].map(|y| y as f32));
            let profile = &self.members.profiles[at];
            let then = index - back;
            for group in &self.member.groups {
                let share = profile.at(*group, then);
                if share.is_finite() {
                    group_best = share;
                }
                row.push(share as f32);
            }
            if grown.is_finite() {
                grown_best = grown;
            }
            if shortly.is_finite() {
                shortly_best = around * short;
            }
            let window = short_window(length);
            let moved = history.mean(end - window, end) - history.mean(end - length - window, end - length);
            if moved.is_finite() && around.is_finite() {
                added_best = around + moved / scale;
            }
        }
        self.regressors(target, row);
        self.dates(target, row);
        let categories = self.member.source.categories;
        row.extend((0..layout.n_categories).map(|level| categories.get(level).map_or(f32::NAN, |code| *code as f32)));

        let level = [layout.season as i64, 4 * season].map(|w| history.mean_of_any(end - w.max(4), end) / scale);
        let level = [finite_or(level[0], 1.0), finite_or(level[1], 1.0)];
        let last = finite_or(history.at(end - 1) / scale, level[0]);
        let same_mean = finite_or(mean, level[1]);
        let same_last = finite_or(same[0], same_mean);
        let smoothed = finite_or(smoothed, same_mean);
        let grown = finite_or(grown_best, smoothed);
        let group = finite_or(group_best * level[0], grown);
        let shortly = finite_or(shortly_best, grown);
        let added = finite_or(added_best, shortly);
        [1.0, level[0], level[1], last, same_mean, same_last, smoothed, grown, shortly, added, group]
    }

    /// What the date of the period says, and that of the same period in earlier seasons.
    fn dates(&self, target: i64, row: &mut Vec<f32>) {
        let (calendar, first) = (self.member.source.calendar, self.member.source.first_index);
        for column in 0..self.layout.n_dates {
            row.push(calendar.feature(column, first + target));
            for length in &self.layout.look_backs {
                let back = (target - self.known as i64) / *length as i64 + 1;
                row.push(calendar.feature(column, first + target - back * *length as i64));
            }
        }
    }

    fn regressors(&self, target: i64, row: &mut Vec<f32>) {
        let at = |column: &[f64], t: i64| {
            usize::try_from(t).ok().and_then(|t| column.get(t)).map_or(f32::NAN, |x| *x as f32)
        };
        let regressors = self.member.source.regressors;
        for column in &regressors.columns[..regressors.n_ahead()] {
            row.extend([target, target - 1, target + 1].map(|t| at(column, t)));
            let lately = self.known.saturating_sub(self.layout.season.clamp(4, 8)).min(column.len());
            row.push(mean_of(&column[lately..self.known.min(column.len())]) as f32);
            for length in &self.layout.look_backs {
                let back = (target - self.known as i64) / *length as i64 + 1;
                row.push(at(column, target - back * *length as i64));
            }
        }
        for column in &regressors.columns[regressors.n_ahead()..] {
            self.past_column(&column[..self.known.min(column.len())], target, row);
        }
    }

    /// As many views of a column that is known until the origin: its last value, its last season, its last four, the same
    /// position of the last season and of those looked back at, in units of its own mean.
    fn past_column(&self, column: &[f64], target: i64, row: &mut Vec<f32>) {
        let season = self.layout.season as i64;
        let known = column.len() as i64;
        let lately = |periods: i64| mean_of(&column[(known - periods).max(0) as usize..]);
        let scale = lately(4 * season.max(4)).abs();
        let at = |t: i64| usize::try_from(t).ok().and_then(|t| column.get(t)).copied().unwrap_or(f64::NAN);
        let before = |length: i64| target - ((target - known) / length + 1) * length;
        let views = [at(known - 1), lately(season.max(4)), at(before(season)), lately(2 * season.max(4))];
        row.extend(views.map(|view| (view / scale) as f32));
        row.extend(self.layout.look_backs.iter().map(|length| (at(before(*length as i64)) / scale) as f32));
    }
}

/// Number of simple forecasts of a row: 1, the mean of the last season and of the last four, the last value, the mean of
/// the same position in eight seasons, the same in the last one, smoothed over all, last year's with the year's growth,
/// last year's steadied with the last weeks' growth as a factor and as a difference, and the group's last year.
pub(crate) const SIMPLE: usize = 11;

/// Window of the short growth: a thirteenth of the season, four weeks of a year.
fn short_window(length: i64) -> i64 {
    (length / 13).max(3)
}

/// Growth of the mean over a whole look-back, and over its last thirteenth (four weeks of a year) against the same then.
fn growth(member: &Member, length: usize, origin: usize) -> (f64, f64) {
    let (history, end, length) = (&member.history, origin as i64, length as i64);
    let short = short_window(length);
    let ratio = |window: i64| {
        let (now, then) = (history.mean(end - window, end), history.mean(end - length - window, end - length));
        let ratio = now / then;
        if ratio.is_finite() && ratio > 0.0 { ratio.clamp(GROWTH_BOUNDS.0, GROWTH_BOUNDS.1) } else { f64::NAN }
    };
    let (long, short) = (ratio(length), ratio(short));
    (if long.is_nan() { short } else { long }, if short.is_nan() { long } else { short })
}

/// Mean |y_t - y_{t-m}| over what is known at the origin, at most the last 8 scale windows of it.
fn naive_error(member: &Member, layout: &Layout, origin: usize) -> f64 {
    let from = origin.saturating_sub(8 * layout.scale_window).max(member.history.first_sale);
    let (values, m) = (&member.history.values, layout.season);
    let (mut sum, mut count) = (0.0, 0.0);
    for t in (from + m)..origin {
        let change = (values[t] - values[t - m]).abs();
        if change.is_finite() {
            sum += change;
            count += 1.0;
        }
    }
    sum / count
}

fn mean_of(values: &[f64]) -> f64 {
    let (mut sum, mut count) = (0.0, 0.0);
    for value in values.iter().filter(|value| value.is_finite()) {
        sum += value;
        count += 1.0;
    }
    sum / count
}

fn median_of(values: &[f64]) -> f64 {
    let mut sorted: Vec<f64> = values.iter().copied().filter(|value| value.is_finite()).collect();
    sorted.sort_unstable_by(f64::total_cmp);
    match sorted.len() {
        0 => f64::NAN,
        n if n % 2 == 1 => sorted[n / 2],
        n => f64::midpoint(sorted[n / 2 - 1], sorted[n / 2]),
    }
}

fn finite_or(value: f64, otherwise: f64) -> f64 {
    if value.is_finite() { value } else { otherwise }
}
