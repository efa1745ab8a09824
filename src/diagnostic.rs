//! What is wrong in a project's files: every fault at once, each with its file, line, column and caret.

use std::fmt;
use std::ops::Range;

use serde::Serialize;

/// Whether a fault stops the program.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// Nothing runs until it is mended.
    Error,
    /// Probably not what was meant.
    Warning,
}

/// One fault in one file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Diagnostic {
    /// Whether it stops the program.
    pub severity: Severity,
    /// The file, relative to the project's folder, with `/` between folders.
    pub file: String,
    /// Where in the file; `None` when the fault is the file itself or something absent from it.
    #[serde(flatten)]
    pub place: Option<Place>,
    /// What was found and what is wrong with it; lower case, no final period.
    pub message: String,
    /// What is allowed, or how to mend it.
    pub help: Option<String>,
}

/// A stretch of one line of a file.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Place {
    /// The line, from 1.
    pub line: usize,
    /// The column in characters, from 1.
    pub column: usize,
    /// How many characters are meant, at least 1.
    pub width: usize,
    /// The whole line, with passwords in URLs masked.
    pub source: String,
}

impl Diagnostic {
    /// An error about a file as a whole.
    pub fn in_file(file: &str, message: impl Into<String>) -> Self {
        Self { severity: Severity::Error, file: file.to_owned(), place: None, message: message.into(), help: None }
    }

    /// An error about the bytes `span` of `text`, which is what `file` holds.
    pub fn at(file: &str, text: &str, span: Range<usize>, message: impl Into<String>) -> Self {
        Self { place: Some(Place::of(text, &span)), ..Self::in_file(file, message) }
    }

    /// The same with a line of help.
    #[must_use]
    pub fn with_help(self, help: impl Into<String>) -> Self {
        Self { help: Some(help.into()), ..self }
    }

    /// The same as a warning.
    #[must_use]
    pub fn as_warning(self) -> Self {
        Self { severity: Severity::Warning, ..self }
    }
}

impl Place {
    fn of(text: &str, span: &Range<usize>) -> Self {
        let start = floor_boundary(text, span.start);
        let line_start = text[..start].rfind('\n').map_or(0, |at| at + 1);
        let line_end = text[start..].find('\n').map_or(text.len(), |at| start + at);
        let line_end = line_start + text[line_start..line_end].trim_end_matches('\r').len();
        let start = start.min(line_end);
        let end = floor_boundary(text, span.end).clamp(start, line_end);
        Self {
            line: text[..line_start].matches('\n').count() + 1,
            column: text[line_start..start].chars().count() + 1,
            width: text[start..end].chars().count().max(1),
            source: crate::secrets::masked(&text[line_start..line_end]),
        }
    }
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let severity = match self.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
        };
        writeln!(formatter, "{severity}: {}", self.message)?;
        let Some(place) = &self.place else {
            write!(formatter, "  --> {}", self.file)?;
            return self.help.as_ref().map_or(Ok(()), |help| write!(formatter, "\n   = help: {help}"));
        };
        let gutter = " ".repeat(place.line.to_string().len());
        // Tabs stay tabs below the line, so that the carets stand where the terminal puts the text.
        let indent: String =
            place.source.chars().take(place.column - 1).map(|c| if c == '\t' { '\t' } else { ' ' }).collect();
        writeln!(formatter, "{gutter} --> {}:{}:{}", self.file, place.line, place.column)?;
        writeln!(formatter, "{gutter} |")?;
        writeln!(formatter, "{} | {}", place.line, place.source)?;
        write!(formatter, "{gutter} | {indent}{}", "^".repeat(place.width))?;
        self.help.as_ref().map_or(Ok(()), |help| write!(formatter, "\n{gutter} = help: {help}"))
    }
}

/// Faults of several files, sorted by file and line.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Diagnostics(Vec<Diagnostic>);

impl Diagnostics {
    /// Sorts the faults by file, place and message.
    pub fn new(mut faults: Vec<Diagnostic>) -> Self {
        faults.sort_by(|a, b| (&a.file, &a.place, &a.message).cmp(&(&b.file, &b.place, &b.message)));
        Self(faults)
    }

    /// The faults, sorted.
    pub fn iter(&self) -> std::slice::Iter<'_, Diagnostic> {
        self.0.iter()
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether one of them stops the program.
    pub fn has_errors(&self) -> bool {
        self.0.iter().any(|fault| fault.severity == Severity::Error)
    }
}

