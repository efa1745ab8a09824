//! Pages and files, end to end.

use std::collections::BTreeMap;
use std::io::Read;

use chrono::NaiveDate;

use super::format::number_with_unit;
use super::*;
use crate::publication::{
    BarChart, Cell, Chart, Export, ExportFormat, Figure, Section, Severity, TableView, Unit, ViewColumn,
};
use crate::quantities::Currency;
use crate::registry::{KINDS, Registry};

fn day(day: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(2026, 11, day).unwrap()
}

fn euro() -> Currency {
    Currency::new("EUR").unwrap()
}

fn facts() -> RunFacts {
    RunFacts {
        project: "corner shop".to_owned(),
        job: "inventory_plan".to_owned(),
        kind: "inventory_plan".to_owned(),
        as_of: day(22),
        run_id: 41,
        timezone: "Europe/Berlin".to_owned(),
        currency: euro(),
        state: RunState::Published,
        reason: String::new(),
        current_as_of: Some(day(22)),
        valid_until: Some("Tue 24 Nov 2026 06:30 CET".to_owned()),
        data_from: Some(day(1)),
        data_to: Some(day(22)),
        code_version: "0.1.0".to_owned(),
        config_hash: "9f2c4e".to_owned(),
        seed: 7,
        started_at: "2026-11-23T01:30:00Z".to_owned(),
        duration_ms: 1_430,
        rows_in: 48_211,
        rows_out: 1_214,
        params_toml: "service_level = 0.95\n".to_owned(),
        gates: vec![],
        inputs: vec![],
        files: vec![],
    }
}

fn column(label: &str, unit: Option<Unit>) -> ViewColumn {
    ViewColumn { label: label.to_owned(), unit }
}

fn export(rows: Vec<Vec<Cell>>) -> Export {
    Export {
        stem: "orders-SUP-004".to_owned(),
        formats: &[ExportFormat::Csv, ExportFormat::Xlsx],
        about: "What to order from SUP-004".to_owned(),
        columns: vec![
            column("product", None),
            column("due", None),
            column("quantity", Some(Unit::Units)),
            column("value", Some(Unit::Money)),
            column("share", Some(Unit::Share)),
        ],
        rows,
        leaves: false,
    }
}

fn row(name: &str) -> Vec<Cell> {
    vec![
        Cell::Text(name.to_owned()),
        Cell::Date(day(24)),
        Cell::Number(24.0),
        Cell::Number(1_823_045.0),
        Cell::Number(0.125),
    ]
}

fn csv_text(rows: Vec<Vec<Cell>>) -> String {
    String::from_utf8(export_csv(&export(rows), euro()).unwrap()).unwrap()
}

fn ours() -> Templates {
    Templates::new(&Registry::standard().templates(), &BTreeMap::new()).unwrap()
}

fn html(page: &Page, facts: &RunFacts) -> String {
    page_html(&ours(), facts, page, &[], &[]).unwrap()
}

