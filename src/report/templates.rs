//! The page templates: each that ships with the program is replaceable by a file of the same name in the project's `reports/`.

use std::collections::BTreeMap;

use minijinja::syntax::SyntaxConfig;
use minijinja::{Environment, UndefinedBehavior, Value};

use super::ReportError;

/// Parsed templates, ready to render.
#[derive(Clone, Debug)]
pub struct Templates {
    environment: Environment<'static>,
}

impl Templates {
    /// The templates that ship with the program, by file name, with the user's files in place of, or beside, them.
    ///
    /// `overrides` maps file names in the project's `reports/` folder to their text. A new name is either the template
    /// of a new kind or a part that another file includes.
    ///
    /// # Errors
    /// [`ReportError::Template`] for the first file that does not parse, ours before the user's.
    pub fn new(
        shipped: &BTreeMap<&'static str, &'static str>,
        overrides: &BTreeMap<String, String>,
    ) -> Result<Self, ReportError> {
        let mut environment = empty_environment();
        for (&name, &text) in shipped {
            environment.add_template(name, text).map_err(|error| template_error(name, &error))?;
        }
        for (name, text) in overrides {
            environment.add_template_owned(name.clone(), text.clone()).map_err(|error| template_error(name, &error))?;
        }
        Ok(Self { environment })
    }

    /// The template of a kind, or the layout when the kind has none.
    pub(super) fn for_kind(&self, kind: &str) -> String {
        let name = format!("{kind}.html.j2");
        if self.environment.get_template(&name).is_ok() { name } else { "layout.html.j2".to_owned() }
    }

    /// Renders one template.
    pub(super) fn render(&self, name: &str, context: Value) -> Result<String, ReportError> {
        self.environment
            .get_template(name)
            .and_then(|template| template.render(context))
            .map_err(|error| template_error(name, &error))
    }
}

/// How many steps the rendering of a page may take.
const FUEL: u64 = 30_000_000;

fn empty_environment() -> Environment<'static> {
    let mut environment = Environment::new();
    // Lines that hold only a tag leave no blank line behind; should the builder refuse, the pages are merely longer.
    if let Ok(syntax) = SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).build() {
        environment.set_syntax(syntax);
    }
    // A page of ten thousand rows takes some two million steps; a template that loops for ever is an error, and not a night.
    environment.set_fuel(Some(FUEL));
    // A misspelt name in a user's template must be an error, not a hole in the page.
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    // Without it only builds with debug assertions say which name it is that is undefined. It costs where a template fails.
    environment.set_debug(true);
    environment
}

/// The innermost template error: in an included or extended file, that file's name and line.
fn template_error(asked: &str, error: &minijinja::Error) -> ReportError {
    let mut innermost = error;
    let mut source = std::error::Error::source(error);
    while let Some(cause) = source {
        if let Some(inner) = cause.downcast_ref::<minijinja::Error>() {
            innermost = inner;
        }
        source = cause.source();
    }
    let message = innermost.detail().map_or_else(|| innermost.kind().to_string(), str::to_owned);
    ReportError::Template {
        file: innermost.name().or(error.name()).unwrap_or(asked).to_owned(),
        line: innermost.line().or(error.line()).unwrap_or(0),
        message,
    }
}
