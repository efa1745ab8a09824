//! A shop whose nights take milliseconds and do what the test wants: a kind that publishes one row, and time that the test moves.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::atomic::{AtomicI64, Ordering::SeqCst};
use std::sync::{Arc, LazyLock, Mutex};
use std::time::Duration;

use chrono::{DateTime, Utc};
use nightclerk::datasets::{Dataset, LoadError, Source};
use nightclerk::job::{Job, Progress, RunContext};
use nightclerk::kind::Kind;
use nightclerk::migrations::generator;
use nightclerk::migrations::relations::Relations;
use nightclerk::migrations::schemas::published;
use nightclerk::project::embedded::{self, NewProject};
use nightclerk::publication::{Cell, Export, ExportFormat, Page, Publication, PublishedTable, ViewColumn};
use nightclerk::published::{Kept, Seen, Table};
use nightclerk::registry::Registry;
use nightclerk::runner::Runner;
use nightclerk::table::{Column, ColumnType, TableSchema};
use nightclerk::warehouse::{Side, WarehouseError};
use polars::prelude::df;
use serde::{Deserialize, Serialize};

use crate::hosts::runner_of;

/// What a beat does when it is asked to run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Behaviour {
    /// It publishes its row.
    Publish,
    /// Its source is away.
    Away,
    /// Its source will never answer.
    Broken,
    /// It does not come back.
    Hang,
}

/// By shop and job; what is not in it publishes.
static BEHAVIOUR: LazyLock<Mutex<BTreeMap<String, Behaviour>>> = LazyLock::new(Mutex::default);

/// Publishes one row, or behaves as the test wants.
#[derive(Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Beat {
    shop: String,
}

static BEATS: Table = Table {
    schema: TableSchema {
        name: "beats",
        doc: "one row a night",
        grain: &["beat"],
        columns: &[Column::new("beat", ColumnType::Text, "which")],
    },
    created_in: i64::MAX,
    seen: Seen::OnePerDate,
    kept: Kept::Newest,
    may_shrink: false,
    reaches_people: false,
};

impl Job for Beat {
    const KIND: &'static str = "beat";
    const DECIDES: &'static str = "that it is alive";
    const NEEDS: &'static [&'static Dataset] = &[];
    const USES: &'static [&'static Dataset] = &[];
    const PUBLISHES: &'static [&'static Table] = &[&BEATS];
    type Dataset = ();

    async fn load(&self, ctx: &RunContext, _: &Source<'_>) -> anyhow::Result<()> {
        let key = format!("{} {}", self.shop, ctx.job);
        let behaviour = BEHAVIOUR.lock().unwrap().get(&key).copied().unwrap_or(Behaviour::Publish);
        match behaviour {
            Behaviour::Publish => Ok(()),
            Behaviour::Away => Err(LoadError::Warehouse(WarehouseError::Busy {
                origin: "the source".to_owned(),
                message: "it is away".to_owned(),
            })
            .into()),
            Behaviour::Broken => Err(anyhow::anyhow!("the source is broken")),
            Behaviour::Hang => std::future::pending().await,
        }
    }

    fn recommend(&self, ctx: &RunContext, (): &(), _: &Progress) -> anyhow::Result<Publication> {
        Ok(Publication {
            tables: vec![PublishedTable {
                table: &BEATS,
                frame: df!("beat" => [format!("{} {}", ctx.job, ctx.as_of)])?,
            }],
            page: Page { title: "Beat".to_owned(), headline: "it beats".to_owned(), ..Page::default() },
            exports: if ctx.job.starts_with("list") { vec![list(ctx)] } else { Vec::new() },
            ..Publication::default()
        })
    }
}

/// A list on which somebody acts.
fn list(ctx: &RunContext) -> Export {
    Export {
        stem: "list".to_owned(),
        formats: &[ExportFormat::Csv],
        about: "who gets a letter".to_owned(),
        columns: vec![ViewColumn { label: "night".to_owned(), unit: None }],
        rows: vec![vec![Cell::Text(format!("{} {}", ctx.as_of, ctx.seed))]],
        leaves: true,
    }
}

/// Every kind there is, and the beat.
pub fn registry() -> Registry {
    Registry::standard().with(Kind::of::<Beat>(&[REPORT]))
}

