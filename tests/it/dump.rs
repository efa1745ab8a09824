//! What a project leaves behind, as text: every published row, the ledger's account of it, every page and export.
//!
//! Tables are found in the database's own catalogue, so that a build that knows other tables is dumped just as well.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::Read as _;
use std::path::Path;

use nightclerk::warehouse::{Dialect, Side, Value, Warehouse, WarehouseConfig};
use regex::Regex;

use crate::support::with_warehouse;

/// Columns that differ between two runs of one program: instants and what numbers the runs. The hash of the
/// configuration is among them because it covers the warehouse's URL.
const OF_THE_RUN: [&str; 4] = ["run_id", "fence", "config_hash", "code_version"];

/// Named texts: `table NAME` with a line of column names and a line per row, cells between tabs; and
/// `file PATH` for everything in the output folder.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Dump(pub BTreeMap<String, String>);

impl Dump {
    /// What is in a project's warehouse and in its output folder.
    pub fn of(url: &str, output: &Path) -> Self {
        let mut dump =
            with_warehouse(&WarehouseConfig::new(url), async |warehouse| Self::of_warehouse(warehouse).await);
        dump.add_files(output, output);
        dump
    }

    /// Every table and view that holds rows of a run, without those of runs that are under way.
    pub async fn of_warehouse(warehouse: &Warehouse) -> Self {
        let mut dump = Self::default();
        for (table, columns) in tables(warehouse).await {
            let has = |name: &str| columns.iter().any(|column| column == name);
            let published = has("job") && has("as_of");
            if !has("run_id") || table.starts_with("staged_") || !(published || table == "nightclerk_gates") {
                continue;
            }
            dump.0.insert(format!("table {table}"), rows(warehouse, &table, &columns, published).await);
        }
        dump
    }

    /// Keeps the dump as files of a folder.
    pub fn write(&self, folder: &Path) {
        for (name, text) in &self.0 {
            let path = folder.join(name);
            std::fs::create_dir_all(path.parent().expect("a folder")).expect("the folder can be made");
            std::fs::write(&path, text).expect("the dump can be written");
        }
    }

    /// Reads what [`Dump::write`] wrote; nothing when there is no such folder.
    pub fn read(folder: &Path) -> Option<Self> {
        folder.is_dir().then(|| {
            let mut dump = Self::default();
            for path in files(folder) {
                let name = path.strip_prefix(folder).expect("inside").display().to_string();
                dump.0.insert(name, std::fs::read_to_string(&path).expect("a dump"));
            }
            dump
        })
    }

    /// How many rows and how many pages and exports it holds.
    pub fn size(&self) -> (usize, usize) {
        let of = |kind: &'static str| self.0.iter().filter(move |(name, _)| name.starts_with(kind));
        (of("table ").map(|(_, text)| text.lines().count() - 1).sum(), of("file ").count())
    }

    fn add_files(&mut self, folder: &Path, root: &Path) {
        for path in files(folder) {
            let name = format!("file {}", path.strip_prefix(root).expect("inside").display());
            let bytes = std::fs::read(&path).expect("the file can be read");
            if path.extension().is_some_and(|extension| extension == "xlsx") {
                let mut entries = unpacked(&bytes);
                let shared = entries.iter().position(|(entry, _)| entry == SHARED_STRINGS);
                let shared = shared.map_or_else(Vec::new, |place| strings(&entries.remove(place).1));
                for (entry, bytes) in entries {
                    self.0.insert(
                        format!("{name} {}", entry.replace('/', " ")),
                        without_run(&with_strings(&bytes, &shared)),
                    );
                }
            } else {
                self.0.insert(name, without_run(&bytes));
            }
        }
    }
}

/// The entry of a workbook with the texts of all its cells, each once: a run's number is one of them, and may be a count's too.
const SHARED_STRINGS: &str = "xl/sharedStrings.xml";

