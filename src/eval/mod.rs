//! Judging the engines on a file, without a warehouse.
//!
//! [`evaluate`] reads a long file, forecasts every series from rolling origins (or from the end of its training rows),
//! writes the forecasts, and only then looks at the actuals and scores them.
//!
//! | file | what it holds |
//! |---|---|
//! | `rows.rs`, `raw.rs` | CSV and Parquet rows, gathered by series |
//! | `time.rs`, `frequency.rs`, `grid.rs` | how times are written, and the grid they lie on |
//! | `input_options.rs`, `input.rs`, `known.rs` | regular series, known-ahead columns, the test kept apart |
//! | `forecaster.rs` | the seam: [`OriginData`] in, [`SeriesResult`]s out |
//! | `methods.rs` | the models by name |
//! | `chosen.rs`, `forecast.rs` | what is forecast, and the run |
//! | `metrics.rs`, `score.rs` | what is measured |
//! | `report.rs`, `caveats.rs`, `output.rs`, `error.rs` | what is said and written; what cannot be read |
//! | `process.rs` | CPU time and memory |
//! | `basket_file.rs`, `rules.rs` | baskets of a file, and what is found in them: [`evaluate_rules`] |
//! | `purchase_file.rs`, `sequences.rs` | what customers bought when, and in which order: [`evaluate_sequences`] |
//! | `inventory/` | orders over a file's history, replayed: [`evaluate_inventory`] |
//! | `table_rows.rs`, `item_labels.rs` | rows of a CSV file, and its items as numbers |
//! | `canonical.rs`, `measures_file.rs`, `costs.rs` | what was found, as lines to compare and as measures, and what it cost |
//!
//! Nothing depends on the name of a file or a series, and nothing is kept between runs.

mod basket_file;
mod canonical;
mod caveats;
mod chosen;
mod costs;
mod error;
mod forecast;
mod forecaster;
mod frequency;
mod grid;
mod input;
mod input_options;
mod inventory;
mod item_labels;
mod known;
mod measures_file;
pub mod methods;
pub mod metrics;
mod output;
mod process;
mod purchase_file;
mod raw;
mod report;
mod roles;
mod rows;
mod rules;
pub mod score;
mod sequences;
mod series_data;
mod table_rows;
mod time;

pub use basket_file::{BasketFile, BasketSource};
pub use chosen::{Point, RunOptions};
pub use costs::Costs;
pub use error::{CellFault, EvalError};
pub use forecast::evaluate;
pub use forecaster::{Forecaster, OriginData, OriginSeries, SeriesResult};
pub use frequency::Frequency;
pub use input_options::{InputOptions, Missing};
pub use inventory::{
    InventoryEvaluation, InventoryRun, LeadTimeFile, PerLine, Policy, PolicyCosts, evaluate_inventory,
};
pub use process::{CpuClock, ProcessClock};
pub use purchase_file::{PurchaseFile, PurchaseSource};
pub use report::Evaluation;
pub use rules::{MinSupport, RulesEvaluation, RulesRun, Significance, Wanted, evaluate_rules};
pub use sequences::{SequencesEvaluation, SequencesRun, evaluate_sequences};
