//! Axes, drawings of odd data, escaping.

use chrono::NaiveDate;
use proptest::prelude::*;

use super::scale::{Scale, Ticks, date_ticks};
use super::*;
use crate::publication::{BarChart, FanChart, FanPoint, Interval, IntervalChart, NetworkChart, Unit};
use crate::quantities::Currency;

fn day(day: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(2026, 11, day).unwrap()
}

fn drawn(chart: &Chart) -> Drawing {
    let drawing = draw(chart, Currency::new("EUR").unwrap(), "chart-1");
    for svg in [&drawing.wide, &drawing.narrow] {
        assert!(svg.starts_with("<svg ") && svg.ends_with("</svg>"));
        assert!(svg.contains("<title id=") && svg.contains("<desc id="));
        assert!(!svg.contains("NaN") && !svg.contains("inf"), "{svg}");
    }
    drawing
}

fn fan(history: Vec<(NaiveDate, f64)>, forecast: Vec<FanPoint>) -> Chart {
    Chart::Fan(FanChart { title: "Demand".to_owned(), unit: Unit::Units, history, forecast, band: "80 %".to_owned() })
}

#[test]
fn ticks_are_round_and_cover_the_range() {
    assert_eq!(Ticks::covering(0.0, 97.0, 4).values, [0.0, 50.0, 100.0]);
    assert_eq!(Ticks::covering(-0.012, 0.031, 4).labels(), ["−0.02", "0.00", "0.02", "0.04"]);
    assert_eq!(Ticks::covering(0.0, 2_400_000.0, 4).labels(), ["0", "1\u{a0}M", "2\u{a0}M", "3\u{a0}M"]);
}

#[test]
fn ticks_of_a_range_without_width_hold_zero() {
    assert_eq!(Ticks::covering(0.0, 0.0, 4).high(), 1.0);
    assert_eq!(Ticks::covering(7.0, 7.0, 4).low(), 0.0);
    assert_eq!(Ticks::covering(-7.0, -7.0, 4).high(), 0.0);
    assert_eq!(Ticks::covering(f64::NAN, 3.0, 4).high(), 1.0);
}

proptest! {
    #[test]
    fn ticks_ascend_cover_and_stay_few(low in -1e12_f64..1e12, width in 0.0_f64..1e12, target in 2_usize..9) {
        let ticks = Ticks::covering(low, low + width, target);
        prop_assert!(ticks.values.len() >= 2 && ticks.values.len() <= 2 * target + 3, "{ticks:?}");
        prop_assert!(ticks.values.windows(2).all(|pair| pair[0] < pair[1]), "{ticks:?}");
        let slack = 1e-6 * (ticks.high() - ticks.low());
        prop_assert!(ticks.low() <= low + slack && ticks.high() >= low + width - slack, "{ticks:?}");
    }

    #[test]
    fn date_ticks_stay_inside_and_few(from in 0_i64..20_000, span in 0_i64..9_000, most in 3_usize..10) {
        let from = NaiveDate::from_ymd_opt(1990, 1, 1).unwrap() + chrono::Duration::days(from);
        let to = from + chrono::Duration::days(span);
        let ticks = date_ticks(from, to, most);
        prop_assert!(!ticks.is_empty() && ticks.len() <= most, "{ticks:?}");
        prop_assert!(ticks.iter().all(|(date, _)| (from..=to).contains(date)), "{ticks:?}");
    }
}

#[test]
fn an_axis_without_width_puts_everything_in_its_middle() {
    assert_eq!(Scale { from: 3.0, to: 3.0, start: 10.0, end: 20.0 }.place(3.0), 15.0);
}

#[test]
fn empty_charts_say_that_there_is_nothing() {
    let bars = Chart::Bars(BarChart { title: "t".to_owned(), unit: Unit::Money, bars: vec![] });
    let intervals =
        Chart::Intervals(IntervalChart { title: "t".to_owned(), unit: Unit::Share, reference: 0.0, intervals: vec![] });
    let network = Chart::Network(NetworkChart { title: "t".to_owned(), unit: Unit::Ratio, links: vec![] });
    for chart in [fan(vec![], vec![]), fan(vec![(day(1), f64::NAN)], vec![]), bars, intervals, network] {
        assert!(drawn(&chart).wide.contains("No data to draw."));
    }
}

#[test]
fn one_point_is_a_dot_and_a_constant_series_is_a_line() {
    assert!(drawn(&fan(vec![(day(1), 5.0)], vec![])).wide.contains("<circle class=\"c-dot observed\""));
    let constant = drawn(&fan((1..9).map(|d| (day(d), 5.0)).collect(), vec![])).wide;
    assert!(constant.contains("c-line observed") && !constant.contains("<circle"));
}

