//! Reads a TOML text and reports all its faults at once.
//!
//! serde stops at the first fault. So the key it complains about is blanked out, lines and columns kept, and the text
//! is read again until it is clean.

use std::collections::BTreeSet;
use std::ops::Range;

use chrono::NaiveDate;
use serde::{Deserialize, Deserializer};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::diagnostic::{Diagnostic, allowed_words};

/// More faults than this in one file help nobody.
const MOST_FAULTS: usize = 20;

/// What could be read of a file.
#[derive(Debug)]
pub struct Reading<T> {
    /// The value, without the keys that are wrong; `None` when not even that could be read.
    pub value: Option<T>,
    /// The faults, in the order found.
    pub faults: Vec<Diagnostic>,
    /// The dotted paths of the keys that were left out because they are wrong: they are not also missing.
    pub left_out: BTreeSet<String>,
}

/// A key's date as `2026-11-22`, with or without quotes; for `deserialize_with`, beside `default`.
pub fn date<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<NaiveDate>, D::Error> {
    let written = match toml::Value::deserialize(deserializer)? {
        toml::Value::String(text) => text,
        other => other.to_string(),
    };
    let date = written
        .parse()
        .map_err(|_| serde::de::Error::custom(format_args!("`{written}` is not a date\nwrite it like `2026-11-22`")))?;
    Ok(Some(date))
}

/// Reads `text` with `parse`, which is called again as often as there are faults.
pub fn read<T>(file: &str, text: &str, parse: impl Fn(&str) -> Result<T, toml::de::Error>) -> Reading<T> {
    let mut reading = Reading { value: None, faults: syntax_faults(file, text), left_out: BTreeSet::new() };
    if !reading.faults.is_empty() {
        return reading;
    }
    let mut remaining = text.to_owned();
    while reading.faults.len() < MOST_FAULTS {
        let error = match parse(&remaining) {
            Ok(value) => {
                reading.value = Some(value);
                break;
            }
            Err(error) => error,
        };
        let span = error.span().unwrap_or(0..0);
        let entry = entry_at(&remaining, &span);
        if !is_echo(&error, entry.as_ref(), &reading.left_out) {
            reading.faults.push(fault(file, text, &error, entry.as_ref()));
        }
        let Some(entry) = entry else { break };
        remaining = blank(&remaining, &entry.extent);
        reading.left_out.insert(entry.path);
    }
    reading
}

/// Whether a key is missing only because it was left out for being wrong.
fn is_echo(error: &toml::de::Error, table: Option<&Entry>, left_out: &BTreeSet<String>) -> bool {
    let missing = error.message().strip_prefix("missing field `").and_then(|rest| rest.strip_suffix('`'));
    missing.is_some_and(|key| left_out.contains(&join(table.map_or("", |table| &table.path), key)))
}

/// Every syntax fault, the first of each line: what follows it there is its echo.
fn syntax_faults(file: &str, text: &str) -> Vec<Diagnostic> {
    let (_, errors) = DeTable::parse_recoverable(text);
    let mut faults: Vec<Diagnostic> = Vec::new();
    for error in &errors {
        let span = error.span().unwrap_or(0..0);
        let fault = Diagnostic::at(file, text, span, format!("not valid TOML: {}", error.message()));
        let line = |fault: &Diagnostic| fault.place.as_ref().map(|place| place.line);
        if faults.last().is_none_or(|last| line(last) != line(&fault)) {
            faults.push(fault);
        }
    }
    faults
}

/// A key with its value, or a table with all its keys.
struct Entry {
    path: String,
    /// What a message calls it: the innermost key around the fault, as `` `key` `` or ``an item of `key` ``.
    subject: String,
    extent: Vec<Range<usize>>,
}

/// The smallest entry around `span` that can be left out with the rest of the text staying valid.
fn entry_at(text: &str, span: &Range<usize>) -> Option<Entry> {
    let document = DeTable::parse(text).ok()?;
    entry_in(text, document.get_ref(), span, "")
}

fn entry_in(text: &str, table: &DeTable<'_>, span: &Range<usize>, above: &str) -> Option<Entry> {
    for (key, value) in table {
        let path = join(above, key.get_ref());
        for inner in tables_with_lines_of_their_own(text, value) {
            if let Some(entry) = entry_in(text, inner, span, &path) {
                return Some(entry);
            }
        }
        let whole = key.span().start..value.span().end.max(key.span().end);
        let in_item = items(value).iter().any(|item| contains(&item.span(), span));
        if contains(&whole, span) || contains(&value.span(), span) || in_item {
            let mut extent = Vec::new();
            collect_extent(text, key, value, &mut extent);
            return Some(Entry { path, subject: subject(key.get_ref(), value, span), extent });
        }
    }
    None
}

