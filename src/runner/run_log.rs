//! What a run says while it runs, kept in the ledger for whoever looks at it from elsewhere.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::Runner;
use super::events::Event;
use super::ledger::Claim;
use super::ledger::log;

/// How often new lines are written.
const WRITE_EVERY: Duration = Duration::from_secs(2);
/// Lines of a run that are kept; a run that says more has lost its way.
const MOST_LINES: i64 = 2_000;

/// The log of a run. Lines that cannot be written now are written with the next.
pub(super) struct RunLog {
    said: Arc<Said>,
    /// The runner whose events are heard.
    runner: Runner,
    run_id: i64,
    writes: tokio::task::JoinHandle<()>,
}

#[derive(Default)]
struct Said {
    lines: Mutex<Lines>,
    /// Held while lines are written, so that two do not write the same.
    writing: tokio::sync::Mutex<()>,
}

#[derive(Default)]
struct Lines {
    /// The number of the last line.
    last: i64,
    /// Number, time in microseconds since 1970, text.
    unwritten: Vec<(i64, i64, String)>,
    /// How far the work is that is under way; only the newest is worth a line.
    progress: Option<(i64, String)>,
}

impl Said {
    fn lines(&self) -> MutexGuard<'_, Lines> {
        self.lines.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Lines {
    /// A line; how far the work before it had come is told first.
    fn say(&mut self, at_us: i64, text: String) {
        if let Some((at_us, how_far)) = self.progress.take() {
            self.push(at_us, how_far);
        }
        self.push(at_us, text);
    }

    fn push(&mut self, at_us: i64, text: String) {
        if self.last < MOST_LINES {
            self.last += 1;
            self.unwritten.push((self.last, at_us, text));
        }
    }

    fn hear(&mut self, at_us: i64, event: &Event) {
        match event {
            Event::Phase { phase, .. } => self.say(at_us, phase.name().to_owned()),
            Event::Note { text, .. } => self.say(at_us, text.clone()),
            Event::Progress { what, done, total, .. } => {
                self.progress = Some((at_us, format!("{what}: {done} of {total}")));
            }
            Event::NightStarted { .. } | Event::JobFinished(_) => {}
        }
    }

    /// What is to be written now.
    fn take(&mut self) -> Vec<(i64, i64, String)> {
        if let Some((at_us, how_far)) = self.progress.take() {
            self.push(at_us, how_far);
        }
        std::mem::take(&mut self.unwritten)
    }
}

impl RunLog {
    /// Begins the log of a claim.
    pub(super) fn new(runner: &Runner, claim: &Claim) -> Self {
        let said = Arc::<Said>::default();
        let (heard, onward, clock) = (said.clone(), runner.events.clone(), runner.clone());
        let listening = Runner {
            events: Arc::new(move |event| {
                heard.lines().hear(clock.now(), event);
                onward(event);
            }),
            ..runner.clone()
        };
        let (lines, of, run_id) = (said.clone(), runner.clone(), claim.run_id);
        let writes = tokio::spawn(async move {
            loop {
                tokio::time::sleep(WRITE_EVERY).await;
                write(&of, run_id, &lines).await;
            }
        });
        Self { said, runner: listening, run_id, writes }
    }

    /// The runner of this run: what it says is written down.
    pub(super) fn runner(&self) -> &Runner {
        &self.runner
    }

    /// Writes the last lines and how the run ended.
    pub(super) async fn end(self, how: String) {
        self.said.lines().say(self.runner.now(), how);
        write(&self.runner, self.run_id, &self.said).await;
    }
}

async fn write(runner: &Runner, run_id: i64, said: &Said) {
    let _one = said.writing.lock().await;
    let lines = said.lines().take();
    if lines.is_empty() {
        return;
    }
    if log::append(&runner.warehouse, run_id, &lines).await.is_err() {
        let mut kept = said.lines();
        let newer = std::mem::replace(&mut kept.unwritten, lines);
        kept.unwritten.extend(newer);
    }
}

impl Drop for RunLog {
    fn drop(&mut self) {
        self.writes.abort();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::runner::events::Phase;

    #[test]
    fn phases_and_notes_are_lines_and_of_progress_the_newest() {
        let mut lines = Lines::default();
        let progress = |done| Event::Progress { job: "plan".to_owned(), what: "fit".to_owned(), done, total: 9 };
        lines.hear(
            1,
            &Event::Phase { job: "plan".to_owned(), as_of: chrono::NaiveDate::default(), phase: Phase::Compute },
        );
        lines.hear(2, &progress(1));
        lines.hear(3, &progress(5));
        let taken = lines.take();
        assert_eq!(taken, [(1, 1, "load and decide".to_owned()), (2, 3, "fit: 5 of 9".to_owned())]);
        assert_eq!(lines.take(), []);
        lines.hear(4, &Event::Note { job: "plan".to_owned(), text: "a word".to_owned() });
        assert_eq!(lines.take(), [(3, 4, "a word".to_owned())], "numbers go on");
    }

    #[test]
    fn a_run_that_never_stops_talking_is_cut_short() {
        let mut lines = Lines::default();
        for n in 0..MOST_LINES * 2 {
            lines.hear(n, &Event::Note { job: String::new(), text: String::new() });
        }
        assert_eq!(lines.take().len() as i64, MOST_LINES);
    }
}
