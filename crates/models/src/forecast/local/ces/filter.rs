//! The recursion, forwards and backwards.

use serde::{Deserialize, Serialize};

use super::CesSeason;
use crate::forecast::local::seasonal_adjustment::{SeasonKind, classical_indices};

/// Share of the level that the information potential starts from: about its rest value l / α₀ at usual parameters.
const POTENTIAL_SHARE: f64 = 1.0 / 1.1;
/// Periods whose mean is the first level.
const FIRST_PERIODS: usize = 10;
/// Seasons from which the first season is taken.
const FIRST_SEASONS: usize = 4;

/// α₀, α₁, β₀, β₁.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Parameters(pub [f64; 4]);

/// A level with its information potential.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Pair {
    level: f64,
    potential: f64,
}

impl Pair {
    fn of(level: f64) -> Pair {
        Pair { level, potential: level * POTENTIAL_SHARE }
    }

    fn moved(self, error: f64, a0: f64, a1: f64) -> Pair {
        Pair {
            level: self.level - (1.0 - a1) * self.potential + (a0 - a1) * error,
            potential: self.level + (1.0 - a0) * self.potential + (a0 + a1) * error,
        }
    }
}

/// All states: one pair without lag, and one per position of the season.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct States {
    main: Pair,
    season: Vec<Pair>,
    position: usize,
}

impl Clone for States {
    fn clone(&self) -> Self {
        States { season: self.season.clone(), ..*self }
    }

    fn clone_from(&mut self, source: &Self) {
        self.main = source.main;
        self.position = source.position;
        self.season.clone_from(&source.season);
    }
}

impl States {
    /// Starting states from a complete series.
    pub fn first(filled: &[f64], season_length: usize, season: CesSeason) -> States {
        let early = |count: usize| {
            let count = count.min(filled.len()).max(1);
            filled.iter().take(count).sum::<f64>() / count as f64
        };
        let indices = || {
            let early = &filled[..filled.len().min(FIRST_SEASONS * season_length)];
            classical_indices(early, season_length, SeasonKind::Additive).unwrap_or_else(|| vec![0.0; season_length])
        };
        let (main, season) = match season {
            CesSeason::None => (early(FIRST_PERIODS), Vec::new()),
            CesSeason::Simple => (0.0, filled[..season_length].iter().map(|value| Pair::of(*value)).collect()),
            CesSeason::Partial => {
                (early(season_length), indices().into_iter().map(|level| Pair { level, potential: 0.0 }).collect())
            }
            CesSeason::Full => (early(season_length), indices().into_iter().map(Pair::of).collect()),
        };
        States { main: Pair::of(main), season, position: 0 }
    }

    /// One-step mean of the period at the current position.
    pub fn mean(&self) -> f64 {
        self.main.level + self.season.get(self.position).map_or(0.0, |pair| pair.level)
    }

    /// Takes in the period at the current position and steps to the next.
    pub fn forward(&mut self, value: f64, season: CesSeason, parameters: &Parameters) {
        self.take(value, season, parameters);
        self.position += 1;
        if self.position >= self.season.len() {
            self.position = 0;
        }
    }

    fn take(&mut self, value: f64, season: CesSeason, parameters: &Parameters) {
        let error = if value.is_finite() { value - self.mean() } else { 0.0 };
        let mut none = Pair::default();
        let own = self.season.get_mut(self.position).unwrap_or(&mut none);
        step(season, parameters, &mut self.main, own, error);
    }
}

/// Moves the states by the error of a period; `own`: those of its position in the season.
#[inline]
fn step(season: CesSeason, parameters: &Parameters, main: &mut Pair, own: &mut Pair, error: f64) {
    let [a0, a1, b0, b1] = parameters.0;
    match season {
        CesSeason::None => *main = main.moved(error, a0, a1),
        CesSeason::Simple => *own = own.moved(error, a0, a1),
        CesSeason::Partial => {
            *main = main.moved(error, a0, a1);
            own.level += b0 * error;
        }
        CesSeason::Full => {
            *main = main.moved(error, a0, a1);
            *own = own.moved(error, b0, b1);
        }
    }
}

/// Runs forwards, backwards, forwards; leaves the last states and returns the last run's sum of squared errors.
pub(super) fn backcast(demand: &[f64], season: CesSeason, parameters: &Parameters, states: &mut States) -> f64 {
    // A loop for each kind of season: most of a fit is spent in here.
    macro_rules! runs {
        ($($kind:ident),*) => {
            match season {$(
                CesSeason::$kind => run(demand, states, |main, own, error| {
                    step(CesSeason::$kind, parameters, main, own, error);
                }),
            )*}
        };
    }
    runs!(None, Simple, Partial, Full)
}

fn run(demand: &[f64], states: &mut States, step: impl Fn(&mut Pair, &mut Pair, f64)) -> f64 {
    let mut single = [Pair::default()];
    let season = if states.season.is_empty() { &mut single[..] } else { &mut states.season[..] };
    let (mut main, mut position, last) = (states.main, states.position, season.len() - 1);
    let mut take = |value: f64, position: usize| {
        let own = &mut season[position];
        let error = if value.is_finite() { value - (main.level + own.level) } else { 0.0 };
        step(&mut main, own, error);
        error * error
    };
    let mut squares = 0.0;
    for is_last in [false, true] {
        squares = 0.0;
        for value in demand {
            squares += take(*value, position);
            position = if position == last { 0 } else { position + 1 };
        }
        if !is_last {
            for value in demand.iter().rev() {
                position = if position == 0 { last } else { position - 1 };
                take(*value, position);
            }
        }
    }
    (states.main, states.position) = (main, position);
    squares
}
