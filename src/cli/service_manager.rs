//! What systemd wants to know of a daemon (`Type=notify`, `WatchdogSec=`): a word on the socket that it names, see `sd_notify(3)`.

use std::time::Duration;

/// The daemon has read its project and reached its warehouse.
pub(super) const READY: &str = "READY=1";
/// It ends what is in flight.
pub(super) const STOPPING: &str = "STOPPING=1";
const ALIVE: &str = "WATCHDOG=1";

/// Tells the service manager, where there is one that asked for it.
#[cfg(target_os = "linux")]
pub(super) fn tell(word: &str) {
    use std::os::linux::net::SocketAddrExt as _;
    use std::os::unix::net::{SocketAddr, UnixDatagram};

    let Some(place) = std::env::var_os("NOTIFY_SOCKET").and_then(|place| place.into_string().ok()) else { return };
    let address = match place.strip_prefix('@') {
        Some(name) => SocketAddr::from_abstract_name(name),
        None => SocketAddr::from_pathname(&place),
    };
    let told = address.and_then(|address| UnixDatagram::unbound()?.send_to_addr(word.as_bytes(), &address));
    if let Err(error) = told {
        tracing::warn!(%error, "the service manager cannot be told");
    }
}

#[cfg(not(target_os = "linux"))]
pub(super) fn tell(_: &str) {}

/// Says that the program is alive, twice in the time after which the service manager takes it for dead.
pub(super) fn keep_alive() {
    let micros = std::env::var("WATCHDOG_USEC").ok().and_then(|text| text.parse::<u64>().ok());
    let Some(micros) = micros.filter(|micros| *micros > 0) else { return };
    tokio::spawn(async move {
        loop {
            tell(ALIVE);
            tokio::time::sleep(Duration::from_micros(micros / 2)).await;
        }
    });
}
