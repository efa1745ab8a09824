//! OpenTelemetry traces of what the runner does, for those who look at all their systems in one place: a span for each run of a job and
//! below it one for each of its phases, sent over OTLP (HTTP, protobuf).
//!
//! In builds with the feature `opentelemetry`, and where `OTEL_EXPORTER_OTLP_ENDPOINT` (or `OTEL_EXPORTER_OTLP_TRACES_ENDPOINT`) is set.
//! Of the other variables of the specification `OTEL_SDK_DISABLED`, `OTEL_TRACES_EXPORTER=none`, `OTEL_SERVICE_NAME`,
//! `OTEL_RESOURCE_ATTRIBUTES`, `OTEL_EXPORTER_OTLP_HEADERS`, `OTEL_EXPORTER_OTLP_TIMEOUT` and those of the batches (`OTEL_BSP_`) are
//! heeded. Nothing waits for a collector, and none is needed: what cannot be sent is said once.

use super::terminal::Terminal;
use crate::runner::events::Events;

/// What asks for traces.
const ASKED_BY: [&str; 2] = ["OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT"];

/// Whether somebody asks for traces.
fn is_asked() -> bool {
    let says = |name: &str, word: &str| std::env::var(name).is_ok_and(|value| value.trim().eq_ignore_ascii_case(word));
    if says("OTEL_SDK_DISABLED", "true") || says("OTEL_TRACES_EXPORTER", "none") {
        return false;
    }
    ASKED_BY.iter().any(|name| std::env::var_os(name).is_some_and(|value| !value.is_empty()))
}

/// The events, told to a collector as well where one is named. In a build without the feature that is said to be missing.
#[cfg(not(feature = "opentelemetry"))]
pub(super) fn traced(events: Events, terminal: &Terminal) -> Events {
    if is_asked() {
        terminal.trouble(
            "no traces are sent: this build is without them, `cargo build --release --features opentelemetry` makes one with them",
        );
    }
    events
}

/// The events, told to a collector as well where one is named.
#[cfg(feature = "opentelemetry")]
pub(super) fn traced(events: Events, terminal: &Terminal) -> Events {
    if !is_asked() {
        return events;
    }
    let complain = {
        let terminal = terminal.clone();
        move |text: &str| terminal.trouble(text)
    };
    match spans::Spans::new(Box::new(complain)) {
        Ok(spans) => std::sync::Arc::new(move |event| {
            spans.follow(event);
            events(event);
        }),
        Err(reason) => {
            terminal.trouble(format!("no traces are sent: {reason}"));
            events
        }
    }
}

#[cfg(feature = "opentelemetry")]
mod spans {
    use std::collections::HashMap;
    use std::sync::atomic::{AtomicBool, Ordering};
    use std::sync::{Mutex, PoisonError};
    use std::time::Duration;

    use chrono::NaiveDate;
    use opentelemetry::trace::{
        Span as _, SpanBuilder, Status, TraceContextExt as _, Tracer as _, TracerProvider as _,
    };
    use opentelemetry::{Context, KeyValue};
    use opentelemetry_http::{Bytes, HttpClient, HttpError, Request, Response};
    use opentelemetry_otlp::{SpanExporter, WithHttpConfig as _};
    use opentelemetry_sdk::Resource;
    use opentelemetry_sdk::trace::{SdkTracer, SdkTracerProvider, Span};

    use crate::cli::terminal::word;
    use crate::runner::events::Event;

    /// How long a collector may take for one batch, where `OTEL_EXPORTER_OTLP_TIMEOUT` (milliseconds) does not say.
    const PATIENCE: Duration = Duration::from_secs(10);

    type Complain = Box<dyn Fn(&str) + Send + Sync>;

    /// A run that is at work.
    struct Open {
        run: Context,
        phase: Option<Span>,
    }

    /// The spans of runs. What is still to be sent is sent when it is dropped.
    pub(super) struct Spans {
        tracer: SdkTracer,
        open: Mutex<HashMap<(String, NaiveDate), Open>>,
        /// Sends what is left when it is dropped, and is therefore the last.
        _provider: SdkTracerProvider,
    }

