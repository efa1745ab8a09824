//! The ledger: what is due, who runs what, which publication is current. All of it in the target warehouse, in portable SQL.
//!
//! `slots` are due and end, `runs` are their tries, `leases` say who may try, `publications` what came of it, `files` what of that
//! is on disk or has left the house, `profiles` what earlier nights looked like and `standing` the rows that they
//! read of products and suppliers, `alerts` what people are to be told; `prune` forgets. `cells` are
//! values on their way in and out.

pub mod alerts;
pub mod audit;
mod cells;
pub mod decisions;
pub mod files;
pub mod history;
mod leases;
pub mod log;
pub mod profiles;
pub mod prune;
mod publications;
mod runs;
pub mod slots;
pub mod standing;
pub mod tokens;

pub(crate) use cells::{as_date, as_text, text};
pub use leases::{
    Claimed, FileLock, HEARTBEAT_SECONDS, LEASE_MICROS, cancel, cancel_job, cancelled, claim, hold_fence, recover,
    renew,
};
pub(super) use publications::recorded_inputs;
pub use publications::{PublicationRow, is_live, is_published, publications, rollback, runs_with_warnings, was_sent};
pub use runs::{Claim, Claimant, Owner, RunEnd, RunRow, RunStart, finish, finish_in, latest_runs, record_waiting};
pub(super) use runs::{begun, ended, has_published, usual_micros};
