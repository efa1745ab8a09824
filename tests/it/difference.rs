//! Where two dumps differ, less what is meant to differ.

use std::collections::BTreeSet;
use std::path::Path;

use crate::dump::{Dump, sort};

/// A difference that is meant, as `NIGHTCLERK_SAME_BYTES_EXCEPT` lists them, between commas:
///
/// - `pages`, `exports`, `ledger`: the pages, the exports, what the ledger says of runs, publications and gates;
/// - `TABLE`: a whole table; `TABLE.COLUMN`: one column of it;
/// - `TABLE.COLUMN/1000`: today's values are the older ones divided by 1000, bit for bit;
/// - `TABLE.COLUMN/1000~0.0005`: they differ from that by 0.0005 at most.
///
/// What holds for a table holds for its view of the current publications.
#[derive(Clone, Debug, PartialEq)]
pub struct Exception {
    table: String,
    column: Option<String>,
    /// `None` where anything may be in place of the older value.
    unit: Option<Unit>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
struct Unit {
    divisor: f64,
    tolerance: f64,
}

impl Exception {
    /// Reads the list.
    #[track_caller]
    pub fn list(text: &str) -> Vec<Self> {
        text.split(',').map(str::trim).filter(|item| !item.is_empty()).map(Self::parse).collect()
    }

    #[track_caller]
    fn parse(item: &str) -> Self {
        let number = |text: &str| text.parse::<f64>().unwrap_or_else(|error| panic!("{item}: {text}: {error}"));
        let (rest, tolerance) = item.split_once('~').map_or((item, None), |(rest, text)| (rest, Some(number(text))));
        let (name, divisor) = rest.split_once('/').map_or((rest, None), |(rest, text)| (rest, Some(number(text))));
        let (table, column) = name.split_once('.').map_or((name, None), |(table, column)| (table, Some(column)));
        let unit = (divisor.is_some() || tolerance.is_some())
            .then(|| Unit { divisor: divisor.unwrap_or(1.0), tolerance: tolerance.unwrap_or(0.0) });
        assert!(unit.is_none() || column.is_some(), "{item}: a unit belongs to a column");
        Self { table: table.to_owned(), column: column.map(str::to_owned), unit }
    }

