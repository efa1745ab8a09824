//! Two builds of the program publish the same bytes: for changes that are meant to change nothing.
//!
//!     NIGHTCLERK_BASELINE=/path/to/an/older/nightclerk NIGHTCLERK_DATA=... cargo test --test it same_bytes -- --ignored
//!
//! Further settings, all optional:
//!
//! - `NIGHTCLERK_TODAY`: another build in place of the one that these tests were built with, a release build for instance;
//! - `NIGHTCLERK_BASELINE_PROJECTS`: the older build's own `tests/projects`, where it does not read today's;
//! - `NIGHTCLERK_BASELINE_KEPT`: a folder in which the older build's dumps are kept and looked for;
//! - `NIGHTCLERK_SAME_BYTES_EXCEPT`: what is meant to differ, see [`Exception`].

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use crate::database::Database;
use crate::difference::{Exception, differences};
use crate::dump::Dump;
use crate::postgres::temporary_cluster;
use crate::projects::{COMPLETE_JOURNEY, HILLSTROM, ONLINE_RETAIL, RealProject};
use crate::support::{Project, binary, command_of, ran};

/// What is run.
enum Case {
    /// The demo shop of seed 1: its two nights, and the next one.
    Demo,
    /// One night on real data.
    Real(RealProject),
}

/// Where it is run.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Engine {
    Sqlite,
    Postgres,
}

/// A build and the projects that it reads.
struct Build {
    binary: PathBuf,
    projects: PathBuf,
}

#[test]
#[ignore = "compares two builds: NIGHTCLERK_BASELINE=/path/to/an/older/binary"]
fn demo_on_sqlite() {
    same_bytes(&Case::Demo, Engine::Sqlite);
}

#[test]
#[ignore = "compares two builds: NIGHTCLERK_BASELINE=/path/to/an/older/binary"]
fn demo_on_postgres() {
    same_bytes(&Case::Demo, Engine::Postgres);
}

#[test]
#[ignore = "compares two builds: NIGHTCLERK_BASELINE=/path/to/an/older/binary"]
fn online_retail_on_sqlite() {
    same_bytes(&Case::Real(ONLINE_RETAIL), Engine::Sqlite);
}

#[test]
#[ignore = "compares two builds: NIGHTCLERK_BASELINE=/path/to/an/older/binary"]
fn online_retail_on_postgres() {
    same_bytes(&Case::Real(ONLINE_RETAIL), Engine::Postgres);
}

#[test]
#[ignore = "compares two builds: NIGHTCLERK_BASELINE=/path/to/an/older/binary"]
fn complete_journey_on_sqlite() {
    same_bytes(&Case::Real(COMPLETE_JOURNEY), Engine::Sqlite);
}

#[test]
#[ignore = "compares two builds: NIGHTCLERK_BASELINE=/path/to/an/older/binary"]
fn complete_journey_on_postgres() {
    same_bytes(&Case::Real(COMPLETE_JOURNEY), Engine::Postgres);
}

#[test]
#[ignore = "compares two builds: NIGHTCLERK_BASELINE=/path/to/an/older/binary"]
fn hillstrom_on_sqlite() {
    same_bytes(&Case::Real(HILLSTROM), Engine::Sqlite);
}

#[test]
#[ignore = "compares two builds: NIGHTCLERK_BASELINE=/path/to/an/older/binary"]
fn hillstrom_on_postgres() {
    same_bytes(&Case::Real(HILLSTROM), Engine::Postgres);
}

fn same_bytes(case: &Case, engine: Engine) {
    let folder_of = |variable: &str| std::env::var_os(variable).map(PathBuf::from);
    let projects = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/projects");
    let baseline = Build {
        binary: folder_of("NIGHTCLERK_BASELINE").expect("NIGHTCLERK_BASELINE names the older build's binary"),
        projects: folder_of("NIGHTCLERK_BASELINE_PROJECTS").unwrap_or_else(|| projects.clone()),
    };
    let today = Build { binary: folder_of("NIGHTCLERK_TODAY").unwrap_or_else(|| binary().to_owned()), projects };
    let exceptions = Exception::list(&std::env::var("NIGHTCLERK_SAME_BYTES_EXCEPT").unwrap_or_default());

    let name = case.name(engine);
    let kept = folder_of("NIGHTCLERK_BASELINE_KEPT").map(|folder| folder.join(&name));
    let older = kept.as_deref().and_then(Dump::read).unwrap_or_else(|| {
        let dump = dump(case, engine, &baseline);
        if let Some(folder) = &kept {
            dump.write(folder);
        }
        dump
    });
    let found = differences(&older, &dump(case, engine, &today), &exceptions);
    assert!(found.is_empty(), "{name}: {} tables or files differ\n\n{}", found.len(), found.join("\n\n"));
    let (n_rows, n_files) = older.size();
    eprintln!("{name}: {n_rows} rows and {n_files} pages and exports are the same, byte for byte");
}

impl Case {
    fn name(&self, engine: Engine) -> String {
        let engine = if engine == Engine::Sqlite { "sqlite" } else { "postgres" };
        let name = match self {
            Self::Demo => "demo",
            Self::Real(project) => project.name,
        };
        format!("{name}_{engine}")
    }
}

