//! What nobody meant to write: job files and CSV files with parts cut out, doubled, swapped or replaced by what breaks parsers. Nothing
//! may panic, every rejection names its place, and no row is lost in silence.
//!
//! A test tries 400 job files and 60 CSV files; `NIGHTCLERK_HOSTILE=25` tries 25 times as many.

use std::io::Write as _;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use flate2::Compression;
use flate2::write::GzEncoder;
use nightclerk::import::{FileReport, ImportError, ImportSettings, import_folder};
use nightclerk::job::Progress;
use nightclerk::project::{ProcessEnvironment, Project};
use nightclerk::registry::{KINDS, Registry};
use nightclerk::warehouse::{Side, Value, Warehouse, WarehouseConfig};
use rand::seq::{IndexedRandom, IteratorRandom};
use rand::{Rng, SeedableRng};
use rand_pcg::Pcg64;

use crate::support::{Project as Shop, wait};

/// What parsers of numbers, dates, texts and nested things stumble over.
const HOSTILE: [&str; 42] = [
    "",
    "\"",
    "'",
    "'''",
    "\"\"\"",
    "[",
    "]",
    "[[",
    "]]",
    "{",
    "}",
    "=",
    "#",
    ",",
    "\n",
    "\r",
    "\t",
    "\0",
    "\u{feff}",
    "\u{202e}",
    "𝔡",
    "e\u{301}",
    "-1",
    "0",
    "1e999",
    "-inf",
    "nan",
    "99999999999999999999999",
    "9223372036854775807",
    "1979-05-27T07:32:00Z",
    "true",
    "null",
    "'* * * * *'",
    "\"61 25 32 13 8\"",
    "\"0 0 30 2 *\"",
    "\"Mars/Olympus\"",
    "\"${HOME}\"",
    "\"9999999999999999999h\"",
    "params = 1",
    "[params]",
    "[[accept]]",
    "a.b.c.d = {}",
];

/// How many times as many are tried.
fn times() -> usize {
    std::env::var("NIGHTCLERK_HOSTILE").map_or(1, |text| text.parse().expect("a number"))
}

/// A text with one thing done to it.
fn harmed(text: &str, chance: &mut Pcg64) -> String {
    let characters: Vec<char> = text.chars().collect();
    let at = chance.random_range(0..=characters.len());
    let until = (at + chance.random_range(0..30)).min(characters.len());
    let (before, cut, after): (String, String, String) = (
        characters[..at].iter().collect(),
        characters[at..until].iter().collect(),
        characters[until..].iter().collect(),
    );
    let mut lines: Vec<&str> = text.lines().collect();
    match chance.random_range(0..8) {
        0 => before + &after,
        1 => format!("{before}{cut}{cut}{after}"),
        2 => format!("{before}{}{after}", HOSTILE.choose(chance).unwrap()),
        3 => format!("{before}{}{cut}{after}", HOSTILE.choose(chance).unwrap()),
        4 if lines.len() > 1 => {
            let (one, other) = (chance.random_range(0..lines.len()), chance.random_range(0..lines.len()));
            lines.swap(one, other);
            lines.join("\n")
        }
        5 if !lines.is_empty() => {
            let line = lines[chance.random_range(0..lines.len())];
            lines.insert(chance.random_range(0..=lines.len()), line);
            lines.join("\n")
        }
        // The value of a key.
        6 | 7 => {
            let valued: Vec<usize> = (0..lines.len()).filter(|&line| lines[line].contains('=')).collect();
            let Some(&line) = valued.choose(chance) else { return before };
            let key = lines[line].split('=').next().unwrap_or_default();
            let value = format!("{key}= {}", HOSTILE.choose(chance).unwrap());
            lines[line] = &value;
            lines.join("\n")
        }
        _ => format!("{}{text}", HOSTILE.choose(chance).unwrap().repeat(chance.random_range(1..2_000))),
    }
}

/// A job file that sets everything that can be set.
fn whole_job_file(kind: &str, params: &str) -> String {
    format!(
        "kind = \"{kind}\"\nafter = []\nenabled = true\ndescription = \"what it is for\"\n\n[schedule]\ncron = \"30 2 * * *\"\n\
         timezone = \"Europe/Berlin\"\nmisfire = \"last\"\ncatchup_days = 7\ncatchup_max = 3\ndeliver_by = \"06:30\"\n\n[limits]\ntimeout = \"2h\"\nattempts = 3\n\n\
         [[accept]]\ngate = \"rows of daily_sales\"\nby = \"the planner\"\nwhy = \"a fair\"\nuntil = 2026-12-24\n\n[params]\n{params}"
    )
}

