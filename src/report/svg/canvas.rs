//! Writes SVG elements. Every text is escaped here, and only here.

use std::fmt::Write;

/// How wide a character of chart text is, in drawing units: a little more than the average of common fonts at 12 px.
const CHARACTER: f64 = 6.5;

/// Where a text is held.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Anchor {
    Start,
    Middle,
    End,
}

impl Anchor {
    fn name(self) -> &'static str {
        match self {
            Self::Start => "start",
            Self::Middle => "middle",
            Self::End => "end",
        }
    }
}

/// A place in the drawing.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Point {
    pub(super) x: f64,
    pub(super) y: f64,
}

/// A place, short to write.
pub(super) fn at(x: f64, y: f64) -> Point {
    Point { x, y }
}

/// An SVG that is being written.
#[derive(Debug)]
pub(super) struct Canvas {
    out: String,
}

impl Canvas {
    /// Opens the drawing; `title` and `description` are for those who cannot see it.
    pub(super) fn new(id: &str, width: f64, height: f64, title: &str, description: &str) -> Self {
        let (width, height) = (short(width), short(height));
        let (title, description) = (escape(title), escape(description));
        let out = format!(
            "<svg viewBox=\"0 0 {width} {height}\" role=\"img\" aria-labelledby=\"{id}-t {id}-d\">\
             <title id=\"{id}-t\">{title}</title><desc id=\"{id}-d\">{description}</desc>"
        );
        Self { out }
    }

    pub(super) fn line(&mut self, class: &str, from: Point, to: Point) {
        let path = format!("M{} {}L{} {}", short(from.x), short(from.y), short(to.x), short(to.y));
        self.path(class, &path);
    }

    pub(super) fn path(&mut self, class: &str, path: &str) {
        self.push(format_args!("<path class=\"{class}\" d=\"{path}\"/>"));
    }

    pub(super) fn circle(&mut self, class: &str, center: Point, radius: f64) {
        let (x, y, radius) = (short(center.x), short(center.y), short(radius));
        self.push(format_args!("<circle class=\"{class}\" cx=\"{x}\" cy=\"{y}\" r=\"{radius}\"/>"));
    }

    pub(super) fn text(&mut self, class: &str, place: Point, anchor: Anchor, text: &str) {
        let (x, y, text) = (short(place.x), short(place.y), escape(text));
        let anchor = anchor.name();
        self.push(format_args!("<text class=\"{class}\" x=\"{x}\" y=\"{y}\" text-anchor=\"{anchor}\">{text}</text>"));
    }

    /// A text cut to a width, with the whole of it as a tooltip.
    pub(super) fn text_within(&mut self, class: &str, place: Point, anchor: Anchor, text: &str, width: f64) {
        let cut = cut_to_width(text, width);
        if cut == text {
            return self.text(class, place, anchor, text);
        }
        let (x, y, cut, whole) = (short(place.x), short(place.y), escape(&cut), escape(text));
        let anchor = anchor.name();
        self.push(format_args!(
            "<text class=\"{class}\" x=\"{x}\" y=\"{y}\" text-anchor=\"{anchor}\">{cut}<title>{whole}</title></text>"
        ));
    }

    pub(super) fn finish(mut self) -> String {
        self.out.push_str("</svg>");
        self.out
    }

    fn push(&mut self, element: std::fmt::Arguments<'_>) {
        // Writing into a String cannot fail.
        let _ = self.out.write_fmt(element);
    }
}

/// How wide a text will be, about; wide scripts count double.
pub(super) fn text_width(text: &str) -> f64 {
    text.chars().map(character_width).sum()
}

/// A path through points, broken where a point is missing; and the points that stand alone.
pub(super) fn broken_path(points: &[Option<Point>]) -> (String, Vec<Point>) {
    let mut path = String::new();
    let mut alone = Vec::new();
    for run in points.split(Option::is_none) {
        let run: Vec<Point> = run.iter().flatten().copied().collect();
        match run.as_slice() {
            [] => {}
            [point] => alone.push(*point),
            run => path.push_str(&polyline(run)),
        }
    }
    (path, alone)
}

/// `M1 2L3 4L5 6`.
pub(super) fn polyline(points: &[Point]) -> String {
    let mut path = String::new();
    for (at, point) in points.iter().enumerate() {
        let command = if at == 0 { 'M' } else { 'L' };
        let _ = write!(path, "{command}{} {}", short(point.x), short(point.y));
    }
    path
}

/// A coordinate with one decimal, without trailing zeros.
pub(super) fn short(value: f64) -> String {
    let text = format!("{value:.1}");
    let text = text.strip_suffix(".0").unwrap_or(&text);
    if text == "-0" { "0".to_owned() } else { text.to_owned() }
}

/// Text for the inside of an element or of a quoted attribute.
pub(super) fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c => out.push(c),
        }
    }
    out
}

fn cut_to_width(text: &str, width: f64) -> String {
    if text_width(text) <= width {
        return text.to_owned();
    }
    let mut used = CHARACTER;
    let kept: String = text
        .chars()
        .take_while(|&c| {
            used += character_width(c);
            used <= width
        })
        .collect();
    format!("{}…", kept.trim_end())
}

fn character_width(c: char) -> f64 {
    if u32::from(c) >= 0x1100 && !('\u{2000}'..='\u{206f}').contains(&c) && c != '\u{2212}' {
        2.0 * CHARACTER
    } else {
        CHARACTER
    }
}