fn subject(key: &str, value: &Spanned<DeValue<'_>>, span: &Range<usize>) -> String {
    if let DeValue::Table(table) = value.get_ref() {
        let inner = table.iter().find(|(_, value)| contains(&value.span(), span));
        return inner.map_or_else(|| format!("`{key}`"), |(key, value)| subject(key.get_ref(), value, span));
    }
    match items(value).iter().find(|item| contains(&item.span(), span)) {
        Some(item) if matches!(item.get_ref(), DeValue::Table(_)) => subject(key, item, span),
        Some(_) => format!("an item of `{key}`"),
        None => format!("`{key}`"),
    }
}

fn items<'a, 'i>(value: &'a Spanned<DeValue<'i>>) -> &'a [Spanned<DeValue<'i>>] {
    if let DeValue::Array(items) = value.get_ref() { items } else { &[] }
}

fn join(above: &str, key: &str) -> String {
    if above.is_empty() { key.to_owned() } else { format!("{above}.{key}") }
}

fn collect_extent(
    text: &str,
    key: &Spanned<std::borrow::Cow<'_, str>>,
    value: &Spanned<DeValue<'_>>,
    extent: &mut Vec<Range<usize>>,
) {
    let tables = tables_with_lines_of_their_own(text, value);
    if tables.is_empty() {
        extent.push(line_start(text, key.span().start)..value.span().end);
        return;
    }
    extent.push(whole_line(text, key.span().start));
    extent.extend(items(value).iter().map(|item| whole_line(text, item.span().start)));
    for (key, value) in tables.into_iter().flatten() {
        collect_extent(text, key, value, extent);
    }
}

