//! Hosts as processes of their own, whose time is the test's: each works for a project folder as a daemon does, a tick when it is told.

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering::SeqCst};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::Duration;

use nightclerk::project::{ProcessEnvironment, Project};
use nightclerk::runner::events::Event;
use nightclerk::runner::{Runner, daemon};
use nightclerk::warehouse::{Create, Warehouse, WarehouseConfig};

use crate::beat::registry;
use crate::support::wait;

/// The folder that a process of this program is a host of.
const FOLDER: &str = "NIGHTCLERK_TEST_HOST";
/// Before every line that a host says to its test: the harness says lines of its own.
const SAYS: &str = "host: ";

/// What a host says of a tick.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ticked {
    /// What went wrong with the tick itself.
    pub error: Option<String>,
    /// What it noted, and how jobs ended.
    pub said: Vec<String>,
}

/// Another process of this program, which works for a project.
pub struct Host {
    process: Child,
    lines: Receiver<String>,
}

impl Host {
    /// Starts one, with these variables in its environment.
    pub fn new(folder: &Path, environment: &[(&str, &str)]) -> Self {
        let mut process = Command::new(std::env::current_exe().unwrap())
            .args(["hosts::works_for_a_folder_of_another_test", "--exact", "--ignored", "--nocapture"])
            .env(FOLDER, folder)
            .envs(environment.iter().copied())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let output = process.stdout.take().unwrap();
        let (sender, lines) = channel();
        std::thread::spawn(move || {
            for line in BufReader::new(output).lines().map_while(Result::ok) {
                // The first one stands behind the harness's "test ... ".
                let Some((_, line)) = line.split_once(SAYS) else { continue };
                if sender.send(line.to_owned()).is_err() {
                    return;
                }
            }
        });
        let host = Self { process, lines };
        assert_eq!(host.line(Duration::from_mins(2)).as_deref(), Some("ready"), "{}", folder.display());
        host
    }

    fn line(&self, patience: Duration) -> Option<String> {
        match self.lines.recv_timeout(patience) {
            Ok(line) => Some(line),
            Err(RecvTimeoutError::Timeout) => None,
            Err(RecvTimeoutError::Disconnected) => panic!("the host has ended"),
        }
    }

    /// Tells it to tick at a time, in microseconds since 1970.
    pub fn begin(&mut self, micros: i64) {
        writeln!(self.process.stdin.as_mut().unwrap(), "{micros}").unwrap();
    }

    /// What came of the tick, where that is known within a time.
    pub fn end(&self, patience: Duration) -> Option<Ticked> {
        self.line(patience).map(|line| {
            let line: serde_json::Value = serde_json::from_str(&line).unwrap();
            let said = line["said"].as_array().unwrap().iter().map(|text| text.as_str().unwrap().to_owned()).collect();
            Ticked { error: line["error"].as_str().map(str::to_owned), said }
        })
    }

    /// Its process.
    pub fn id(&self) -> u32 {
        self.process.id()
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// A runner for a project's folder, at a clock.
pub async fn runner_of(folder: &Path, clock: Arc<AtomicI64>) -> Runner {
    let project = Project::load(folder, &registry(), &ProcessEnvironment).unwrap_or_else(|faults| panic!("{faults}"));
    let settings = &project.config.warehouse;
    let config = WarehouseConfig {
        create: Create::Everything,
        schema: settings.schema.clone(),
        source_url: settings.source_url.as_ref().map(|url| url.expose().into()),
        ..WarehouseConfig::new(settings.url.expose())
    };
    let warehouse = Warehouse::open(&config).await.unwrap();
    Runner::of(project, warehouse, Arc::new(move || clock.load(SeqCst))).await.unwrap()
}

#[test]
#[ignore = "not by itself: other tests start it as a process of its own"]
fn works_for_a_folder_of_another_test() {
    let Some(folder) = std::env::var_os(FOLDER) else { return };
    wait(async {
        let clock = Arc::new(AtomicI64::new(0));
        let said = Arc::new(std::sync::Mutex::new(Vec::<String>::new()));
        let ears = said.clone();
        let events = Arc::new(move |event: &Event| match event {
            Event::Note { job, text } => ears.lock().unwrap().push(format!("{job}: {text}")),
            Event::JobFinished(outcome) => {
                ears.lock().unwrap().push(format!("{}: {:?}: {}", outcome.job, outcome.state, outcome.reason));
            }
            _ => {}
        });
        let runner = Runner { events, ..runner_of(Path::new(&folder), clock.clone()).await };
        say("ready");
        for line in std::io::stdin().lines().map_while(Result::ok) {
            clock.store(line.parse().unwrap(), SeqCst);
            let error = daemon::tick(&runner).await.err().map(|error| error.to_string());
            let said = std::mem::take(&mut *said.lock().unwrap());
            say(&serde_json::json!({ "error": error, "said": said }).to_string());
        }
    });
}

fn say(text: &str) {
    let mut output = std::io::stdout().lock();
    writeln!(output, "{SAYS}{text}").unwrap();
    output.flush().unwrap();
}
