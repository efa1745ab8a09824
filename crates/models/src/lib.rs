//! Pure maths: slices and plain structs in, structs out. Nothing here can reach a file, a clock, a warehouse or a shared
//! random source; time and chance are arguments.

pub mod experiment;
pub mod forecast;
pub mod inventory;
pub mod rules;
pub mod uplift;
