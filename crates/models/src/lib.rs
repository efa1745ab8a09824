//! Pure maths: slices and plain structs in, structs out. Nothing here can reach a file, a clock, a warehouse or a shared
//! random source; time and chance are arguments.
//!
//! | folder | what it answers |
//! |---|---|
//! | `forecast` | the demand of many series, as distributions: `panel::fit_panel` |
//! | `inventory` | from a distribution of demand to an order, with its explanation: `plan_order` |
//! | `rules` | what is bought together and one after the other, beyond chance |
//! | `experiment` | what a campaign caused, from counts, means and variances of its arms |
//! | `uplift` | who is worth contacting, and whether that can be known at all |

pub mod experiment;
pub mod forecast;
pub mod inventory;
pub mod rules;
pub mod uplift;
