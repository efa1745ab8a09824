//! The fan chart: history as a line, the forecast as a line in a band, over dates.

use chrono::{Datelike, NaiveDate};

use super::canvas::{self, Anchor, Canvas, Point, at};
use super::scale::{Scale, Ticks, date_ticks};
use super::{Drawing, LegendEntry, Size};
use crate::publication::{FanChart, FanPoint};
use crate::quantities::Currency;
use crate::report::format;

/// How many observed days are drawn; the newest ones.
const HISTORY_DRAWN: usize = 400;

/// Draws the chart in both sizes.
pub(super) fn draw(chart: &FanChart, currency: Currency, id: &str) -> Drawing {
    let shown = Shown::of(chart, currency);
    let mut legend = Vec::new();
    if !shown.history.is_empty() {
        legend.push(LegendEntry { class: "line observed", text: "observed".to_owned() });
    }
    if !shown.forecast.is_empty() {
        legend.push(LegendEntry { class: "line forecast", text: "forecast".to_owned() });
        legend.push(LegendEntry { class: "band", text: chart.band.clone() });
    }
    let note = if chart.history.len() > HISTORY_DRAWN {
        let all = format::count(chart.history.len() as u64);
        format!("The newest {HISTORY_DRAWN} of {all} observed days are drawn.")
    } else {
        String::new()
    };
    let picture = |size: Size| picture(&shown, &chart.title, size, &format!("{id}-{}", size.suffix()));
    Drawing { wide: picture(Size::Wide), narrow: picture(Size::Narrow), legend, note }
}

/// The chart in the scale that people read, ordered by date.
struct Shown {
    history: Vec<(NaiveDate, f64)>,
    forecast: Vec<FanPoint>,
    unit: String,
    description: String,
}

impl Shown {
    fn of(chart: &FanChart, currency: Currency) -> Self {
        let display = |value: f64| format::display_value(chart.unit, value, currency);
        let mut history: Vec<(NaiveDate, f64)> =
            chart.history.iter().map(|&(date, value)| (date, display(value))).collect();
        history.sort_by_key(|(date, _)| *date);
        history.drain(..history.len().saturating_sub(HISTORY_DRAWN));
        let mut forecast: Vec<FanPoint> = chart
            .forecast
            .iter()
            .map(|point| FanPoint {
                date: point.date,
                mean: display(point.mean),
                lower: display(point.lower),
                upper: display(point.upper),
            })
            .collect();
        forecast.sort_by_key(|point| point.date);
        let description = describe(chart, currency);
        Self { history, forecast, unit: format::axis_unit(chart.unit, currency), description }
    }

    fn finite_values(&self) -> impl Iterator<Item = f64> {
        let history = self.history.iter().map(|(_, value)| *value);
        let forecast = self.forecast.iter().flat_map(|point| [point.mean, point.lower, point.upper]);
        history.chain(forecast).filter(|value| value.is_finite())
    }

    fn dates(&self) -> impl Iterator<Item = NaiveDate> {
        self.history.iter().map(|(date, _)| *date).chain(self.forecast.iter().map(|point| point.date))
    }
}

/// What the chart shows, for those who cannot see it.
fn describe(chart: &FanChart, currency: Currency) -> String {
    let words = |value: f64| format::number_with_unit(chart.unit, Some(value), currency);
    let mut sentences = Vec::new();
    let newest = chart.history.iter().max_by_key(|(date, _)| *date);
    let oldest = chart.history.iter().min_by_key(|(date, _)| *date);
    if let (Some((from, _)), Some((to, value))) = (oldest, newest) {
        sentences.push(format!("Observed from {from} to {to}, last {}.", words(*value)));
    }
    let first = chart.forecast.iter().min_by_key(|point| point.date);
    let last = chart.forecast.iter().max_by_key(|point| point.date);
    if let (Some(first), Some(last)) = (first, last) {
        sentences.push(format!(
            "Forecast from {} to {}: first {}, last {} with a band from {} to {}.",
            first.date,
            last.date,
            words(first.mean),
            words(last.mean),
            words(last.lower),
            words(last.upper)
        ));
    }
    if sentences.is_empty() { "No data.".to_owned() } else { sentences.join(" ") }
}