const REPORT: (&str, &str) = ("reports/beat.html.j2", "{% extends \"layout.html.j2\" %}");

/// A shop whose nights take milliseconds.
pub struct Shop {
    name: String,
    folder: tempfile::TempDir,
    pub jobs: Vec<(&'static str, String)>,
    zone: &'static str,
    url: String,
    schema: String,
    pub now: Arc<AtomicI64>,
}

impl Shop {
    pub fn sqlite(name: &str, zone: &'static str, jobs: &[(&'static str, &str)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite:{}", folder.path().join("warehouse.db").display());
        Self::at(name, zone, jobs, folder, url)
    }

    pub fn at(
        name: &str,
        zone: &'static str,
        jobs: &[(&'static str, &str)],
        folder: tempfile::TempDir,
        url: String,
    ) -> Self {
        let file = |(job, rest): &(&'static str, &str)| {
            let (head, tail) = rest.split_once("\n\n").unwrap_or((rest, ""));
            (*job, format!("kind = \"beat\"\n{head}\n\n{tail}\n\n[params]\nshop = \"{name}\"\n"))
        };
        Self {
            name: name.to_owned(),
            folder,
            jobs: jobs.iter().map(file).collect(),
            zone,
            url,
            schema: format!("slots_{name}"),
            now: Arc::default(),
        }
    }

    /// The folder of a host.
    pub fn folder_of(&self, number: usize) -> std::path::PathBuf {
        self.folder.path().join(format!("host{number}"))
    }

    /// The folder of a host, which works for it in this process or in another.
    pub fn made_folder_of(&self, number: usize) -> std::path::PathBuf {
        let folder = self.folder_of(number);
        if !folder.exists() {
            std::fs::create_dir_all(&folder).unwrap();
            self.write(&folder);
        }
        folder
    }

    /// A host of its own: another folder, the same warehouse and clock.
    pub async fn host(&self, number: usize) -> Runner {
        let runner = runner_of(&self.made_folder_of(number), self.now.clone()).await;
        if !runner.warehouse.table_exists(Side::Target, "beats").await.unwrap() {
            let dialect = runner.warehouse.dialect(Side::Target);
            for statement in generator::change(dialect, &Relations::new(), &[published(&BEATS)], &[]).unwrap() {
                runner.warehouse.execute(Side::Target, &statement, &[]).await.unwrap();
            }
        }
        runner
    }

    fn write(&self, folder: &Path) {
        let shop = NewProject { name: &self.name, as_of: None, seed: 1, url: &self.url };
        let files: BTreeMap<&str, &str> = self.files();
        embedded::write(folder, &shop, &files).unwrap();
        let path = folder.join("nightclerk.toml");
        let config = std::fs::read_to_string(&path).unwrap();
        let zone = config.lines().find(|line| line.trim_start_matches("# ").starts_with("timezone = ")).unwrap();
        let config = config.replace(zone, &format!("timezone = \"{}\"", self.zone));
        let schema = config.lines().find(|line| line.trim_start_matches("# ").starts_with("schema = "));
        let config = match schema {
            Some(line) => config.replace(line, &format!("schema = \"{}\"", self.schema)),
            None => config,
        };
        std::fs::write(path, config).unwrap();
    }

    fn files(&self) -> BTreeMap<&str, &str> {
        let registry = Registry::standard();
        let shared =
            registry.files().into_iter().filter(|(path, _)| !path.starts_with("jobs/") && !path.starts_with("sql/"));
        let mut files: BTreeMap<&str, &str> = shared.collect();
        files.insert(REPORT.0, REPORT.1);
        for (job, text) in &self.jobs {
            files.insert(Box::leak(format!("jobs/{job}.toml").into_boxed_str()), text);
        }
        files
    }

    pub fn set(&self, job: &str, behaviour: Behaviour) {
        BEHAVIOUR.lock().unwrap().insert(format!("{} {job}", self.name), behaviour);
    }

    pub fn at_time(&self, time: &str) {
        let time: DateTime<Utc> = time.parse().unwrap();
        self.now.store(time.timestamp_micros(), SeqCst);
    }

    pub fn pass(&self, time: Duration) {
        self.now.fetch_add(i64::try_from(time.as_micros()).unwrap(), SeqCst);
    }
}
