//! A user's project: the folder with `nightclerk.toml`, `jobs/`, `sql/` and `reports/`, read and checked as a whole.
//!
//! This is the only place that reads what a person wrote there, and the variables that it names.

mod alerts;
mod config;
pub mod embedded;
mod environment;
mod filled;
pub mod toml_text;

pub use alerts::{AlertChannel, Secret, SecretUrl, Way};
pub use config::{CONFIG_FILE, Config, GatesConfig, OutputConfig, WarehouseConfig};
pub use environment::{Environment, ProcessEnvironment, Redacted};

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use chrono_tz::Tz;
use sha2::{Digest, Sha256};

use crate::datasets::Dataset;
use crate::diagnostic::{Diagnostic, Diagnostics, did_you_mean};
use crate::job::Mode;
use crate::job_file::{self, JobFile, ParsedJobFile};
use crate::registry::Registry;
use crate::warehouse::Dialect;
use crate::words::hex;

/// A project without a fault.
#[derive(Clone, Debug)]
pub struct Project {
    /// The folder.
    pub root: PathBuf,
    /// The kinds that it may use.
    pub registry: Registry,
    /// `nightclerk.toml`.
    pub config: Config,
    /// The files of `jobs/`, by name.
    pub jobs: Vec<JobFile>,
    /// The files of `sql/datasets/`: file name to text.
    pub sql: BTreeMap<String, String>,
    /// The files of `sql/audits/`: file name to text.
    pub audits: BTreeMap<String, String>,
    /// The files of `reports/`: path below it to text.
    pub templates: BTreeMap<String, String>,
    /// The first 12 hexadecimal digits of the SHA-256 of all these texts: equal hashes, equal project.
    pub config_hash: String,
    /// What is probably not meant.
    pub warnings: Diagnostics,
}

impl Project {
    /// Reads the project in the folder `root`.
    ///
    /// # Errors
    /// Every fault of every file.
    pub fn load(root: &Path, registry: &Registry, environment: &dyn Environment) -> Result<Self, Diagnostics> {
        let Folder { texts, mut faults } = Folder::read(root)?;
        let settings = texts.get(CONFIG_FILE).map(|text| config::parse(text, root, environment));
        let config = settings.and_then(|reading| {
            faults.extend(reading.faults);
            reading.value
        });
        let zone = config.as_ref().map_or(Tz::UTC, Config::zone);
        let mut files: Vec<ParsedJobFile> = texts
            .iter()
            .filter(|(path, _)| path.starts_with("jobs/"))
            .map(|(path, text)| job_file::parse(path, text, registry.kinds(), zone))
            .collect();
        faults.extend(job_file::check_dependencies(&files));
        faults.extend(files.iter_mut().flat_map(|file| std::mem::take(&mut file.faults)));
        let sql = below(&texts, "sql/datasets/");
        faults.extend(sql.keys().filter_map(|name| dataset_name_fault(name, &registry.datasets())));

        let found = Diagnostics::new(faults);
        match config {
            Some(config) if !found.has_errors() => Ok(Self {
                root: root.to_owned(),
                registry: registry.clone(),
                jobs: jobs(files, &config),
                config,
                sql,
                audits: below(&texts, "sql/audits/"),
                templates: below(&texts, "reports/"),
                config_hash: hash(&texts),
                warnings: found,
            }),
            _ => Err(found),
        }
    }

    /// The job of that name.
    pub fn job(&self, name: &str) -> Option<&JobFile> {
        self.jobs.iter().find(|job| job.name == name)
    }

    /// Whether what a job publishes is acted on.
    pub fn mode_of(&self, job: &JobFile) -> Mode {
        job.mode.unwrap_or(self.config.mode)
    }

    /// The jobs of a night: the enabled ones, each after those it waits for.
    pub fn enabled_in_order(&self) -> Vec<&JobFile> {
        self.jobs_in_order().into_iter().filter(|job| job.enabled).collect()
    }

    /// The jobs, each after those it waits for, otherwise alphabetical.
    pub fn jobs_in_order(&self) -> Vec<&JobFile> {
        let (mut ordered, mut placed) = (Vec::new(), BTreeSet::new());
        let ready = |job: &&JobFile, placed: &BTreeSet<&str>| {
            !placed.contains(job.name.as_str()) && job.after.iter().all(|name| placed.contains(name.as_str()))
        };
        while let Some(job) = self.jobs.iter().find(|job| ready(job, &placed)) {
            placed.insert(job.name.as_str());
            ordered.push(job);
        }
        ordered
    }
}

