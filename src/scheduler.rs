//! Wakes the runner every ten seconds. The only file that names tokio-cron-scheduler.
//!
//! It is a ticker and nothing more: its cron drifts when daylight saving changes, its runs overlap, and its shutdown
//! waits for nothing. What is due is decided by [`crate::schedule`]; what runs is decided by the ledger.

use std::future::Future;
use std::time::Duration;

use futures_util::future::BoxFuture;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::{mpsc, watch};
use tokio_cron_scheduler as cron;

/// Every ten seconds, on the ten.
const EVERY_TEN_SECONDS: &str = "*/10 * * * * *";

/// How far a shutdown has got. Whoever claims work watches it too.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stop {
    /// Nobody has asked.
    #[default]
    Running,
    /// Claim nothing more; finish what is in flight.
    Draining,
    /// Drop what is in flight.
    Aborting,
}

/// How the scheduler ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// Nothing was in flight, or it finished in time.
    Drained,
    /// A tick was dropped: its lease expires and the next runner repeats it.
    Abandoned,
}

/// The ticker could not be started.
#[derive(Debug, thiserror::Error)]
pub enum SchedulerError {
    /// From tokio-cron-scheduler.
    #[error("start the scheduler's ticker: {0}")]
    Ticker(#[from] cron::JobSchedulerError),
    /// From the operating system.
    #[error("listen for SIGINT and SIGTERM: {0}")]
    Signals(#[from] std::io::Error),
}

/// How long a program that was told to stop twice may take to end by itself.
const LAST_WORDS: Duration = Duration::from_millis(1500);

/// Turns the first SIGINT or SIGTERM into [`Stop::Draining`] and the second into [`Stop::Aborting`]; soon after that the program ends,
/// whatever it waits for.
///
/// # Errors
/// When the signals cannot be listened for.
pub fn stop_on_signals() -> Result<watch::Receiver<Stop>, SchedulerError> {
    let (sender, receiver) = watch::channel(Stop::Running);
    let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    tokio::spawn(async move {
        for stage in [Stop::Draining, Stop::Aborting] {
            tokio::select! {
                _ = interrupt.recv() => {}
                _ = terminate.recv() => {}
            }
            tracing::info!(?stage, "stop asked for");
            sender.send_replace(stage);
        }
        tokio::time::sleep(LAST_WORDS).await;
        // A lease that nobody renews expires, and the next process takes the work up.
        std::process::exit(130);
    });
    Ok(receiver)
}

/// Calls `tick` at once and then every ten seconds until `stop` says otherwise; never two at a time. A tick that takes
/// longer than ten seconds is followed by the next at once, and wakes in between are lost on purpose. When asked to
/// stop it waits for the tick in flight, at most `grace`.
///
/// Needs a multi-threaded runtime.
///
/// # Errors
/// When the ticker cannot be started.
pub async fn run<Tick>(tick: Tick, stop: watch::Receiver<Stop>, grace: Duration) -> Result<Ended, SchedulerError>
where
    Tick: Fn() -> BoxFuture<'static, ()> + Send + Sync,
{
    let (wake, wakes) = mpsc::channel(1);
    let mut ticker = start_ticker(EVERY_TEN_SECONDS, wake.clone()).await?;
    // A full channel means that a wake is waiting already.
    let _ = wake.try_send(());
    let ended = serve(wakes, tick, stop, grace).await;
    ticker.shutdown().await?;
    Ok(ended)
}

async fn start_ticker(when: &str, wake: mpsc::Sender<()>) -> Result<cron::JobScheduler, SchedulerError> {
    let ticker = cron::JobScheduler::new().await?;
    let send = move |_, _| -> BoxFuture<'static, ()> {
        let _ = wake.try_send(());
        Box::pin(async {})
    };
    ticker.add(cron::Job::new_async(when, send)?).await?;
    ticker.start().await?;
    Ok(ticker)
}

async fn serve<Tick>(
    mut wakes: mpsc::Receiver<()>,
    tick: Tick,
    mut stop: watch::Receiver<Stop>,
    grace: Duration,
) -> Ended
where
    Tick: Fn() -> BoxFuture<'static, ()>,
{
    loop {
        tokio::select! {
            biased;
            () = reached(&mut stop, Stop::Draining) => return Ended::Drained,
            wake = wakes.recv() => if wake.is_none() { return Ended::Drained },
        }
        // A task of its own, so that a panic in it ends the tick and not the scheduler.
        let mut in_flight = tokio::spawn(tick());
        tokio::select! {
            ended = &mut in_flight => {
                report_panic(ended);
                continue;
            }
            () = reached(&mut stop, Stop::Draining) => {}
        }
        let drained = async {
            tokio::select! {
                ended = &mut in_flight => { report_panic(ended); Ended::Drained }
                () = reached(&mut stop, Stop::Aborting) => Ended::Abandoned,
            }
        };
        let ended = within(grace, drained).await;
        in_flight.abort();
        return ended;
    }
}

async fn within(grace: Duration, drained: impl Future<Output = Ended>) -> Ended {
    tokio::time::timeout(grace, drained).await.unwrap_or(Ended::Abandoned)
}

/// Resolves when the shutdown has got to `stage`. A sender that is gone will never ask.
async fn reached(stop: &mut watch::Receiver<Stop>, stage: Stop) {
    if stop.wait_for(|now| *now >= stage).await.is_err() {
        std::future::pending::<()>().await;
    }
}

fn report_panic(ended: Result<(), tokio::task::JoinError>) {
    if let Err(error) = ended {
        tracing::error!(%error, "a tick of the scheduler panicked; the next one goes on");
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};

    use super::*;

    const LONG: Duration = Duration::from_secs(20);

    fn counting(ticks: &Arc<AtomicUsize>, lasting: Duration) -> impl Fn() -> BoxFuture<'static, ()> + use<> {
        let ticks = Arc::clone(ticks);
        move || {
            let ticks = Arc::clone(&ticks);
            Box::pin(async move {
                tokio::time::sleep(lasting).await;
                ticks.fetch_add(1, SeqCst);
            })
        }
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn the_ticker_wakes_by_its_cron_and_drops_wakes_nobody_takes() {
        let (wake, mut wakes) = mpsc::channel(1);
        let mut ticker = start_ticker("* * * * * *", wake).await.unwrap();
        tokio::time::sleep(Duration::from_millis(2800)).await;
        assert!(wakes.try_recv().is_ok());
        assert!(wakes.try_recv().is_err());
        ticker.shutdown().await.unwrap();
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn run_ticks_at_once() {
        let (sender, stop) = watch::channel(Stop::Running);
        let ticks = Arc::new(AtomicUsize::new(0));
        let running = tokio::spawn(run(counting(&ticks, Duration::ZERO), stop, LONG));
        while ticks.load(SeqCst) == 0 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        sender.send_replace(Stop::Draining);
        assert_eq!(running.await.unwrap().unwrap(), Ended::Drained);
    }

    #[tokio::test]
    async fn stopping_waits_for_the_tick_in_flight_and_starts_no_other() {
        let (sender, stop) = watch::channel(Stop::Running);
        let (wake, wakes) = mpsc::channel(1);
        let ticks = Arc::new(AtomicUsize::new(0));
        let serving = tokio::spawn(serve(wakes, counting(&ticks, Duration::from_millis(200)), stop, LONG));
        wake.send(()).await.unwrap();
        tokio::time::sleep(Duration::from_millis(50)).await;
        wake.send(()).await.unwrap();
        sender.send_replace(Stop::Draining);
        assert_eq!(serving.await.unwrap(), Ended::Drained);
        assert_eq!(ticks.load(SeqCst), 1);
    }

    #[tokio::test]
    async fn the_grace_period_and_a_second_signal_end_the_wait() {
        for (grace, stages) in
            [(Duration::from_millis(50), &[Stop::Draining][..]), (LONG, &[Stop::Draining, Stop::Aborting])]
        {
            let (sender, stop) = watch::channel(Stop::Running);
            let (wake, wakes) = mpsc::channel(1);
            let ticks = Arc::new(AtomicUsize::new(0));
            let serving = tokio::spawn(serve(wakes, counting(&ticks, LONG), stop, grace));
            wake.send(()).await.unwrap();
            for stage in stages {
                tokio::time::sleep(Duration::from_millis(50)).await;
                sender.send_replace(*stage);
            }
            assert_eq!(serving.await.unwrap(), Ended::Abandoned);
            assert_eq!(ticks.load(SeqCst), 0);
        }
    }

    #[tokio::test]
    async fn a_panicking_tick_is_followed_by_the_next() {
        let (_sender, stop) = watch::channel(Stop::Running);
        let (wake, wakes) = mpsc::channel(1);
        let ticks = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&ticks);
        let serving = tokio::spawn(serve(
            wakes,
            move || {
                let first = counted.fetch_add(1, SeqCst) == 0;
                Box::pin(async move { assert!(!first, "the first tick fails") })
            },
            stop,
            LONG,
        ));
        wake.send(()).await.unwrap();
        wake.send(()).await.unwrap();
        drop(wake);
        assert_eq!(serving.await.unwrap(), Ended::Drained);
        assert_eq!(ticks.load(SeqCst), 2);
    }
}
