//! A picture as SVG: one that is right on a light and on a dark ground, and needs nothing from elsewhere.

use super::{Anchor, Fill, Mark, Picture, Point, Rect, Stroke, Text};
use crate::chart::font;
use crate::chart::theme;
use std::fmt::{self, Write as _};

impl Picture {
    /// The picture as SVG.
    pub fn svg(&self) -> String {
        let (width, height) = (Number(self.width), Number(self.height));
        let mut out = format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" \
             viewBox=\"0 0 {width} {height}\" role=\"img\">\n<title>{}</title>\n<desc>{}</desc>\n<style>\n{}</style>\n\
             <g class=\"tq\" font-family=\"{}\">\n",
            Escaped(&self.title),
            Escaped(&self.description),
            theme::style_sheet(),
            font::FAMILY,
        );
        self.marks.iter().for_each(|mark| write_mark(&mut out, mark));
        out.push_str("</g>\n</svg>\n");
        out
    }
}

fn write_mark(out: &mut String, mark: &Mark) {
    let written = match mark {
        Mark::Rect(area, fill) => write_rect(out, *area, *fill),
        Mark::Line(points, stroke) => {
            writeln!(out, "<polyline fill=\"none\"{} points=\"{}\"/>", Stroked(*stroke), Points(points))
        }
        Mark::Area(points, fill) => writeln!(out, "<polygon{} points=\"{}\"/>", Filled(*fill), Points(points)),
        Mark::Steps(points, base, fill) => {
            writeln!(out, "<polygon{} points=\"{}\"/>", Filled(*fill), Points(&outline(points, *base)))
        }
        Mark::Disc(centre, radius, fill) => {
            writeln!(out, "<circle{} r=\"{}\"{}/>", Centre(*centre), Number(*radius), Filled(*fill))
        }
        Mark::Ring(centre, radius, stroke) => {
            writeln!(out, "<circle{} r=\"{}\" fill=\"none\"{}/>", Centre(*centre), Number(*radius), Stroked(*stroke))
        }
        Mark::Text(text) => write_text(out, text),
        Mark::Begin(meaning) => writeln!(out, "<g><title>{}</title>", Escaped(meaning)),
        Mark::End => writeln!(out, "</g>"),
    };
    written.expect("memory takes it");
}

/// The corners of the area below a step line.
fn outline(points: &[Point], base: f64) -> Vec<Point> {
    let mut corners = Vec::with_capacity(points.len() * 2 + 2);
    corners.extend(points.first().map(|(x, _)| (*x, base)));
    for pair in points.windows(2) {
        corners.extend([pair[0], (pair[1].0, pair[0].1)]);
    }
    corners.extend(points.last().map(|(x, _)| (*x, base)));
    corners
}

fn write_rect(out: &mut String, area: Rect, fill: Fill) -> fmt::Result {
    let [left, top, width, height] = [area.left, area.top, area.width(), area.height()].map(Number);
    writeln!(out, "<rect x=\"{left}\" y=\"{top}\" width=\"{width}\" height=\"{height}\"{}/>", Filled(fill))
}

fn write_text(out: &mut String, text: &Text) -> fmt::Result {
    let anchor = match text.anchor {
        Anchor::Start => "",
        Anchor::Middle => " text-anchor=\"middle\"",
        Anchor::End => " text-anchor=\"end\"",
    };
    let [x, y, size] = [text.at.0, text.at.1, text.size].map(Number);
    let (fill, words) = (text.tone.light(), Escaped(&text.words));
    writeln!(out, "<text x=\"{x}\" y=\"{y}\" font-size=\"{size}\"{anchor} fill=\"{fill}\">{words}</text>")
}

/// A number with a digit behind the point, at most two.
struct Number(f64);

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let hundredths = (self.0 * 100.0).round() as i64;
        let sign = if hundredths < 0 { "-" } else { "" };
        let (whole, rest) = (hundredths.unsigned_abs() / 100, hundredths.unsigned_abs() % 100);
        match (rest, rest % 10) {
            (0, _) => write!(f, "{sign}{whole}"),
            (_, 0) => write!(f, "{sign}{whole}.{}", rest / 10),
            _ => write!(f, "{sign}{whole}.{rest:02}"),
        }
    }
}

struct Points<'p>(&'p [Point]);

impl fmt::Display for Points<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, (x, y)) in self.0.iter().enumerate() {
            let space = if place == 0 { "" } else { " " };
            write!(f, "{space}{},{}", Number(*x), Number(*y))?;
        }
        Ok(())
    }
}

struct Centre(Point);

impl fmt::Display for Centre {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, " cx=\"{}\" cy=\"{}\"", Number(self.0.0), Number(self.0.1))
    }
}

struct Filled(Fill);

impl fmt::Display for Filled {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, " fill=\"{}\"", self.0.tone.light())?;
        if self.0.opacity < 1.0 {
            write!(f, " fill-opacity=\"{}\"", Number(self.0.opacity))?;
        }
        Ok(())
    }
}

struct Stroked(Stroke);

impl fmt::Display for Stroked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Stroke { tone, width, dash } = self.0;
        write!(f, " stroke=\"{}\" stroke-width=\"{}\"", tone.light(), Number(width))?;
        if !dash.is_empty() {
            let lengths: Vec<_> = dash.iter().map(|length| Number(*length).to_string()).collect();
            write!(f, " stroke-dasharray=\"{}\"", lengths.join(" "))?;
        }
        Ok(())
    }
}

/// A text as XML has it: what would be markup is none, and what XML can not hold is replaced.
pub struct Escaped<'t>(pub &'t str);

impl fmt::Display for Escaped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for letter in self.0.chars() {
            match letter {
                '<' => f.write_str("&lt;")?,
                '>' => f.write_str("&gt;")?,
                '&' => f.write_str("&amp;")?,
                '"' => f.write_str("&quot;")?,
                '\'' => f.write_str("&#39;")?,
                '\n' | '\r' | '\t' => f.write_char(' ')?,
                '\u{fffe}' | '\u{ffff}' => f.write_char('\u{fffd}')?,
                letter if letter.is_control() => f.write_char('\u{fffd}')?,
                letter => f.write_char(letter)?,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Proves that no text becomes markup, or something that XML can not hold, and how numbers are written.
    #[test]
    fn texts_and_numbers() {
        assert_eq!(
            Escaped("<a href='x'>&\"\u{0}\u{1b}\n").to_string(),
            "&lt;a href=&#39;x&#39;&gt;&amp;&quot;\u{fffd}\u{fffd} "
        );
        let written = [0.0, -0.001, 1.5, 2.25, -3.05, 1e6].map(|number| Number(number).to_string());
        assert_eq!(written, ["0", "0", "1.5", "2.25", "-3.05", "1000000"]);
    }
}
