//! Helpers: run the real binary, make one demo for all tests, read what was published.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use nightclerk::registry::{KINDS, Registry};
use nightclerk::warehouse::{Side, Value, Warehouse, WarehouseConfig};
use regex::Regex;
use serde_json::Value as Json;
use tempfile::TempDir;

use crate::skips::{Need, skip};

/// The business date of the demo's first night.
pub const FIRST_NIGHT: &str = "2026-10-25";
/// The business date of the demo's second night, the one `nightclerk.toml` fixes.
pub const SECOND_NIGHT: &str = "2026-11-22";
/// The business date after it.
pub const NEXT_NIGHT: &str = "2026-11-23";
/// The default project's jobs: one per kind, of its name.
pub const JOBS: [&str; KINDS.len()] = {
    let (mut names, mut index) = ([""; KINDS.len()], 0);
    while index < names.len() {
        names[index] = KINDS[index].name;
        index += 1;
    }
    names
};

/// How a process ended and what it said.
#[derive(Clone, Debug)]
pub struct Ran {
    /// The exit code; -1 when a signal ended it.
    pub code: i32,
    /// Standard output.
    pub stdout: String,
    /// Standard error.
    pub stderr: String,
}

impl Ran {
    /// Exit code, standard output and standard error, for snapshots; `folder` is written as `[project]`.
    pub fn shown(&self, folder: &Path) -> String {
        let mut shown = format!("exit code {}\n", self.code);
        for (name, text) in [("stdout", &self.stdout), ("stderr", &self.stderr)] {
            if !text.trim().is_empty() {
                let _ = write!(shown, "--- {name}\n{}\n", normalised(text, folder).trim_end());
            }
        }
        shown
    }

    /// The same run, after making sure of its exit code.
    #[track_caller]
    pub fn exits(self, code: i32) -> Self {
        assert_eq!(self.code, code, "standard output:\n{}\nstandard error:\n{}", self.stdout, self.stderr);
        self
    }

    /// Every line of standard output as JSON.
    #[track_caller]
    pub fn json_lines(&self) -> Vec<Json> {
        let parse = |line: &str| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"));
        self.stdout.lines().map(parse).collect()
    }

    /// The last line of standard output as JSON: a command's result.
    #[track_caller]
    pub fn json(&self) -> Json {
        self.json_lines().pop().unwrap_or_else(|| panic!("no output; standard error: {}", self.stderr))
    }
}

/// The binary that these tests were built with.
pub fn binary() -> &'static Path {
    Path::new(env!("CARGO_BIN_EXE_nightclerk"))
}

/// The binary in `folder`, with no settings of this process that change its output.
pub fn command(folder: &Path, arguments: &[&str]) -> Command {
    command_of(binary(), folder, arguments)
}

/// The same for another build of it.
pub fn command_of(binary: &Path, folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(binary);
    command.current_dir(folder).args(arguments).stdin(Stdio::null());
    command.env_remove("NIGHTCLERK_LOG").env_remove("COLUMNS").env("NO_COLOR", "1");
    command
}

/// Runs the binary in `folder` to its end.
#[track_caller]
pub fn nightclerk(folder: &Path, arguments: &[&str]) -> Ran {
    ran(&mut command(folder, arguments))
}

