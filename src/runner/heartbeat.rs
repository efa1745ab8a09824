//! The heartbeat of a run: it renews the lease, and notices that it was lost.

use std::time::Duration;

use tokio::sync::watch;

use super::Runner;
use super::ledger::{self, Claim};

/// Renews a lease until it is dropped, also when the run itself is.
pub(super) struct Heartbeat {
    beats: tokio::task::JoinHandle<()>,
    lost: watch::Receiver<bool>,
}

impl Heartbeat {
    /// Begins to renew the lease of a claim.
    pub(super) fn new(runner: &Runner, claim: &Claim) -> Self {
        let (runner, claim) = (runner.clone(), claim.clone());
        let (loses, lost) = watch::channel(false);
        let beats = tokio::spawn(async move {
            let mut ticks = tokio::time::interval(Duration::from_secs(ledger::HEARTBEAT_SECONDS));
            loop {
                ticks.tick().await;
                let _ = runner.compare_clocks().await;
                // The fence check of the publishing transaction is the one that counts; this saves what is computed for nothing.
                if let Ok(false) = ledger::renew(&runner.warehouse, &claim, runner.now()).await {
                    let _ = loses.send(true);
                    return;
                }
            }
        });
        Self { beats, lost }
    }

    /// Comes back when somebody else has taken the lease, or cancelled the run.
    pub(super) fn lost(&self) -> impl Future<Output = ()> + Send + use<> {
        let mut lost = self.lost.clone();
        async move {
            if lost.wait_for(|lost| *lost).await.is_err() {
                // The heartbeat has ended with its run.
                std::future::pending::<()>().await;
            }
        }
    }
}

impl Drop for Heartbeat {
    fn drop(&mut self) {
        self.beats.abort();
    }
}