    impl Spans {
        /// Sends to where the environment says; `complain` is told once when that does not go.
        pub(super) fn new(complain: Complain) -> Result<Self, String> {
            let client = Client::new(complain);
            let exporter = SpanExporter::builder()
                .with_http()
                .with_http_client(client)
                .build()
                // The address may hold a password.
                .map_err(
                    |_| "the address of the collector, or another `OTEL_EXPORTER_OTLP_` variable, makes no sense",
                )?;
            let mut resource = Resource::builder();
            let attributes = std::env::var("OTEL_RESOURCE_ATTRIBUTES").unwrap_or_default();
            if std::env::var_os("OTEL_SERVICE_NAME").is_none() && !attributes.contains("service.name=") {
                resource = resource.with_service_name("nightclerk");
            }
            let version = KeyValue::new("service.version", env!("CARGO_PKG_VERSION"));
            let provider = SdkTracerProvider::builder()
                .with_batch_exporter(exporter)
                .with_resource(resource.with_attribute(version).build())
                .build();
            Ok(Self { tracer: provider.tracer("nightclerk"), open: Mutex::default(), _provider: provider })
        }

        /// Begins and ends spans as the runner goes on.
        pub(super) fn follow(&self, event: &Event) {
            let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
            match event {
                Event::Phase { job, as_of, phase } => {
                    let run = open.entry((job.clone(), *as_of)).or_insert_with(|| self.begin(job, *as_of));
                    if let Some(mut before) = run.phase.take() {
                        before.end();
                    }
                    run.phase = Some(self.tracer.start_with_context(phase.name(), &run.run));
                }
                Event::Note { job, text } => {
                    for (_, run) in open.iter().filter(|((of, _), _)| of == job) {
                        run.run.span().add_event("note", vec![KeyValue::new("text", text.clone())]);
                    }
                }
                Event::JobFinished(outcome) => {
                    let key = (outcome.job.clone(), outcome.as_of);
                    let run = open.remove(&key).unwrap_or_else(|| self.begin(&outcome.job, outcome.as_of));
                    if let Some(mut phase) = run.phase {
                        phase.end();
                    }
                    let span = run.run.span();
                    let rows: u64 = outcome.tables.iter().map(|table| table.rows).sum();
                    span.set_attribute(KeyValue::new("nightclerk.kind", outcome.kind));
                    span.set_attribute(KeyValue::new("nightclerk.state", word(outcome.state)));
                    span.set_attribute(KeyValue::new("nightclerk.rows", i64::try_from(rows).unwrap_or(i64::MAX)));
                    let is_published = outcome.state.is_published();
                    span.set_status(if is_published { Status::Ok } else { Status::error(outcome.reason.clone()) });
                    span.end();
                }
                Event::NightStarted { .. } | Event::Progress { .. } => {}
            }
        }

        fn begin(&self, job: &str, as_of: NaiveDate) -> Open {
            let attributes =
                [KeyValue::new("nightclerk.job", job.to_owned()), KeyValue::new("nightclerk.as_of", as_of.to_string())];
            let span = SpanBuilder::from_name(format!("run {job}")).with_attributes(attributes).start(&self.tracer);
            Open { run: Context::new().with_span(span), phase: None }
        }
    }

    /// Sends batches, from the exporter's own thread.
    struct Client {
        agent: ureq::Agent,
        complain: Complain,
        has_complained: AtomicBool,
    }

    impl Client {
        fn new(complain: Complain) -> Self {
            let said = ["OTEL_EXPORTER_OTLP_TRACES_TIMEOUT", "OTEL_EXPORTER_OTLP_TIMEOUT"].map(std::env::var);
            let said = said.into_iter().flatten().find_map(|text| text.trim().parse().ok());
            let patience = said.map_or(PATIENCE, Duration::from_millis);
            let agent =
                ureq::Agent::config_builder().http_status_as_error(false).timeout_global(Some(patience)).build().into();
            Self { agent, complain, has_complained: AtomicBool::new(false) }
        }
    }

