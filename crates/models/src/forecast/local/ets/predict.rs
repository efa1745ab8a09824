//! What a fitted form says of the future, and how it takes in a new period.

use super::FittedEts;
use crate::forecast::local::seasonal_adjustment::SeasonKind;

/// Level, slope and season while they move.
struct Moving<'a> {
    model: &'a FittedEts,
    level: f64,
    slope: f64,
    season: Vec<f64>,
    position: usize,
}

impl FittedEts {
    /// Mean of each of the next `horizon` periods, in units of demand; may be negative for additive forms.
    ///
    /// μ_h = l + (φ + ... + φ^h) b, plus or times the season of that position (the book, table 2.1).
    pub fn forecast(&self, horizon: usize) -> Vec<f64> {
        let mut base = self.level;
        let mut slope = self.slope;
        (0..horizon)
            .map(|ahead| {
                slope *= self.phi;
                base += slope;
                self.with_season(base, ahead)
            })
            .collect()
    }

    /// Takes in the next period without fitting again; `NaN` or infinite = not observed, the states move by their
    /// expectation. Constant time.
    pub fn update(&mut self, demand: f64) {
        let season = std::mem::take(&mut self.season);
        let mut moving = Moving { model: self, level: self.level, slope: self.slope, season, position: self.position };
        moving.take(demand);
        let Moving { level, slope, season, position, .. } = moving;
        (self.level, self.slope, self.season, self.position) = (level, slope, season, position);
    }

    fn with_season(&self, base: f64, ahead: usize) -> f64 {
        match self.form.season {
            SeasonKind::None => base,
            SeasonKind::Additive => base + self.season[(self.position + ahead) % self.season.len()],
            SeasonKind::Multiplicative => base * self.season[(self.position + ahead) % self.season.len()],
        }
    }
}

impl Moving<'_> {
    fn mean(&self) -> f64 {
        let base = self.level + self.model.phi * self.slope;
        match self.model.form.season {
            SeasonKind::None => base,
            SeasonKind::Additive => base + self.season[self.position],
            SeasonKind::Multiplicative => base * self.season[self.position],
        }
    }

    fn take(&mut self, value: f64) {
        let model = self.model;
        let base = self.level + model.phi * self.slope;
        let q = if value.is_finite() { value - self.mean() } else { 0.0 };
        let (u, v) = match model.form.season {
            SeasonKind::Multiplicative => (over(q, self.season[self.position]), over(q, base)),
            _ => (q, q),
        };
        self.level = base + model.alpha * u;
        self.slope = model.phi * self.slope + model.beta * u;
        if !self.season.is_empty() {
            self.season[self.position] += model.gamma * v;
            self.position = (self.position + 1) % self.season.len();
        }
    }
}

/// Division that leaves a state alone when its divisor has come to zero.
fn over(numerator: f64, divisor: f64) -> f64 {
    let share = numerator / divisor;
    if share.is_finite() { share } else { 0.0 }
}
