//! What a kind remembers from one night to the next.
//!
//! It saves work, but it is an input too: a night that carries on and one that reads everything may differ where older rows were
//! corrected in between. So it says of which nights it is, the run notes it among its inputs
//! ([`Source::remembered`](crate::datasets::Source::remembered)), and the ledger keeps that with what was published.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::day::Day;
use crate::quantities::{Count, Days};

/// Something that can be remembered.
pub trait Memorable: Serialize + DeserializeOwned {
    /// The layout of its bytes; one of another layout is not read. Another number whenever a field is added, removed, or means
    /// something else.
    const FORMAT: u8;
}

/// What a night left, and the nights it rests on. The runner hands it out only to a run of the same configuration.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Remembered<T> {
    /// The as-of day of the night that left it.
    pub as_of: Day,
    /// The as-of day of the last night that read everything.
    pub complete_on: Day,
    /// What it left.
    pub content: T,
}

/// How far a kind trusts what it remembers.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct MemoryTerms {
    /// So many of the newest days are read again each night; a memory that is older than that leaves a gap.
    pub reread_days: Days,
    /// Everything is read again after so many days.
    pub complete_read_days: Days,
    /// From so many rows on remembering them is worth it.
    pub from_rows: Count,
}

impl MemoryTerms {
    /// Whether so many rows are worth remembering.
    pub fn is_worth(&self, rows: u64) -> bool {
        rows >= u64::from(self.from_rows.get())
    }
}

impl<T: Memorable> Remembered<T> {
    /// Bytes for the next night, of which the content is borrowed.
    ///
    /// # Errors
    /// When something in the content cannot be encoded, such as a map of unknown length.
    pub fn encode(as_of: Day, complete_on: Day, content: &T) -> Result<Vec<u8>, postcard::Error> {
        postcard::to_extend(&Remembered { as_of, complete_on, content }, vec![T::FORMAT])
    }

    /// What [`Remembered::encode`] made; `None` when the bytes are of another layout, or anything else.
    pub fn decode(bytes: &[u8]) -> Option<Self> {
        let (format, rest) = bytes.split_first()?;
        (*format == T::FORMAT).then(|| postcard::from_bytes(rest).ok())?
    }
}

impl<T> Remembered<T> {
    /// Whether a night may begin with it: it comes from a night shortly before, and a complete read is not due.
    pub fn serves(&self, as_of: Day, terms: MemoryTerms) -> bool {
        (1..=days(terms.reread_days)).contains(&(as_of - self.as_of))
            && as_of - self.complete_on < days(terms.complete_read_days)
    }

    /// The first day that is read again.
    pub fn reread_from(&self, terms: MemoryTerms) -> Day {
        self.as_of + 1 - days(terms.reread_days)
    }
}

fn days(days: Days) -> i32 {
    days.get().cast_signed()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
    struct Counts(Vec<u64>);

    impl Memorable for Counts {
        const FORMAT: u8 = 3;
    }

    /// The same bytes, understood otherwise.
    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct LaterCounts(Vec<u64>);

    impl Memorable for LaterCounts {
        const FORMAT: u8 = 4;
    }

    const TERMS: MemoryTerms = MemoryTerms {
        reread_days: Days::literal(3),
        complete_read_days: Days::literal(7),
        from_rows: Count::literal(1000),
    };

    fn remembered(as_of: i32, complete_on: i32) -> Remembered<Counts> {
        let (as_of, complete_on) = (Day::from_number(as_of), Day::from_number(complete_on));
        Remembered { as_of, complete_on, content: Counts(vec![1, 200, 70_000]) }
    }

    #[test]
    fn what_is_encoded_is_decoded_and_another_layout_is_not_read() {
        let known = remembered(100, 98);
        let bytes = Remembered::encode(known.as_of, known.complete_on, &known.content).unwrap();
        assert_eq!(Remembered::decode(&bytes), Some(known));
        assert_eq!(Remembered::<LaterCounts>::decode(&bytes), None);
        assert_eq!(Remembered::<Counts>::decode(&bytes[..bytes.len() - 1]), None);
        assert_eq!(Remembered::<Counts>::decode(&[]), None);
    }

    #[test]
    fn a_memory_serves_the_nights_shortly_after_until_everything_is_due() {
        let serves = |memory: Remembered<Counts>| {
            (99..109).filter(|day| memory.serves(Day::from_number(*day), TERMS)).collect::<Vec<_>>()
        };
        assert_eq!(serves(remembered(100, 100)), [101, 102, 103]);
        assert_eq!(serves(remembered(100, 95)), [101], "the seventh day after the complete read reads everything");
        assert!(serves(remembered(100, 94)).is_empty());
    }

    #[test]
    fn the_newest_days_are_read_again() {
        assert_eq!(remembered(100, 100).reread_from(TERMS), Day::from_number(98));
        assert!(TERMS.is_worth(1000) && !TERMS.is_worth(999));
    }
}
