//! Reports that fit a narrow terminal: tables whose columns get narrower, and sentences that go on in the next line. No word
//! is broken.

use crate::words::terminal::style_len;
use tabled::builder::Builder;
use tabled::settings::object::Columns;
use tabled::settings::{Alignment, Padding, Style};
use unicode_width::UnicodeWidthStr;

/// A table of cells below its heads, each line behind two spaces. The columns in `right` are aligned to the right. If it is
/// wider than `width`, the columns in `words` and all heads take more lines.
pub fn table(mut rows: Vec<Vec<String>>, right: &[usize], words: &[usize], width: Option<usize>) -> String {
    let text = drawn(&rows, right, 3);
    let Some(width) = width.filter(|width| text.lines().any(|line| line.width() > *width)) else { return text };
    rows.first_mut().into_iter().flatten().for_each(|head| *head = head.replace(' ', "\n"));
    for column in words {
        let widths: Vec<usize> = (0..rows[0].len()).map(|column| widest(&rows, column)).collect();
        let excess = (2 + widths.iter().sum::<usize>() + widths.len() - 1).saturating_sub(width);
        if excess == 0 {
            break;
        }
        let room = widths[*column].saturating_sub(excess).max(1);
        rows.iter_mut().skip(1).for_each(|row| row[*column] = wrapped(&row[*column], room).join("\n"));
    }
    drawn(&rows, right, 1)
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

/// A report for a terminal of this width. A line that is too long goes on in the next one, a little further to the right.
/// Tables and commands stay as they are: a command is there to be copied.
pub fn sentences(text: &str, width: Option<usize>) -> String {
    let Some(width) = width.filter(|width| *width >= 20) else { return text.to_owned() };
    let mut fitted = String::with_capacity(text.len());
    for line in text.lines() {
        let body = line.trim_start();
        let indent = line.len() - body.len();
        let is_fixed = body.contains("   ") || body.contains("treequake ");
        if is_fixed || visible(line) <= width {
            fitted.push_str(line);
            fitted.push('\n');
            continue;
        }
        let lines = wrapped(body, width.saturating_sub(indent + 2));
        for (number, part) in lines.iter().enumerate() {
            let spaces = if number == 0 { indent } else { indent + 2 };
            fitted.push_str(&format!("{:spaces$}{part}\n", ""));
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
    }
}