/// Runs a build on a project of its own and dumps what it leaves behind.
fn dump(case: &Case, engine: Engine, build: &Build) -> Dump {
    let database = (engine == Engine::Postgres).then(|| {
        let cluster = temporary_cluster().expect("PostgreSQL is needed: see the reason above");
        Database::new(&cluster, &case.name(engine))
    });
    let url = database.as_ref().map(|database| database.url.as_str());
    let (project, codes) = match case {
        Case::Demo => demo(build, url),
        Case::Real(project) => real(build, project, url),
    };
    let file = format!("sqlite:{}", project.path().join("warehouse.db").display());
    let mut dump = Dump::of(url.unwrap_or(&file), &project.path().join("out"));
    dump.0.insert("file exit codes".to_owned(), codes);
    dump
}

fn demo(build: &Build, url: Option<&str>) -> (Project, String) {
    let folder = Project::empty();
    let shop = folder.path().join("shop").display().to_string();
    let mut found = vec!["demo", &shop, "--seed", "1"];
    found.extend(url.into_iter().flat_map(|url| ["--url", url]));
    let codes = run_all(build, folder.path(), &[&found, &["demo", &shop, "--advance", "1"]]);
    (Project::copy_of(Path::new(&shop)), codes)
}

fn real(build: &Build, real: &RealProject, url: Option<&str>) -> (Project, String) {
    let data = std::env::var("NIGHTCLERK_DATA").expect("NIGHTCLERK_DATA names the folder with the real data");
    let project = Project::copy_of(&build.projects.join(real.name));
    if let Some(url) = url {
        project.replace("nightclerk.toml", "sqlite:warehouse.db", url);
    }
    let codes = run_all(build, project.path(), &[&real.import(&data), &["run"]]);
    (project, codes)
}

/// Runs one command after the other; gives their exit codes, a line each. No build may fail for lack of sense.
fn run_all(build: &Build, folder: &Path, commands: &[&[&str]]) -> String {
    let mut codes = String::new();
    for arguments in commands {
        let ended = ran(&mut command_of(&build.binary, folder, arguments));
        // 3 and 4: a gate or the lack of an input stopped a job, which the projects on real data expect.
        let sensible = [0, 3, 4].contains(&ended.code);
        assert!(sensible, "{} {arguments:?}: {}\n{}", build.binary.display(), ended.code, ended.stderr);
        let _ = writeln!(codes, "{} exits with {}", arguments[0], ended.code);
    }
    codes
}

#[test]
fn a_dump_holds_every_published_table_page_and_export_and_is_the_same_again() {
    let project = Project::demo();
    let url = format!("sqlite:{}", project.path().join("warehouse.db").display());
    let dump = Dump::of(&url, &project.path().join("out"));
    for table in nightclerk::registry::Registry::standard().tables() {
        for name in [format!("table {}", table.name), format!("table {}_current", table.name)] {
            let head = dump.0[&name].lines().next().unwrap_or_default();
            let expected = ["job", "as_of"].into_iter().chain(table.columns.iter().map(|column| column.name));
            assert_eq!(head, expected.collect::<Vec<_>>().join("\t"), "{name}");
        }
        let rows = project.count(&format!("SELECT COUNT(*) FROM {}", table.name));
        assert_eq!(dump.0[&format!("table {}", table.name)].lines().count() as i64, rows + 1, "{}", table.name);
    }
    for name in ["table nightclerk_gates", "table nightclerk_publications", "file index.html"] {
        assert!(dump.0.contains_key(name), "{name} is missing");
    }
    let sheet = dump.0.iter().find(|(name, _)| name.ends_with(".xlsx xl worksheets sheet1.xml"));
    assert!(sheet.is_some_and(|(_, text)| text.contains("<sheetData>")), "workbooks are read");

    let kept = Project::empty();
    dump.write(&kept.path().join("kept"));
    assert_eq!(Dump::read(&kept.path().join("kept")).as_ref(), Some(&dump));
    assert_eq!(Dump::read(&kept.path().join("other")), None);

    // The last night once more is the same but for its runs, its times and its duration; a changed cell is seen.
    // Orders that stand in `out/` would be kept: they are taken back before.
    project.run(&["rollback", "inventory_plan", "--not-sent"]).exits(0);
    project.run(&["run"]).exits(0);
    for file in std::fs::read_dir(project.path().join("out/2026-11-22/inventory_plan")).unwrap() {
        let path = file.unwrap().path();
        if path.extension().is_some_and(|extension| extension == "withdrawn") {
            std::fs::remove_file(path).unwrap();
        }
    }
    let again = Dump::of(&url, &project.path().join("out"));
    let of_the_ledger = "nightclerk_runs, nightclerk_gates, nightclerk_files, nightclerk_slots";
    let found = differences(&dump, &again, &Exception::list(of_the_ledger));
    assert_eq!(found, Vec::<String>::new());
    project.execute("UPDATE demand_forecasts SET mean = mean * (1 + 1e-15) WHERE step = 1 AND level = 'total'");
    let found = differences(&dump, &Dump::of(&url, &project.path().join("out")), &Exception::list("ledger"));
    assert_eq!(found.len(), 2, "the table and its view: {found:?}");
    assert!(found[0].contains("in mean:"), "{}", found[0]);
}
