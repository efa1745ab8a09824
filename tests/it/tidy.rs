//! The invariants of the architecture, held against the source itself.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use nightclerk::datasets::{DATASETS, Dataset};
use nightclerk::kind::Kind;
use nightclerk::published::{Seen, Table};
use nightclerk::registry::{KINDS, Registry};
use regex::Regex;

/// A text file of the repository.
struct SourceFile {
    /// Its path from the root, with `/`.
    path: String,
    text: String,
}

impl SourceFile {
    /// The text before its unit tests, without comments.
    fn code(&self) -> String {
        let code = self.text.split("\n#[cfg(test)]\nmod ").next().unwrap_or_default();
        code.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n")
    }

    fn is_test(&self) -> bool {
        self.path.ends_with("/tests.rs") || self.path.contains("/tests/") || self.path.starts_with("tests/")
    }
}

/// Every published table.
fn tables() -> Vec<&'static Table> {
    Registry::standard().tables()
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Every text file below a folder of the repository, in order.
fn files(folder: &str) -> Vec<SourceFile> {
    let mut found = Vec::new();
    collect(&root().join(folder), folder, &mut found);
    found.sort_by(|a: &SourceFile, b| a.path.cmp(&b.path));
    assert!(!found.is_empty(), "{folder} is empty");
    found
}

fn collect(folder: &Path, path: &str, found: &mut Vec<SourceFile>) {
    for entry in std::fs::read_dir(folder).unwrap_or_else(|error| panic!("{path}: {error}")).flatten() {
        let path = format!("{path}/{}", entry.file_name().to_string_lossy());
        // What editors and snapshot tools leave behind is hidden and not ours.
        if entry.file_name().to_string_lossy().starts_with('.') {
            continue;
        }
        if entry.path().is_dir() {
            collect(&entry.path(), &path, found);
        } else if let Ok(text) = std::fs::read_to_string(entry.path()) {
            found.push(SourceFile { path, text });
        }
    }
}

fn rust(folder: &str) -> Vec<SourceFile> {
    files(folder).into_iter().filter(|file| has_extension(&file.path, "rs")).collect()
}

fn has_extension(path: &str, extension: &str) -> bool {
    Path::new(path).extension().is_some_and(|found| found == extension)
}

/// Everything of the repository that is written by hand.
fn tracked() -> Vec<SourceFile> {
    let mut all: Vec<SourceFile> =
        ["src", "crates", "tests", "jobs", "sql", "reports"].into_iter().flat_map(files).collect();
    for name in ["bench", ".ci", "deploy"].into_iter().filter(|name| root().join(name).is_dir()) {
        all.extend(files(name));
    }
    for entry in std::fs::read_dir(root()).unwrap().flatten().filter(|entry| entry.path().is_file()) {
        let path = entry.file_name().to_string_lossy().into_owned();
        if path != "Cargo.lock"
            && let Ok(text) = std::fs::read_to_string(entry.path())
        {
            all.push(SourceFile { path, text });
        }
    }
    all
}

/// `file:line` of every line of code that holds one of the words.
fn naming(files: &[SourceFile], words: &[&str]) -> Vec<String> {
    let mut found = Vec::new();
    for file in files {
        for line in file.code().lines() {
            if let Some(word) = words.iter().find(|word| line.contains(**word)) {
                found.push(format!("{} names `{word}`: {}", file.path, line.trim()));
            }
        }
    }
    found
}

#[track_caller]
fn assert_none(found: &[String], rule: &str) {
    assert!(found.is_empty(), "{rule}:\n{}", found.join("\n"));
}

fn names_in(folder: &str, keep: impl Fn(&Path) -> Option<String>) -> Vec<String> {
    let mut names: Vec<String> =
        std::fs::read_dir(root().join(folder)).unwrap().flatten().filter_map(|entry| keep(&entry.path())).collect();
    names.sort_unstable();
    names
}

fn stem_before(path: &Path, suffix: &str) -> Option<String> {
    Some(path.file_name()?.to_str()?.strip_suffix(suffix)?.to_owned())
}

#[test]
fn a_capability_has_one_name_in_all_places() {
    let kinds: Vec<&str> = KINDS.iter().map(|kind| kind.name).collect();
    let folder = |path: &Path| Some(path.file_name()?.to_str()?.to_owned()).filter(|_| path.is_dir());
    assert_eq!(names_in("src/jobs", folder), kinds, "folders of src/jobs");
    let shared = ["index", "layout", "parts"];
    let page = |path: &Path| stem_before(path, ".html.j2").filter(|stem| !shared.contains(&stem.as_str()));
    assert_eq!(names_in("reports", page), kinds, "templates in reports");
    assert_eq!(names_in("jobs", |path| stem_before(path, ".toml")), kinds, "files in jobs");
}

