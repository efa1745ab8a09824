//! How large the steps of a series are, as it goes along.

/// Periods the recent mean remembers, at least; two seasons when they are longer.
const SHORTEST_MEMORY: f64 = 12.0;
/// Periods of the long-run mean that are mixed in.
const LONG_RUN_PERIODS: f64 = 6.0;

/// Local volatility: the mean absolute step, recent steps counting more.
#[derive(Clone, Debug)]
pub(super) struct Volatility {
    /// `after[t]`: what is known after t periods.
    after: Vec<f64>,
}

impl Volatility {
    /// Steps are y_t - y_{t-m} with m = 1 or the season, whichever were smaller on average up to that period. A series without a step
    /// has the mean absolute value instead, or zero.
    pub fn new(history: &[f64], season_length: usize) -> Volatility {
        let season_length = season_length.max(1);
        let memory = SHORTEST_MEMORY.max(2.0 * season_length as f64);
        let mut lags = [Steps::new(1, memory), Steps::new(season_length, memory)];
        let (mut sum, mut count) = (0.0, 0.0);
        let mut after = Vec::with_capacity(history.len() + 1);
        after.push(0.0);
        for t in 0..history.len() {
            if history[t].is_finite() {
                sum += history[t].abs();
                count += 1.0;
            }
            for steps in &mut lags {
                steps.add(history, t);
            }
            let seasonal = lags[1].count >= season_length as f64 && lags[1].mean() < lags[0].mean();
            let local = lags[usize::from(seasonal)].local();
            let size: f64 = if count > 0.0 { sum / count } else { 0.0 };
            // A constant series keeps a hair of volatility, so that errors of its forecasts have a unit.
            after.push(if local.is_finite() { local.max(1e-9 * size) } else { size });
        }
        Volatility { after }
    }

    /// Volatility known after `n_periods`; zero when nothing is.
    pub fn at(&self, n_periods: usize) -> f64 {
        self.after[n_periods.min(self.after.len() - 1)]
    }
}

struct Steps {
    lag: usize,
    discount: f64,
    sum: f64,
    count: f64,
    recent_sum: f64,
    recent_count: f64,
}

impl Steps {
    fn new(lag: usize, memory: f64) -> Steps {
        Steps { lag, discount: 1.0 - 1.0 / memory, sum: 0.0, count: 0.0, recent_sum: 0.0, recent_count: 0.0 }
    }

    fn add(&mut self, history: &[f64], t: usize) {
        let Some(before) = t.checked_sub(self.lag) else { return };
        let step = (history[t] - history[before]).abs();
        if step.is_finite() {
            self.sum += step;
            self.count += 1.0;
            self.recent_sum = self.discount * self.recent_sum + step;
            self.recent_count = self.discount * self.recent_count + 1.0;
        }
    }

    fn mean(&self) -> f64 {
        self.sum / self.count
    }

    fn local(&self) -> f64 {
        (self.recent_sum + LONG_RUN_PERIODS * self.mean()) / (self.recent_count + LONG_RUN_PERIODS)
    }
}
