//! Numbers as texts, for every kind of job.

use crate::quantities::Currency;

/// Bytes as hexadecimal digits, two each.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(2 * bytes.len()), |hex, byte| hex + &format!("{byte:02x}"))
}

/// Minor units as money: `18,230.40 EUR`.
pub(crate) fn money(minor: f64, currency: Currency) -> String {
    format!("{} {}", grouped(minor / currency.minor_per_major(), currency.minor_digits() as usize), currency.code())
}

/// Minor units as money without its decimals: `18,230 EUR`.
pub(crate) fn whole_money(minor: f64, currency: Currency) -> String {
    format!("{} {}", grouped(minor / currency.minor_per_major(), 0), currency.code())
}

/// A count: `1,204`.
pub(crate) fn count(number: u64) -> String {
    grouped(number as f64, 0)
}

/// A count with what it counts: `12 lines`, `1 line`.
pub(crate) fn counted(number: usize, one: &str, several: &str) -> String {
    format!("{} {}", count(number as u64), if number == 1 { one } else { several })
}

/// A share in per cent with exactly `decimals` decimals: `12.3 %`.
pub(crate) fn percent(share: f64, decimals: usize) -> String {
    format!("{:.decimals$} %", 100.0 * share)
}

/// A share in per cent with one decimal unless it is 0: `97.1 %`, `97 %`.
pub(crate) fn short_percent(share: f64) -> String {
    format!("{} %", short(100.0 * share, 1))
}

/// With thousands separators and at most `decimals` decimals: `1,204.5`.
pub(crate) fn short(value: f64, decimals: usize) -> String {
    let text = grouped(value, decimals);
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
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
        assert_eq!(whole_money(1_823_040.0, euro), "18,230 EUR");
        assert_eq!(grouped(1_234_567.0, 0), "1,234,567");
        assert_eq!(count(1_204), "1,204");
    }

    #[test]
    fn short_numbers_carry_no_idle_decimals() {
        assert_eq!(short(1_204.5, 3), "1,204.5");
        assert_eq!(short(1_200.0, 3), "1,200");
        assert_eq!(short(100.0, 0), "100");
        assert_eq!((short_percent(0.971), short_percent(0.97)), ("97.1 %".to_owned(), "97 %".to_owned()));
        assert_eq!((percent(0.12345, 1), percent(0.5, 0)), ("12.3 %".to_owned(), "50 %".to_owned()));
    }

    #[test]
    fn one_is_singular() {
        assert_eq!(counted(1, "line", "lines"), "1 line");
        assert_eq!(counted(0, "line", "lines"), "0 lines");
        assert_eq!(counted(1_200, "line", "lines"), "1,200 lines");
    }
}
