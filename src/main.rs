//! nightclerk.
fn main() {}