    impl std::fmt::Debug for Client {
        fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("Client")
        }
    }

    #[async_trait::async_trait]
    impl HttpClient for Client {
        async fn send_bytes(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
            let (parts, body) = request.into_parts();
            let sent = self.agent.run(Request::from_parts(parts, body.to_vec()));
            let answer = sent.and_then(|mut response| {
                let body = response.body_mut().read_to_vec()?;
                let (parts, _) = response.into_parts();
                Ok(Response::from_parts(parts, Bytes::from(body)))
            });
            let trouble = match &answer {
                Ok(response) if response.status().is_success() => None,
                Ok(response) => Some(format!("the collector answers {}", response.status())),
                // Its words may hold the address, and that a password.
                Err(ureq::Error::Timeout(_)) => Some("the collector does not answer in time".to_owned()),
                Err(_) => Some("the collector cannot be reached, or its answer be read".to_owned()),
            };
            if let Some(trouble) = trouble
                && !self.has_complained.swap(true, Ordering::Relaxed)
            {
                (self.complain)(&format!(
                    "traces are not sent: {trouble}; the work goes on without, this is said once"
                ));
            }
            Ok(answer?)
        }
    }

    #[cfg(test)]
    mod tests {
        use std::io::{BufRead as _, BufReader, Read as _, Write as _};
        use std::net::TcpListener;
        use std::sync::Arc;

        use opentelemetry_otlp::WithExportConfig as _;

        use super::*;
        use crate::runner::events::Phase;

        /// Answers one request with a status; gives its path and its body.
        fn collector(status: &'static str) -> (String, std::thread::JoinHandle<(String, Vec<u8>)>) {
            let listener = TcpListener::bind("127.0.0.1:0").unwrap();
            let address = format!("http://{}/v1/traces", listener.local_addr().unwrap());
            let thread = std::thread::spawn(move || {
                let (stream, _) = listener.accept().unwrap();
                let mut reader = BufReader::new(stream);
                let (mut head, mut length) = (String::new(), 0);
                loop {
                    let mut line = String::new();
                    reader.read_line(&mut line).unwrap();
                    if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
                        length = value.trim().parse().unwrap();
                    }
                    if line.trim().is_empty() {
                        break;
                    }
                    head.push_str(&line);
                }
                let mut body = vec![0; length];
                reader.read_exact(&mut body).unwrap();
                write!(reader.get_mut(), "HTTP/1.1 {status}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n")
                    .unwrap();
                (head, body)
            });
            (address, thread)
        }

        fn spans(address: &str, complain: impl Fn(&str) + Send + Sync + 'static) -> Spans {
            let client = Client::new(Box::new(complain));
            let exporter =
                SpanExporter::builder().with_http().with_http_client(client).with_endpoint(address).build().unwrap();
            let provider = SdkTracerProvider::builder().with_batch_exporter(exporter).build();
            Spans { tracer: provider.tracer("nightclerk"), open: Mutex::default(), _provider: provider }
        }

        fn night(spans: &Spans) {
            let as_of = "2026-11-22".parse().unwrap();
            for phase in [Phase::Claim, Phase::Compute] {
                spans.follow(&Event::Phase { job: "slow_sellers".to_owned(), as_of, phase });
            }
            spans.follow(&Event::Note { job: "slow_sellers".to_owned(), text: "a word".to_owned() });
            let outcome = crate::runner::outcome::JobOutcome {
                job: "slow_sellers".to_owned(),
                kind: "sellers",
                as_of,
                state: crate::runner::outcome::JobState::Blocked,
                reason: "a gate".to_owned(),
                headline: String::new(),
                metrics: Vec::new(),
                tables: Vec::new(),
                inputs: Vec::new(),
                gates: Vec::new(),
                page: None,
                duration_ms: 0,
                entry: None,
            };
            spans.follow(&Event::JobFinished(Box::new(outcome)));
            assert!(spans.open.lock().unwrap().is_empty());
        }

        #[test]
        fn a_collector_is_told_of_a_run_and_its_phases() {
            let (address, collector) = collector("200 OK");
            let spans = spans(&address, |text| panic!("{text}"));
            night(&spans);
            drop(spans);
            let (head, body) = collector.join().unwrap();
            assert!(head.starts_with("POST /v1/traces HTTP/1.1"), "{head}");
            assert!(head.contains("application/x-protobuf"), "{head}");
            let text = String::from_utf8_lossy(&body);
            for part in ["run slow_sellers", "claim", "load and decide", "2026-11-22", "blocked", "a gate", "a word"] {
                assert!(text.contains(part), "{part} is not in {text}");
            }
        }

        #[test]
        fn a_collector_that_refuses_or_is_not_there_is_told_once_and_without_its_address() {
            let (address, refuses) = collector("401 Unauthorized");
            let nobody = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
            for (address, word) in
                [(address, "answers 401"), (format!("http://me:secret@{nobody}/v1/traces"), "cannot be reached")]
            {
                let told = Arc::new(Mutex::new(Vec::new()));
                let kept = told.clone();
                let spans = spans(&address, move |text| kept.lock().unwrap().push(text.to_owned()));
                night(&spans);
                drop(spans);
                let told = told.lock().unwrap().clone();
                assert_eq!(told.len(), 1, "{told:?}");
                assert!(told[0].contains(word) && !told[0].contains("secret"), "{told:?}");
            }
            refuses.join().unwrap();
        }
    }
}
