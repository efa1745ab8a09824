//! A kind of job as one value: what it reads, writes and explains, its files, and how to read its parameters.

use std::fmt;
use std::sync::Arc;

use serde::Deserialize;

use crate::datasets::Dataset;
use crate::decidable::Decidable;
use crate::explain::Explanation;
use crate::job::{AnyJob, Job};
use crate::published::Table;

/// Files of a project: path in its folder and text.
pub type Files = &'static [(&'static str, &'static str)];

/// A kind of job.
#[derive(Clone, Copy)]
pub struct Kind {
    /// See [`Job::KIND`].
    pub name: &'static str,
    /// See [`Job::DECIDES`].
    pub decides: &'static str,
    /// See [`Job::NEEDS`].
    pub needs: &'static [&'static Dataset],
    /// See [`Job::USES`].
    pub uses: &'static [&'static Dataset],
    /// See [`Job::PUBLISHES`].
    pub publishes: &'static [&'static Table],
    /// See [`Job::EXPLAINS`].
    pub explains: Option<&'static Explanation>,
    /// See [`Job::DECIDES_ON`].
    pub decides_on: Option<&'static Decidable>,
    /// The files among which its own are.
    pub(crate) files: Files,
    parse: fn(&str) -> Result<Arc<dyn AnyJob>, toml::de::Error>,
}

impl Kind {
    /// The kind that `J` implements, with its files among these: `jobs/KIND.toml`, `reports/KIND.html.j2`, and the audits whose
    /// head names one of its tables.
    pub const fn of<J: Job>(files: Files) -> Self {
        Self {
            name: J::KIND,
            decides: J::DECIDES,
            needs: J::NEEDS,
            uses: J::USES,
            publishes: J::PUBLISHES,
            explains: J::EXPLAINS,
            decides_on: J::DECIDES_ON,
            files,
            parse: parse_params::<J>,
        }
    }

    /// Reads the `[params]` table of a job file's whole text, so that errors keep their line. Without the table every
    /// parameter has its default.
    ///
    /// # Errors
    /// An unknown key, a wrong type or a value out of range.
    pub fn parse(&self, text: &str) -> Result<Arc<dyn AnyJob>, toml::de::Error> {
        (self.parse)(text)
    }
}

/// Its files of the default project.
#[cfg(test)]
impl Kind {
    /// The job file of the default project.
    pub fn job_file(&self) -> Option<&'static str> {
        self.file(&format!("jobs/{}.toml", self.name))
    }

    /// The template of its page.
    pub fn template(&self) -> Option<&'static str> {
        self.file(&format!("reports/{}.html.j2", self.name))
    }

    /// The audits of its tables: path and text.
    pub fn audits(&self) -> impl Iterator<Item = (&'static str, &'static str)> {
        let is_ours = |text: &str| audited_table(text).is_some_and(|name| self.table(name).is_some());
        self.files.iter().copied().filter(move |(path, text)| path.starts_with("sql/audits/") && is_ours(text))
    }

    fn table(&self, name: &str) -> Option<&'static Table> {
        self.publishes.iter().copied().find(|table| table.name() == name)
    }

    fn file(&self, path: &str) -> Option<&'static str> {
        self.files.iter().find(|(known, _)| *known == path).map(|(_, text)| *text)
    }
}

/// The table that the head of an audit names in its line `-- table: NAME`.
#[cfg(test)]
fn audited_table(audit: &str) -> Option<&str> {
    audit.lines().find_map(|line| line.strip_prefix("-- table:")).map(str::trim)
}

impl fmt::Debug for Kind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_tuple("Kind").field(&self.name).finish()
    }
}

#[derive(Deserialize)]
struct ParamsOnly<J> {
    params: Option<J>,
}

fn parse_params<J: Job>(text: &str) -> Result<Arc<dyn AnyJob>, toml::de::Error> {
    let params = match toml::from_str::<ParamsOnly<J>>(text)?.params {
        Some(params) => params,
        None => toml::from_str("")?,
    };
    Ok(Arc::new(params))
}
