//! The default project: this repository's own `jobs/`, `sql/` and `reports/`, carried in the binary.

use std::collections::BTreeMap;
use std::path::Path;

/// Every file of the default project with its path in a project folder, in order.
pub const FILES: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/project_files.rs"));

/// What a generated `nightclerk.toml` says.
#[derive(Clone, Copy, Debug)]
pub struct NewProject<'a> {
    /// The retailer's name.
    pub name: &'a str,
    /// The business date to fix, for a demo.
    pub as_of: Option<chrono::NaiveDate>,
    /// The seed.
    pub seed: u64,
    /// The warehouse URL; passwords as `${VARIABLE}`.
    pub url: &'a str,
}

impl NewProject<'_> {
    /// The text of `nightclerk.toml`, commented.
    pub fn config_text(&self) -> String {
        let as_of = match self.as_of {
            Some(date) => format!(
                "# The business date is fixed because the data are; without this line it is yesterday.\nas_of = \"{date}\"\n"
            ),
            None => "# as_of = \"2026-11-22\"   # fixes the business date of historical data; else it is yesterday\n"
                .to_owned(),
        };
        format!(
            "# A nightclerk project. `nightclerk check` reads everything and prepares every query; `nightclerk run` runs a night.\n\
             name = {name:?}\n\
             timezone = \"Europe/Berlin\"   # IANA; business dates are those of this zone\n\
             currency = \"EUR\"\n\
             seed = {seed}                   # the same seed and data give the same tables, byte for byte\n\
             {as_of}\n\
             [warehouse]\n\
             # Where nightclerk publishes. Passwords come from the environment:\n\
             # url = \"postgres://clerk:${{NIGHTCLERK_PG_PASSWORD}}@db.example.org/retail\"   # or mariadb://\n\
             url = {url:?}\n\
             # source_url = \"...\"   # read-only, when your data live elsewhere\n\
             # schema = \"nightclerk\"   # the PostgreSQL schema of our own tables\n\n\
             [output]\n\
             dir = \"out\"              # pages and exports\n\
             keep_publications = 400  # per job\n\n\
             [gates]\n\
             max_age_days = 2         # an input whose newest day is older stops the job\n\
             row_count_ratio = 0.6    # rows read or published below this share of what history expects stop it too\n\
             quarantine_share = 0.05  # values that cannot be meant are left out and counted; more of a column than this stops the job\n",
            name = self.name,
            seed = self.seed,
            url = self.url,
        )
    }
}

/// Writes a project folder: settings and these files by their path in it. A file that is there already is left alone.
///
/// # Errors
/// When a file cannot be written.
pub fn write(folder: &Path, project: &NewProject<'_>, files: &BTreeMap<&str, &str>) -> std::io::Result<Vec<String>> {
    let config = project.config_text();
    let mut written = Vec::new();
    for (path, text) in
        std::iter::once((super::CONFIG_FILE, config.as_str())).chain(files.iter().map(|(path, text)| (*path, *text)))
    {
        let target = folder.join(path);
        if target.exists() {
            continue;
        }
        if let Some(parent) = target.parent() {
            std::fs::create_dir_all(parent)?;
        }
        std::fs::write(&target, text)?;
        written.push(path.to_owned());
    }
    Ok(written)
}
