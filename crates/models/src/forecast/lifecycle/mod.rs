//! Where a series begins, what its first weeks look like, and when it is over.

mod beginning;
mod cold_start;

pub(super) use beginning::first_period;
pub use beginning::silence_is_chance;
pub use cold_start::{CategoryProfile, ColdStart, Sibling, cold_start, ended};
