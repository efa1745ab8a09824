//! The clerk who works while the shop sleeps.

pub mod datasets;
pub mod job;
pub mod models;
pub mod publication;
pub mod published;
pub mod quantities;
pub mod report;
pub mod shop;
pub mod table;
pub mod warehouse;