#[test]
fn every_folder_of_a_kind_has_the_same_three_files() {
    for kind in KINDS {
        for file in ["mod.rs", "dataset.rs", "recommend.rs"] {
            let path: PathBuf = root().join("src/jobs").join(kind.name).join(file);
            assert!(path.is_file(), "src/jobs/{}/{file} is missing", kind.name);
        }
        assert!(
            std::fs::read_dir(root().join("src/jobs").join(kind.name))
                .unwrap()
                .flatten()
                .filter_map(|entry| std::fs::read_to_string(entry.path()).ok())
                .any(|text| text.contains("#[test]")),
            "src/jobs/{} has no test",
            kind.name
        );
    }
}

#[test]
fn every_dataset_that_a_kind_needs_has_a_file_in_the_default_project() {
    let written = names_in("sql/datasets", |path| stem_before(path, ".sql"));
    for kind in KINDS {
        for dataset in kind.needs {
            assert!(written.iter().any(|name| name == dataset.name()), "{}: {}", kind.name, dataset.name());
        }
    }
    for name in &written {
        let stem = name.split('.').next().unwrap_or_default();
        assert!(DATASETS.iter().any(|dataset| dataset.name() == stem), "sql/datasets/{name}.sql feeds no dataset");
    }
}

#[test]
fn every_published_table_belongs_to_one_kind() {
    for table in tables() {
        let owners: Vec<&str> = KINDS
            .iter()
            .filter(|kind| kind.publishes.iter().any(|published| published.name == table.name))
            .map(|kind| kind.name)
            .collect();
        assert_eq!(owners.len(), 1, "{} is published by {owners:?}", table.name);
    }
}

#[test]
fn models_reach_nothing_outside() {
    let words = [
        "polars",
        "sqlx",
        "tokio",
        "std::fs",
        "std::env",
        "std::net",
        "std::process",
        "rand::rng",
        "thread_rng",
        "from_os_rng",
        "from_entropy",
        "crate::warehouse",
        "crate::datasets",
        "crate::jobs",
        "crate::runner",
    ];
    assert_none(&naming(&rust("crates/models/src"), &words), "crates/models is pure maths");
}

#[test]
fn jobs_do_not_write_and_do_not_read_files_or_the_environment() {
    let mut files = rust("src/jobs");
    files.retain(|file| !file.is_test());
    let words =
        ["std::fs", "std::env", "std::net", "std::process", "tokio::", "crate::runner", "crate::cli", "crate::shop"];
    assert_none(&naming(&files, &words), "src/jobs reads through its source and decides");
}

/// Clippy knows paths and aliases where a search for words knows spellings; what is left to hold is who may disagree with it.
#[test]
fn clippy_forbids_clock_and_chance_but_for_the_clock_of_main_and_the_stopwatch_of_import() {
    let settings = std::fs::read_to_string(root().join("clippy.toml")).unwrap();
    for path in ["std::time::SystemTime::now", "std::time::Instant::now", "chrono::Utc::now", "rand::rng"] {
        assert!(settings.contains(&format!("{{ path = \"{path}\"")), "clippy.toml allows {path}");
    }
    let mut files = rust("src");
    files.retain(|file| !file.is_test());
    let excused: Vec<&str> = files
        .iter()
        .filter(|file| file.text.contains("clippy::disallowed_methods"))
        .map(|file| file.path.as_str())
        .collect();
    assert_eq!(excused, ["src/import/mod.rs", "src/main.rs"]);
    assert_none(&naming(&files, &["clippy::disallowed_types"]), "no exception is needed");
}

#[test]
fn only_the_warehouse_names_sqlx_and_only_the_scheduler_names_tokio_cron_scheduler() {
    let (mut without_warehouse, mut without_scheduler) = (rust("src"), rust("src"));
    without_warehouse.retain(|file| !file.path.starts_with("src/warehouse/"));
    without_scheduler.retain(|file| file.path != "src/scheduler.rs");
    assert_none(&naming(&without_warehouse, &["sqlx::", "use sqlx"]), "only src/warehouse names sqlx");
    assert_none(&naming(&without_scheduler, &["tokio_cron_scheduler"]), "only src/scheduler.rs names it");
}

#[test]
fn kinds_do_not_import_each_other() {
    let mut found = Vec::new();
    for kind in KINDS {
        let own = rust(&format!("src/jobs/{}", kind.name));
        for other in KINDS.iter().filter(|other| other.name != kind.name) {
            found.extend(naming(&own, &[&format!("jobs::{}", other.name), &format!("super::super::{}", other.name)]));
        }
    }
    assert_none(&found, "kinds meet in the tables they publish, not in code");
}

/// The rooms that may name kinds and their tables: the kinds, what they publish, their list, and the generated shop with what
/// judges advice against its truth.
const ROOMS_OF_KINDS: [&str; 5] = ["src/jobs/", "src/published/", "src/registry.rs", "src/shop/", "src/bench/"];