/// `[a]`, `[[a]]` and `a.b = 1` spread a table over lines; `a = { b = 1 }` does not.
fn tables_with_lines_of_their_own<'a, 'i>(text: &str, value: &'a Spanned<DeValue<'i>>) -> Vec<&'a DeTable<'i>> {
    let inline = |value: &Spanned<DeValue<'_>>| text[value.span().start..].starts_with('{');
    match value.get_ref() {
        DeValue::Table(table) if !inline(value) => vec![table],
        DeValue::Array(array) => array
            .iter()
            .filter(|item| !inline(item))
            .filter_map(|item| if let DeValue::Table(table) = item.get_ref() { Some(table) } else { None })
            .collect(),
        _ => Vec::new(),
    }
}

fn blank(text: &str, extent: &[Range<usize>]) -> String {
    let mut bytes = text.as_bytes().to_vec();
    for byte in extent.iter().cloned().flat_map(|range| range.start..range.end.min(text.len())) {
        if bytes[byte] != b'\n' && bytes[byte] != b'\r' {
            bytes[byte] = b' ';
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fn contains(outer: &Range<usize>, inner: &Range<usize>) -> bool {
    outer.start <= inner.start && inner.end <= outer.end
}

fn line_start(text: &str, at: usize) -> usize {
    text[..at].rfind('\n').map_or(0, |newline| newline + 1)
}

fn whole_line(text: &str, at: usize) -> Range<usize> {
    line_start(text, at)..text[at..].find('\n').map_or(text.len(), |newline| at + newline)
}

/// Says in a planner's words what serde said in a programmer's.
fn fault(file: &str, text: &str, error: &toml::de::Error, entry: Option<&Entry>) -> Diagnostic {
    let (message, help) = plain_words(error.message(), entry.map_or("", |entry| entry.subject.as_str()));
    let fault = match (error.span(), entry) {
        (Some(span), Some(_)) => Diagnostic::at(file, text, span, message),
        _ => Diagnostic::in_file(file, message),
    };
    Diagnostic { help, ..fault }
}

fn plain_words(message: &str, subject: &str) -> (String, Option<String>) {
    // Our own checks put the mend on a second line.
    let (message, help) = match message.split_once('\n') {
        Some((message, help)) => (message, Some(help.to_owned())),
        None => (message, None),
    };
    let quoted: Vec<&str> = message.split('`').skip(1).step_by(2).collect();
    if let (true, Some((found, allowed))) = (message.starts_with("unknown field"), quoted.split_first()) {
        return (format!("unknown key `{found}`"), Some(allowed_words(found, allowed)));
    }
    if let (true, Some((found, allowed))) = (message.starts_with("unknown variant"), quoted.split_first()) {
        return (format!("{subject} cannot be `{found}`"), Some(allowed_words(found, allowed)));
    }
    if let (true, Some(missing)) = (message.starts_with("missing field"), quoted.first()) {
        return (format!("missing key `{missing}`"), help);
    }
    let mismatch = message.strip_prefix("invalid type: ").or_else(|| message.strip_prefix("invalid value: "));
    if let Some((found, expected)) = mismatch.and_then(|mismatch| mismatch.rsplit_once(", expected ")) {
        let number = found.strip_prefix("string \"").and_then(|text| text.strip_suffix('"'));
        let number = number.filter(|number| is_number(expected) && number.parse::<f64>().is_ok());
        let help = number.map(|number| format!("write it without quotes: `{number}`"));
        return (format!("{subject} must be {}, found {}", plain_type(expected), plain_value(found)), help);
    }
    (if subject.is_empty() { message.to_owned() } else { format!("{subject}: {message}") }, help)
}

fn is_number(expected: &str) -> bool {
    matches!(plain_type(expected).split_whitespace().nth(1), Some("number" | "whole"))
}

fn plain_type(expected: &str) -> String {
    match expected {
        "f32" | "f64" => "a number",
        "i8" | "i16" | "i32" | "i64" | "i128" | "isize" => "a whole number",
        "u8" | "u16" | "u32" | "u64" | "u128" | "usize" => "a whole number from 0 on",
        "a boolean" => "true or false",
        "a string" => "a text in quotes",
        "a sequence" => "a list",
        _ if expected.starts_with("struct ") || expected == "a map" => "a table",
        other => other,
    }
    .to_owned()
}

fn plain_value(found: &str) -> String {
    let quoted = found.split('`').nth(1);
    match (found.split_whitespace().next(), quoted) {
        (Some("integer" | "floating" | "boolean"), Some(value)) => format!("`{value}`"),
        (Some("string"), _) => format!("the text {}", found.trim_start_matches("string ")),
        (Some("sequence"), _) => "a list".to_owned(),
        (Some("map"), _) => "a table".to_owned(),
        _ => found.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;
    use crate::diagnostic::Diagnostics;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Sample {
        count: Option<u32>,
        share: Option<f64>,
        inner: Option<Inner>,
        #[serde(default)]
        many: Vec<Inner>,
    }

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Inner {
        on: bool,
    }

    fn sample(text: &str) -> (Reading<Sample>, String) {
        let reading = read("x.toml", text, |text| toml::from_str::<Sample>(text));
        let rendered = Diagnostics::new(reading.faults.clone()).to_string();
        (reading, rendered)
    }

    #[test]
    fn every_fault_of_a_text_is_reported_and_the_rest_is_read() {
        let (reading, rendered) = sample(
            "count = -3\nshare = \"0.5\"\nshar = [\n  1,\n]\n\n[iner]\na = 1\nb = \"\"\"\n[x]\n\"\"\"\n\n[inner]\non = true\n",
        );
        insta::assert_snapshot!(rendered, @r#"
        error: `count` must be a whole number from 0 on, found `-3`
          --> x.toml:1:9
          |
        1 | count = -3
          |         ^^

        error: `share` must be a number, found the text "0.5"
          --> x.toml:2:9
          |
        2 | share = "0.5"
          |         ^^^^^
          = help: write it without quotes: `0.5`

        error: unknown key `shar`
          --> x.toml:3:1
          |
        3 | shar = [
          | ^^^^
          = help: did you mean `share`? allowed here: count, share, inner, many

        error: unknown key `iner`
          --> x.toml:7:2
          |
        7 | [iner]
          |  ^^^^
          = help: did you mean `inner`? allowed here: count, share, inner, many
        "#);
        let value = reading.value.unwrap();
        assert!(value.count.is_none() && value.share.is_none() && value.many.is_empty());
        assert!(value.inner.unwrap().on);
    }

    #[test]
    fn faults_in_inline_dotted_and_repeated_tables_are_left_out_whole() {
        let (reading, rendered) =
            sample("inner = { on = 3, of = 1 }\nwhat.is.this = 2\n[[many]]\non = true\n[[many]]\non = 1\n");
        insta::assert_snapshot!(rendered, @r"
        error: unknown key `of`
          --> x.toml:1:19
          |
        1 | inner = { on = 3, of = 1 }
          |                   ^^
          = help: did you mean `on`? allowed here: on

        error: unknown key `what`
          --> x.toml:2:1
          |
        2 | what.is.this = 2
          | ^^^^
          = help: allowed here: count, share, inner, many

        error: `on` must be true or false, found `1`
          --> x.toml:6:6
          |
        6 | on = 1
          |      ^
        ");
        assert!(reading.value.unwrap().many.is_empty());
    }

    #[test]
    fn all_syntax_faults_come_at_once() {
        let (_, rendered) = sample("count = \nshare = 0.5\n[inner\non = true\n");
        insta::assert_snapshot!(rendered, @r"
        error: not valid TOML: string values must be quoted, expected literal string
          --> x.toml:1:9
          |
        1 | count = 
          |         ^

        error: not valid TOML: unclosed table, expected `]`
          --> x.toml:3:7
          |
        3 | [inner
          |       ^
        ");
    }
}
