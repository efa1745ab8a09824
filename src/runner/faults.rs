//! Where a process may die, so that tests can make it die there, or wait while something else happens.
//!
//! Builds with debug assertions alone look: `NIGHTCLERK_FAULT=POINT` ends the process at that point as `kill -9` would,
//! `NIGHTCLERK_FAULT=POINT:3` when it comes by for the third time. `NIGHTCLERK_HOLD=POINT:FILE` makes the file there, once, and goes
//! on when somebody has removed it.

/// Every point, in the order in which a run comes by; those of the outbox where somebody is told something.
pub const POINTS: [&str; 19] = [
    "before_claim",
    "claimed",
    "loaded",
    "staging",
    "staged",
    "gates_recorded",
    "laid_aside",
    "swapping",
    "before_commit",
    "committed",
    "memory_kept",
    "file_in_place",
    "file_recorded",
    "files_done",
    "index_written",
    "alert_written",
    "alert_claimed",
    "alert_told",
    "alert_settled",
];

/// A point. Does nothing unless a test asks for it.
#[cfg(debug_assertions)]
pub(super) fn point(name: &str) {
    use std::sync::atomic::{AtomicUsize, Ordering};
    static CAME_BY: AtomicUsize = AtomicUsize::new(0);
    debug_assert!(POINTS.contains(&name), "{name} is no point");
    hold(name);
    let Ok(asked) = std::env::var("NIGHTCLERK_FAULT") else { return };
    let (wanted, times) = asked.split_once(':').unwrap_or((&asked, "1"));
    if wanted == name && CAME_BY.fetch_add(1, Ordering::Relaxed) + 1 == times.parse().unwrap_or(1) {
        std::process::abort();
    }
}

/// A point. Does nothing.
#[cfg(not(debug_assertions))]
pub(super) const fn point(_: &str) {}

/// Waits at a point.
#[cfg(debug_assertions)]
fn hold(name: &str) {
    use std::sync::atomic::{AtomicBool, Ordering};
    static HELD: AtomicBool = AtomicBool::new(false);
    let Ok(asked) = std::env::var("NIGHTCLERK_HOLD") else { return };
    let Some((wanted, file)) = asked.split_once(':') else { return };
    if wanted != name || HELD.swap(true, Ordering::Relaxed) || std::fs::write(file, name).is_err() {
        return;
    }
    while std::path::Path::new(file).exists() {
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
}
