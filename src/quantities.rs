//! Numbers that carry their meaning, checked when they are made, so that a bad one is reported with its line.

use serde::{Deserialize, Serialize};

macro_rules! bounded {
    ($(#[$doc:meta])* $name:ident, $inner:ty, $what:literal, $allowed:literal, $test:expr) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, PartialOrd, Serialize, Deserialize)]
        #[serde(try_from = "f64")]
        pub struct $name($inner);

        impl $name {
            /// Checks the range.
            ///
            /// # Errors
            /// A sentence with the quantity's name, what is allowed and what was found.
            pub fn new(value: f64) -> Result<Self, String> {
                let valid: fn(f64) -> bool = $test;
                if valid(value) {
                    Ok(Self(value as $inner))
                } else {
                    Err(format!(concat!($what, " must be ", $allowed, ", got {}"), value))
                }
            }

            /// For constants in code, which their own tests check: every kind reads its defaults back.
            pub const fn literal(value: $inner) -> Self {
                Self(value)
            }

            /// The bare number.
            pub const fn get(self) -> $inner {
                self.0
            }
        }

        impl TryFrom<f64> for $name {
            type Error = String;
            fn try_from(value: f64) -> Result<Self, String> {
                Self::new(value)
            }
        }

        impl From<$name> for f64 {
            fn from(value: $name) -> f64 {
                f64::from(value.0)
            }
        }
    };
}

bounded!(
    /// A probability strictly between 0 and 1: a service level, a confidence level, a significance level.
    Level, f64, "a level", "between 0 and 1, both excluded (0.95 means 95 %)", |value| value > 0.0 && value < 1.0
);
bounded!(
    /// A share from 0 to 1, both allowed.
    Share, f64, "a share", "from 0 to 1 (0.1 means 10 %)", |value| (0.0..=1.0).contains(&value)
);
bounded!(
    /// A number of days, at least 1.
    Days, u32, "a number of days", "a whole number from 1 to 3660", |value| value.fract() == 0.0 && (1.0..=3660.0).contains(&value)
);
bounded!(
    /// A count, at least 1.
    Count, u32, "a count", "a whole number from 1 to 4294967295", |value| value.fract() == 0.0 && (1.0..=4_294_967_295.0).contains(&value)
);
bounded!(
    /// An amount of money in major units of the project's currency (12.50), not negative.
    Amount, f64, "an amount of money", "a number from 0 on", |value| value >= 0.0 && value.is_finite()
);
bounded!(
    /// A factor above 0.
    Factor, f64, "a factor", "a number above 0", |value| value > 0.0 && value.is_finite()
);

impl Amount {
    /// In minor units of a currency.
    pub fn minor(self, currency: Currency) -> f64 {
        self.get() * currency.minor_per_major()
    }
}

/// A currency: its ISO 4217 code and how many digits its minor unit has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Currency {
    code: [u8; 3],
}

impl Currency {
    /// Parses a code such as `EUR`.
    ///
    /// # Errors
    /// When it is not three capital letters.
    pub fn new(code: &str) -> Result<Self, String> {
        match code.as_bytes() {
            &[first, second, third] if code.bytes().all(|byte| byte.is_ascii_uppercase()) => {
                Ok(Self { code: [first, second, third] })
            }
            _ => Err(format!("a currency is an ISO 4217 code of three capital letters such as `EUR`, got `{code}`")),
        }
    }

    /// The code.
    pub fn code(&self) -> &str {
        std::str::from_utf8(&self.code).unwrap_or("XXX")
    }

    /// How many decimal digits the minor unit has: 2 for cents, 0 for yen, 3 for dinars (ISO 4217).
    pub fn minor_digits(&self) -> u32 {
        match &self.code {
            b"BIF" | b"CLP" | b"DJF" | b"GNF" | b"ISK" | b"JPY" | b"KMF" | b"KRW" | b"PYG" | b"RWF" | b"UGX"
            | b"VND" | b"VUV" | b"XAF" | b"XOF" | b"XPF" => 0,
            b"BHD" | b"IQD" | b"JOD" | b"KWD" | b"LYD" | b"OMR" | b"TND" => 3,
            _ => 2,
        }
    }

