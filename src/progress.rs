//! How far long work is, and whether anybody still waits for it.

use std::panic::resume_unwind;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::task::{JoinError, spawn_blocking};

/// Where long work reports how far it is.
#[derive(Clone)]
pub struct Progress {
    report: Arc<Report>,
    abandoned: Arc<AtomicBool>,
}

/// What is being done, how much of it is finished, how much there is.
type Report = dyn Fn(&str, u64, u64) + Send + Sync;

/// What unwinds abandoned work. It is no panic: no hook runs and no message is printed.
struct Abandoned;

/// Its end is the end of the waiting.
struct Waiting(Arc<AtomicBool>);

impl Drop for Waiting {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

impl Progress {
    /// Reports to `report(what, done, total)`; called from several threads.
    pub fn new(report: impl Fn(&str, u64, u64) + Send + Sync + 'static) -> Self {
        Self { report: Arc::new(report), abandoned: Arc::default() }
    }

    /// Reports to nobody.
    pub fn silent() -> Self {
        Self::new(|_, _, _| {})
    }

    /// `done` of `total` steps of `what` are finished. Does not return to work that nobody waits for any more: see
    /// [`Progress::while_awaited`].
    pub fn report(&self, what: &str, done: u64, total: u64) {
        if self.abandoned.load(Ordering::Relaxed) {
            resume_unwind(Box::new(Abandoned));
        }
        (self.report)(what, done, total);
    }

    /// Computes on a thread of its own, so that the caller's heartbeat goes on. When the caller stops waiting (a timeout,
    /// a shutdown: this future is dropped), the work ends at its next report, on every thread that it spread to.
    ///
    /// # Errors
    /// When the work panics.
    pub async fn while_awaited<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Self) -> T + Send + 'static,
    ) -> Result<T, JoinError> {
        let progress = Self { report: self.report.clone(), abandoned: Arc::default() };
        let _waiting = Waiting(progress.abandoned.clone());
        spawn_blocking(move || work(&progress)).await
    }
}

impl std::fmt::Debug for Progress {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Progress")
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
    use std::time::Duration;

    use rayon::prelude::*;

    use super::*;

    /// Long enough for any machine, short enough for a test that fails.
    const LONG: Duration = Duration::from_secs(30);

    /// Work that reports for ever; `ended` hears of its end by losing its sender.
    fn endless(progress: &Progress, begun: &Sender<()>, _ended: Sender<()>) {
        (0..4).into_par_iter().for_each_with(begun.clone(), |begun, part| {
            for step in 0.. {
                progress.report("parts", step, u64::MAX);
                let _ = begun.send(());
                std::thread::sleep(Duration::from_millis(1 + part));
            }
        });
    }

    fn started() -> (Receiver<()>, Receiver<()>, impl FnOnce(&Progress) + Send + 'static) {
        let ((begin, begun), (end, ended)) = (channel(), channel());
        (begun, ended, move |progress: &Progress| endless(progress, &begin, end))
    }

    #[tokio::test]
    async fn work_that_runs_into_a_timeout_ends_on_all_its_threads() {
        let (begun, ended, work) = started();
        let progress = Progress::silent();
        let waited = tokio::time::timeout(Duration::from_millis(200), progress.while_awaited(work)).await;
        assert!(waited.is_err(), "endless work has no answer");
        assert!(begun.recv_timeout(LONG).is_ok(), "it had begun");
        assert_eq!(ended.recv_timeout(LONG), Err(RecvTimeoutError::Disconnected), "its thread has ended");
    }

    #[tokio::test]
    async fn work_that_is_awaited_is_finished_whatever_was_abandoned_before() {
        let progress = Progress::silent();
        let (_begun, _ended, work) = started();
        let abandoned = tokio::time::timeout(Duration::from_millis(20), progress.while_awaited(work)).await;
        assert!(abandoned.is_err());
        let sum = progress
            .while_awaited(|progress| (0..100_u64).inspect(|&step| progress.report("steps", step, 100)).sum::<u64>());
        assert_eq!(sum.await.unwrap(), 4950);
        let failed = progress.while_awaited(|_| panic!("of its own")).await;
        assert!(failed.unwrap_err().is_panic());
    }
}
