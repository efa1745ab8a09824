//! Charts as SVG text: no script, no fonts, no colours of its own.
//!
//! Colours and text sizes come from the page's CSS through classes (`c-line`, `c-band`, ...), so that dark mode and print
//! work. Each chart is drawn twice, for wide pages and for phones, because text in a shrunk drawing cannot be read; CSS
//! shows one of them. NaN and infinite values are left out of the drawing and stand as dashes in the table beside it.

use serde::Serialize;

use super::format;
use crate::publication::Chart;
use crate::quantities::Currency;

mod canvas;
mod fan;
mod network;
mod rows;
mod scale;

#[cfg(test)]
mod tests;

/// A chart in both sizes.
#[derive(Debug)]
pub(super) struct Drawing {
    /// For wide pages: 1000 units across.
    pub(super) wide: String,
    /// For phones: 360 units across.
    pub(super) narrow: String,
    /// What the marks mean.
    pub(super) legend: Vec<LegendEntry>,
    /// What is not drawn, in a sentence; empty when everything is.
    pub(super) note: String,
}

/// A mark and its meaning.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub(super) struct LegendEntry {
    /// The CSS class of the mark.
    pub(super) class: &'static str,
    /// The meaning.
    pub(super) text: String,
}

/// Which of the two sizes is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Size {
    Wide,
    Narrow,
}

impl Size {
    fn width(self) -> f64 {
        match self {
            Self::Wide => 1000.0,
            Self::Narrow => 360.0,
        }
    }

    fn suffix(self) -> &'static str {
        match self {
            Self::Wide => "wide",
            Self::Narrow => "narrow",
        }
    }
}

/// Draws a chart. `id` must be unique on the page.
pub(super) fn draw(chart: &Chart, currency: Currency, id: &str) -> Drawing {
    match chart {
        Chart::Fan(chart) => fan::draw(chart, currency, id),
        Chart::Bars(chart) => {
            let rows = rows::bar_rows(chart, currency);
            let (legend, note) = (Vec::new(), rows.note(chart.bars.len()));
            rows.drawing(id, legend, note)
        }
        Chart::Network(chart) => network::draw(chart, currency, id),
        Chart::Intervals(chart) => {
            let rows = rows::interval_rows(chart, currency);
            let reference = format::number_with_unit(chart.unit, Some(chart.reference), currency);
            let legend = vec![
                entry("interval above", format!("whole interval above {reference}")),
                entry("interval below", format!("whole interval below {reference}")),
                entry("interval unsure", "undecided: the interval holds both".to_owned()),
            ];
            let note = rows.note(chart.intervals.len());
            rows.drawing(id, legend, note)
        }
    }
}

fn entry(class: &'static str, text: String) -> LegendEntry {
    LegendEntry { class, text }
}
