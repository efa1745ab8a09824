//! MariaDB's binary forms: cells out of results, values into statements.
//!
//! Layouts: <https://mariadb.com/kb/en/resultset-row/> (binary resultset row); a decimal number comes as its digits, a date as a
//! length, the year in two bytes, month and day, a time after it where it is not midnight, then microseconds.

use sqlx::mysql::{MySqlTypeInfo, MySqlValueRef};
use sqlx::{Decode, Encode, MySql, Type, TypeInfo as _, ValueRef as _};

use super::Cell;
use crate::table::{date_text, instant_text};

/// How the cells of one result column are read.
pub(super) struct ColumnDecoder {
    form: Form,
    type_name: String,
}

/// The form of a column's values.
#[derive(Clone, Copy)]
enum Form {
    Signed,
    Unsigned,
    Real,
    Decimal,
    Date,
    LocalTime,
    Instant,
    Text,
    Other,
}

impl ColumnDecoder {
    /// The decoder for a column's type.
    pub(super) fn of(info: &MySqlTypeInfo) -> Self {
        let name = info.name();
        let form = match name {
            // TINYINT(1) is what BOOLEAN is there; it may hold any small number.
            "BOOLEAN" | "TINYINT" | "SMALLINT" | "MEDIUMINT" | "INT" | "BIGINT" => Form::Signed,
            "YEAR" | "TINYINT UNSIGNED" | "SMALLINT UNSIGNED" | "MEDIUMINT UNSIGNED" | "INT UNSIGNED"
            | "BIGINT UNSIGNED" => Form::Unsigned,
            "FLOAT" | "DOUBLE" => Form::Real,
            "DECIMAL" => Form::Decimal,
            "DATE" => Form::Date,
            "DATETIME" => Form::LocalTime,
            // Sessions are opened in UTC.
            "TIMESTAMP" => Form::Instant,
            "CHAR" | "VARCHAR" | "TINYTEXT" | "TEXT" | "MEDIUMTEXT" | "LONGTEXT" | "ENUM" | "SET" | "JSON" => {
                Form::Text
            }
            // A text that is compared byte by byte, as all of ours are, passes for bytes; what is no text is told when it is read.
            "BINARY" | "VARBINARY" | "TINYBLOB" | "BLOB" | "MEDIUMBLOB" | "LONGBLOB" => Form::Text,
            _ => Form::Other,
        };
        Self { form, type_name: name.to_owned() }
    }

    /// The cell of a value.
    pub(super) fn cell<'r>(&self, value: MySqlValueRef<'r>) -> Cell<'r> {
        if value.is_null() {
            return Cell::Null;
        }
        let bytes = <&[u8] as Decode<MySql>>::decode(value).ok();
        bytes.and_then(|bytes| self.decode(bytes)).unwrap_or_else(|| Cell::Other(self.type_name.clone()))
    }

    fn decode<'r>(&self, bytes: &'r [u8]) -> Option<Cell<'r>> {
        Some(match self.form {
            Form::Signed => Cell::Integer(match bytes.len() {
                1 => i64::from(i8::from_le_bytes(bytes.try_into().ok()?)),
                2 => i64::from(i16::from_le_bytes(bytes.try_into().ok()?)),
                4 => i64::from(i32::from_le_bytes(bytes.try_into().ok()?)),
                _ => i64::from_le_bytes(bytes.try_into().ok()?),
            }),
            Form::Unsigned => {
                let number = match bytes.len() {
                    1 => u64::from(bytes[0]),
                    2 => u64::from(u16::from_le_bytes(bytes.try_into().ok()?)),
                    4 => u64::from(u32::from_le_bytes(bytes.try_into().ok()?)),
                    _ => u64::from_le_bytes(bytes.try_into().ok()?),
                };
                i64::try_from(number).map_or(Cell::Real(number as f64), Cell::Integer)
            }
            Form::Real if bytes.len() == 4 => Cell::Real(f64::from(f32::from_le_bytes(bytes.try_into().ok()?))),
            Form::Real => Cell::Real(f64::from_le_bytes(bytes.try_into().ok()?)),
            Form::Decimal => decimal(std::str::from_utf8(bytes).ok()?)?,
            Form::Date => Cell::Date(i32::try_from(micros(bytes)?.div_euclid(MICROS_PER_DAY)).ok()?),
            Form::LocalTime => Cell::Naive(micros(bytes)?),
            Form::Instant => Cell::Instant(micros(bytes)?),
            Form::Text => Cell::Text(std::str::from_utf8(bytes).ok()?),
            Form::Other => return None,
        })
    }
}

const MICROS_PER_DAY: i64 = 86_400_000_000;

/// A decimal number: an integer where it has no fraction and fits, else the nearest float.
fn decimal(text: &str) -> Option<Cell<'static>> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    if fraction.bytes().all(|digit| digit == b'0')
        && let Ok(whole) = whole.parse()
    {
        return Some(Cell::Integer(whole));
    }
    text.parse().ok().map(Cell::Real)
}

