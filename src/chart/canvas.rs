//! A picture: a list of marks in pixels, which plotters draws as [SVG](Picture::svg) or as [PNG](Picture::png).
//!
//! It is a list, and not what plotters is told at once, so that both show the same, and so that a test can ask where
//! the labels are. Coordinates go to the right and down.

mod brush;
mod png;
mod svg;

use super::font;
use super::theme::Tone;

/// A rectangle, in pixels.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rect {
    /// Its left edge.
    pub left: f64,
    /// Its upper edge.
    pub top: f64,
    /// Its right edge.
    pub right: f64,
    /// Its lower edge.
    pub bottom: f64,
}

impl Rect {
    /// How wide it is.
    pub fn width(self) -> f64 {
        self.right - self.left
    }

    /// How high it is.
    pub fn height(self) -> f64 {
        self.bottom - self.top
    }

    /// Whether the two have more than an edge in common.
    pub fn overlaps(self, other: Rect) -> bool {
        self.left < other.right && other.left < self.right && self.top < other.bottom && other.top < self.bottom
    }
}

/// A point, in pixels.
pub type Point = (f64, f64);

/// How a line is drawn.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Stroke {
    /// Its colour.
    pub tone: Tone,
    /// How thick it is, in pixels.
    pub width: f64,
    /// The lengths of dashes and gaps in turn, in pixels; empty for a solid line.
    pub dash: &'static [f64],
}

impl Stroke {
    /// A solid line.
    pub const fn solid(tone: Tone, width: f64) -> Self {
        Stroke { tone, width, dash: &[] }
    }

    /// A dashed line.
    pub const fn dashed(tone: Tone, width: f64, dash: &'static [f64]) -> Self {
        Stroke { tone, width, dash }
    }
}

/// How an area is filled.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Fill {
    /// Its colour.
    pub tone: Tone,
    /// 1 hides what is behind it.
    pub opacity: f64,
}

impl From<Tone> for Fill {
    fn from(tone: Tone) -> Self {
        Fill { tone, opacity: 1.0 }
    }
}

/// Which part of a text is at its point.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Anchor {
    /// Its beginning.
    Start,
    /// Its middle.
    Middle,
    /// Its end.
    End,
}

/// How far a text goes up from its base line, in ems.
const ASCENT: f64 = 0.76;

/// A text in one line.
#[derive(Clone, Debug, PartialEq)]
pub struct Text {
    /// What it says: as it is, and never markup.
    pub words: String,
    /// Where its base line is anchored.
    pub at: Point,
    /// By which part.
    pub anchor: Anchor,
    /// How large, in pixels an em.
    pub size: f64,
    /// Its colour.
    pub tone: Tone,
}

impl Text {
    /// The room that it takes.
    pub fn area(&self) -> Rect {
        let width = font::width(&self.words, self.size);
        let left = match self.anchor {
            Anchor::Start => self.at.0,
            Anchor::Middle => self.at.0 - width / 2.0,
            Anchor::End => self.at.0 - width,
        };
        let (top, bottom) = (self.at.1 - ASCENT * self.size, self.at.1 + (1.0 - ASCENT) * self.size);
        Rect { left, top, right: left + width, bottom }
    }
}

/// What is drawn.
#[derive(Clone, Debug, PartialEq)]
pub enum Mark {
    /// A rectangle that is filled.
    Rect(Rect, Fill),
    /// A line through points.
    Line(Vec<Point>, Stroke),
    /// A convex area that is filled.
    Area(Vec<Point>, Fill),
    /// What is between a step line and a base at this height: each point's height holds until the next.
    Steps(Vec<Point>, f64, Fill),
    /// A circle, filled or drawn: its centre, its radius.
    Disc(Point, f64, Fill),
    /// A circle that is not filled.
    Ring(Point, f64, Stroke),
    /// A text.
    Text(Text),
    /// What the marks up to the next end mean, which an SVG says where it is pointed at.
    Begin(String),
    /// The end of that.
    End,
}

/// A picture.
#[derive(Clone, Debug, PartialEq)]
pub struct Picture {
    /// How wide, in pixels.
    pub width: f64,
    /// How high, in pixels.
    pub height: f64,
    /// What it shows, for those who do not see it.
    pub title: String,
    /// What can be seen in it, in a few sentences, for the same.
    pub description: String,
    /// What is drawn, in this order.
    pub marks: Vec<Mark>,
}

impl Picture {
    /// An empty one.
    pub fn new(width: f64, height: f64, title: impl Into<String>, description: impl Into<String>) -> Self {
        let (title, description) = (title.into(), description.into());
        let ground = Mark::Rect(Rect { left: 0.0, top: 0.0, right: width, bottom: height }, Tone::Ground.into());
        Picture { width, height, title, description, marks: vec![ground] }
    }

    /// Draws a rectangle.
    pub fn rect(&mut self, area: Rect, fill: impl Into<Fill>) {
        self.marks.push(Mark::Rect(area, fill.into()));
    }

    /// Draws a line through points.
    pub fn line(&mut self, points: impl Into<Vec<Point>>, stroke: Stroke) {
        self.marks.push(Mark::Line(points.into(), stroke));
    }

    /// Fills a convex area.
    pub fn area(&mut self, points: impl Into<Vec<Point>>, fill: impl Into<Fill>) {
        self.marks.push(Mark::Area(points.into(), fill.into()));
    }

    /// Fills what is between a step line and the height `base`: the height of each point holds until the next.
    pub fn steps(&mut self, points: Vec<Point>, base: f64, fill: impl Into<Fill>) {
        self.marks.push(Mark::Steps(points, base, fill.into()));
    }

    /// Fills a circle.
    pub fn disc(&mut self, centre: Point, radius: f64, fill: impl Into<Fill>) {
        self.marks.push(Mark::Disc(centre, radius, fill.into()));
    }

    /// Draws a circle.
    pub fn ring(&mut self, centre: Point, radius: f64, stroke: Stroke) {
        self.marks.push(Mark::Ring(centre, radius, stroke));
    }

    /// Fills a square that stands on its corner.
    pub fn diamond(&mut self, (x, y): Point, radius: f64, fill: impl Into<Fill>) {
        self.area([(x, y - radius), (x + radius, y), (x, y + radius), (x - radius, y)], fill);
    }

    /// Fills a triangle that stands on its side.
    pub fn triangle(&mut self, (x, y): Point, radius: f64, fill: impl Into<Fill>) {
        self.area([(x, y - radius), (x + radius, y + 0.8 * radius), (x - radius, y + 0.8 * radius)], fill);
    }

    /// Draws a cross.
    pub fn cross(&mut self, (x, y): Point, radius: f64, stroke: Stroke) {
        self.line([(x - radius, y - radius), (x + radius, y + radius)], stroke);
        self.line([(x - radius, y + radius), (x + radius, y - radius)], stroke);
    }

    /// Writes a text.
    pub fn text(&mut self, words: impl Into<String>, at: Point, anchor: Anchor, size: f64, tone: Tone) {
        self.marks.push(Mark::Text(Text { words: words.into(), at, anchor, size, tone }));
    }

    /// Draws what means something together.
    pub fn group(&mut self, meaning: impl Into<String>, draw: impl FnOnce(&mut Picture)) {
        self.marks.push(Mark::Begin(meaning.into()));
        draw(self);
        self.marks.push(Mark::End);
    }

    /// The texts in it.
    pub fn texts(&self) -> impl Iterator<Item = &Text> {
        self.marks.iter().filter_map(|mark| match mark {
            Mark::Text(text) => Some(text),
            _ => None,
        })
    }
}
