//! The clerk who works while the shop sleeps.
