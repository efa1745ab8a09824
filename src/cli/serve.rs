//! `nightclerk serve`: the ledger for a browser and for programs.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use clap::Args;

use super::context::Context;
use super::failure::Failure;
use crate::runner::ledger::tokens;
use crate::scheduler::{self, Stop};
use crate::serve::connections::Bounded;
use crate::serve::{Site, router};

/// Show the ledger to browsers and programs: timeline, runs with their logs, publications, an API, figures for Prometheus.
///
/// It listens on this machine alone unless told otherwise. Any other address needs a token for everything but `/healthz`, and changes need
/// one everywhere: `nightclerk token add NAME`. It speaks plain HTTP: for other machines, put a server with TLS before it, and say
/// `--require-token`.
#[derive(Debug, Args)]
pub struct Serve {
    /// Where to listen.
    #[arg(long, default_value = "127.0.0.1:8411", value_name = "ADDRESS")]
    listen: SocketAddr,
    /// Ask for a token also on this machine: a server before it, which passes on what others ask, looks like this machine.
    #[arg(long)]
    require_token: bool,
}

/// How long questions that are being answered may hold up the end.
const LAST_ANSWERS: Duration = Duration::from_secs(10);

pub(super) async fn run(context: &Context, command: &Serve) -> Result<u8, Failure> {
    let project = context.project()?;
    let warehouse = context.current_warehouse(&project).await?;
    let reads_are_free = command.listen.ip().is_loopback() && !command.require_token;
    if !reads_are_free && tokens::all(&warehouse).await?.iter().all(|token| token.revoked_us.is_some()) {
        return Err(Failure::usage(format!(
            "on {} a token is asked for, and there is no token yet: `nightclerk token add NAME --role admin` makes one",
            command.listen
        )));
    }
    let site = Site::new(project, warehouse, context.now_micros, reads_are_free)
        .map_err(|error| Failure::new(1, format!("a page of ours is wrong: {error:#}")))?;
    let listener = tokio::net::TcpListener::bind(command.listen)
        .await
        .map_err(|error| Failure::new(1, format!("listen on {}: {error}", command.listen)))?;
    let address = listener.local_addr().unwrap_or(command.listen);
    context.terminal.object(&serde_json::json!({ "event": "serving", "address": format!("http://{address}") }));
    context.terminal.line(format!("http://{address}; SIGINT or SIGTERM ends it"));
    let mut stop = scheduler::stop_on_signals().map_err(|error| Failure::new(1, error.to_string()))?;
    let stopped = {
        let mut stop = stop.clone();
        async move { until_stopped(&mut stop).await }
    };
    let served = axum::serve(Bounded::new(listener), router(Arc::new(site))).with_graceful_shutdown(stopped);
    tokio::select! {
        served = served.into_future() => served.map_err(|error| Failure::new(1, format!("serve {address}: {error}")))?,
        () = async {
            until_stopped(&mut stop).await;
            tokio::time::sleep(LAST_ANSWERS).await;
        } => {}
    }
    Ok(0)
}

/// Comes back when somebody has asked to stop.
async fn until_stopped(stop: &mut tokio::sync::watch::Receiver<Stop>) {
    if stop.wait_for(|stop| *stop != Stop::Running).await.is_err() {
        // A sender that is gone will never ask.
        std::future::pending::<()>().await;
    }
}
