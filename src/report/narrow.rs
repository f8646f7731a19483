//! Reports that fit a narrow terminal: tables whose columns get narrower, and sentences that go on in the next line. No word
//! is broken.

use crate::words::terminal::style_len;
use tabled::builder::Builder;
use tabled::settings::object::Columns;
use tabled::settings::{Alignment, Padding, Style};
use unicode_width::UnicodeWidthStr;

/// A table of cells below its heads, each line behind two spaces.
#[derive(Debug)]
pub struct Table<'a> {
    /// The heads, and then the rows.
    pub rows: Vec<Vec<String>>,
    /// The columns that are aligned to the right.
    pub right: &'a [usize],
    /// The columns that may take more lines, the first ones first.
    pub words: &'a [usize],
    /// The spaces between two columns, where there is room.
    pub gap: usize,
}

impl Table<'_> {
    /// Draws it. If it is wider than `width`, the columns in `words` and all heads take more lines. If that is not enough,
    /// each row becomes a paragraph.
    pub fn draw(mut self, width: Option<usize>) -> String {
        let text = drawn(&self.rows, self.right, self.gap);
        let is_wide = |text: &str, width: usize| text.lines().any(|line| line.width() > width);
        let Some(width) = width.filter(|width| is_wide(&text, *width)) else { return text };
        let whole = self.rows.clone();
        self.rows.first_mut().into_iter().flatten().for_each(|head| *head = head.replace(' ', "\n"));
        for column in self.words {
            let widths: Vec<usize> = (0..self.rows[0].len()).map(|column| widest(&self.rows, column)).collect();
            let excess = (2 + widths.iter().sum::<usize>() + widths.len() - 1).saturating_sub(width);
            if excess == 0 {
                break;
            }
            let room = widths[*column].saturating_sub(excess).max(1);
            self.rows.iter_mut().skip(1).for_each(|row| row[*column] = wrapped(&row[*column], room).join("\n"));
        }
        let text = drawn(&self.rows, self.right, 1);
        if is_wide(&text, width) { stacked(&whole, width) } else { text }
    }
}

/// A table with the usual space between its columns.
pub fn table(rows: Vec<Vec<String>>, right: &[usize], words: &[usize], width: Option<usize>) -> String {
    Table { rows, right, words, gap: 3 }.draw(width)
}

/// A table with a paragraph for each row: its first cell, and below it the others behind their heads. Cells without a value
/// are left out.
pub fn stacked(rows: &[Vec<String>], width: usize) -> String {
    let Some((heads, rows)) = rows.split_first() else { return String::new() };
    let mut text = String::new();
    for row in rows {
        let (name, cells) = row.split_first().expect("a row has cells");
        if !name.is_empty() {
            text.push_str(&format!("  {name}\n"));
        }
        let has_value = |cell: &str| !["", ".", "-"].contains(&cell);
        let cells = heads.iter().skip(1).zip(cells).filter(|(_, cell)| has_value(cell.trim()));
        let cells: Vec<String> = cells.map(|(head, cell)| format!("{} {}", head.trim(), cell.trim())).collect();
        let last = cells.len().saturating_sub(1);
        let cells = cells.into_iter().enumerate().map(|(n, cell)| if n < last { cell + "," } else { cell });
        let mut lines: Vec<String> = Vec::new();
        for piece in cells {
            match lines.last_mut().filter(|line| line.width() + 1 + piece.width() + 4 <= width) {
                Some(line) => *line = format!("{line} {piece}"),
                None => lines.extend(wrapped(&piece, width.saturating_sub(4))),
            }
        }
        lines.iter().for_each(|line| text.push_str(&format!("    {line}\n")));
    }
    text
}

fn drawn(rows: &[Vec<String>], right: &[usize], gap: usize) -> String {
    let mut table = Builder::default();
    rows.iter().for_each(|row| table.push_record(row));
    let mut table = table.build();
    table.with(Style::empty()).with(Padding::new(0, gap, 0, 0));
    for column in right {
        table.modify(Columns::one(*column), Alignment::right());
    }
    table.to_string().lines().map(|line| format!("  {}\n", line.trim_end())).collect()
}

/// The width of the widest line in a column.
fn widest(rows: &[Vec<String>], column: usize) -> usize {
    rows.iter().flat_map(|row| row[column].lines()).map(|line| line.width()).max().unwrap_or(0)
}