impl<'a> IntoIterator for &'a Diagnostics {
    type Item = &'a Diagnostic;
    type IntoIter = std::slice::Iter<'a, Diagnostic>;
    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl fmt::Display for Diagnostics {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, fault) in self.0.iter().enumerate() {
            if index > 0 {
                formatter.write_str("\n\n")?;
            }
            fault.fmt(formatter)?;
        }
        Ok(())
    }
}

impl std::error::Error for Diagnostics {}

/// The allowed word nearest to `found` in Damerau-Levenshtein distance, if it is near enough to be a slip of the pen:
/// at most a third of the letters differ.
pub fn did_you_mean<'a>(found: &str, allowed: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let slips = (found.chars().count() / 3).max(1);
    allowed
        .into_iter()
        .map(|word| (strsim::damerau_levenshtein(&found.to_lowercase(), &word.to_lowercase()), word))
        .filter(|(distance, _)| *distance <= slips)
        .min()
        .map(|(_, word)| word)
}

/// The help line for an unknown word: the nearest allowed one, then all of them.
pub fn allowed_words(found: &str, allowed: &[&str]) -> String {
    if allowed.is_empty() {
        return "nothing is allowed here".to_owned();
    }
    let list = format!("allowed here: {}", allowed.join(", "));
    match did_you_mean(found, allowed.iter().copied()) {
        Some(near) => format!("did you mean `{near}`? {list}"),
        None => list,
    }
}

fn floor_boundary(text: &str, at: usize) -> usize {
    let mut at = at.min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_is_drawn_with_its_line_and_carets() {
        let text = "kind = \"inventory_plan\"\n\n[params]\nservce_level = 0.95\n";
        let at = text.find("servce").unwrap();
        let fault = Diagnostic::at("jobs/inventory_plan.toml", text, at..at + 12, "unknown key `servce_level`")
            .with_help(allowed_words("servce_level", &["horizon_days", "service_level"]));
        insta::assert_snapshot!(fault, @r"
        error: unknown key `servce_level`
          --> jobs/inventory_plan.toml:4:1
          |
        4 | servce_level = 0.95
          | ^^^^^^^^^^^^
          = help: did you mean `service_level`? allowed here: horizon_days, service_level
        ");
    }

    #[test]
    fn the_json_form_carries_line_and_column() {
        let fault = Diagnostic::at("nightclerk.toml", "seed = x\n", 7..8, "not a value");
        let json = serde_json::to_string(&Diagnostics::new(vec![fault])).unwrap();
        insta::assert_snapshot!(json, @r#"[{"severity":"error","file":"nightclerk.toml","line":1,"column":8,"width":1,"source":"seed = x","message":"not a value","help":null}]"#);
    }

    #[test]
    fn faults_are_sorted_by_file_and_line() {
        let at = |file: &str, line: usize| Diagnostic::at(file, "\n\n\n\n", line..line, "x");
        let sorted = Diagnostics::new(vec![at("b", 0), at("a", 2), Diagnostic::in_file("a", "y"), at("a", 1)]);
        let order: Vec<_> =
            sorted.iter().map(|fault| (fault.file.as_str(), fault.place.as_ref().map(|place| place.line))).collect();
        assert_eq!(order, [("a", None), ("a", Some(2)), ("a", Some(3)), ("b", Some(1))]);
    }

    #[test]
    fn columns_count_characters_and_spans_are_clipped_to_their_line() {
        let text = "näme = [\n1,\n]\n";
        let place = Place::of(text, &(text.find('[').unwrap()..text.len()));
        assert_eq!((place.line, place.column, place.width), (1, 8, 1));
        let end = Place::of(text, &(text.len()..text.len() + 5));
        assert_eq!((end.line, end.column, end.width), (4, 1, 1));
    }

    #[test]
    fn only_a_near_word_is_suggested() {
        assert_eq!(did_you_mean("inventry_plan", ["basket_rules", "inventory_plan"]), Some("inventory_plan"));
        assert_eq!(did_you_mean("Europe/berlin", ["Europe/Berlin"]), Some("Europe/Berlin"));
        assert_eq!(did_you_mean("weather", ["basket_rules", "inventory_plan"]), None);
    }
}
