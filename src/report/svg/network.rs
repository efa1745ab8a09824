//! Things on a circle, those that are linked beside each other, and a line for each link: the stronger, the thicker.

use std::collections::{BTreeMap, BTreeSet};
use std::f64::consts::TAU;

use super::canvas::{self, Anchor, Canvas, at};
use super::{Drawing, Size};
use crate::publication::NetworkChart;
use crate::quantities::Currency;
use crate::report::format::{self, ColumnFormat};

/// Most things on the circle: more labels cannot be read.
const THINGS: usize = 28;
/// Widths of the weakest and the strongest line.
const WIDTHS: [f64; 2] = [1.0, 6.0];

pub(super) fn draw(chart: &NetworkChart, currency: Currency, id: &str) -> Drawing {
    let links = shown(chart);
    let note = if links.len() < chart.links.len() {
        format!("The first {} of {} links are drawn.", links.len(), format::count(chart.links.len() as u64))
    } else {
        String::new()
    };
    let picture = |size: Size| picture(chart, &links, currency, size, &format!("{id}-{}", size.suffix()));
    Drawing { wide: picture(Size::Wide), narrow: picture(Size::Narrow), legend: Vec::new(), note }
}

type Link<'c> = (&'c str, &'c str, f64);

/// The strongest links among as many things as fit.
fn shown(chart: &NetworkChart) -> Vec<Link<'_>> {
    let mut things = BTreeSet::new();
    let mut links = Vec::new();
    for (one, other, value) in chart.links.iter().filter(|link| link.2.is_finite()) {
        let new = [one, other].into_iter().filter(|end| !things.contains(end)).count();
        if things.len() + new <= THINGS {
            things.extend([one, other]);
            links.push((one.as_str(), other.as_str(), *value));
        }
    }
    links
}

/// Things in an order in which linked ones follow each other: each group from its first thing on, depth first.
fn order<'c>(links: &[Link<'c>]) -> Vec<&'c str> {
    let mut neighbours: BTreeMap<&str, Vec<&'c str>> = BTreeMap::new();
    for &(one, other, _) in links {
        neighbours.entry(one).or_default().push(other);
        neighbours.entry(other).or_default().push(one);
    }
    let (mut found, mut seen) = (Vec::new(), BTreeSet::new());
    for &(start, ..) in links {
        let mut open = vec![start];
        while let Some(thing) = open.pop() {
            if seen.insert(thing) {
                found.push(thing);
                open.extend(neighbours.get(thing).into_iter().flatten().rev());
            }
        }
    }
    found
}

fn picture(chart: &NetworkChart, links: &[Link<'_>], currency: Currency, size: Size, id: &str) -> String {
    let width = size.width();
    if links.is_empty() {
        let mut canvas = Canvas::new(id, width, 40.0, &chart.title, "No data.");
        canvas.text("c-unit", at(0.0, 24.0), Anchor::Start, "No data to draw.");
        return canvas.finish();
    }
    let (height, radius) = match size {
        Size::Wide => (520.0, 220.0),
        Size::Narrow => (300.0, 84.0),
    };
    let things = order(links);
    let (centre_x, centre_y) = (width / 2.0, height / 2.0);
    let on_circle = |number: usize, radius: f64| {
        let angle = TAU * (number as f64 + 0.5) / things.len() as f64;
        (centre_x + radius * angle.sin(), centre_y - radius * angle.cos())
    };
    let place: BTreeMap<&str, usize> = things.iter().enumerate().map(|(number, thing)| (*thing, number)).collect();
    let column = ColumnFormat::new(chart.unit, links.iter().map(|link| link.2), currency);
    let first: Vec<String> = (links.iter().take(5))
        .map(|(one, other, value)| format!("{one} with {other}: {}", column.cell(*value)))
        .collect();
    let description = format!("{}. {}.", format::plural(links.len(), "link", "links"), first.join("; "));
    let mut canvas = Canvas::new(id, width, height, &chart.title, &description);
    let (weakest, strongest) =
        links.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), link| (low.min(link.2), high.max(link.2)));
    for (one, other, value) in links.iter().rev() {
        let (from, to) = (on_circle(place[one], radius), on_circle(place[other], radius));
        let share = if strongest > weakest { (value - weakest) / (strongest - weakest) } else { 0.5 };
        let class = format!("c-link w{}", (WIDTHS[0] + share * (WIDTHS[1] - WIDTHS[0])).round());
        canvas.line(&class, at(from.0, from.1), at(to.0, to.1));
    }
    for (number, thing) in things.iter().enumerate() {
        let (x, y) = on_circle(number, radius);
        canvas.circle("c-dot forecast", at(x, y), 4.5);
        let (x, y) = on_circle(number, radius + 10.0);
        let (anchor, room) = if x >= centre_x { (Anchor::Start, width - x) } else { (Anchor::End, x) };
        canvas.text_within("c-label", at(x, y + 4.0), anchor, thing, room.min(canvas::text_width(thing) + 1.0));
    }
    canvas.finish()
}
