//! Writes a picture as SVG. It works on light and dark grounds, and is self-contained.
//!
//! Plotters draws the marks. This module adds what plotters cannot express: what the picture shows, the colours for a
//! dark ground, the meaning of groups, and dashes.

use super::brush::{Board, Brush, IN_MEMORY, nearest};
use super::{ASCENT, Anchor, Mark, Picture, Stroke, Text};
use crate::chart::font;
use crate::chart::theme::{self, Theme};
use crate::words::markup::{isolated, on_one_line, xml};
use plotters::backend::{DrawingBackend, SVGBackend};
use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters::style::{IntoFont, RGBAColor, TextStyle};
use std::fmt::{self, Write as _};

/// The scale at which everything is drawn. Plotters only knows whole numbers; here they are hundredths of a pixel.
const SCALE: u32 = 100;

/// Plotters takes the size of a font to be this many ems.
const FONT_SIZE: f64 = 1.24;

impl Picture {
    /// The picture as SVG.
    pub fn svg(&self) -> String {
        self.svg_on(Theme::Auto)
    }

    /// The picture as SVG, on the ground of a theme.
    pub fn svg_on(&self, theme: Theme) -> String {
        let [width, height] = [self.width, self.height].map(|length| (length * 100.0).round() / 100.0);
        let style = match theme {
            Theme::Auto => format!("<style>\n{}</style>\n", theme::style_sheet()),
            Theme::Light | Theme::Dark => String::new(),
        };
        let mut out = format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" \
             viewBox=\"0 0 {width} {height}\" role=\"img\">\n<title>{}</title>\n<desc>{}</desc>\n{style}\
             <g class=\"tq\" transform=\"scale({})\">\n",
            xml(&self.title),
            xml(&self.description),
            1.0 / f64::from(SCALE),
        );
        for marks in self.marks.chunk_by(|one, other| dash(one).is_some() && dash(one) == dash(other)) {
            write_marks(&mut out, marks, theme).expect(IN_MEMORY);
        }
        out.push_str("</g>\n</svg>\n");
        out
    }
}

/// The dashes of a mark's lines, if any; `None` for a mark that plotters does not draw.
fn dash(mark: &Mark) -> Option<&'static [f64]> {
    match mark {
        Mark::Line(_, stroke) | Mark::Ring(_, _, stroke) => Some(stroke.dash),
        Mark::Begin(_) | Mark::End => None,
        _ => Some(&[]),
    }
}

/// Writes marks with the same dash, or a single one that plotters does not draw.
fn write_marks(out: &mut String, marks: &[Mark], theme: Theme) -> fmt::Result {
    match &marks[0] {
        Mark::Begin(meaning) => writeln!(out, "<g><title>{}</title>", xml(meaning)),
        Mark::End => writeln!(out, "</g>"),
        mark => match dash(mark).unwrap_or_default() {
            [] => out.write_str(&drawn(marks.iter(), theme)),
            dash => {
                let lengths: Vec<String> = dash.iter().map(|length| (length * f64::from(SCALE)).to_string()).collect();
                let solid: Vec<Mark> = marks.iter().map(solid).collect();
                writeln!(out, "<g stroke-dasharray=\"{}\">\n{}</g>", lengths.join(" "), drawn(&solid, theme))
            }
        },
    }
}

/// The mark without its dash.
fn solid(mark: &Mark) -> Mark {
    match mark {
        Mark::Line(points, stroke) => Mark::Line(points.clone(), Stroke { dash: &[], ..*stroke }),
        Mark::Ring(centre, radius, stroke) => Mark::Ring(*centre, *radius, Stroke { dash: &[], ..*stroke }),
        other => other.clone(),
    }
}

/// The elements that plotters makes of marks, without the surrounding SVG.
fn drawn<'m>(marks: impl IntoIterator<Item = &'m Mark>, theme: Theme) -> String {
    let mut svg = String::new();
    let mut brush = Brush { board: SVGBackend::with_string(&mut svg, (0, 0)), scale: f64::from(SCALE), theme };
    marks.into_iter().for_each(|mark| brush.draw(mark));
    drop(brush);
    let body = svg.split_once('\n').and_then(|(_, rest)| rest.strip_suffix("</svg>\n"));
    body.expect("an SVG has its start and end tags on separate lines").to_owned()
}

impl Board for SVGBackend<'_> {
    fn write(&mut self, text: &Text, colour: RGBAColor, scale: f64) {
        let side = match text.anchor {
            Anchor::Start => HPos::Left,
            Anchor::Middle => HPos::Center,
            Anchor::End => HPos::Right,
        };
        let font = (font::FAMILY, text.size * scale * FONT_SIZE).into_font();
        let style = TextStyle::from(font).color(&colour).pos(Pos::new(side, VPos::Top));
        let top = (text.at.0 * scale, (text.at.1 - ASCENT * text.size) * scale);
        let words: String = text.words.chars().map(on_one_line).collect();
        self.draw_text(&isolated(&words), &style, nearest(top)).expect(IN_MEMORY);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Proves that no text becomes markup, or contains anything that XML cannot represent.
    #[test]
    fn texts_are_no_markup() {
        let text = "<a href='x'>&\"\u{0}\u{1b}\n";
        let escaped = "&lt;a href=&apos;x&apos;&gt;&amp;&quot;\u{fffd}\u{fffd} ";
        assert_eq!(xml(text), escaped);
        let mut picture = Picture::new(10.0, 10.0, text, text);
        picture.group(text, |picture| picture.text(text, (1.5, 9.0), Anchor::End, 10.5, theme::Tone::Ink));
        let svg = picture.svg();
        assert_eq!(svg.matches(escaped).count(), 4);
        assert!(svg.contains("x=\"150\" y=\"102\" dy=\"0.76em\" text-anchor=\"end\""), "{svg}");
    }
}