/// The texts of that entry, in order.
fn strings(bytes: &[u8]) -> Vec<String> {
    let text = String::from_utf8_lossy(bytes);
    let pattern = Regex::new(r"(?s)<si>(.*?)</si>").expect("a pattern");
    pattern.captures_iter(&text).map(|found| found[1].replace("<t>", "").replace("</t>", "")).collect()
}

/// An entry with texts in the place of their numbers.
fn with_strings(bytes: &[u8], strings: &[String]) -> Vec<u8> {
    let text = String::from_utf8_lossy(bytes);
    let pattern = Regex::new(r#"t="s"><v>(\d+)</v>"#).expect("a pattern");
    let text = pattern.replace_all(&text, |found: &regex::Captures<'_>| {
        let place: usize = found[1].parse().expect("a number");
        format!(r#"t="s"><v>{}</v>"#, strings[place])
    });
    text.into_owned().into_bytes()
}

/// Tables and views of the target with their columns, both in the catalogue's order.
async fn tables(warehouse: &Warehouse) -> BTreeMap<String, Vec<String>> {
    let sql = match warehouse.dialect(Side::Target) {
        Dialect::Sqlite => {
            "SELECT m.name, c.name FROM sqlite_master m, pragma_table_info(m.name) c WHERE m.type IN ('table', 'view') \
             ORDER BY m.name, c.cid"
        }
        Dialect::Postgres => {
            "SELECT CAST(table_name AS TEXT), CAST(column_name AS TEXT) FROM information_schema.columns \
             WHERE table_schema = current_schema() ORDER BY table_name, ordinal_position"
        }
        Dialect::Mariadb => {
            "SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = DATABASE() \
             ORDER BY table_name, ordinal_position"
        }
    };
    let mut tables: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for row in warehouse.read_values(Side::Target, sql, &[]).await.expect(sql) {
        let [table, column] = &row[..] else { panic!("two columns were asked for: {row:?}") };
        tables.entry(cell(table)).or_default().push(cell(column));
    }
    assert!(!tables.is_empty(), "the warehouse has no table");
    tables
}

/// A line of column names, then the rows in order.
async fn rows(warehouse: &Warehouse, table: &str, columns: &[String], published: bool) -> String {
    let lasting = |column: &&String| !OF_THE_RUN.contains(&column.as_str()) && !column.ends_with("_us");
    let lasting: Vec<&str> = columns.iter().filter(lasting).map(String::as_str).collect();
    let quoted = |of: &str, names: &[&str]| {
        let dialect = warehouse.dialect(Side::Target);
        names.iter().map(|name| format!("{of}.{}", dialect.quote(name))).collect::<Vec<_>>().join(", ")
    };
    let (sql, names) = if published {
        (format!("SELECT {} FROM {table} t", quoted("t", &lasting)), lasting)
    } else {
        // The gates of a run are told apart by its job and date.
        let joined = format!("FROM nightclerk_runs r JOIN {table} t ON t.run_id = r.run_id");
        let names = ["job", "as_of"].into_iter().chain(lasting.iter().copied()).collect();
        (format!("SELECT r.job, r.as_of, {} {joined}", quoted("t", &lasting)), names)
    };
    let mut rows: Vec<Vec<String>> = Vec::new();
    for row in warehouse.read_values(Side::Target, &sql, &[]).await.expect(&sql) {
        rows.push(row.iter().map(cell).collect());
    }
    sort(&mut rows);
    let mut text = names.join("\t");
    for row in rows {
        let _ = write!(text, "\n{}", row.join("\t"));
    }
    text
}

/// Sorts by the cells without a fraction first, so that a float that moves by its last bit moves no row.
pub fn sort(rows: &mut [Vec<String>]) {
    let width = rows.first().map_or(0, Vec::len);
    let (real, other): (Vec<usize>, Vec<usize>) = (0..width).partition(|&at| rows.iter().any(|row| is_real(&row[at])));
    let order: Vec<usize> = other.into_iter().chain(real).collect();
    rows.sort_by(|a, b| order.iter().map(|&at| &a[at]).cmp(order.iter().map(|&at| &b[at])));
}

fn is_real(cell: &str) -> bool {
    cell.parse::<f64>().is_ok() && cell.parse::<i64>().is_err()
}

/// A value as text, the same on every engine: floats as the shortest text that gives their bits back.
fn cell(value: &Value) -> String {
    match value {
        Value::Null => "\\N".to_owned(),
        Value::Integer(number) => number.to_string(),
        Value::Real(number) => format!("{number:?}"),
        Value::Text(text) => text.replace('\\', "\\\\").replace('\t', "\\t").replace('\n', "\\n"),
        Value::Date(date) => date.to_string(),
        Value::Instant(micros) => format!("{micros} us"),
        Value::Flag(flag) => u8::from(*flag).to_string(),
    }
}

/// A page or an export without what differs from run to run.
fn without_run(bytes: &[u8]) -> String {
    let mut text = String::from_utf8_lossy(bytes).into_owned();
    for (pattern, replacement) in [
        (r"\b[0-9a-f]{64}\b", "[hash]"),
        (r"configuration [0-9a-f]{12}\b", "configuration [hash]"),
        (r"\bRun \d+", "Run [id]"),
        (r"<dt>Run</dt><dd>\d+", "<dt>Run</dt><dd>[id]"),
        (r"<v>Run</v></c><c ([^>]*)><v>\d+", "<v>Run</v></c><c $1><v>[id]"),
        (r"started \d{4}-\d\d-\d\dT[\d:.]+Z, took [^<]*", "started [instant], took [duration]"),
        (r"<dt>Took</dt><dd>.* over all jobs", "<dt>Took</dt><dd>[duration] over all jobs"),
        (r"<span>\d+(\.\d+)? m?s</span>|<span>\d+ (min|h) \d\d (s|min)</span>", "<span>[duration]</span>"),
        (r"127\.0\.0\.1:\d+", "127.0.0.1:[port]"),
        // A workbook names its run, so that its packed length is the run's too. Its entries are compared one by one.
        (r#"xlsx</a></td><td class="number">[^<]*"#, r#"xlsx</a></td><td class="number">[size]"#),
    ] {
        text = Regex::new(pattern).expect("a pattern").replace_all(&text, replacement).into_owned();
    }
    text
}

/// Every file below a folder, in order.
fn files(folder: &Path) -> Vec<std::path::PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display())).flatten() {
        if entry.path().is_dir() { found.extend(files(&entry.path())) } else { found.push(entry.path()) }
    }
    found.sort_unstable();
    found
}