    fn is_of(&self, table: &str) -> bool {
        table.strip_suffix("_current").unwrap_or(table) == self.table
            || (self.table == "ledger" && table.starts_with("nightclerk_"))
    }
}

impl Unit {
    fn same(self, older: &str, today: &str) -> bool {
        match (older.parse::<f64>(), today.parse::<f64>()) {
            (Ok(older), Ok(today)) => {
                let expected = older / self.divisor;
                expected == today || (expected - today).abs() <= self.tolerance
            }
            _ => older == today,
        }
    }
}

/// The first difference of every table and file, none when the dumps are the same.
pub fn differences(older: &Dump, today: &Dump, exceptions: &[Exception]) -> Vec<String> {
    let names: BTreeSet<&String> = older.0.keys().chain(today.0.keys()).collect();
    names.into_iter().filter_map(|name| difference(name, older.0.get(name), today.0.get(name), exceptions)).collect()
}

fn difference(name: &str, older: Option<&String>, today: Option<&String>, exceptions: &[Exception]) -> Option<String> {
    let is_page = Path::new(name).extension().is_some_and(|extension| extension == "html");
    let group = if is_page { "pages" } else { "exports" };
    let excused = exceptions.iter().any(|exception| match name.strip_prefix("table ") {
        Some(table) => exception.is_of(table) && exception.column.is_none(),
        None => exception.table == group,
    });
    if excused || older == today {
        return None;
    }
    match (older, today, name.strip_prefix("table ")) {
        (Some(older), Some(today), Some(table)) => in_rows(table, older, today, exceptions),
        (Some(older), Some(today), None) => Some(in_lines(name, older, today)),
        (Some(_), None, _) => Some(format!("{name} is of the older build alone")),
        (None, _, _) => Some(format!("{name} is of today's build alone")),
    }
}

fn in_lines(name: &str, older: &str, today: &str) -> String {
    let at = older.lines().zip(today.lines()).take_while(|(older, today)| older == today).count();
    let line = |text: &str| shortened(text.lines().nth(at).unwrap_or("no such line"));
    format!("{name}, line {}:\n  older  {}\n  today  {}", at + 1, line(older), line(today))
}

fn shortened(line: &str) -> String {
    if line.chars().count() <= 600 { line.to_owned() } else { line.chars().take(600).chain(" ...".chars()).collect() }
}

fn in_rows(table: &str, older: &str, today: &str, exceptions: &[Exception]) -> Option<String> {
    let names = |text: &str| -> Vec<String> { cells(text.lines().next().unwrap_or_default()) };
    let (names_of_older, names_of_today) = (names(older), names(today));
    let of_column = |name: &str| {
        exceptions.iter().find(|exception| exception.is_of(table) && exception.column.as_deref() == Some(name))
    };
    let free = |name: &String| of_column(name).is_some_and(|exception| exception.unit.is_none());
    for name in names_of_older.iter().chain(&names_of_today).filter(|name| !free(name)) {
        if !(names_of_older.contains(name) && names_of_today.contains(name)) {
            let build = if names_of_older.contains(name) { "the older" } else { "today's" };
            return Some(format!("{table}: the column {name} is of {build} build alone"));
        }
    }
    let compared: Vec<&String> = names_of_older.iter().filter(|name| !free(name)).collect();
    let units: Vec<Option<Unit>> = compared.iter().map(|name| of_column(name).and_then(|of| of.unit)).collect();
    // Columns whose unit changed do not decide about the order.
    let order: Vec<usize> = {
        let (kept, changed): (Vec<usize>, Vec<usize>) = (0..compared.len()).partition(|&at| units[at].is_none());
        kept.into_iter().chain(changed).collect()
    };
    let rows = |text: &str, names: &[String]| -> Vec<Vec<String>> {
        let at: Vec<usize> =
            order.iter().filter_map(|&at| names.iter().position(|name| name == compared[at])).collect();
        let mut rows: Vec<Vec<String>> =
            text.lines().skip(1).map(cells).map(|row| at.iter().map(|&at| row[at].clone()).collect()).collect();
        sort(&mut rows);
        rows
    };
    let (rows_of_older, rows_of_today) = (rows(older, &names_of_older), rows(today, &names_of_today));
    let mut first = None;
    let mut n_differing = rows_of_older.len().abs_diff(rows_of_today.len());
    for (row, (older, today)) in rows_of_older.iter().zip(&rows_of_today).enumerate() {
        let same = |at: usize| match units[order[at]] {
            Some(unit) => unit.same(&older[at], &today[at]),
            None => older[at] == today[at],
        };
        if let Some(at) = (0..order.len()).find(|&at| !same(at)) {
            n_differing += 1;
            first.get_or_insert_with(|| {
                let (name, older_cell, today_cell) = (compared[order[at]], &older[at], &today[at]);
                format!(
                    "the first is row {} in {name}:\n  older  {}\n  today  {}\n  older row  {}\n  today row  {}",
                    row + 1,
                    shortened(older_cell),
                    shortened(today_cell),
                    shortened(&older.join(" | ")),
                    shortened(&today.join(" | "))
                )
            });
        }
    }
    let counts = format!("{} rows of the older build, {} of today's", rows_of_older.len(), rows_of_today.len());
    (n_differing > 0).then(|| {
        format!(
            "{table}: {counts}, {n_differing} differ; {}",
            first.unwrap_or_else(|| "the others are alike".to_owned())
        )
    })
}

fn cells(line: &str) -> Vec<String> {
    line.split('\t').map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dump(name: &str, text: &str) -> Dump {
        Dump([(name.to_owned(), text.to_owned())].into())
    }

    #[track_caller]
    fn one_difference(older: &Dump, today: &Dump, exceptions: &str) -> String {
        let found = differences(older, today, &Exception::list(exceptions));
        assert_eq!(found.len(), 1, "{found:?}");
        found[0].clone()
    }

    const ORDERS: &str = "job\tproduct\tquantity\tlevel\nplan\ta\t2000\t2.5\nplan\tb\t12000\t12.25";

    #[test]
    fn the_first_row_and_column_that_differ_are_named() {
        let older = dump("table orders", ORDERS);
        assert_eq!(differences(&older, &older, &[]), Vec::<String>::new());
        let moved = dump("table orders", &ORDERS.replace("12.25", "12.250000000000002"));
        let said = one_difference(&older, &moved, "");
        assert!(said.contains("orders: 2 rows of the older build, 2 of today's, 1 differ"), "{said}");
        assert!(said.contains("row 2 in level:\n  older  12.25\n  today  12.250000000000002"), "{said}");
        let shorter = dump("table orders", ORDERS.split("\nplan\tb").next().unwrap());
        assert!(one_difference(&older, &shorter, "").contains("2 rows of the older build, 1 of today's, 1 differ"));
    }

    #[test]
    fn a_column_or_a_table_of_one_build_alone_is_a_difference_unless_it_is_meant() {
        let older = dump("table orders", ORDERS);
        let with_note = ORDERS.replace("level", "level\tnote").replace("2.5", "2.5\tx").replace("12.25", "12.25\ty");
        let today = dump("table orders", &with_note);
        assert!(one_difference(&older, &today, "").contains("the column note is of today's build alone"));
        assert_eq!(differences(&older, &today, &Exception::list("orders.note")), Vec::<String>::new());
        assert!(one_difference(&older, &Dump::default(), "").contains("table orders is of the older build alone"));
        assert_eq!(differences(&older, &Dump::default(), &Exception::list("orders")), Vec::<String>::new());
    }

    #[test]
    fn a_unit_that_changed_is_converted_before_it_is_compared() {
        let older = dump("table orders_current", ORDERS);
        // As texts 12.0 sorts before 2.0, and 12000 before 2000.
        let today = dump("table orders_current", &ORDERS.replace("12000", "12.0").replace("2000", "2.0"));
        assert!(one_difference(&older, &today, "").contains("2 differ"));
        assert_eq!(differences(&older, &today, &Exception::list("orders.quantity/1000")), Vec::<String>::new());
        let off = dump("table orders_current", &today.0["table orders_current"].replace("12.0", "12.0004"));
        let said = one_difference(&older, &off, "orders.quantity/1000");
        assert!(said.contains("in quantity:\n  older  12000\n  today  12.0004"), "{said}");
        assert_eq!(differences(&older, &off, &Exception::list("orders.quantity/1000~0.0005")), Vec::<String>::new());
    }

    #[test]
    fn pages_exports_and_the_ledger_are_left_out_by_name() {
        for (name, group, other) in [
            ("file 2026-11-22/plan.html", "pages", "exports"),
            ("file 2026-11-22/plan/orders.csv", "exports", "pages"),
            ("table nightclerk_gates", "ledger", "pages"),
        ] {
            let (older, today) = (dump(name, "a\nsame\nold"), dump(name, "a\nsame\nnew"));
            assert_eq!(differences(&older, &today, &Exception::list(group)), Vec::<String>::new(), "{name}");
            let said = one_difference(&older, &today, other);
            assert!(said.contains("old") && said.contains("new"), "{said}");
        }
    }
}
