//! What the same customers buy next, on the page and in a file.

use super::decision::Decision;
use super::next_counts::NextRow;
use crate::page_kit::ViewRows;
use crate::publication::{Export, ExportFormat, Section, Unit};
use crate::words::{count, grouped};

/// Pairs of a table on the page.
const SHOWN: usize = 15;

/// The section of the page; none without the dataset.
pub(super) fn section(decision: &Decision<'_>) -> Option<Section> {
    let (counts, rows) = (decision.next?, &decision.next_rows);
    let section = Section::headed("What customers buy next");
    let mut searched = format!(
        "Counted from the purchases of {} known customers up to {}; {} ordered pairs could have been found.",
        count(counts.n_customers),
        counts.counted_on,
        grouped(counts.n_searched, 0)
    );
    if counts.n_echoes > 0 {
        searched.push_str(&format!(
            " {} more are left out: their items are bought together with those of a pair that is told, and follow for that reason.",
            count(counts.n_echoes)
        ));
    }
    if rows.is_empty() {
        let nothing = "No product is followed by another beyond chance and in that order.";
        return Some(section.saying([format!("{nothing} {searched}")]));
    }
    let advice = "Write to who bought the first about the second when the middle customer comes back for it. Only pairs that are bought in this order more often than the other way round: what a customer likes anyway does not count.";
    let caption = format!("Bought within {} days after the first", counts.within_days);
    let table = view(rows.iter().take(SHOWN)).view_of(caption, rows.len());
    Some(Section { tables: vec![table], ..section.saying([advice, &searched]) })
}

/// The file beside the page; none without rows.
pub(super) fn export(rows: &[NextRow<'_>]) -> Option<Export> {
    let all = view(rows)
        .text("Product id", |row| row.pair.first.as_str())
        .text("Next id", |row| row.pair.next.as_str())
        .text("In words", |row| row.sentence.as_str());
    let formats = &[ExportFormat::Csv, ExportFormat::Xlsx];
    (!rows.is_empty())
        .then(|| all.export("next-purchases", formats, "What the same customers buy next, strongest first."))
}

/// The columns that page and file share.
fn view<'r, 'c>(rows: impl IntoIterator<Item = &'r NextRow<'c>>) -> ViewRows<'r, NextRow<'c>>
where
    'c: 'r,
{
    ViewRows::of(rows)
        .text("First", |row| row.product_name.as_str())
        .text("then", |row| row.next_name.as_str())
        .number("Customers with the first", Unit::Count, |row| row.pair.n_first)
        .number("bought the second", Unit::Count, |row| row.pair.n_followed)
        .number("Share", Unit::Share, |row| row.pair.confidence())
        .number("Lift", Unit::Ratio, |row| row.pair.lift())
        .number("At least", Unit::Ratio, |row| row.pair.lift_lower)
        .number("Days between", Unit::Count, |row| row.pair.median_days)
        .number("This order only", Unit::Count, |row| row.pair.n_forward)
        .number("Other order only", Unit::Count, |row| row.pair.n_backward)
}
