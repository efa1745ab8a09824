//! Charts that are rows: horizontal bars, and estimates with intervals. On wide pages the label stands left of the mark
//! and the number right of it; on phones both stand above it.

use super::canvas::{self, Anchor, Canvas, at, short};
use super::scale::{Scale, Ticks};
use super::{Drawing, LegendEntry, Size};
use crate::publication::{BarChart, IntervalChart, Unit};
use crate::quantities::Currency;
use crate::report::format::{self, ColumnFormat, DASH};

/// How many rows are drawn; the table below the chart has all of them.
const ROWS_DRAWN: usize = 30;

/// Rows ready to draw, in the scale that people read.
pub(super) struct Rows {
    title: String,
    description: String,
    unit: String,
    /// Where the line stands that marks are compared with.
    reference: f64,
    lines: Vec<Row>,
}

struct Row {
    label: String,
    /// The number in words.
    words: String,
    mark: Mark,
}

enum Mark {
    /// From the reference to the value.
    Bar(f64),
    /// An estimate between its ends; a missing end is unbounded.
    Interval { estimate: Option<f64>, lower: Option<f64>, upper: Option<f64> },
    /// Nothing can be said.
    Nothing,
}

/// The rows of a bar chart.
pub(super) fn bar_rows(chart: &BarChart, currency: Currency) -> Rows {
    let shown = &chart.bars[..chart.bars.len().min(ROWS_DRAWN)];
    let column = ColumnFormat::new(chart.unit, shown.iter().map(|(_, value)| *value), currency);
    let rows: Vec<Row> = shown
        .iter()
        .map(|(label, value)| Row {
            label: label.clone(),
            words: column.cell(*value),
            mark: if value.is_finite() {
                Mark::Bar(format::display_value(chart.unit, *value, currency))
            } else {
                Mark::Nothing
            },
        })
        .collect();
    Rows {
        title: chart.title.clone(),
        description: describe(&rows, "bar", "bars"),
        unit: axis_words(chart.unit, currency),
        reference: 0.0,
        lines: rows,
    }
}

/// The rows of an interval chart.
pub(super) fn interval_rows(chart: &IntervalChart, currency: Currency) -> Rows {
    let shown = &chart.intervals[..chart.intervals.len().min(ROWS_DRAWN)];
    let finite = |value: Option<f64>| value.filter(|value| value.is_finite());
    let all = shown.iter().flat_map(|row| [row.estimate, row.lower, row.upper]).flatten();
    let column = ColumnFormat::new(chart.unit, all, currency);
    let display = |value: Option<f64>| finite(value).map(|value| format::display_value(chart.unit, value, currency));
    let rows: Vec<Row> = shown
        .iter()
        .map(|row| {
            let (estimate, lower, upper) = (display(row.estimate), display(row.lower), display(row.upper));
            let nothing = estimate.is_none() && lower.is_none() && upper.is_none();
            Row {
                label: row.label.clone(),
                words: interval_words(column, finite(row.estimate), finite(row.lower), finite(row.upper)),
                mark: if nothing { Mark::Nothing } else { Mark::Interval { estimate, lower, upper } },
            }
        })
        .collect();
    Rows {
        title: chart.title.clone(),
        description: describe(&rows, "estimate", "estimates with their intervals"),
        unit: axis_words(chart.unit, currency),
        reference: format::display_value(chart.unit, chart.reference, currency),
        lines: rows,
    }
}

impl Rows {
    /// Says how many rows are left out, if any.
    pub(super) fn note(&self, all: usize) -> String {
        if all > self.lines.len() {
            format!("The first {} of {} rows are drawn.", self.lines.len(), format::count(all as u64))
        } else {
            String::new()
        }
    }

    /// Both sizes.
    pub(super) fn drawing(&self, id: &str, legend: Vec<LegendEntry>, note: String) -> Drawing {
        let picture = |size: Size| self.picture(size, &format!("{id}-{}", size.suffix()));
        let legend = if self.lines.is_empty() { Vec::new() } else { legend };
        Drawing { wide: picture(Size::Wide), narrow: picture(Size::Narrow), legend, note }
    }

    fn picture(&self, size: Size, id: &str) -> String {
        let width = size.width();
        if self.lines.is_empty() {
            let mut canvas = Canvas::new(id, width, 40.0, &self.title, "No data.");
            canvas.text("c-unit", at(0.0, 24.0), Anchor::Start, "No data to draw.");
            return canvas.finish();
        }
        let widest =
            |of: fn(&Row) -> &str| self.lines.iter().map(|row| canvas::text_width(of(row))).fold(0.0, f64::max);
        let (label_width, words_width) = (widest(|row| &row.label).clamp(60.0, 300.0), widest(|row| &row.words));
        let (row_height, left, right) = match size {
            Size::Wide => (28.0, label_width + 16.0, width - words_width - 18.0),
            Size::Narrow => (44.0, 8.0, width - 8.0),
        };
        let bottom = self.lines.len() as f64 * row_height + 4.0;
        let ticks = self.ticks(if size == Size::Wide { 6 } else { 4 });
        let x = Scale { from: ticks.low(), to: ticks.high(), start: left, end: right };

        let mut canvas = Canvas::new(id, width, bottom + 24.0, &self.title, &self.description);
        self.draw_axis(&mut canvas, &ticks, x, bottom, width);
        for (n, row) in self.lines.iter().enumerate() {
            let top = n as f64 * row_height + 4.0;
            match size {
                Size::Wide => {
                    let base = top + row_height / 2.0 + 4.0;
                    canvas.text_within("c-label", at(label_width, base), Anchor::End, &row.label, label_width);
                    canvas.text("c-value", at(width, base), Anchor::End, &row.words);
                    draw_mark(&mut canvas, row, x, top + row_height / 2.0, self.reference);
                }
                Size::Narrow => {
                    let room = width - canvas::text_width(&row.words) - 16.0;
                    canvas.text_within("c-label", at(0.0, top + 13.0), Anchor::Start, &row.label, room);
                    canvas.text("c-value", at(width, top + 13.0), Anchor::End, &row.words);
                    draw_mark(&mut canvas, row, x, top + 28.0, self.reference);
                }
            }
        }
        canvas.finish()
    }

