//! Where a series begins, what its first weeks look like, when it is over, and when it comes again.

mod beginning;
mod cold_start;
mod season;

pub(super) use beginning::first_period;
pub use beginning::silence_is_chance;
pub use cold_start::{CategoryProfile, ColdStart, Sibling, cold_start, ended};
pub use season::{Anchor, Season};
