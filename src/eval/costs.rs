//! What a mine of a file costs, and the threads it runs on.

use std::fmt;

use serde::Serialize;

use super::{CpuClock, EvalError};

/// The threads of a run; `None` = all there are.
///
/// # Errors
/// They cannot be started.
pub(super) fn pool(threads: Option<usize>) -> Result<rayon::ThreadPool, EvalError> {
    let threads = threads.unwrap_or_else(|| std::thread::available_parallelism().map_or(1, usize::from)).max(1);
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build();
    pool.map_err(|error| EvalError::Threads { threads, reason: error.to_string() })
}

/// What a mine cost.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Costs {
    /// Threads.
    pub threads: usize,
    /// CPU seconds of the whole process.
    pub cpu_seconds: Option<f64>,
    /// To read the file and number its items.
    pub load_cpu_seconds: Option<f64>,
    /// To find what is wanted and what follows from it.
    pub mine_cpu_seconds: Option<f64>,
    /// Largest resident memory.
    pub peak_rss_mb: Option<f64>,
}

impl Costs {
    /// At the end of a run. `moments`: CPU seconds when it began, had read, had mined.
    pub(super) fn of(pool: &rayon::ThreadPool, clock: &dyn CpuClock, moments: [Option<f64>; 3]) -> Self {
        let spent = |from: usize| moments[from].zip(moments[from + 1]).map(|(from, to)| to - from);
        Self {
            threads: pool.current_num_threads(),
            cpu_seconds: clock.cpu_seconds(),
            load_cpu_seconds: spent(0),
            mine_cpu_seconds: spent(1),
            peak_rss_mb: clock.peak_rss_mb(),
        }
    }
}

impl fmt::Display for Costs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = |value: Option<f64>| value.map_or_else(|| "?".to_owned(), |value| format!("{value:.2}"));
        write!(
            f,
            "{} CPU s ({} to read, {} to mine) on {} thread{}, {} MB",
            seconds(self.cpu_seconds),
            seconds(self.load_cpu_seconds),
            seconds(self.mine_cpu_seconds),
            self.threads,
            if self.threads == 1 { "" } else { "s" },
            self.peak_rss_mb.map_or_else(|| "?".to_owned(), |mb| format!("{mb:.0}"))
        )
    }
}