/// Runs a prepared command to its end.
#[track_caller]
pub fn ran(command: &mut Command) -> Ran {
    let output = command.output().expect("the binary can be started");
    Ran {
        code: output.status.code().unwrap_or(-1),
        stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}

/// Text without what differs from run to run: the folder, durations, instants, run ids, ports; and without the list of all kinds,
/// which a new one would change.
pub fn normalised(text: &str, folder: &Path) -> String {
    let mut text = text.to_owned();
    let canonical = folder.canonicalize().unwrap_or_else(|_| folder.to_owned());
    for path in [canonical.as_path(), folder] {
        text = text.replace(&path.display().to_string(), "[project]");
    }
    text = text.replace(&JOBS.join(", "), "[every kind]");
    for (pattern, replacement) in [
        (r"\d{4}-\d\d-\d\dT[\d:.]+(Z|[+-]\d\d:\d\d)", "[instant]"),
        (r"\d+(\.\d+)? m?s\b", "[duration]"),
        (r"process \d+ of \S+", "process [id] of [place]"),
        (r"\(run \d+\)", "(run [id])"),
        (r"127\.0\.0\.1:\d+", "127.0.0.1:[port]"),
    ] {
        text = Regex::new(pattern).expect("a pattern").replace_all(&text, replacement).into_owned();
    }
    text
}

/// A project folder of one test's own, removed with it.
#[derive(Debug)]
pub struct Project {
    folder: TempDir,
}

impl Project {
    /// An empty folder.
    pub fn empty() -> Self {
        Self { folder: tempfile::tempdir().expect("a temporary folder") }
    }

    /// What `nightclerk init` writes, beside an empty SQLite warehouse.
    pub fn fresh() -> Self {
        let project = Self::empty();
        nightclerk(project.path(), &["init", ".", "--name", "Test Shop"]).exits(0);
        let url = format!("sqlite:{}", project.path().join("warehouse.db").display());
        wait(async {
            let config = WarehouseConfig::new(url.as_str()).create_if_missing();
            let warehouse = Warehouse::open(&config).await.expect("an empty warehouse");
            warehouse.execute(Side::Target, "PRAGMA user_version = 1", &[]).await.expect("a file");
            warehouse.close().await;
        });
        project
    }

    /// A copy of the demo after its two nights.
    pub fn demo() -> Self {
        Self::copy_of(demo())
    }

    /// A copy of a folder.
    pub fn copy_of(folder: &Path) -> Self {
        let project = Self::empty();
        copy_folder(folder, project.path());
        project
    }

    /// The folder.
    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Runs the binary in the folder.
    #[track_caller]
    pub fn run(&self, arguments: &[&str]) -> Ran {
        nightclerk(self.path(), arguments)
    }

    /// Writes a file of the project.
    #[track_caller]
    pub fn write(&self, file: &str, text: &str) {
        let path = self.path().join(file);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("the folder can be made");
        std::fs::write(path, text).expect("the file can be written");
    }

    /// Reads a file of the project.
    #[track_caller]
    pub fn read(&self, file: &str) -> String {
        std::fs::read_to_string(self.path().join(file)).unwrap_or_else(|error| panic!("{file}: {error}"))
    }

    /// Replaces text in a file of the project, which must hold it.
    #[track_caller]
    pub fn replace(&self, file: &str, from: &str, to: &str) {
        let text = self.read(file);
        assert!(text.contains(from), "{file} does not hold {from:?}:\n{text}");
        self.write(file, &text.replace(from, to));
    }

    /// The rows of a query against the project's SQLite warehouse.
    #[track_caller]
    pub fn query(&self, sql: &str) -> Vec<Vec<Value>> {
        self.with_warehouse(async |warehouse| warehouse.read_values(Side::Target, sql, &[]).await.expect(sql))
    }

    /// The number in the first cell of a query's answer.
    #[track_caller]
    pub fn count(&self, sql: &str) -> i64 {
        self.query(sql).first().and_then(|row| row.first()).and_then(Value::as_integer).expect(sql)
    }

    /// Changes the project's SQLite warehouse; gives the number of changed rows.
    #[track_caller]
    pub fn execute(&self, sql: &str) -> u64 {
        self.with_warehouse(async |warehouse| warehouse.execute(Side::Target, sql, &[]).await.expect(sql))
    }

    /// What the warehouse says to a statement that it should refuse.
    pub fn try_execute(&self, sql: &str) -> Result<u64, String> {
        self.with_warehouse(async |warehouse| {
            warehouse.execute(Side::Target, sql, &[]).await.map_err(|error| error.to_string())
        })
    }

    /// Every published row, without run ids.
    pub fn dump(&self) -> String {
        self.with_warehouse(async |warehouse| dump(warehouse, "").await)
    }

    /// Every row that consumers see, without run ids.
    pub fn dump_current(&self) -> String {
        self.with_warehouse(async |warehouse| dump(warehouse, "_current").await)
    }

    fn with_warehouse<T>(&self, with: impl AsyncFnOnce(&Warehouse) -> T) -> T {
        let url = format!("sqlite:{}", self.path().join("warehouse.db").display());
        with_warehouse(&WarehouseConfig::new(url.as_str()), with)
    }
}

/// Opens a warehouse, does something with it and closes it.
pub fn with_warehouse<T>(config: &WarehouseConfig, with: impl AsyncFnOnce(&Warehouse) -> T) -> T {
    wait(async {
        let warehouse = Warehouse::open(config).await.expect("the warehouse can be opened");
        let result = with(&warehouse).await;
        warehouse.close().await;
        result
    })
}

/// Every row of the published tables (of their views, with the suffix `_current`), sorted, without run ids; and what the
/// ledger says about the publications.
pub async fn dump(warehouse: &Warehouse, suffix: &str) -> String {
    let mut text = String::new();
    for table in Registry::standard().tables() {
        let names: Vec<&str> = ["job", "as_of"].into_iter().chain(table.columns.iter().map(|c| c.name)).collect();
        let sql = format!("SELECT {} FROM {}{suffix}", names.join(", "), table.name);
        append_sorted(&mut text, table.name, &warehouse.read_values(Side::Target, &sql, &[]).await.expect(&sql));
    }
    // What was read is no published row; `cli.rs` looks at it.
    let current = if suffix.is_empty() { "" } else { " WHERE run_id IN (SELECT run_id FROM nightclerk_current)" };
    let sql = format!(
        "SELECT job, kind, as_of, state, rows_out, headline, grade, n_caveats, tables_json, metrics_json \
         FROM nightclerk_publications{current}"
    );
    let rows = warehouse.read_values(Side::Target, &sql, &[]).await.expect(&sql);
    append_sorted(&mut text, "nightclerk_publications", &rows);
    text
}

fn append_sorted(text: &mut String, table: &str, rows: &[Vec<Value>]) {
    let mut lines: Vec<String> = rows.iter().map(|row| format!("{row:?}")).collect();
    lines.sort_unstable();
    let _ = writeln!(text, "== {table}: {} rows", lines.len());
    for line in lines {
        let _ = writeln!(text, "{line}");
    }
}

/// Compares two dumps and shows the first line in which they differ, not megabytes.
#[track_caller]
pub fn assert_same_rows(found: &str, expected: &str) {
    if found == expected {
        return;
    }
    let mut table = "";
    for (found, expected) in found.lines().zip(expected.lines()) {
        if expected.starts_with("== ") {
            table = expected;
        }
        assert_eq!(found, expected, "the first difference, in {table}");
    }
    panic!("one holds more lines: {} and {}", found.lines().count(), expected.lines().count());
}

/// Rows per published table and business date.
pub fn row_counts(project: &Project) -> BTreeMap<String, i64> {
    let mut counts = BTreeMap::new();
    for table in Registry::standard().tables() {
        let sql = format!("SELECT as_of, COUNT(*) FROM {} GROUP BY as_of", table.name);
        for row in project.query(&sql) {
            let as_of = row[0].as_text().expect("a date");
            counts.insert(format!("{} {as_of}", table.name), row[1].as_integer().expect("a count"));
        }
    }
    counts
}

/// The demo of this test process, made once: scale 0.1, seed 3, two nights. Tests that change anything copy it.
pub fn demo() -> &'static Path {
    &made_demo().0
}

