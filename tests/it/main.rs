//! The integration tests: they drive the real binary and look at what it leaves behind.

#![expect(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::print_stderr,
    clippy::disallowed_methods,
    reason = "a test may panic, measure and tell"
)]

mod alerts;
mod beat;
mod broken_input;
mod browser;
mod cancel;
mod circles;
mod cli;
mod containers;
mod corruptions;
mod crash;
mod daemon;
mod database;
mod deadline;
mod delivery;
mod difference;
mod doctor;
mod dump;
mod engines_are_equal;
mod eval;
mod eval_inventory;
mod eval_rules;
mod grants;
mod hostile;
mod hosts;
mod imports;
mod inventory_oracles;
mod inventory_questions;
mod kills;
mod lateness;
mod made_up_kind;
mod mariadb;
mod mariadb_steps;
mod memory;
mod migrations;
mod night;
mod on_order;
mod outages;
mod own_server;
mod pages_in_a_browser;
mod phases;
mod pooler;
mod postgres;
mod projects;
mod prune;
mod restore;
mod same_bytes;
mod serve;
mod server;
mod shadow;
mod skips;
mod slots;
mod small_shop;
mod support;
mod tidy;
mod units;
mod warehouses;

/// Tests start in the order of their names: when this one does, every other has said what it lacks.
#[test]
fn zz_what_was_skipped_is_told_at_the_end() {
    if let Some(summary) = skips::summary() {
        skips::say(&summary);
    }
}