#[test]
fn csv_writes_plain_numbers_major_units_and_iso_dates() {
    insta::assert_snapshot!(csv_text(vec![row("Milk, 1 l"), row("Say \"cheese\"")]).replace("\r\n", "|\n"), @r#"
    product,due,quantity,value (EUR),share|
    "Milk, 1 l",2026-11-24,24,18230.45,0.125|
    "Say ""cheese""",2026-11-24,24,18230.45,0.125|
    "#);
}

#[test]
fn csv_never_lets_a_text_start_a_formula() {
    for start in ["=", "+", "-", "@", "\t", "\r", "\n", "＝"] {
        let text = csv_text(vec![row(&format!("{start}cmd()"))]);
        let body = text.split_once("\r\n").unwrap().1.trim_start_matches('"');
        assert!(body.starts_with(&format!("'{start}cmd()")), "{text:?}");
    }
}

#[test]
fn csv_does_not_guard_negative_numbers() {
    let mut negative = row("Return");
    negative[2] = Cell::Number(-3.0);
    negative[3] = Cell::Number(-50.0);
    assert!(csv_text(vec![negative]).contains("Return,2026-11-24,-3,-0.50,0.125"));
}

#[test]
fn csv_rounds_money_to_the_smallest_coin_as_the_published_table_does() {
    let written = |minor: f64| {
        let mut cells = row("Estimate");
        cells[3] = Cell::Number(minor);
        csv_text(vec![cells])
    };
    assert!(written(2_396.887).contains(",24,23.97,"));
    assert!(written(-0.4).contains(",24,0.00,"));
}

#[test]
fn csv_leaves_missing_and_undefined_numbers_empty() {
    let numbers = [Cell::Number(f64::NAN), Cell::Number(f64::INFINITY), Cell::Empty];
    let cells = [Cell::Text("x".to_owned()), Cell::Empty].into_iter().chain(numbers).collect();
    assert!(csv_text(vec![cells]).ends_with("\r\nx,,,,\r\n"));
}

#[test]
fn a_row_of_the_wrong_width_is_refused_by_name() {
    let error = export_csv(&export(vec![row("a"), vec![Cell::Empty]]), euro()).unwrap_err();
    assert_eq!(
        error.to_string(),
        "cannot write the export `orders-SUP-004`: row 2 has 1 cells, expected 5, one per column"
    );
}

/// The entries of a zip archive: name, DOS time and content, read from the central directory.
fn zip_entries(bytes: &[u8]) -> BTreeMap<String, (u32, String)> {
    let u16_at = |at: usize| usize::from(u16::from_le_bytes([bytes[at], bytes[at + 1]]));
    let u32_at = |at: usize| u32::from_le_bytes(bytes[at..at + 4].try_into().unwrap());
    let mut entries = BTreeMap::new();
    let mut at = u32_at(bytes.len() - 22 + 16) as usize;
    while u32_at(at) == 0x0201_4b50 {
        let (name, extra, comment) = (u16_at(at + 28), u16_at(at + 30), u16_at(at + 32));
        let key = String::from_utf8(bytes[at + 46..at + 46 + name].to_vec()).unwrap();
        let local = u32_at(at + 42) as usize;
        let start = local + 30 + u16_at(local + 26) + u16_at(local + 28);
        let data = &bytes[start..start + u32_at(at + 20) as usize];
        let mut content = String::new();
        match u16_at(at + 10) {
            0 => content.push_str(std::str::from_utf8(data).unwrap()),
            _ => drop(flate2::read::DeflateDecoder::new(data).read_to_string(&mut content).unwrap()),
        }
        entries.insert(key, (u32_at(at + 12), content));
        at += 46 + name + extra + comment;
    }
    entries
}

#[test]
fn xlsx_has_a_sheet_of_rows_and_a_sheet_that_explains_them() {
    let entries = zip_entries(&export_xlsx(&export(vec![row("=cmd()")]), &facts()).unwrap());
    let workbook = &entries["xl/workbook.xml"].1;
    assert!(workbook.contains("name=\"orders-SUP-004\"") && workbook.contains("name=\"About\""), "{workbook}");
    let sheet = &entries["xl/worksheets/sheet1.xml"].1;
    assert!(sheet.contains("state=\"frozen\"") && sheet.contains("<autoFilter"), "{sheet}");
    assert!(sheet.contains("<v>18230.45</v>") && !sheet.contains("<f>"), "{sheet}");
    let styles = &entries["xl/styles.xml"].1;
    assert!(styles.contains("yyyy-mm-dd") && styles.contains("0.0%"), "{styles}");
    assert!(entries["xl/sharedStrings.xml"].1.contains("What to order from SUP-004"));
}

#[test]
fn xlsx_bytes_depend_on_nothing_but_the_arguments() {
    let bytes = || export_xlsx(&export(vec![row("Milk")]), &facts()).unwrap();
    let entries = zip_entries(&bytes());
    assert_eq!(bytes(), bytes());
    assert!(entries["docProps/core.xml"].1.contains("2026-11-22T00:00:00Z"));
    // 1980-01-01, the zero of the format, and not the time of the run.
    assert!(
        entries.values().all(|(time, _)| time >> 16 == 0x21),
        "{:?}",
        entries.values().map(|e| e.0).collect::<Vec<_>>()
    );
}

#[test]
fn an_empty_export_is_still_a_file_with_headings() {
    assert_eq!(csv_text(vec![]), "product,due,quantity,value (EUR),share\r\n");
    assert!(export_xlsx(&export(vec![]), &facts()).is_ok());
}

#[test]
fn a_hostile_name_is_harmless_wherever_it_stands() {
    let hostile = "<script>alert(1)</script>\"'&";
    let text = || hostile.to_owned();
    let section = Section {
        heading: text(),
        text: vec![text()],
        figures: vec![Figure { label: text(), value: Some(1.0), unit: Unit::Count, note: text() }],
        charts: vec![Chart::Bars(BarChart { title: text(), unit: Unit::Count, bars: vec![(text(), 1.0)] })],
        tables: vec![TableView {
            caption: text(),
            columns: vec![column(hostile, None)],
            rows: vec![vec![Cell::Text(text())]],
            total_rows: 9,
        }],
    };
    let page = Page {
        title: text(),
        headline: text(),
        grade: Some(section.clone()),
        actions: vec![section.clone()],
        changes: vec![section.clone()],
        details: vec![section],
    };
    let mut facts = facts();
    facts.params_toml = text();
    facts.reason = text();
    facts.files = vec![FileLink { name: text(), href: "JavaScript:alert(1)".to_owned(), about: text(), bytes: 1 }];
    let caveat = Caveat { severity: Severity::Note, code: text(), count: 1, text: text(), examples: vec![text()] };
    let html = page_html(&ours(), &facts, &page, &[], &[caveat]).unwrap();
    assert!(!html.contains("<script") && !html.to_lowercase().contains("javascript:"));
    assert!(html.matches("&lt;script&gt;").count() > 30);
}

#[test]
fn a_page_is_self_contained() {
    let html = html(&Page::default(), &facts());
    for outside in ["<script", "<link", "http:", "https:", "url(", "@import"] {
        assert!(!html.contains(outside), "{outside}");
    }
}

#[test]
fn a_blocked_run_says_since_when_readers_see_old_rows() {
    let mut facts = facts();
    facts.state = RunState::Blocked;
    facts.current_as_of = Some(day(20));
    let stale = html(&Page::default(), &facts);
    assert!(stale.contains("NOT published") && stale.contains("Stale since Fri 20 Nov 2026"));
    assert!(!stale.contains("Valid until"), "nothing of it is valid");
    facts.current_as_of = Some(day(22));
    let again = html(&Page::default(), &facts);
    assert!(again.contains("What was published for Sun 22 Nov 2026 before stands as it was."));
    facts.current_as_of = None;
    assert!(html(&Page::default(), &facts).contains("There is no earlier publication"));
}

#[test]
fn the_first_line_of_a_run_that_was_held_back_is_why_and_its_figure_is_not_to_be_acted_on() {
    let page = Page { headline: "Order 82 lines worth 3,075.72 EUR".to_owned(), ..Page::default() };
    let mut facts = facts();
    assert!(html(&page, &facts).contains("<p class=\"headline\">Order 82 lines worth 3,075.72 EUR</p>"));
    facts.state = RunState::Blocked;
    facts.reason = "half of the lines are missing".to_owned();
    let html = html(&page, &facts);
    assert!(html.contains("<p class=\"headline\">half of the lines are missing</p>"));
    assert_eq!(html.matches("half of the lines are missing").count(), 1);
    assert!(html.contains("Held back, not to be acted on: Order 82 lines worth 3,075.72 EUR"));
    assert!(html.contains("This run was not published: what follows is held back"));
}

#[test]
fn a_cut_table_says_how_much_is_shown_and_where_the_rest_is() {
    let table = TableView {
        caption: "Orders".to_owned(),
        columns: vec![column("Value", Some(Unit::Money))],
        rows: vec![vec![Cell::Number(99_950.0)]; 25],
        total_rows: 1_214,
    };
    let section = Section { tables: vec![table], ..Section::default() };
    let page = Page { actions: vec![section], ..Page::default() };
    let mut facts = facts();
    assert!(html(&page, &facts).contains("25 of 1,214 rows."));
    let file = |name: &str| FileLink { name: name.to_owned(), href: name.to_owned(), about: String::new(), bytes: 10 };
    facts.files = vec![file("orders.csv"), file("orders.xlsx")];
    assert!(
        html(&page, &facts)
            .contains("25 of 1,214 rows; the published rows are in <a href=\"orders.csv\">orders.csv</a>.")
    );
    facts.files.push(file("exceptions.csv"));
    assert!(html(&page, &facts).contains("the published rows are in <a href=\"#files\">the files of this run</a>."));
    assert!(html(&page, &facts).contains("<td class=\"number\">999.50</td>"));
}

#[test]
fn every_embedded_template_renders() {
    for kind in KINDS.iter().map(|kind| kind.name).chain(["a_new_kind"]) {
        let facts = RunFacts { kind: kind.to_owned(), ..facts() };
        assert!(html(&Page::default(), &facts).contains("How to read this page"), "{kind}");
    }
    let night = NightFacts {
        project: "corner shop".to_owned(),
        as_of: day(22),
        timezone: "Europe/Berlin".to_owned(),
        currency: euro(),
        totals: vec![],
        jobs: vec![],
    };
    assert!(index_html(&ours(), &night).unwrap().contains("No job ran"));
}

#[test]
fn a_users_template_replaces_ours_and_its_errors_name_file_and_line() {
    let with = |name: &str, text: &str| {
        Templates::new(&Registry::standard().templates(), &BTreeMap::from([(name.to_owned(), text.to_owned())]))
    };
    let own = with("inventory_plan.html.j2", "{% extends 'layout.html.j2' %}{% block guide %}Ask Ada.{% endblock %}");
    assert!(page_html(&own.unwrap(), &facts(), &Page::default(), &[], &[]).unwrap().contains("Ask Ada."));

    let broken = with("inventory_plan.html.j2", "one\n{% if %}").unwrap_err();
    assert!(broken.to_string().starts_with("cannot render the template `inventory_plan.html.j2`, line 2"), "{broken}");

    let misspelt =
        with("parts.html.j2", "{% macro section(s) %}{% endmacro %}{% macro state(v) %}\n{{ v.wrod }}{% endmacro %}");
    let error = page_html(&misspelt.unwrap(), &facts(), &Page::default(), &[], &[]).unwrap_err().to_string();
    assert!(error.contains("`parts.html.j2`, line 2"), "{error}");
}

#[test]
fn numbers_are_written_as_people_read_them() {
    let words = |unit: Unit, value: f64| number_with_unit(unit, Some(value), euro()).replace('\u{a0}', " ");
    assert_eq!(words(Unit::Count, 1_234_567.0), "1,234,567");
    assert_eq!(words(Unit::Share, 0.1234), "12.3 %");
    assert_eq!(words(Unit::Share, 0.0001), "<0.1 %");
    assert_eq!(words(Unit::Money, 1_823_045.0), "18,230 EUR");
    assert_eq!(words(Unit::Money, -4_550.0), "\u{2212}45.50 EUR");
    assert_eq!(words(Unit::Units, 3.25), "3.2 units");
    assert_eq!(words(Unit::Units, 1.0), "1 unit");
    assert_eq!(words(Unit::Units, 1_520.4), "1,520 units");
    assert_eq!(words(Unit::Days, 1.0), "1 day");
    assert_eq!(words(Unit::Ratio, 0.834), "0.83");
    assert_eq!(words(Unit::Ratio, f64::NAN), "–");
    assert_eq!(words(Unit::Count, -0.0), "0");
    assert_eq!(number_with_unit(Unit::Days, None, euro()), "–");
}