#[test]
fn no_job_file_makes_it_panic_and_every_rejection_names_its_place() {
    let folder = Shop::fresh();
    let registry = Registry::standard();
    let load = || Project::load(folder.path(), &registry, &ProcessEnvironment);
    let defaults = load().unwrap();
    let sound: Vec<String> = KINDS
        .iter()
        .map(|kind| {
            whole_job_file(kind.name, &defaults.job(kind.name).map_or_else(String::new, |job| job.params_toml.clone()))
        })
        .collect();
    for text in &sound {
        folder.write("jobs/hostile.toml", text);
        load().unwrap_or_else(|faults| panic!("sound: {faults}\n{text}"));
    }

    let mut chance = Pcg64::seed_from_u64(20_261_129);
    let (mut refused, tried) = (0, 400 * times());
    for number in 0..tried {
        let mut text = sound.choose(&mut chance).unwrap().clone();
        for _ in 0..chance.random_range(1..5) {
            text = harmed(&text, &mut chance);
        }
        let mut bytes = text.clone().into_bytes();
        if number % 20 == 0 {
            let at = chance.random_range(0..=bytes.len());
            bytes.splice(at..at, [0xff, 0xfe, 0xc3]);
        }
        std::fs::write(folder.path().join("jobs/hostile.toml"), &bytes).unwrap();
        let loaded =
            catch_unwind(AssertUnwindSafe(load)).unwrap_or_else(|_| panic!("it panicked on number {number}:\n{text}"));
        let Err(faults) = loaded else { continue };
        refused += 1;
        let shown = faults.to_string();
        assert!(!shown.trim().is_empty(), "number {number} is refused without a word:\n{text}");
        for fault in &faults {
            let (file, message) = (fault.file.as_str(), fault.message.as_str());
            assert!(file == "jobs/hostile.toml", "number {number}: {file}: {message}");
            // What is absent has no line; all else has one that is there.
            let absent = message.starts_with("missing key");
            match &fault.place {
                Some(place) => {
                    let n_lines = text.split('\n').count();
                    assert!(
                        (1..=n_lines).contains(&place.line) && place.column >= 1,
                        "number {number}: {place:?}\n{text}"
                    );
                }
                None => assert!(absent, "number {number}: no line: {message}\n{text}"),
            }
        }
    }
    eprintln!("{tried} job files: {refused} refused, each with its place; {} could be read", tried - refused);
    assert!(refused > tried / 3, "they are hardly hostile: {refused} of {tried} refused");
}

/// A sound file of sales.
fn sound_csv(chance: &mut Pcg64) -> String {
    let mut text = "order_id,sold_on,product_id,quantity,net_amount,note\n".to_owned();
    for number in 0..chance.random_range(3..60) {
        let (day, product, quantity) =
            (chance.random_range(1..29), chance.random_range(1..99), chance.random_range(1..9));
        text += &format!("{number},2026-11-{day:02},{product:05},{quantity},{quantity}.99,\"a, \"\"b\"\"\"\n");
    }
    text
}

/// A CSV file with things done to it that exports and people do.
fn harmed_csv(chance: &mut Pcg64) -> Vec<u8> {
    let mut text = sound_csv(chance);
    for _ in 0..chance.random_range(1..4) {
        text = match chance.random_range(0..12) {
            0 => text.replace('\n', "\r\n"),
            1 => text.replace('\n', "\r"),
            2 => format!("\u{feff}{text}"),
            3 => text.replace(',', ";"),
            4 => text.replacen("quantity", "quantity,quantity", 1),
            5 => text.replacen("quantity", "", 1),
            6 => text.replace("2026-11-0", "0026-13-4"),
            7 => text.replacen(".99", &"9".repeat(chance.random_range(1..200_000)), 1),
            8 => text.lines().take(1).collect::<Vec<_>>().join("\n"),
            9 => text.chars().filter(|_| !chance.random_ratio(1, 200)).collect(),
            _ => harmed(&text, chance),
        };
    }
    let mut bytes = text.into_bytes();
    if chance.random_ratio(1, 8) {
        let at = (0..=bytes.len()).choose(chance).unwrap();
        bytes.splice(at..at, [0xff, 0x00, 0xc3]);
    }
    bytes
}

