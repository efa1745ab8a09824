//! PostgreSQL's binary forms: cells out of results, and the stream of `COPY ... (FORMAT BINARY)`.
//!
//! Layouts: <https://www.postgresql.org/docs/current/sql-copy.html> (file format) and the send functions of each type
//! (`numeric_send`: count, weight, sign, scale, then digits in base 10,000).

use sqlx::postgres::{PgTypeInfo, PgTypeKind, PgValueFormat, PgValueRef};
use sqlx::{TypeInfo as _, ValueRef as _};

use super::Cell;

/// Object ids of built-in types, fixed by PostgreSQL (`pg_type.dat`).
pub(super) mod oid {
    pub const BOOL: u32 = 16;
    pub const NAME: u32 = 19;
    pub const INT8: u32 = 20;
    pub const INT2: u32 = 21;
    pub const INT4: u32 = 23;
    pub const TEXT: u32 = 25;
    pub const FLOAT4: u32 = 700;
    pub const FLOAT8: u32 = 701;
    pub const UNKNOWN: u32 = 705;
    pub const BPCHAR: u32 = 1042;
    pub const VARCHAR: u32 = 1043;
    pub const DATE: u32 = 1082;
    pub const TIMESTAMP: u32 = 1114;
    pub const TIMESTAMPTZ: u32 = 1184;
    pub const NUMERIC: u32 = 1700;
    pub const UUID: u32 = 2950;
}

/// Days from 1970-01-01 to 2000-01-01, where PostgreSQL counts from.
const EPOCH_DAYS: i32 = 10_957;
const EPOCH_MICROS: i64 = EPOCH_DAYS as i64 * 86_400_000_000;

/// How the cells of one result column are read.
pub(super) struct ColumnDecoder {
    oid: u32,
    type_name: String,
}

impl ColumnDecoder {
    /// The decoder for a column's type.
    pub fn of(info: &PgTypeInfo) -> Self {
        let is_text = matches!(info.kind(), PgTypeKind::Enum(_)) || info.name().eq_ignore_ascii_case("citext");
        let oid = if is_text { oid::TEXT } else { info.oid().map_or(0, |oid| oid.0) };
        Self { oid, type_name: info.name().to_owned() }
    }

    /// The cell of a value.
    pub fn cell<'r>(&self, value: &PgValueRef<'r>) -> Cell<'r> {
        if value.is_null() {
            return Cell::Null;
        }
        let decoded = match value.as_bytes() {
            Ok(bytes) if value.format() == PgValueFormat::Binary => self.decode(bytes),
            _ => None,
        };
        decoded.unwrap_or_else(|| Cell::Other(self.type_name.clone()))
    }

    fn decode<'r>(&self, bytes: &'r [u8]) -> Option<Cell<'r>> {
        Some(match self.oid {
            oid::BOOL => Cell::Flag(*bytes.first()? != 0),
            oid::INT2 => Cell::Integer(i64::from(i16::from_be_bytes(bytes.try_into().ok()?))),
            oid::INT4 => Cell::Integer(i64::from(i32::from_be_bytes(bytes.try_into().ok()?))),
            oid::INT8 => Cell::Integer(i64::from_be_bytes(bytes.try_into().ok()?)),
            oid::FLOAT4 => Cell::Real(f64::from(f32::from_be_bytes(bytes.try_into().ok()?))),
            oid::FLOAT8 => Cell::Real(f64::from_be_bytes(bytes.try_into().ok()?)),
            oid::TEXT | oid::VARCHAR | oid::NAME | oid::UNKNOWN => Cell::Text(std::str::from_utf8(bytes).ok()?),
            // CHAR(n) is padded with blanks that mean nothing.
            oid::BPCHAR => Cell::Text(std::str::from_utf8(bytes).ok()?.trim_end_matches(' ')),
            oid::DATE => Cell::Date(finite_days(i32::from_be_bytes(bytes.try_into().ok()?))?),
            oid::TIMESTAMP => Cell::Naive(finite_micros(i64::from_be_bytes(bytes.try_into().ok()?))?),
            oid::TIMESTAMPTZ => Cell::Instant(finite_micros(i64::from_be_bytes(bytes.try_into().ok()?))?),
            oid::NUMERIC => numeric(bytes)?,
            oid::UUID => Cell::Owned(uuid(bytes)),
            _ => return None,
        })
    }
}

