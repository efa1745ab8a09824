//! Chance without state: a customer's draw depends on names alone.

use sha2::{Digest, Sha256};

/// A uniform number in `[0, 1)` from a salt and an identifier.
///
/// The first 53 bits of SHA-256 over the salt's length (8 bytes, big endian), the salt and the identifier. The same
/// pair gives the same number on every machine and in every order; different salts give independent numbers, so
/// that a holdout of one campaign is not the holdout of the next. A customer is held out when
/// `unit_interval("autumn coupons/2024-05-01/holdout", id) < 0.1`.
///
/// ```
/// use nightclerk_models::uplift::unit_interval;
/// let draw = unit_interval("spring", "customer-17");
/// assert_eq!(draw, unit_interval("spring", "customer-17"));
/// assert_ne!(draw, unit_interval("summer", "customer-17"));
/// assert!((0.0..1.0).contains(&draw));
/// ```
pub fn unit_interval(salt: &str, id: &str) -> f64 {
    let mut hash = Sha256::new();
    // The length keeps ("ab", "c") and ("a", "bc") apart.
    hash.update((salt.len() as u64).to_be_bytes());
    hash.update(salt.as_bytes());
    hash.update(id.as_bytes());
    let digest = hash.finalize();
    let bits = digest.iter().take(8).fold(0_u64, |bits, &byte| (bits << 8) | u64::from(byte));
    (bits >> 11) as f64 / (1_u64 << 53) as f64
}
