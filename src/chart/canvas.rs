//! A picture is a list of marks in pixels, which plotters draws as [SVG](Picture::svg) or as [PNG](Picture::png).
//!
//! It is a list, rather than direct calls to plotters, so that both formats show the same, and so that a test can ask
//! where the labels are. x goes right and y goes down.

mod brush;
mod png;
mod svg;

use super::font;
use super::theme::Tone;

/// A rectangle, in pixels.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rect {
    /// The left edge.
    pub left: f64,
    /// The upper edge.
    pub top: f64,
    /// The right edge.
    pub right: f64,
    /// The lower edge.
    pub bottom: f64,
}

impl Rect {
    /// The width.
    pub fn width(self) -> f64 {
        self.right - self.left
    }

    /// The height.
    pub fn height(self) -> f64 {
        self.bottom - self.top
    }

    /// Whether two rectangles share more than an edge.
    pub fn overlaps(self, other: Rect) -> bool {
        self.left < other.right && other.left < self.right && self.top < other.bottom && other.top < self.bottom
    }
}

/// A point, in pixels.
pub type Point = (f64, f64);

/// How a line is drawn.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Stroke {
    /// The colour.
    pub tone: Tone,
    /// The thickness, in pixels.
    pub width: f64,
    /// Alternating lengths of dashes and gaps, in pixels; empty for a solid line.
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
    /// The colour.
    pub tone: Tone,
    /// The opacity. 1 hides everything behind the area.
    pub opacity: f64,
}

impl From<Tone> for Fill {
    fn from(tone: Tone) -> Self {
        Fill { tone, opacity: 1.0 }
    }
}

/// Which part of a text is at its anchor point.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Anchor {
    /// Its beginning.
    Start,
    /// Its middle.
    Middle,
    /// Its end.
    End,
}

/// How far text rises above its baseline, in ems.
const ASCENT: f64 = 0.76;

/// A single line of text.
#[derive(Clone, Debug, PartialEq)]
pub struct Text {
    /// The text itself, never markup.
    pub words: String,
    /// The anchor point, on the baseline.
    pub at: Point,
    /// Which part of the text is at the anchor point.
    pub anchor: Anchor,
    /// The size, in pixels per em.
    pub size: f64,
    /// The colour.
    pub tone: Tone,
}

impl Text {
    /// The area that the text takes up.
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

/// One thing to draw.
#[derive(Clone, Debug, PartialEq)]
pub enum Mark {
    /// A filled rectangle.
    Rect(Rect, Fill),
    /// A line through points.
    Line(Vec<Point>, Stroke),
    /// A filled convex area.
    Area(Vec<Point>, Fill),
    /// The area between a step line and a base at this height. The height of each point holds until the next point.
    Steps(Vec<Point>, f64, Fill),
    /// A filled circle: its centre and radius.
    Disc(Point, f64, Fill),
    /// The outline of a circle.
    Ring(Point, f64, Stroke),
    /// A text.
    Text(Text),
    /// Starts a group that ends at the next `End`. An SVG shows this text when you point at the group.
    Begin(String),
    /// Ends a group.
    End,
}

impl Mark {
    /// The mark in a picture that is this many times as large, and starts at `from`. Dashes keep their lengths.
    fn moved(self, by: f64, from: Point) -> Mark {
        let at = |(x, y): Point| (from.0 + x * by, from.1 + y * by);
        let all = |points: Vec<Point>| points.into_iter().map(at).collect();
        let rect = |area: Rect| {
            let ((left, top), (right, bottom)) = (at((area.left, area.top)), at((area.right, area.bottom)));
            Rect { left, top, right, bottom }
        };
        let stroke = |stroke: Stroke| Stroke { width: stroke.width * by, ..stroke };
        match self {
            Mark::Rect(area, fill) => Mark::Rect(rect(area), fill),
            Mark::Line(points, line) => Mark::Line(all(points), stroke(line)),
            Mark::Area(points, fill) => Mark::Area(all(points), fill),
            Mark::Steps(points, base, fill) => Mark::Steps(all(points), at((0.0, base)).1, fill),
            Mark::Disc(centre, radius, fill) => Mark::Disc(at(centre), radius * by, fill),
            Mark::Ring(centre, radius, line) => Mark::Ring(at(centre), radius * by, stroke(line)),
            Mark::Text(text) => Mark::Text(Text { at: at(text.at), size: text.size * by, ..text }),
            Mark::Begin(_) | Mark::End => self,
        }
    }
}

/// A picture.
#[derive(Clone, Debug, PartialEq)]
pub struct Picture {
    /// The width, in pixels.
    pub width: f64,
    /// The height, in pixels.
    pub height: f64,
    /// What the picture shows, for people who cannot see it.
    pub title: String,
    /// What can be seen in the picture, in a few sentences, for the same people.
    pub description: String,
    /// The marks, in drawing order.
    pub marks: Vec<Mark>,
}

impl Picture {
    /// An empty picture.
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

    /// Fills the area between a step line and the height `base`. The height of each point holds until the next point.
    pub fn steps(&mut self, points: Vec<Point>, base: f64, fill: impl Into<Fill>) {
        self.marks.push(Mark::Steps(points, base, fill.into()));
    }

    /// Fills a circle.
    pub fn disc(&mut self, centre: Point, radius: f64, fill: impl Into<Fill>) {
        self.marks.push(Mark::Disc(centre, radius, fill.into()));
    }

    /// Draws the outline of a circle.
    pub fn ring(&mut self, centre: Point, radius: f64, stroke: Stroke) {
        self.marks.push(Mark::Ring(centre, radius, stroke));
    }

    /// Fills a square that stands on one corner.
    pub fn diamond(&mut self, (x, y): Point, radius: f64, fill: impl Into<Fill>) {
        self.area([(x, y - radius), (x + radius, y), (x, y + radius), (x - radius, y)], fill);
    }

    /// Fills a triangle that stands on one side.
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

    /// Draws marks as a group with a meaning.
    pub fn group(&mut self, meaning: impl Into<String>, draw: impl FnOnce(&mut Picture)) {
        self.marks.push(Mark::Begin(meaning.into()));
        draw(self);
        self.marks.push(Mark::End);
    }

    /// The same picture in this size: all of it is enlarged or reduced alike, and it is in the middle.
    pub fn fitted(self, width: f64, height: f64) -> Picture {
        let by = (width / self.width).min(height / self.height);
        let (right, down) = ((width - self.width * by) / 2.0, (height - self.height * by) / 2.0);
        let mut fitted = Picture::new(width, height, self.title, self.description);
        fitted.marks.extend(self.marks.into_iter().skip(1).map(|mark| mark.moved(by, (right, down))));
        fitted
    }

    /// The texts in the picture.
    pub fn texts(&self) -> impl Iterator<Item = &Text> {
        self.marks.iter().filter_map(|mark| match mark {
            Mark::Text(text) => Some(text),
            _ => None,
        })
    }
}
