//! Which items stand in one basket more often than chance, and which are bought one after the other: itemsets,
//! sequences, and rules that survive it.
//!
//! Most rules that a support-and-confidence miner prints are noise. Four safeguards remove it:
//! exact tests in log space ([`ln_fisher_upper_tail`]); a correction for every rule that *could*
//! have been found, not only for those that were (frequent itemsets are the selected best, so
//! correcting over them alone lets false rules through: measured 13.9 % at a promised 5 %); a test
//! that a longer rule beats each of its shorter ones (Webb 2007); and, because large baskets make
//! every two items look related, an expectation that accounts for basket size ([`SizeBands`]).
//!
//! | file | what it holds |
//! |---|---|
//! | `baskets.rs`, `settings.rs` | baskets; what counts as a rule, and the rules found |
//! | `miner.rs`, `itemsets.rs`, `itemset_table.rs` | the search, and what follows from having all frequent itemsets |
//! | `size_bands.rs`, `tails.rs` | what chance gives at the same basket sizes; its tails |
//! | `associations.rs`, `hold_out.rs` | rules beyond chance; the same, tested on baskets that the search did not see |
//! | `measures.rs`, `stability.rs` | the measures of a rule, and how it held over a window |
//! | `avoiding.rs` | pairs of one group that shun each other |
//! | `pair_book.rs` | counts of pairs over a window that moves on by a day |
//! | `purchases.rs`, `next_purchases.rs`, `sequences.rs` | what the same customers buy one after the other |
//! | `shuffled.rs` | baskets with every association destroyed |
//!
//! Counts are exact, output order is fixed, and neither depends on the number of threads.

mod associations;
mod avoiding;
mod baskets;
mod hold_out;
mod itemset_table;
mod itemsets;
mod measures;
mod miner;
mod next_purchases;
mod pair_book;
mod purchases;
mod sequences;
mod settings;
mod shuffled;
mod size_bands;
mod stability;
mod tails;
#[cfg(test)]
mod tests;

pub use associations::association_rules;
pub use avoiding::{AvoidingPair, AvoidingSettings, avoiding_pairs};
pub use baskets::{Baskets, RulesError};
pub use hold_out::{HoldOut, held_out_rules};
pub use itemset_table::{CountedRule, ItemsetTable, MiningSettings, Target, TopSettings};
pub use measures::{Measure, Measures, Undefined};
pub use next_purchases::{NextFound, NextPurchase, NextSettings, next_purchases};
pub use pair_book::PairBook;
pub use purchases::Purchases;
pub use sequences::{SequenceRule, SequenceSettings, SequenceTable};
pub use settings::{Rule, RuleSettings, RulesFound};
pub use size_bands::{SizeBands, SizeTally};
pub use stability::{Trend, trend};
pub use tails::{CrossCounts, ln_binomial_upper_tail, ln_fisher_upper_tail};