    fn draw_axis(&self, canvas: &mut Canvas, ticks: &Ticks, x: Scale, bottom: f64, width: f64) {
        for (&value, label) in ticks.values.iter().zip(ticks.labels()) {
            let across = x.place(value);
            canvas.line("c-grid", at(across, 0.0), at(across, bottom));
            // The unit stands once, at the last tick.
            let label = if value == ticks.high() && !self.unit.is_empty() {
                format!("{label}\u{a0}{}", self.unit)
            } else {
                label
            };
            let half = canvas::text_width(&label) / 2.0;
            let (place, anchor) = match across {
                across if across + half > width => (width, Anchor::End),
                across if across - half < 0.0 => (0.0, Anchor::Start),
                across => (across, Anchor::Middle),
            };
            canvas.text("c-tick", at(place, bottom + 16.0), anchor, &label);
        }
        let reference = x.place(self.reference);
        canvas.line("c-axis", at(reference, 0.0), at(reference, bottom));
    }

    /// Ticks over everything drawn, the reference included.
    fn ticks(&self, target: usize) -> Ticks {
        let values = self.lines.iter().flat_map(|row| match row.mark {
            Mark::Bar(value) => vec![value],
            Mark::Interval { estimate, lower, upper } => [estimate, lower, upper].into_iter().flatten().collect(),
            Mark::Nothing => Vec::new(),
        });
        let (low, high) =
            values.fold((self.reference, self.reference), |(low, high), value| (low.min(value), high.max(value)));
        Ticks::covering(low, high, target)
    }
}

fn draw_mark(canvas: &mut Canvas, row: &Row, x: Scale, y: f64, reference: f64) {
    match row.mark {
        Mark::Nothing => {}
        Mark::Bar(value) => {
            let (from, to) = (x.place(0.0), x.place(value));
            let class = if value < 0.0 { "c-bar below" } else { "c-bar" };
            let path = format!("M{} {}h{}v14h{}z", short(from), short(y - 7.0), short(to - from), short(from - to));
            canvas.path(class, &path);
        }
        Mark::Interval { estimate, lower, upper } => {
            let side = match (lower, upper) {
                (Some(lower), _) if lower > reference => "above",
                (_, Some(upper)) if upper < reference => "below",
                _ => "unsure",
            };
            let class = format!("c-interval {side}");
            let (from, to) = (lower.map_or(x.start, |end| x.place(end)), upper.map_or(x.end, |end| x.place(end)));
            canvas.line(&class, at(from, y), at(to, y));
            // A bounded end is a cap, an unbounded end an arrow head.
            let end = |place: f64, bounded: bool, inwards: f64| {
                let (place, inner) = (short(place), short(place + inwards));
                if bounded {
                    format!("M{place} {}V{}", short(y - 5.0), short(y + 5.0))
                } else {
                    format!("M{inner} {}L{place} {}L{inner} {}", short(y - 5.0), short(y), short(y + 5.0))
                }
            };
            canvas.path(&class, &end(from, lower.is_some(), 6.0));
            canvas.path(&class, &end(to, upper.is_some(), -6.0));
            if let Some(estimate) = estimate {
                canvas.circle(&format!("c-point {side}"), at(x.place(estimate), y), 4.5);
            }
        }
    }
}

fn interval_words(column: ColumnFormat, estimate: Option<f64>, lower: Option<f64>, upper: Option<f64>) -> String {
    let estimate = estimate.map_or_else(|| DASH.to_owned(), |value| column.cell(value));
    match (lower, upper) {
        (None, None) => estimate,
        (Some(lower), Some(upper)) => format!("{estimate} ({} to {})", column.cell(lower), column.cell(upper)),
        (Some(lower), None) => format!("{estimate} (from {})", column.cell(lower)),
        (None, Some(upper)) => format!("{estimate} (up to {})", column.cell(upper)),
    }
}

/// The rows in words, the first few of them, for those who cannot see the drawing.
fn describe(rows: &[Row], one: &str, many: &str) -> String {
    let first: Vec<String> = rows.iter().take(5).map(|row| format!("{}: {}", row.label, row.words)).collect();
    let what = format::plural(rows.len(), one, many);
    format!("{what}. {}{}.", first.join("; "), if rows.len() > first.len() { "; and so on" } else { "" })
}

fn axis_words(unit: Unit, currency: Currency) -> String {
    match unit {
        Unit::Count | Unit::Ratio => String::new(),
        Unit::Share | Unit::Money | Unit::Units | Unit::Days => format::axis_unit(unit, currency),
    }
}
