//! The season and the course that a group of series share: a sparse series shows none of its own, a thousand together
//! do.

use crate::forecast::series::observed_mean;

/// Rounds of level and season.
const ROUNDS: usize = 4;
/// Seasons longer than this are smoothed over their neighbours.
const LONG_SEASON: usize = 26;
/// The course is a mean over at least this many periods around.
const SHORTEST_WINDOW: usize = 13;
/// No factor is smaller: a group that nearly stops tells little about the next period.
const SMALLEST_FACTOR: f64 = 0.05;

/// What the demand of a group is multiplied by, by position counted back from the end of the series.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct GroupProfile {
    /// `season[k]`: factor of the periods k + 1, k + 1 + m, ... before the end.
    season: Vec<f64>,
    /// `level[k]`: level of the group k + 1 periods before the end, relative to that at the end.
    level: Vec<f64>,
}

impl GroupProfile {
    /// From series that end at the same date (demand, oldest first, `NaN` = not observed).
    ///
    /// The group's course is Σ y/√μ / Σ √μ over the series observed (μ the mean of each: between one vote per series and
    /// one per unit). Level (mean over one season around, of the deseasonalised course) and season (mean over the years
    /// of course / level) are found in turn: classical decomposition without lost ends. Each is then drawn to one by
    /// 1 - noise / variance (James-Stein), so that a group without a season or a trend has none. Noise of the season:
    /// variance of a position over the years / number of years; of the level: variance of what is left / window.
    ///
    /// Without two full seasons, or with a season of one period, there is only the level. `None` without demand.
    pub fn fit(series: &[&[f64]], season_length: usize) -> Option<GroupProfile> {
        let n = series.iter().map(|y| y.len()).max().unwrap_or(0);
        let course = group_course(series, n);
        if !course.iter().any(|value| *value > 0.0) {
            return None;
        }
        let season_length = if n < 2 * season_length { 1 } else { season_length.max(1) };
        let mut season = vec![1.0; season_length];
        if season_length > 1 {
            let mut spread = (0.0, 0.0);
            for _ in 0..ROUNDS {
                let level = local_level(&course, &season, season_length);
                (season, spread) = season_of(&course, &level, season_length);
            }
            draw_to_one(&mut season, spread);
        }
        let window = season_length.max(SHORTEST_WINDOW);
        let level = local_level(&course, &season, window);
        let average = observed_mean(&level);
        let mut relative: Vec<f64> = level.iter().map(|value| or_one(value / average)).collect();
        let variance = relative.iter().map(|value| (value - 1.0).powi(2)).sum::<f64>() / n as f64;
        let rest: Vec<f64> = (0..n)
            .map(|t| (course[t] / season[(n - 1 - t) % season_length] - level[t]).powi(2) / average.powi(2))
            .collect();
        draw_to_one(&mut relative, (or_one(observed_mean(&rest)) / window.min(n) as f64, variance));
        let end = relative.last().copied().unwrap_or(1.0);
        let level = relative.iter().rev().map(|value| value / end).collect();
        Some(GroupProfile { season, level })
    }

    /// Factors of `n` periods of history and `horizon` periods after them.
    pub fn factors(&self, n: usize, horizon: usize) -> Vec<f64> {
        let m = self.season.len();
        let level = |back: usize| self.level.get(back).or(self.level.last()).copied().unwrap_or(1.0);
        let history = (0..n).rev().map(|back| level(back) * self.season[back % m]);
        // One period ahead is where the season's last position counted back from the end stands.
        history.chain((0..horizon).map(|ahead| self.season[m - 1 - ahead % m])).collect()
    }
}

/// Draws values around one towards it, by the share of their variance that is noise.
fn draw_to_one(values: &mut [f64], (noise, variance): (f64, f64)) {
    let strength = if variance > 0.0 { (1.0 - noise / variance).clamp(0.0, 1.0) } else { 0.0 };
    for value in values {
        *value = (1.0 + strength * (*value - 1.0)).max(SMALLEST_FACTOR);
    }
}

/// Demand of the group relative to its size, period by period; `NaN` where nothing was observed.
fn group_course(series: &[&[f64]], n: usize) -> Vec<f64> {
    let (mut demand, mut size) = (vec![0.0; n], vec![0.0; n]);
    for y in series {
        let mean = observed_mean(y);
        if mean.is_nan() || mean <= 0.0 {
            continue;
        }
        let offset = n - y.len();
        for (t, value) in y.iter().enumerate().filter(|(_, value)| value.is_finite()) {
            demand[offset + t] += value / mean.sqrt();
            size[offset + t] += mean.sqrt();
        }
    }
    demand.iter().zip(size).map(|(demand, size)| if size > 0.0 { demand / size } else { f64::NAN }).collect()
}

/// Mean over `window` periods around each, of the course without its season.
fn local_level(course: &[f64], season: &[f64], window: usize) -> Vec<f64> {
    let n = course.len();
    let season_length = season.len();
    let plain: Vec<f64> = course.iter().enumerate().map(|(t, y)| y / season[(n - 1 - t) % season_length]).collect();
    let half = window / 2;
    (0..n).map(|t| observed_mean(&plain[t.saturating_sub(half)..(t + half + 1).min(n)])).collect()
}

/// Season and (noise, variance) of it.
fn season_of(course: &[f64], level: &[f64], season_length: usize) -> (Vec<f64>, (f64, f64)) {
    let n = course.len();
    let mut positions: Vec<Vec<f64>> = vec![Vec::new(); season_length];
    for (t, (y, level)) in course.iter().zip(level).enumerate() {
        if y.is_finite() && *level > 0.0 {
            positions[(n - 1 - t) % season_length].push(y / level);
        }
    }
    let raw: Vec<f64> = positions.iter().map(|ratios| observed_mean(ratios)).map(or_one).collect();
    let mean = raw.iter().sum::<f64>() / season_length as f64;
    let raw: Vec<f64> = raw.iter().map(|value| if mean > 0.0 { value / mean } else { 1.0 }).collect();
    let (mut noise, mut count) = (0.0, 0.0);
    for ratios in positions.iter().filter(|ratios| ratios.len() > 1) {
        let centre = observed_mean(ratios);
        let k = ratios.len() as f64;
        noise += ratios.iter().map(|ratio| (ratio - centre).powi(2)).sum::<f64>() / (k - 1.0) / k;
        count += 1.0;
    }
    let season: Vec<f64> = if season_length > LONG_SEASON {
        noise *= 0.375; // variance of the weighted mean (1, 2, 1) / 4
        let at = |k: usize, step: usize| raw[(k + step) % season_length];
        (0..season_length).map(|k| (at(k, season_length - 1) + 2.0 * raw[k] + at(k, 1)) / 4.0).collect()
    } else {
        raw
    };
    let variance = season.iter().map(|factor| (factor - 1.0).powi(2)).sum::<f64>() / season_length as f64;
    (season, (if count > 0.0 { noise / count } else { variance }, variance))
}

fn or_one(value: f64) -> f64 {
    if value.is_finite() { value } else { 1.0 }
}

#[cfg(test)]
#[path = "group_profile_tests.rs"]
mod tests;