/// A text in lines of at most `room` columns, or of one word that is longer.
fn wrapped(text: &str, room: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split(' ') {
        match lines.last_mut().filter(|line| visible(line) + 1 + visible(word) <= room) {
            Some(line) => *line = format!("{line} {word}"),
            None => lines.push(word.to_owned()),
        }
    }
    lines
}

/// The columns that a text takes, without its colours.
fn visible(text: &str) -> usize {
    let (mut width, mut rest) = (text.width(), text);
    while let Some(start) = rest.find('\u{1b}') {
        let len = style_len(&rest[start..]);
        width -= rest[start..start + len].width().min(width);
        rest = &rest[start + len.max(1)..];
    }
    width
}

/// A report for a terminal of this width. A line that is too long goes on in the next one, a little further to the right,
/// or below the text that follows its name. Commands stay as they are: they are there to be copied.
pub fn sentences(text: &str, width: Option<usize>) -> String {
    let Some(width) = width.filter(|width| *width >= 20) else { return text.to_owned() };
    let mut fitted = String::with_capacity(text.len());
    for line in text.lines() {
        if line.contains("treequake ") || visible(line) <= width {
            fitted.push_str(line);
            fitted.push('\n');
            continue;
        }
        let body = line.trim_start();
        let indent = line.len() - body.len();
        // Behind a name there is a text: `  states    4,041, with ...`.
        let name = body.rfind("  ").map_or("", |gap| &body[..gap + 2]);
        let (name, hang) = match indent + visible(name) {
            hang if !name.is_empty() && hang * 2 <= width => (name, hang),
            _ => ("", indent + 2),
        };
        let first = if name.is_empty() { indent } else { hang };
        let lines = wrapped(&body[name.len()..], width.saturating_sub(hang.max(first)));
        for (number, part) in lines.iter().enumerate() {
            let start = if number == 0 { format!("{:indent$}{name}", "") } else { " ".repeat(hang) };
            fitted.push_str(&format!("{start}{part}\n"));
        }
    }
    fitted
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Proves that a table gets as narrow as it can, without breaking a word, and that a wide terminal changes nothing.
    #[test]
    fn tables_fit() {
        let row = |cells: [&str; 3]| cells.map(str::to_owned).to_vec();
        let rows = vec![
            row(["time", "step", "largest difference"]),
            row(["60s", "partition 1, 3..252 [crash] (251 steps)", "501"]),
        ];
        let wide = table(rows.clone(), &[2], &[1], Some(80));
        assert_eq!(wide, table(rows.clone(), &[2], &[1], None));
        let narrow = table(rows, &[2], &[1], Some(30));
        assert_eq!(
            narrow,
            "  time step         largest\n                    difference\n  60s  partition 1,        501\n       3..252\n       \
             [crash] (251\n       steps)\n"
        );
    }

    /// Proves that a table whose rows cannot fit has a paragraph for each, without cells that say nothing.
    #[test]
    fn rows_become_paragraphs() {
        let row = |cells: [&str; 5]| cells.map(str::to_owned).to_vec();
        let rows = vec![
            row(["class", "cases", "first seed", "known", "orders"]),
            row(["hung-reply-vanished", "31", "62", "", "4.25 %"]),
            row(["storm", "4,041", "7", "NEW", "-"]),
        ];
        assert_eq!(
            table(rows, &[1, 2], &[], Some(30)),
            "  hung-reply-vanished\n    cases 31, first seed 62,\n    orders 4.25 %\n  storm\n    cases 4,041, first seed 7,\n    known NEW\n"
        );
    }

    /// Proves that a sentence goes on in the next line, that its colours do not count, and that commands stay whole.
    #[test]
    fn sentences_fit() {
        let text = "  \u{1b}[1mone\u{1b}[0m two three four five six\nreplay: treequake replay a-long-name.json\n";
        let fitted = sentences(text, Some(20));
        assert_eq!(
            fitted,
            "  \u{1b}[1mone\u{1b}[0m two three\n    four five six\nreplay: treequake replay a-long-name.json\n"
        );
        assert_eq!(sentences(text, None), text);
        let named = "  states    one two three four\n";
        assert_eq!(sentences(named, Some(24)), "  states    one two\n            three four\n");
    }
}