/// Microseconds from 1970 of a date or a time; `None` for what the calendar does not have.
fn micros(bytes: &[u8]) -> Option<i64> {
    let (length, bytes) = bytes.split_first()?;
    let bytes = bytes.get(..usize::from(*length))?;
    let [year_low, year_high, month, day, time @ ..] = bytes else { return None };
    let year = i32::from(u16::from_le_bytes([*year_low, *year_high]));
    let date = chrono::NaiveDate::from_ymd_opt(year, u32::from(*month), u32::from(*day))?;
    let (clock, fraction) = time.split_at_checked(3).unwrap_or((&[0, 0, 0], &[]));
    let [hour, minute, second] = clock else { return None };
    let fraction = <[u8; 4]>::try_from(fraction).map_or(0, u32::from_le_bytes);
    let time = date.and_hms_micro_opt(u32::from(*hour), u32::from(*minute), u32::from(*second), fraction)?;
    Some(time.and_utc().timestamp_micros())
}

/// A cell as a statement's value. Dates and times are sent as text, which the engine compares and stores as what they are.
pub(super) struct Bind<'c>(pub Cell<'c>);

impl Type<MySql> for Bind<'_> {
    fn type_info() -> MySqlTypeInfo {
        <str as Type<MySql>>::type_info()
    }
}

impl Encode<'_, MySql> for Bind<'_> {
    fn produces(&self) -> Option<MySqlTypeInfo> {
        Some(match &self.0 {
            Cell::Integer(_) => <i64 as Type<MySql>>::type_info(),
            Cell::Flag(_) => <bool as Type<MySql>>::type_info(),
            Cell::Real(_) => <f64 as Type<MySql>>::type_info(),
            _ => Self::type_info(),
        })
    }

    fn encode_by_ref(&self, buffer: &mut Vec<u8>) -> Result<sqlx::encode::IsNull, sqlx::error::BoxDynError> {
        match &self.0 {
            Cell::Integer(number) => <i64 as Encode<MySql>>::encode_by_ref(number, buffer),
            Cell::Real(number) => <f64 as Encode<MySql>>::encode_by_ref(number, buffer),
            Cell::Decimal(number) if number.is_finite() => text(&format!("{number:.3}"), buffer),
            // The engine has no number that is none.
            Cell::Null | Cell::Other(_) | Cell::Decimal(_) => Ok(sqlx::encode::IsNull::Yes),
            Cell::Text(value) => text(value, buffer),
            Cell::Owned(value) => text(value, buffer),
            Cell::Date(days) => text(&date_text(*days), buffer),
            Cell::Naive(micros) | Cell::Instant(micros) => text(&time_text(*micros), buffer),
            Cell::Flag(flag) => <bool as Encode<MySql>>::encode_by_ref(flag, buffer),
        }
    }
}

fn text(value: &str, buffer: &mut Vec<u8>) -> Result<sqlx::encode::IsNull, sqlx::error::BoxDynError> {
    <&str as Encode<MySql>>::encode_by_ref(&value, buffer)
}

/// `2026-11-22 23:00:00.000000`: the engine takes neither the letter between nor the one behind.
fn time_text(micros: i64) -> String {
    instant_text(micros).trim_end_matches('Z').replace('T', " ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimals_without_fraction_are_integers() {
        for (text, expected) in [
            ("12", Some(Cell::Integer(12))),
            ("-12.000", Some(Cell::Integer(-12))),
            ("12.500", Some(Cell::Real(12.5))),
            ("-0.1", Some(Cell::Real(-0.1))),
            ("99999999999999999999", Some(Cell::Real(1e20))),
            ("x", None),
        ] {
            assert_eq!(decimal(text), expected, "{text}");
        }
    }

    #[test]
    fn times_have_as_many_bytes_as_they_need() {
        let day = 20_779 * MICROS_PER_DAY;
        assert_eq!(micros(&[4, 0xEA, 0x07, 11, 22]), Some(day));
        assert_eq!(micros(&[7, 0xEA, 0x07, 11, 22, 1, 0, 0]), Some(day + 3_600_000_000));
        assert_eq!(micros(&[11, 0xEA, 0x07, 11, 22, 1, 0, 0, 5, 0, 0, 0]), Some(day + 3_600_000_005));
        // The 31st of February, which a lenient server keeps, and a value cut short.
        assert_eq!(micros(&[4, 0xEA, 0x07, 2, 31]), None);
        assert_eq!(micros(&[7, 0xEA, 0x07]), None);
    }

    #[test]
    fn times_are_sent_without_letters() {
        assert_eq!(time_text(1_700_000_000_123_456), "2023-11-14 22:13:20.123456");
    }
}