/// `None` for `infinity` and `-infinity`.
fn finite_days(days: i32) -> Option<i32> {
    if days == i32::MAX || days == i32::MIN { None } else { days.checked_add(EPOCH_DAYS) }
}

fn finite_micros(micros: i64) -> Option<i64> {
    if micros == i64::MAX || micros == i64::MIN { None } else { micros.checked_add(EPOCH_MICROS) }
}

/// A decimal number: an integer where it has no fraction and fits, else the nearest float; `None` for NaN.
fn numeric(bytes: &[u8]) -> Option<Cell<'static>> {
    let word = |at: usize| Some(u16::from_be_bytes(bytes.get(2 * at..2 * at + 2)?.try_into().ok()?));
    let (count, weight, sign) = (usize::from(word(0)?), i64::from(word(1)?.cast_signed()), word(2)?);
    let negative = match sign {
        0 => false,
        0x4000 => true,
        _ => return None,
    };
    let digits = (0..count).map(|at| word(4 + at)).collect::<Option<Vec<u16>>>()?;
    let whole_digits = usize::try_from(weight + 1).unwrap_or(0);
    let has_fraction = digits.iter().skip(whole_digits).any(|&digit| digit != 0);
    if !has_fraction {
        let whole = (0..whole_digits).try_fold(0i64, |sum, at| {
            let digit = digits.get(at).copied().unwrap_or(0);
            sum.checked_mul(10_000)?.checked_sub(i64::from(digit))
        });
        // Summed up below zero, where there is room for one number more.
        if let Some(whole) = whole.and_then(|whole| if negative { Some(whole) } else { whole.checked_neg() }) {
            return Some(Cell::Integer(whole));
        }
    }
    let digits = digits.iter().map(|digit| format!("{digit:04}")).collect::<Vec<_>>().concat();
    let exponent = 4 * (weight + 1 - count as i64);
    let text =
        format!("{}{}e{exponent}", if negative { "-" } else { "" }, if digits.is_empty() { "0" } else { &digits });
    text.parse().ok().map(Cell::Real)
}

/// A number to the thousandth as `numeric_recv` reads it; one that is not finite is NaN there too.
fn numeric_bytes(number: f64) -> Vec<u8> {
    const PER_UNIT: u64 = 1_000;
    const DECIMALS: u16 = 3;
    let words = |weight: i16, sign: u16, digits: &[u16]| -> Vec<u8> {
        let head = [digits.len() as u16, weight.cast_unsigned(), sign, DECIMALS];
        head.iter().chain(digits).flat_map(|word| word.to_be_bytes()).collect()
    };
    if !number.is_finite() {
        return words(0, 0xC000, &[]);
    }
    let thousandths = (number.abs() * PER_UNIT as f64).round() as u64;
    // Groups of four digits; the one behind the point has a place more than we send.
    let (mut whole, mut digits) = (thousandths / PER_UNIT, vec![(thousandths % PER_UNIT * 10) as u16]);
    while whole > 0 {
        digits.insert(0, (whole % 10_000) as u16);
        whole /= 10_000;
    }
    let weight = digits.len() as i16 - 2;
    while digits.last() == Some(&0) {
        digits.pop();
    }
    let sign = if number < 0.0 && thousandths > 0 { 0x4000 } else { 0 };
    words(if digits.is_empty() { 0 } else { weight }, sign, &digits)
}

fn uuid(bytes: &[u8]) -> String {
    let hex: Vec<String> = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    let part = |from: usize, to: usize| hex.get(from..to).unwrap_or_default().concat();
    [part(0, 4), part(4, 6), part(6, 8), part(8, 10), part(10, 16)].join("-")
}

pub(super) fn date_bytes(days: i32) -> [u8; 4] {
    days.saturating_sub(EPOCH_DAYS).to_be_bytes()
}