/// Loads one file into an empty warehouse; gives the report with how many rows its table and its rejects file have.
async fn import(folder: &Path) -> Result<(FileReport, u64, u64), ImportError> {
    let url = format!("sqlite:{}", folder.join("warehouse.db").display());
    let warehouse =
        Warehouse::open(&WarehouseConfig::new(url.as_str()).create_if_missing()).await.expect("a warehouse");
    let settings = ImportSettings::new(0.5.try_into().expect("a share"));
    let report = import_folder(folder, None, &warehouse, &settings, &Progress::silent()).await?.files.remove(0);
    let count = format!("SELECT COUNT(*) FROM {}", warehouse.dialect(Side::Target).quote(&report.table));
    let rows = warehouse.read_values(Side::Target, &count, &[]).await.expect("the table is there");
    let Value::Integer(rows) = rows[0][0] else { panic!("a count") };
    let rejects = report.rejects_file.as_ref().map_or(0, |path| {
        let mut reader =
            csv::ReaderBuilder::new().flexible(true).from_path(folder.join(path)).expect("the rejects file");
        reader
            .byte_records()
            .map(|record| {
                let record = record.expect("a rejected row");
                let line: u64 = String::from_utf8_lossy(&record[0]).parse().expect("its line");
                assert!(line >= 2 && !record[1].is_empty(), "a line and a reason: {record:?}");
            })
            .count() as u64
    });
    Ok((report, rows.unsigned_abs(), rejects))
}

#[test]
fn no_csv_file_makes_it_panic_and_every_row_is_loaded_or_rejected_with_its_line() {
    let mut chance = Pcg64::seed_from_u64(20_261_130);
    let (mut refused, tried) = (0, 60 * times());
    for number in 0..tried {
        let folder = Shop::empty();
        let bytes = harmed_csv(&mut chance);
        let packed = number % 6 == 5;
        let name = if packed { "sales.csv.gz" } else { "sales.csv" };
        let mut file = if packed {
            let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
            encoder.write_all(&bytes).unwrap();
            encoder.finish().unwrap()
        } else {
            bytes.clone()
        };
        let cut = packed && number % 12 == 11;
        if cut {
            file.truncate(file.len() / 2);
        }
        std::fs::write(folder.path().join(name), &file).unwrap();
        let text = String::from_utf8_lossy(&bytes[..bytes.len().min(2_000)]).into_owned();
        let context = format!("number {number}:\n{text}");
        match catch_unwind(|| wait(import(folder.path()))).unwrap_or_else(|_| panic!("it panicked on {context}")) {
            Ok((report, rows, rejects)) => {
                assert!(!cut, "half of a packed file was loaded, {context}");
                assert_eq!((rows, rejects), (report.rows, report.rejected), "{context}");
                let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(&bytes[..]);
                let records = reader.byte_records().map_while(Result::ok).count() as u64;
                assert_eq!(rows + rejects, records, "rows were lost, {context}");
            }
            Err(error) => {
                refused += 1;
                assert!(error.to_string().contains("sales.csv"), "no file is named: {error}, {context}");
            }
        }
    }
    eprintln!(
        "{tried} CSV files: {refused} refused as a whole, {} loaded with every row accounted for",
        tried - refused
    );
    assert!(refused < tried, "no file was loaded");
}

#[test]
fn a_job_file_in_another_encoding() {
    let project = Shop::fresh();
    let text = project.read("jobs/basket_rules.toml").replace("kind", "description = \"F\u{fc}r\"\nkind");
    let latin_1: Vec<u8> = text.chars().map(|letter| u8::try_from(u32::from(letter)).unwrap()).collect();
    std::fs::write(project.path().join("jobs/basket_rules.toml"), latin_1).unwrap();
    let checked = project.run(&["check"]).exits(2);
    assert!(checked.stderr.contains("error: byte 0xfc is not UTF-8"), "{}", checked.stderr);
    assert!(checked.stderr.contains("--> jobs/basket_rules.toml:"), "{}", checked.stderr);
}

#[test]
fn a_template_that_names_what_no_page_has_is_found_before_the_night() {
    let project = Shop::demo();
    project.write(
        "reports/basket_rules.html.j2",
        "{% extends \"layout.html.j2\" %}\n{% block guide %}{{ facts.shop }}{% endblock %}\n",
    );
    let checked = project.run(&["check"]).exits(2);
    let expected = "BAD  the page of basket_rules\n       cannot render the template `basket_rules.html.j2`, line 2: `facts.shop` is undefined";
    assert!(checked.stdout.contains(expected), "{}", checked.stdout);
    assert!(checked.stdout.contains("ok   the page of the night"), "{}", checked.stdout);
}
