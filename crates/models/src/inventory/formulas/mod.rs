//! The formulas of the textbooks on inventory, each as a function of its own and by name from JSON.
//!
//! Those who check the nightly plans, or want a number that the plans do not hold, find here what the books give: Snyder and Shen,
//! "Fundamentals of Supply Chain Theory", 2nd ed. (2019); Silver, Pyke and Thomas, "Inventory and Production Management in Supply Chains", 4th ed.
//! (2017); Axsäter, "Inventory Control", 3rd ed. (2015). Inputs are checked and refused by name; no input makes a formula panic, run for minutes or
//! give what is no finite number.
//!
//! | file | what it holds |
//! |---|---|
//! | `catalogue.rs` | [`FORMULAS`]: all of them by name, with an example each |
//! | `check.rs`, `numeric.rs`, `demand.rs` | what inputs must be; the normal distribution and searches; distributions of demand |
//! | `newsvendor.rs`, `losses.rs` | one period; what is expected to be short and left over |
//! | `reorder_point.rs`, `min_max.rs`, `policy.rs` | (r, Q); (s, S); what policies order and bring about |
//! | `lot_size.rs`, `horizon.rs` | known demand; several periods with an end |
//! | `lead_time_demand.rs`, `service_level.rs` | demand until an order arrives; levels for a promised service |
//! | `supply.rs`, `service_time.rs`, `serial.rs` | supply that fails; networks with promised and with random times |
//! | `allocation.rs`, `censored.rs`, `stock.rs` | budgets; sales that are lower bounds; what stock will do |

pub mod allocation;
mod catalogue;
pub mod censored;
mod check;
mod demand;
pub mod horizon;
pub mod lead_time_demand;
pub mod losses;
pub mod lot_size;
pub mod min_max;
pub mod newsvendor;
mod numeric;
pub mod policy;
pub mod reorder_point;
pub mod serial;
pub mod service_level;
pub mod service_time;
pub mod stock;
pub mod supply;
#[cfg(test)]
mod tests;

pub use catalogue::{FORMULAS, Formula, formula};
pub use check::{FormulaError, LARGEST, SMALLEST};
pub use demand::Demand;
