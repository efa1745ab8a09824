//! Numbers in sentences, for every kind of job.

use crate::quantities::Currency;

/// Minor units as money: `18,230.40 EUR`.
pub(crate) fn money(minor: f64, currency: Currency) -> String {
    format!("{} {}", grouped(minor / currency.minor_per_major(), currency.minor_digits() as usize), currency.code())
}

/// With thousands separators and exactly `decimals` decimals.
pub(crate) fn grouped(value: f64, decimals: usize) -> String {
    let plain = format!("{:.decimals$}", value.abs());
    let (whole, fraction) = plain.split_once('.').map_or((plain.as_str(), ""), |(whole, fraction)| (whole, fraction));
    let mut text = String::new();
    for (index, digit) in whole.chars().enumerate() {
        if index > 0 && (whole.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    if !fraction.is_empty() {
        text.push('.');
        text.push_str(fraction);
    }
    let is_zero = plain.chars().all(|character| character == '0' || character == '.');
    if value < 0.0 && !is_zero { format!("-{text}") } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thousands_are_grouped_and_a_zero_has_no_sign() {
        let euro = Currency::new("EUR").unwrap();
        assert_eq!(money(1_823_040.0, euro), "18,230.40 EUR");
        assert_eq!(money(-99_900.0, euro), "-999.00 EUR");
        assert_eq!(money(-0.3, euro), "0.00 EUR");
        assert_eq!(grouped(1_234_567.0, 0), "1,234,567");
    }
}