#[test]
fn a_gap_breaks_the_line_and_a_lone_forecast_gets_a_whisker() {
    let history = [1.0, 2.0, f64::NAN, -3.0, 4.0].iter().enumerate().map(|(n, &v)| (day(n as u32 + 1), v)).collect();
    let svg = drawn(&fan(history, vec![FanPoint { date: day(6), mean: 4.0, lower: 1.0, upper: f64::INFINITY }])).wide;
    let line = svg.split("c-line observed\" d=\"").nth(1).unwrap().split('"').next().unwrap();
    assert_eq!(line.matches('M').count(), 2, "{line}");
    let lone = drawn(&fan(vec![], vec![FanPoint { date: day(6), mean: 4.0, lower: 1.0, upper: 9.0 }])).wide;
    assert!(lone.contains("c-whisker") && lone.contains("c-dot forecast"));
}

#[test]
fn long_history_is_cut_with_a_sentence() {
    let history = (0..500).map(|n| (day(1) + chrono::Duration::days(n), 1.0)).collect();
    assert_eq!(drawn(&fan(history, vec![])).note, "The newest 400 of 500 observed days are drawn.");
}

#[test]
fn intervals_know_their_side_and_open_ends_are_arrows() {
    let row = |label: &str, estimate, lower, upper| Interval { label: label.to_owned(), estimate, lower, upper };
    let chart = Chart::Intervals(IntervalChart {
        title: "Lift".to_owned(),
        unit: Unit::Share,
        reference: 0.0,
        intervals: vec![
            row("won", Some(0.02), Some(0.01), Some(0.03)),
            row("lost", Some(-0.02), Some(-0.03), Some(-0.01)),
            row("open", Some(0.0), None, Some(0.05)),
            row("silent", None, None, Some(f64::NAN)),
        ],
    });
    let svg = drawn(&chart).wide;
    assert_eq!(svg.matches("c-point above").count(), 1);
    assert_eq!(svg.matches("c-point below").count(), 1);
    assert_eq!(svg.matches("c-point unsure").count(), 1);
    assert!(svg.contains("(up to 5.0\u{a0}%)"));
}

#[test]
fn a_bar_chart_is_small_and_its_text_is_escaped() {
    let bars = (0..40)
        .map(|n| (format!("<b>{n}</b> & a very long product name that has to be cut somewhere"), -10.0 * f64::from(n)))
        .collect();
    let drawing = drawn(&Chart::Bars(BarChart { title: "\"<i>\"".to_owned(), unit: Unit::Money, bars }));
    assert!(!drawing.wide.contains("<b>") && !drawing.wide.contains("<i>"));
    assert_eq!(drawing.note, "The first 30 of 40 rows are drawn.");
    assert!(drawing.narrow.len() < 16_000, "{}", drawing.narrow.len());
}

#[test]
fn a_small_bar_chart_is_drawn_like_this() {
    let chart = BarChart { title: "Cost".to_owned(), unit: Unit::Money, bars: vec![("Dairy".to_owned(), 12_000.0)] };
    insta::assert_snapshot!(drawn(&Chart::Bars(chart)).narrow.replace("><", ">\n<").replace('\u{a0}', " "), @r#"
    <svg viewBox="0 0 360 72" role="img" aria-labelledby="chart-1-narrow-t chart-1-narrow-d">
    <title id="chart-1-narrow-t">Cost</title>
    <desc id="chart-1-narrow-d">1 bar. Dairy: 120.00.</desc>
    <path class="c-grid" d="M8 0L8 48"/>
    <text class="c-tick" x="8" y="64" text-anchor="middle">0</text>
    <path class="c-grid" d="M122.7 0L122.7 48"/>
    <text class="c-tick" x="122.7" y="64" text-anchor="middle">50</text>
    <path class="c-grid" d="M237.3 0L237.3 48"/>
    <text class="c-tick" x="237.3" y="64" text-anchor="middle">100</text>
    <path class="c-grid" d="M352 0L352 48"/>
    <text class="c-tick" x="360" y="64" text-anchor="end">150 EUR</text>
    <path class="c-axis" d="M8 0L8 48"/>
    <text class="c-label" x="0" y="17" text-anchor="start">Dairy</text>
    <text class="c-value" x="360" y="17" text-anchor="end">120.00</text>
    <path class="c-bar" d="M8 25h275.2v14h-275.2z"/>
    </svg>
    "#);
}

#[test]
fn a_network_draws_each_thing_once_and_says_what_it_leaves_out() {
    let link = |one: &str, other: &str, value| (one.to_owned(), other.to_owned(), value);
    let links = vec![link("A", "B", 9.0), link("C", "D", 5.0), link("A", "C", 2.0), link("A", "E", f64::NAN)];
    let network = |links| Chart::Network(NetworkChart { title: "t".to_owned(), unit: Unit::Ratio, links });
    let few = drawn(&network(links));
    assert_eq!((few.wide.matches("<circle").count(), few.wide.matches("c-link").count()), (4, 3));
    assert!(few.wide.contains("c-link w6") && few.wide.contains("c-link w1"));
    assert_eq!(few.note, "The first 3 of 4 links are drawn.");
    let many = (0..40).map(|n| link(&format!("a{n}"), &format!("b{n}"), 1.0)).collect();
    assert_eq!(drawn(&network(many)).note, "The first 14 of 40 links are drawn.");
}
