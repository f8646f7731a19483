//! The mistakes in a file, drawn as a compiler draws them: file, line, column, the marked line, and what to write
//! instead.

use super::narrow;
use crate::scenario::diagnostic::{Diagnostic, Diagnostics, Severity, Source};
use crate::words::grouped;
use crate::words::terminal::{guarded, plain};
use annotate_snippets::renderer::DecorStyle;
use annotate_snippets::{AnnotationKind, Level, Origin, Renderer, Snippet};
use std::borrow::Cow;
use std::ops::Range;

/// How many mistakes of a file are shown.
const SHOWN_MAX: usize = 20;

/// How much of a long line is shown on either side of the mark, in bytes.
const CONTEXT_MAX: usize = 80;

/// Draws all mistakes of a file, in the order in which they appear, for a terminal of this width.
pub fn draw(source: &Source, diagnostics: &Diagnostics, width: Option<usize>) -> String {
    let all = diagnostics.in_order();
    let mut drawn: Vec<String> = all.iter().take(SHOWN_MAX).map(|d| draw_one(source, d)).collect();
    if diagnostics.count() > SHOWN_MAX {
        drawn.push(format!(
            "... and {} more in {}",
            grouped((diagnostics.count() - SHOWN_MAX) as u64),
            plain(&source.name)
        ));
    }
    let drawn = drawn.join("\n\n");
    // The marked lines stay as they are: the marks are below what they are about.
    let fitted = |line: &str| match line.contains(" |") || line.contains("--> ") {
        true => format!("{line}\n"),
        false => narrow::sentences(line, width),
    };
    if width.is_none() { drawn } else { drawn.split('\n').map(fitted).collect::<String>().trim_end().to_owned() }
}

fn draw_one(source: &Source, diagnostic: &Diagnostic) -> String {
    let place = Place::of(&source.text, &diagnostic.span);
    let level = match diagnostic.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
    };
    let (name, message) = (plain(&source.name), plain(&diagnostic.message));
    let title = level.primary_title(&*message);
    // Escapes are longer than what they stand for, so each piece is escaped by itself, and the mark moves.
    let [before, mark, after] = place.pieces().map(in_line);
    let shown = [&*before, &*mark, &*after].concat();
    let is_moved = place.is_cut || shown.len() != place.shown.len();
    let snippet = Snippet::source(&shown)
        .line_start(place.line)
        .annotation(AnnotationKind::Primary.span(before.len()..before.len() + mark.len()));
    // The renderer counts columns within the text that it shows. Where that is not the whole line, we give it the real
    // place.
    let mut report = if is_moved {
        let origin = Origin::path(&*name).line(place.line).char_column(place.column);
        title.element(origin).element(snippet)
    } else {
        title.element(snippet.path(&*name))
    };
    let help = diagnostic.help.as_deref().map(guarded);
    if let Some(help) = &help {
        report = report.element(Level::HELP.message(&**help));
    }
    Renderer::styled().decor_style(DecorStyle::Ascii).render(&[report])
}

/// A piece of a line; tabs stay.
fn in_line(piece: &str) -> Cow<'_, str> {
    if !piece.contains('\t') {
        return plain(piece);
    }
    piece.split('\t').map(plain).collect::<Vec<_>>().join("\t").into()
}

/// Where a span is, as people count: lines and characters from 1.
struct Place<'t> {
    line: usize,
    column: usize,
    /// The line, or only the part around the mark if the line is long.
    shown: &'t str,
    /// The span in `shown`.
    mark: Range<usize>,
    /// Whether `shown` leaves out the beginning of the line.
    is_cut: bool,
}

impl<'t> Place<'t> {
    /// What is shown: before the mark, the mark, and behind it.
    fn pieces(&self) -> [&'t str; 3] {
        let Range { start, end } = self.mark;
        [&self.shown[..start], &self.shown[start..end], &self.shown[end..]]
    }

    fn of(text: &'t str, span: &Range<usize>) -> Self {
        let start = span.start.min(text.len());
        let line_start = text[..start].rfind('\n').map_or(0, |newline| newline + 1);
        let line_end = text[start..].find('\n').map_or(text.len(), |newline| start + newline);
        // Lines can end as on Windows.
        let line_end = if text[start..line_end].ends_with('\r') { line_end - 1 } else { line_end };
        let end = span.end.clamp(start, line_end);
        let from = text.floor_char_boundary(line_start.max(start.saturating_sub(CONTEXT_MAX)));
        let to = text.ceil_char_boundary(line_end.min(start + CONTEXT_MAX));
        let mark_end = text.floor_char_boundary(end.min(to));
        Place {
            line: text[..line_start].matches('\n').count() + 1,
            column: text[line_start..start].chars().count() + 1,
            shown: &text[from..to],
            mark: start - from..mark_end.max(start) - from,
            is_cut: from > line_start,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Proves that a mark in a line of a megabyte is found, and shown with only the text around it.
    #[test]
    fn a_long_line_is_cut_around_the_mark() {
        let text = format!("{{\n\"a\": \"{}\", \"é\": 1}}", "x".repeat(1_000_000));
        let at = text.find("\"é\"").unwrap();
        let place = Place::of(&text, &(at..at + 4));
        assert_eq!((place.line, place.column), (2, 1_000_010));
        assert_eq!(&place.shown[place.mark.clone()], "\"é\"");
        assert!(place.shown.len() < 200);
    }
}