/// The demo's folder and what the command said that made it.
pub fn made_demo() -> &'static (PathBuf, Ran) {
    static DEMO: OnceLock<(PathBuf, Ran)> = OnceLock::new();
    DEMO.get_or_init(|| {
        // Statics are not dropped: the folder is removed by the next process that finds its maker gone.
        let parent = Path::new(env!("CARGO_TARGET_TMPDIR"));
        remove_abandoned(parent);
        let folder = parent.join(format!("demo-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&folder);
        std::fs::create_dir_all(&folder).expect("the folder can be made");
        let started = std::time::Instant::now();
        let ran = nightclerk(&folder, &["demo", "shop", "--scale", "0.1", "--seed", "3"]).exits(0);
        eprintln!("the demo of these tests took {:.1} s", started.elapsed().as_secs_f64());
        (folder.join("shop"), ran)
    })
}

fn remove_abandoned(parent: &Path) {
    for entry in std::fs::read_dir(parent).into_iter().flatten().flatten() {
        let name = entry.file_name().into_string().unwrap_or_default();
        let maker = name.strip_prefix("demo-").filter(|process| process.bytes().all(|byte| byte.is_ascii_digit()));
        if maker.is_some_and(|process| Path::new("/proc").is_dir() && !Path::new("/proc").join(process).exists()) {
            let _ = std::fs::remove_dir_all(entry.path());
        }
    }
}

/// The folder with the real data sets, which `NIGHTCLERK_DATA` names; without it the test is skipped.
pub fn data_folder() -> Option<PathBuf> {
    let folder = std::env::var_os("NIGHTCLERK_DATA").map(PathBuf::from);
    if folder.is_none() {
        skip(Need::Data, "NIGHTCLERK_DATA does not name the folder with the real data sets");
    }
    folder
}

/// Copies a folder with everything in it.
pub fn copy_folder(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).expect("the folder can be made");
    for entry in std::fs::read_dir(from).unwrap_or_else(|error| panic!("{}: {error}", from.display())).flatten() {
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy_folder(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), &target).expect("the file can be copied");
        }
    }
}

/// Waits for a future on a runtime of its own.
pub fn wait<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime").block_on(future)
}