/// Lines, comments and literals included, that name a kind or a published table in any of the forms that code knows: `a_name`,
/// `A_NAME`, `AName`. A table that is called like a function of the models may share its name with calls and imports of it.
fn naming_kinds_or_tables(files: &[SourceFile], of_models: &[String]) -> Vec<String> {
    let names: BTreeSet<&str> =
        KINDS.iter().map(|kind| kind.name).chain(tables().into_iter().map(Table::name)).collect();
    let camel = |name: &str| {
        let capital = |word: &str| word[..1].to_uppercase() + &word[1..];
        name.split('_').map(capital).collect::<String>()
    };
    let forms = names.iter().filter(|name| !of_models.iter().any(|function| function == *name));
    let forms: Vec<String> = forms.map(|name| (*name).to_owned()).collect();
    let constants = names.iter().flat_map(|name| [name.to_uppercase(), camel(name)]);
    let always =
        Regex::new(&format!(r"\b({})\b", forms.into_iter().chain(constants).collect::<Vec<_>>().join("|"))).unwrap();
    let outside_calls = Regex::new(&format!(r"(^|[^:\w])({})([^(\w]|$)", of_models.join("|"))).unwrap();
    let imports = Regex::new(r"(?m)^\s*(pub )?use [^;]*;").unwrap();
    let mut found = Vec::new();
    for file in files {
        let code = file.text.split("\n#[cfg(test)]\nmod ").next().unwrap_or_default();
        let without_imports = imports.replace_all(code, "");
        let named = code.lines().filter(|line| always.is_match(line));
        let in_models = of_models.is_empty() || file.path.contains("models/");
        let shared = without_imports.lines().filter(|line| !in_models && outside_calls.is_match(line));
        found.extend(named.chain(shared).map(|line| format!("{}: {}", file.path, line.trim())));
    }
    found
}

/// Published tables that are called like a public function of the models.
fn tables_named_like_functions_of_models() -> Vec<String> {
    let models: String = rust("crates/models/src").into_iter().map(|file| file.text).collect();
    let is_function = |name: &str| models.contains(&format!("pub fn {name}("));
    tables().into_iter().map(|table| table.name().to_owned()).filter(|name| is_function(name)).collect()
}

#[test]
fn no_room_but_those_of_kinds_names_a_kind_or_its_tables() {
    let mut files = rust("src");
    files.extend(rust("crates"));
    files.retain(|file| !file.is_test() && !ROOMS_OF_KINDS.iter().any(|room| file.path.starts_with(room)));
    let found = naming_kinds_or_tables(&files, &tables_named_like_functions_of_models());
    assert_none(&found, "what a kind or a table needs is said by its definition, not by its name elsewhere");
}

#[test]
fn a_kind_or_a_table_named_in_the_wrong_room_is_found() {
    let planted = |text: &str| {
        let file = SourceFile { path: "src/runner/planted.rs".to_owned(), text: text.to_owned() };
        naming_kinds_or_tables(&[file], &["association_rules".to_owned()]).len()
    };
    for text in [
        "let severity = if table.name == \"demand_forecasts\" { Block } else { Warn };",
        "    \"SELECT rule_id \\\n     FROM association_rules WHERE lift > 1\"",
        "use crate::published::{\n    COUPON_ASSIGNMENTS,\n};",
        "use crate::jobs::coupon_targets::CouponTargets;",
        "// as the coupon_targets do",
    ] {
        assert!(planted(text) > 0, "{text}");
    }
    for text in [
        "use models::rules::{RuleSettings, association_rules};\nlet rules = association_rules(&baskets, &settings);",
        "let demand_forecasts_read = 3;",
        "let name = 1;\n#[cfg(test)]\nmod tests {\n    const JOB: &str = \"inventory_plan\";\n}",
    ] {
        assert_eq!(planted(text), 0, "{text}");
    }
}

#[test]
fn what_reaches_people_is_read_side_by_side_and_never_forgotten() {
    for table in tables().into_iter().filter(|table| table.reaches_people) {
        assert!(table.is_kept_for_ever() && table.seen == Seen::SideBySide, "{}", table.name());
        assert!(table.columns.iter().any(|column| column.personal), "{} says of nobody who it is", table.name());
    }
}

#[test]
fn who_a_person_is_is_declared_personal_everywhere() {
    let schemas = tables().into_iter().map(|table| &table.schema).chain(DATASETS.iter().map(|dataset| &dataset.schema));
    let mut n_personal = 0;
    for schema in schemas {
        for column in schema.columns {
            let names_a_person = ["customer_id", "contact_hash"].contains(&column.name);
            assert_eq!(column.personal, names_a_person, "{}.{}", schema.name, column.name);
            n_personal += usize::from(names_a_person);
        }
    }
    assert!(n_personal > 5);
}

