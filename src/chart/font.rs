//! The font of the charts. It is embedded, so it is the same on every machine, and text is measured with it.

use ab_glyph::{Font, FontRef, PxScale, ScaleFont, point};
use std::sync::LazyLock;

/// The font that an SVG asks for: the same one where it is installed, otherwise one that is no wider.
pub const FAMILY: &str = "DejaVu Sans, Verdana, system-ui, sans-serif";

static FONT: LazyLock<FontRef<'static>> =
    LazyLock::new(|| FontRef::try_from_slice(include_bytes!("font/sans.ttf")).expect("the embedded font is valid"));

/// The width of a text in pixels, at `size` pixels per em. A character that the font lacks counts as one em.
pub fn width(text: &str, size: f64) -> f64 {
    text.chars().map(|letter| advance(letter) * size).sum()
}

/// The advance width of a character, in ems.
fn advance(letter: char) -> f64 {
    let id = FONT.glyph_id(letter);
    if id.0 == 0 {
        return 1.0;
    }
    f64::from(FONT.h_advance_unscaled(id)) / units_per_em()
}

fn units_per_em() -> f64 {
    f64::from(FONT.units_per_em().expect("the embedded font has this value"))
}

/// The text, or as much of its beginning as fits into `room` pixels, with an ellipsis.
pub fn fit(text: &str, size: f64, room: f64) -> String {
    if width(text, size) <= room {
        return text.to_owned();
    }
    let mut left = room - width("…", size);
    let is_in = |letter: &char| {
        left -= advance(*letter) * size;
        left >= 0.0
    };
    let kept: String = text.chars().take_while(is_in).collect();
    format!("{}…", kept.trim_end())
}

/// Calls `dot` for each pixel of a text whose baseline starts at (`x`, `y`), with the share of the pixel that is
/// covered.
pub(super) fn draw(text: &str, size: f64, (mut x, y): (f64, f64), mut dot: impl FnMut(i32, i32, f64)) {
    let scale = PxScale::from((size * f64::from(FONT.height_unscaled()) / units_per_em()) as f32);
    for letter in text.chars() {
        if FONT.glyph_id(letter).0 == 0 {
            draw_box(size, (x, y), &mut dot);
            x += advance(letter) * size;
            continue;
        }
        let at = point(x as f32, y as f32);
        let glyph = FONT.as_scaled(scale).glyph_id(letter).with_scale_and_position(scale, at);
        if let Some(outline) = FONT.outline_glyph(glyph) {
            let corner = outline.px_bounds().min;
            outline.draw(|column, row, covered| {
                dot(corner.x as i32 + column as i32, corner.y as i32 + row as i32, f64::from(covered));
            });
        }
        x += advance(letter) * size;
    }
}

/// A box for a character that the font lacks. It is an em wide, so that no character vanishes.
fn draw_box(size: f64, (x, y): (f64, f64), dot: &mut impl FnMut(i32, i32, f64)) {
    let edge = (size * 0.07).round().max(1.0) as i32;
    let (left, right) = ((x + 0.12 * size).round() as i32, (x + 0.88 * size).round() as i32);
    let (top, bottom) = ((y - 0.72 * size).round() as i32, y.round() as i32);
    for row in top..bottom {
        let is_edge = row < top + edge || row >= bottom - edge;
        let columns = (left..right).filter(|column| is_edge || *column < left + edge || *column >= right - edge);
        columns.for_each(|column| dot(column, row, 1.0));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Proves that widths follow the font, and that a cut text is at most as wide as asked.
    #[test]
    fn texts_are_measured() {
        assert!(width("iii", 10.0) < width("mmm", 10.0));
        assert_eq!(width("漢", 10.0), 10.0);
        let (mut count, mut reach) = (0, 0);
        draw("漢", 10.0, (0.0, 10.0), |column, _, _| (count, reach) = (count + 1, reach.max(column)));
        assert!(count > 20 && reach < 10, "the box is as wide as its character counts");
        assert_eq!(fit("short", 10.0, 100.0), "short");
        let cut = fit("a rather long text", 10.0, 50.0);
        assert!(cut.ends_with('…') && width(&cut, 10.0) <= 50.0 && width(&cut, 10.0) > 35.0, "{cut}");
    }
}