fn picture(shown: &Shown, title: &str, size: Size, id: &str) -> String {
    let values: Vec<f64> = shown.finite_values().collect();
    let (Some(first_day), Some(last_day), false) = (shown.dates().min(), shown.dates().max(), values.is_empty()) else {
        return nothing(title, size, id, &shown.description);
    };
    // Zero is always on the axis: a fan without it makes small changes look like large ones.
    let low = values.iter().copied().fold(0.0, f64::min);
    let high = values.iter().copied().fold(0.0, f64::max);
    let ticks = Ticks::covering(low, high, 4);
    let labels = ticks.labels();
    let label_width = labels.iter().map(|label| canvas::text_width(label)).fold(0.0, f64::max);

    let height = if size == Size::Wide { 280.0 } else { 230.0 };
    let (left, right) = (label_width + 8.0, size.width() - 10.0);
    let (top, bottom) = (26.0, height - 26.0);
    let x = Scale { from: day(first_day), to: day(last_day), start: left + 4.0, end: right };
    let y = Scale { from: ticks.low(), to: ticks.high(), start: bottom, end: top };
    let place = |date: NaiveDate, value: f64| value.is_finite().then(|| at(x.place(day(date)), y.place(value)));

    let mut canvas = Canvas::new(id, size.width(), height, title, &shown.description);
    canvas.text("c-unit", at(0.0, 11.0), Anchor::Start, &shown.unit);
    for (&value, label) in ticks.values.iter().zip(&labels) {
        let height = y.place(value);
        let class = if value == 0.0 { "c-axis" } else { "c-grid" };
        canvas.line(class, at(left, height), at(right, height));
        canvas.text("c-tick", at(left - 6.0, height + 4.0), Anchor::End, label);
    }
    let most = if size == Size::Wide { 9 } else { 4 };
    for (date, label) in date_ticks(first_day, last_day, most) {
        let across = x.place(day(date));
        canvas.line("c-axis", at(across, bottom), at(across, bottom + 4.0));
        let half = canvas::text_width(&label) / 2.0;
        let anchor = if across + half > size.width() { Anchor::End } else { Anchor::Middle };
        canvas.text("c-tick", at(across, bottom + 18.0), anchor, &label);
    }
    draw_band(&mut canvas, &shown.forecast, &place);
    if let (Some((last_observed, _)), false) = (shown.history.last(), shown.forecast.is_empty()) {
        let across = x.place(day(*last_observed));
        canvas.line("c-now", at(across, top - 6.0), at(across, bottom));
        let words = last_observed.format("as of %-d %b").to_string();
        canvas.text("c-tick", at(across - 5.0, top - 14.0), Anchor::End, &words);
    }
    let history: Vec<Option<Point>> = shown.history.iter().map(|&(date, value)| place(date, value)).collect();
    draw_line(&mut canvas, "observed", &history);
    let means: Vec<Option<Point>> = shown.forecast.iter().map(|point| place(point.date, point.mean)).collect();
    draw_line(&mut canvas, "forecast", &means);
    canvas.finish()
}

fn draw_band(canvas: &mut Canvas, forecast: &[FanPoint], place: &impl Fn(NaiveDate, f64) -> Option<Point>) {
    let ends: Vec<Option<(Point, Point)>> =
        forecast.iter().map(|point| place(point.date, point.lower).zip(place(point.date, point.upper))).collect();
    for run in ends.split(Option::is_none) {
        let run: Vec<(Point, Point)> = run.iter().flatten().copied().collect();
        match run.as_slice() {
            [] => {}
            [(lower, upper)] => canvas.line("c-whisker", *lower, *upper),
            run => {
                let uppers = run.iter().map(|(_, upper)| *upper);
                let lowers = run.iter().rev().map(|(lower, _)| *lower);
                let outline: Vec<Point> = uppers.chain(lowers).collect();
                canvas.path("c-band", &format!("{}Z", canvas::polyline(&outline)));
            }
        }
    }
}

fn draw_line(canvas: &mut Canvas, what: &str, points: &[Option<Point>]) {
    let (path, alone) = canvas::broken_path(points);
    if !path.is_empty() {
        canvas.path(&format!("c-line {what}"), &path);
    }
    for point in alone {
        canvas.circle(&format!("c-dot {what}"), point, 3.0);
    }
}

/// The drawing of a chart without a single finite value.
fn nothing(title: &str, size: Size, id: &str, description: &str) -> String {
    let mut canvas = Canvas::new(id, size.width(), 40.0, title, description);
    canvas.text("c-unit", at(0.0, 24.0), Anchor::Start, "No data to draw.");
    canvas.finish()
}

fn day(date: NaiveDate) -> f64 {
    f64::from(date.num_days_from_ce())
}
