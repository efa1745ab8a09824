//! Line ends of CSV files, all as line feeds: the reader counts lines by them, and would call the rows of a file from Windows one line too
//! early and those of an old spreadsheet all the first.

use std::io::{self, Read};

/// Where in a CSV file a byte stands, as its reader sees it (RFC 4180; a quote within a field that does not begin with one is a letter).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum At {
    FieldStart,
    Field,
    Quoted,
    /// After a quote in a quoted field: its end, or the first of two.
    QuoteInQuoted,
}

/// Gives what `inner` gives, with `\n` for every `\r\n` and every `\r` that ends a line. In quoted fields all stays as it is.
#[derive(Debug)]
pub(super) struct LineFeeds<R> {
    inner: R,
    at: At,
    /// Whether the last byte was a `\r` that ended a line: a `\n` after it belongs to it.
    after_return: bool,
}

impl<R: Read> LineFeeds<R> {
    pub(super) fn new(inner: R) -> Self {
        Self { inner, at: At::FieldStart, after_return: false }
    }

    /// What is to stand in the place of a byte.
    fn step(&mut self, byte: u8) -> Option<u8> {
        let belongs_to_return = std::mem::take(&mut self.after_return) && byte == b'\n';
        match (self.at, byte) {
            (At::Quoted, b'"') => self.at = At::QuoteInQuoted,
            (At::Quoted, _) => {}
            (At::QuoteInQuoted | At::FieldStart, b'"') => self.at = At::Quoted,
            (_, b',') => self.at = At::FieldStart,
            (_, b'\n') => {
                self.at = At::FieldStart;
                return (!belongs_to_return).then_some(b'\n');
            }
            (_, b'\r') => {
                (self.at, self.after_return) = (At::FieldStart, true);
                return Some(b'\n');
            }
            _ => self.at = At::Field,
        }
        Some(byte)
    }
}

impl<R: Read> Read for LineFeeds<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            let length = self.inner.read(buffer)?;
            let mut kept = 0;
            for index in 0..length {
                if let Some(byte) = self.step(buffer[index]) {
                    buffer[kept] = byte;
                    kept += 1;
                }
            }
            // Nothing at all is only said at the end of the file.
            if kept > 0 || length == 0 {
                return Ok(kept);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn with_line_feeds(text: &[u8], capacity: usize) -> Vec<u8> {
        let mut reader = io::BufReader::with_capacity(capacity, LineFeeds::new(text));
        let mut all = Vec::new();
        reader.read_to_end(&mut all).unwrap();
        all
    }

    #[test]
    fn every_line_ends_with_a_line_feed_and_quoted_fields_stay() {
        for (text, expected) in [
            ("a,b\r\n1,2\r\n", "a,b\n1,2\n"),
            ("a,b\r1,2\r", "a,b\n1,2\n"),
            ("a\n\r\nb\r\r\nc", "a\n\nb\n\nc"),
            ("\"x\r\ny\",\"\"\"\r\"\r\n", "\"x\r\ny\",\"\"\"\r\"\n"),
            ("5\" pipe\r\n\"z\r\"\r\n", "5\" pipe\n\"z\r\"\n"),
            ("\"a\"b\r\nc", "\"a\"b\nc"),
        ] {
            for capacity in 1..9 {
                let found = with_line_feeds(text.as_bytes(), capacity);
                assert_eq!(String::from_utf8(found).unwrap(), expected, "{text:?} by {capacity}");
            }
        }
    }

    proptest! {
        /// The reader sees the same fields, whatever the file.
        #[test]
        fn no_field_changes(text in r#"[ab,"\r\n]{0,40}"#) {
            let fields = |bytes: &[u8]| -> Vec<csv::ByteRecord> {
                let mut reader = csv::ReaderBuilder::new().flexible(true).has_headers(false).from_reader(bytes);
                reader.byte_records().map(Result::unwrap).collect()
            };
            prop_assert_eq!(fields(&with_line_feeds(text.as_bytes(), 7)), fields(text.as_bytes()));
        }
    }
}