/// The entries of a workbook, which is a ZIP archive (APPNOTE.TXT 4.3): its central directory, then each entry's bytes.
fn unpacked(zip: &[u8]) -> Vec<(String, Vec<u8>)> {
    let number =
        |at: usize, length: usize| zip[at..at + length].iter().rev().fold(0, |sum, &byte| sum << 8 | usize::from(byte));
    let end = zip.windows(4).rposition(|bytes| bytes == b"PK\x05\x06").expect("the end of the central directory");
    let mut at = number(end + 16, 4);
    let mut entries = Vec::new();
    for _ in 0..number(end + 10, 2) {
        assert_eq!(&zip[at..at + 4], b"PK\x01\x02", "an entry of the central directory");
        let (method, length, local) = (number(at + 10, 2), number(at + 20, 4), number(at + 42, 4));
        let name = String::from_utf8_lossy(&zip[at + 46..at + 46 + number(at + 28, 2)]).into_owned();
        let start = local + 30 + number(local + 26, 2) + number(local + 28, 2);
        let packed = &zip[start..start + length];
        let mut bytes = Vec::new();
        match method {
            0 => bytes.extend_from_slice(packed),
            8 => drop(flate2::read::DeflateDecoder::new(packed).read_to_end(&mut bytes).expect("an entry")),
            other => panic!("{name} is packed by method {other}"),
        }
        entries.push((name, bytes));
        at += 46 + number(at + 28, 2) + number(at + 30, 2) + number(at + 32, 2);
    }
    entries
}
