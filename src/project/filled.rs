//! Texts of `nightclerk.toml` with their `${VARIABLES}` filled in, and where in the file a fault lies.

use std::ops::Range;

use toml::Spanned;

use super::environment::{Environment, ExpandError, expand};
use crate::diagnostic::Diagnostic;

/// Fills in the variables of one file.
pub(super) struct Filler<'a> {
    /// The file's name.
    pub(super) file: &'static str,
    /// What is in it.
    pub(super) text: &'a str,
    /// Where the variables are.
    pub(super) environment: &'a dyn Environment,
}

impl Filler<'_> {
    /// A fault at the bytes `span` of the file.
    pub(super) fn fault(&self, span: Range<usize>, message: impl Into<String>) -> Diagnostic {
        Diagnostic::at(self.file, self.text, span, message)
    }

    /// The text with its variables' values; none where one is missing, which is a fault.
    pub(super) fn fill_in(&self, template: &Spanned<String>, faults: &mut Vec<Diagnostic>) -> Option<String> {
        let errors = match expand(template.get_ref(), self.environment) {
            Ok(filled) => return Some(filled),
            Err(errors) => errors,
        };
        for error in errors {
            let (found, message, help) = match &error {
                ExpandError::Unset { name } => (
                    format!("${{{name}}}"),
                    format!("environment variable `{name}` is not set or empty"),
                    format!("set it where nightclerk runs: `export {name}=...`"),
                ),
                ExpandError::Malformed => (
                    "${".to_owned(),
                    "`${` is not followed by the name of a variable and `}`".to_owned(),
                    "write `${NAME}`".to_owned(),
                ),
            };
            let whole = template.span();
            let span = self.text[whole.clone()]
                .find(&found)
                .map_or(whole.clone(), |at| whole.start + at..whole.start + at + found.len());
            faults.push(self.fault(span, message).with_help(help));
        }
        None
    }
}
