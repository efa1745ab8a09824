//! Which features a row has: decided once from season lengths, horizon and what the series offer.

use serde::{Deserialize, Serialize};

/// Most last periods that become features.
const MOST_LAGS: usize = 14;
/// Same positions of earlier seasons that become features of their own.
pub(crate) const SAME_PHASE: usize = 4;
/// Same positions of earlier seasons whose mean and median are features.
pub(crate) const SAME_PHASE_LONG: usize = 8;
/// A season at least this long is looked back at as a whole ("last year").
const LOOK_BACK_FROM: usize = 8;
/// Periods that must be known before an origin of a training row, at least.
const LEAST_HISTORY: usize = 8;
/// Longest age told apart.
const OLDEST_AGE: usize = 52;

/// Features of the origin beside lags, windows and growth: deviation, zero share, two ages, naive error.
const N_SUMMARIES: usize = 5;
/// Mean, median and smoothed value of the same position.
const N_SAME_PHASE_SUMMARIES: usize = 3;
/// Features per look-back beside those of groups.
const N_LOOK_BACKS: usize = 5;
/// Features per known-ahead column beside those of look-backs: at the target, before, after, lately.
const N_COLUMN_VIEWS: usize = 4;

/// The features of a row, in the order in which [`super::features::Origin::row`] writes them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Layout {
    /// Shortest season; 1 = none.
    pub season: usize,
    /// Every season: a position in it is a feature.
    pub seasons: Vec<usize>,
    /// Whole seasons to look back.
    pub look_backs: Vec<usize>,
    /// Periods ahead, H.
    pub horizon: usize,
    /// Last periods that become features.
    pub n_lags: usize,
    /// Windows before the origin whose mean is a feature, ascending.
    pub windows: Vec<usize>,
    /// Window of the scale.
    pub scale_window: usize,
    /// Category levels.
    pub n_categories: usize,
    /// Names of the known-ahead columns.
    pub regressors: Vec<String>,
    /// So many of the last columns are known until the origin only.
    pub n_past: usize,
    /// Columns of the calendar.
    pub n_dates: usize,
}

impl Layout {
    /// `longest` is the longest history. Seasons of which no series holds one and a half are dropped.
    pub(crate) fn new(
        season_lengths: &[usize],
        horizon: usize,
        longest: usize,
        n_categories: usize,
        (regressors, n_past): (Vec<String>, usize),
        n_dates: usize,
    ) -> Layout {
        let mut seasons: Vec<usize> =
            season_lengths.iter().copied().filter(|m| *m >= 2 && m + m / 2 <= longest).collect();
        seasons.sort_unstable();
        seasons.dedup();
        let season = seasons.first().copied().unwrap_or(1);
        let mut look_backs: Vec<usize> =
            seasons.iter().map(|m| whole_seasons(*m, season)).filter(|m| *m >= LOOK_BACK_FROM).collect();
        // Daily demand with a week only: last year's same week is worth a look when it is there.
        if seasons == [7] && longest >= 364 + 364 / 2 {
            look_backs.push(364);
        }
        look_backs.dedup();
        let reach = look_backs.last().copied().unwrap_or(8 * season).max(8);
        let m = season;
        let mut windows = vec![2, 4, 8, 13, 26, m, 2 * m, 4 * m, 8 * m];
        windows.retain(|w| *w >= 2 && *w <= reach.max(2 * m).min(longest));
        windows.sort_unstable();
        windows.dedup();
        Layout {
            season,
            seasons,
            look_backs,
            horizon,
            n_lags: (2 * m).clamp(4, MOST_LAGS),
            windows,
            scale_window: (2 * m).max(8),
            n_categories,
            regressors,
            n_past,
            n_dates,
        }
    }

    /// Periods known before an origin of a training row: a season, at least eight.
    pub(crate) fn least_history(&self) -> usize {
        self.season.max(LEAST_HISTORY)
    }

    /// Age beyond which a series is simply old: four seasons, at most a year of weeks. Without a bound the age would tell
    /// the date, and trees would learn what happened then.
    pub(crate) fn oldest_age(&self) -> usize {
        (4 * self.season).clamp(LEAST_HISTORY, OLDEST_AGE.max(self.season))
    }

    /// Periods in which the weight of a training row halves: the longest season looked back at, else eight seasons.
    pub(crate) fn half_life(&self) -> usize {
        self.look_backs.last().copied().unwrap_or(8 * self.season).max(LEAST_HISTORY)
    }

    /// Number of features of a row.
    pub(crate) fn n_features(&self) -> usize {
        let (look_backs, categories) = (self.look_backs.len(), self.n_categories);
        let shared = self.n_lags + self.windows.len() + N_SUMMARIES + 2 * look_backs;
        let at_target = 1 + self.seasons.len() + SAME_PHASE + N_SAME_PHASE_SUMMARIES;
        let back = look_backs * (N_LOOK_BACKS + 1 + categories);
        let dates = self.n_dates * (1 + look_backs);
        shared + at_target + back + self.regressors.len() * (N_COLUMN_VIEWS + look_backs) + dates + categories
    }
}

/// The multiple of the shortest season nearest to a longer one: a year of days is looked back 364, not 365, days.
fn whole_seasons(length: usize, season: usize) -> usize {
    if length == season { length } else { ((length + season / 2) / season).max(1) * season }
}