    /// Minor units in one major unit: 100 for `EUR`.
    pub fn minor_per_major(&self) -> f64 {
        10f64.powi(self.minor_digits() as i32)
    }
}

impl TryFrom<String> for Currency {
    type Error = String;
    fn try_from(code: String) -> Result<Self, String> {
        Self::new(&code)
    }
}

impl From<Currency> for String {
    fn from(currency: Currency) -> Self {
        currency.code().to_owned()
    }
}

/// An exact quantity of goods, in thousandths of the product's unit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Quantity(i64);

impl Quantity {
    /// From thousandths of a unit.
    pub const fn from_thousandths(thousandths: i64) -> Self {
        Self(thousandths)
    }

    /// From the product's unit, to the nearest thousandth.
    pub fn from_units(units: f64) -> Self {
        Self((units * 1_000.0).round() as i64)
    }

    /// In thousandths of a unit.
    pub const fn thousandths(self) -> i64 {
        self.0
    }

    /// In the product's unit: the number that is nearest to the decimal, and prints as it does.
    pub const fn units(self) -> f64 {
        self.0 as f64 / 1_000.0
    }
}

/// A quantity of goods that is estimated: a mean, a quantile; in the product's unit.
#[derive(Clone, Copy, Debug, Default, PartialEq, PartialOrd)]
pub struct ExpectedQuantity(f64);

impl ExpectedQuantity {
    /// From units.
    pub const fn from_units(units: f64) -> Self {
        Self(units)
    }

    /// In units.
    pub const fn units(self) -> f64 {
        self.0
    }
}

/// An exact amount of money, in minor units of the project's currency.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Money(i64);

impl Money {
    /// From minor units.
    pub const fn from_minor(minor: i64) -> Self {
        Self(minor)
    }

    /// In minor units.
    pub const fn minor(self) -> i64 {
        self.0
    }

    /// In the currency itself: the number that is nearest to the decimal, and prints as it does.
    pub fn in_currency(self, currency: Currency) -> f64 {
        self.0 as f64 / currency.minor_per_major()
    }
}

/// An amount of money as a published table holds it: in the project's currency.
#[derive(Clone, Copy, Debug, Default, PartialEq, PartialOrd)]
pub struct PublishedMoney(f64);

impl PublishedMoney {
    /// As it was read.
    pub const fn new(amount: f64) -> Self {
        Self(amount)
    }

    /// As exact as it was when it was published.
    pub fn money(self, currency: Currency) -> Money {
        ExpectedMoney::from_currency(self.0, currency).rounded()
    }
}

/// An amount of money that is estimated, in minor units of the project's currency.
#[derive(Clone, Copy, Debug, Default, PartialEq, PartialOrd)]
pub struct ExpectedMoney(f64);

impl ExpectedMoney {
    /// From minor units.
    pub const fn from_minor(minor: f64) -> Self {
        Self(minor)
    }

    /// From an amount in the currency itself.
    pub fn from_currency(amount: f64, currency: Currency) -> Self {
        Self(amount * currency.minor_per_major())
    }

    /// In minor units.
    pub const fn minor(self) -> f64 {
        self.0
    }

    /// In the currency itself, with all its decimals.
    pub fn in_currency(self, currency: Currency) -> f64 {
        self.0 / currency.minor_per_major()
    }

    /// To the nearest minor unit.
    pub fn rounded(self) -> Money {
        Money(self.0.round() as i64)
    }
}

#[cfg(test)]
mod unit_tests {
    use super::*;

    #[test]
    fn what_is_exact_prints_as_its_decimal() {
        assert_eq!(Quantity::from_thousandths(1_050_612).units().to_string(), "1050.612");
        assert_eq!(Quantity::from_units(1050.612).thousandths(), 1_050_612);
        let money = |code| Money::from_minor(123_456).in_currency(Currency::new(code).unwrap()).to_string();
        assert_eq!([money("EUR"), money("JPY"), money("KWD")], ["1234.56", "123456", "123.456"]);
        for thousandths in (-50_000..50_000).step_by(7) {
            let units = Quantity::from_thousandths(thousandths).units();
            assert_eq!(Quantity::from_units(units).thousandths(), thousandths);
        }
    }
}