pub(super) fn instant_bytes(micros: i64) -> [u8; 8] {
    micros.saturating_sub(EPOCH_MICROS).to_be_bytes()
}

/// The bytes of a binary `COPY`, handed out in pieces.
pub(super) struct CopyBuffer {
    bytes: Vec<u8>,
}

impl CopyBuffer {
    /// Begins with the signature, no flags, no extension.
    pub fn new(capacity: usize) -> Self {
        let mut bytes = Vec::with_capacity(capacity + (capacity >> 3));
        bytes.extend_from_slice(b"PGCOPY\n\xff\r\n\0");
        bytes.extend_from_slice(&[0; 8]);
        Self { bytes }
    }

    pub fn len(&self) -> usize {
        self.bytes.len()
    }

    pub fn begin_row(&mut self, columns: usize) {
        self.bytes.extend_from_slice(&(columns as i16).to_be_bytes());
    }

    pub fn push(&mut self, cell: &Cell<'_>) {
        match cell {
            Cell::Null | Cell::Other(_) => self.bytes.extend_from_slice(&(-1i32).to_be_bytes()),
            Cell::Integer(number) => self.field(&number.to_be_bytes()),
            Cell::Real(number) => self.field(&number.to_be_bytes()),
            Cell::Decimal(number) => self.field(&numeric_bytes(*number)),
            Cell::Text(text) => self.field(text.as_bytes()),
            Cell::Owned(text) => self.field(text.as_bytes()),
            Cell::Date(days) => self.field(&date_bytes(*days)),
            Cell::Naive(micros) | Cell::Instant(micros) => self.field(&instant_bytes(*micros)),
            Cell::Flag(flag) => self.field(&[u8::from(*flag)]),
        }
    }

    fn field(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(&(bytes.len() as i32).to_be_bytes());
        self.bytes.extend_from_slice(bytes);
    }

    /// What has gathered, leaving an empty buffer of the same size.
    pub fn take(&mut self) -> Vec<u8> {
        let capacity = self.bytes.capacity();
        std::mem::replace(&mut self.bytes, Vec::with_capacity(capacity))
    }

    /// The rest, with the trailer.
    pub fn finish(mut self) -> Vec<u8> {
        self.bytes.extend_from_slice(&(-1i16).to_be_bytes());
        self.bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sent(weight: i16, sign: u16, digits: &[u16]) -> Vec<u8> {
        let mut words = vec![digits.len() as u16, weight.cast_unsigned(), sign, 0];
        words.extend_from_slice(digits);
        words.iter().flat_map(|word| word.to_be_bytes()).collect()
    }

    #[test]
    fn numerics_without_fraction_are_integers() {
        for (weight, sign, digits, expected) in [
            (0, 0, &[][..], Cell::Integer(0)),
            (1, 0, &[1, 2345][..], Cell::Integer(12_345)),
            (1, 0x4000, &[3][..], Cell::Integer(-30_000)),
            (0, 0, &[12, 5000][..], Cell::Real(12.5)),
            (-1, 0x4000, &[1000][..], Cell::Real(-0.1)),
        ] {
            assert_eq!(numeric(&sent(weight, sign, digits)), Some(expected));
        }
        assert_eq!(numeric(&sent(0, 0xC000, &[])), None);
    }

    #[test]
    fn decimals_are_sent_as_they_are_read() {
        for number in [0.0, 0.001, 0.1, 2.128, 1050.612, 9_999.999, 10_000.0, 123_456_789.5, 123_456_789_012.345] {
            for number in [number, -number] {
                let read = match numeric(&numeric_bytes(number)) {
                    Some(Cell::Integer(whole)) => whole as f64,
                    Some(Cell::Real(read)) => read,
                    other => panic!("{number}: {other:?}"),
                };
                assert_eq!(read, number);
            }
        }
        assert_eq!(numeric_bytes(1.5), [0, 2, 0, 0, 0, 0, 0, 3, 0, 1, 0x13, 0x88], "1 and 5000");
        assert_eq!(numeric_bytes(-0.0001), [0, 0, 0, 0, 0, 0, 0, 3]);
        assert_eq!(numeric(&numeric_bytes(f64::NAN)), None);
    }
}