/// The jobs with what the project says of their schedules.
fn jobs(files: Vec<ParsedJobFile>, config: &Config) -> Vec<JobFile> {
    let closed_on = Arc::new(config.closed_on.clone());
    let of_project = |job: JobFile| {
        let salt = format!("{}/{}", config.name, job.name);
        JobFile { schedule: job.schedule.map(|timetable| timetable.of_project(&closed_on, &salt)), ..job }
    };
    files.into_iter().filter_map(|file| file.job).map(of_project).collect()
}

/// The texts of a project by their path in it, and what could not be read.
struct Folder {
    texts: BTreeMap<String, String>,
    faults: Vec<Diagnostic>,
}

impl Folder {
    fn read(root: &Path) -> Result<Self, Diagnostics> {
        let mut folder = Self { texts: BTreeMap::new(), faults: Vec::new() };
        if !root.join(CONFIG_FILE).exists() {
            let shown = root.display();
            let file = root.join(CONFIG_FILE).display().to_string();
            let message = format!("no {CONFIG_FILE} in {shown}: `nightclerk init {shown}` writes one");
            return Err(Diagnostics::new(vec![Diagnostic::in_file(&file, message)]));
        }
        folder.add_file(root, CONFIG_FILE);
        folder.add_files(root, "jobs", &["toml"]);
        folder.add_files(root, "sql/datasets", &["sql"]);
        folder.add_files(root, "sql/audits", &["sql"]);
        folder.add_files(root, "reports", &["html", "jinja", "j2", "css", "js", "txt"]);
        Ok(folder)
    }

    /// Adds the files directly in a folder of the project; a folder that is not there holds none.
    fn add_files(&mut self, root: &Path, below: &str, extensions: &[&str]) {
        let Ok(entries) = fs::read_dir(root.join(below)) else { return };
        let mut names: Vec<String> = entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok()).collect();
        names.sort();
        for name in names {
            let extension = Path::new(&name).extension().and_then(|extension| extension.to_str());
            if !name.starts_with('.') && extension.is_some_and(|extension| extensions.contains(&extension)) {
                self.add_file(root, &format!("{below}/{name}"));
            }
        }
    }

    fn add_file(&mut self, root: &Path, path: &str) {
        let bytes = match fs::read(root.join(path)) {
            Ok(bytes) => bytes,
            Err(error) => return self.faults.push(Diagnostic::in_file(path, format!("read the file: {error}"))),
        };
        match String::from_utf8(bytes) {
            Ok(text) => {
                self.texts.insert(path.to_owned(), text);
            }
            Err(error) => {
                let at = error.utf8_error().valid_up_to();
                let message = format!("byte {:#04x} is not UTF-8", error.as_bytes()[at]);
                let text = String::from_utf8_lossy(error.as_bytes()).into_owned();
                self.faults.push(
                    Diagnostic::at(path, &text, at..at + 1, message).with_help("save the file with the encoding UTF-8"),
                );
            }
        }
    }
}

fn below(texts: &BTreeMap<String, String>, folder: &str) -> BTreeMap<String, String> {
    texts.iter().filter_map(|(path, text)| Some((path.strip_prefix(folder)?.to_owned(), text.clone()))).collect()
}

/// A file of `sql/datasets/` that nothing will ever read: most likely a misspelt name.
fn dataset_name_fault(file_name: &str, datasets: &[&Dataset]) -> Option<Diagnostic> {
    let (dataset, rest) = file_name.split_once('.')?;
    let file = format!("sql/datasets/{file_name}");
    let names = datasets.iter().map(|dataset| dataset.name());
    if !names.clone().any(|name| name == dataset) {
        let near =
            did_you_mean(dataset, names.clone()).map_or_else(String::new, |near| format!("did you mean `{near}`? "));
        let all = names.collect::<Vec<_>>().join(", ");
        return Some(
            Diagnostic::in_file(&file, format!("no dataset is called `{dataset}`, so nothing reads this file"))
                .with_help(format!("{near}the datasets are: {all}"))
                .as_warning(),
        );
    }
    let rest = rest.strip_prefix("excluded.").unwrap_or(rest);
    let dialect = rest.strip_suffix(".sql")?;
    let dialects = Dialect::ALL.map(Dialect::name);
    (!dialects.contains(&dialect)).then(|| {
        Diagnostic::in_file(&file, format!("no dialect is called `{dialect}`, so nothing reads this file"))
            .with_help(format!("the dialects are: {}", dialects.join(", ")))
            .as_warning()
    })
}

/// Lengths go in beside the texts, so that no text can pass for a file boundary.
fn hash(texts: &BTreeMap<String, String>) -> String {
    let mut sha = Sha256::new();
    for (path, text) in texts {
        for part in [path, text] {
            sha.update((part.len() as u64).to_le_bytes());
            sha.update(part);
        }
    }
    hex(&sha.finalize()[..6])
}

#[cfg(test)]
mod tests;