#[test]
fn no_source_file_is_longer_than_500_lines() {
    let mut found = Vec::new();
    for file in ["src", "crates", "tests"].into_iter().flat_map(rust) {
        let lines = file.text.lines().count();
        if lines > 500 {
            found.push(format!("{} has {lines} lines", file.path));
        }
    }
    assert_none(&found, "a file over 500 lines is to be split by noun");
}

#[test]
fn no_file_names_a_machine() {
    // Put together here, so that this file does not hold what it looks for.
    let slashed = |name: &str| format!("/{name}/");
    let words = [slashed("root"), slashed("tmp"), slashed("home"), slashed("work"), format!("../{}", "shared")];
    let registries = ["index.crates", "static.crates"].map(|name| format!("{name}.io"));
    let mut found = Vec::new();
    // `.ci/run` is where a machine's data are looked for and put behind a variable.
    for file in tracked().into_iter().filter(|file| file.path != ".ci/run") {
        for line in file.text.lines() {
            if words.iter().chain(&registries).any(|word| line.contains(word.as_str())) {
                found.push(format!("{}: {}", file.path, line.trim()));
            }
        }
    }
    assert_none(&found, "no path of a machine and no host of a registry is in the source");
}

#[test]
fn no_rendered_page_and_no_database_is_in_the_source() {
    let mut found: Vec<String> = tracked().into_iter().map(|file| file.path).collect();
    found.retain(|path| ["html", "db", "sqlite"].iter().any(|extension| has_extension(path, extension)));
    assert_none(&found, "what is rendered or left over is never committed");
}

fn readme() -> String {
    std::fs::read_to_string(root().join("README.md")).unwrap()
}

#[test]
fn the_readme_names_every_command_and_every_kind() {
    let readme = readme();
    for command in crate::cli::commands() {
        assert!(readme.contains(&command), "README.md does not name the command `{command}`");
    }
    for kind in KINDS {
        let tables: Vec<String> = kind.publishes.iter().map(|table| format!("`{}`", table.name())).collect();
        let (begin, end) = (format!("| `{}` | {} |", kind.name, kind.decides), format!("| {} |", tables.join(", ")));
        let described = readme.lines().any(|line| line.starts_with(&begin) && line.ends_with(&end));
        assert!(described, "README.md has no line that begins with {begin:?} and ends with {end:?}");
    }
}

/// The names in backticks.
fn quoted(text: &str) -> BTreeSet<String> {
    text.split('`').skip(1).step_by(2).map(str::to_owned).collect()
}

/// Published tables of other kinds that a kind asks its source for.
fn tables_read_of_others(kind: &Kind) -> BTreeSet<String> {
    let asked = Regex::new(r"\.read_published\(\s*&(\w+)").unwrap();
    let mut files = rust(&format!("src/jobs/{}", kind.name));
    files.retain(|file| !file.is_test());
    let code = files.iter().map(SourceFile::code).collect::<Vec<_>>().join("\n");
    let read = asked.captures_iter(&code).map(|found| found[1].to_lowercase());
    read.filter(|name| !kind.publishes.iter().any(|own| own.name() == name)).collect()
}

/// What stands before the semicolon is required, of two names with `or` between them one. A table of another kind may
/// stand on either side.
#[test]
fn the_readme_says_what_every_kind_reads_and_nothing_else() {
    let readme = readme();
    let names = |datasets: &[&Dataset]| -> BTreeSet<String> {
        datasets.iter().map(|dataset| dataset.name().to_owned()).collect()
    };
    let list = Regex::new(r"^`\w+`((, | or )`\w+`)*(; `\w+`(, `\w+`)*)?$").unwrap();
    for kind in KINDS {
        let begin = format!("| `{}` | {} | ", kind.name, kind.decides);
        let row = readme.lines().find_map(|line| line.strip_prefix(&begin)).unwrap_or_default();
        let reads = row.split(" | ").next().unwrap_or_default();
        assert!(list.is_match(reads), "README.md: what `{}` reads is no list of names: {reads:?}", kind.name);
        let (before, after) = reads.split_once("; ").unwrap_or((reads, ""));
        let one_of: BTreeSet<String> =
            before.split(", ").filter(|part| part.contains(" or ")).flat_map(quoted).collect();
        let of_others = tables_read_of_others(kind);
        let required = &(&quoted(before) - &one_of) - &of_others;
        let optional = &(&quoted(after) | &one_of) - &of_others;
        assert_eq!(required, names(kind.needs), "README.md: what `{}` needs", kind.name);
        assert_eq!(optional, names(kind.uses), "README.md: what `{}` uses", kind.name);
        assert!(of_others.is_subset(&quoted(reads)), "README.md: `{}` reads {of_others:?}", kind.name);
    }
}
