//! Text that is safe on a terminal. Names of files, names in scenarios and pieces of files come from strangers. They
//! must not move the cursor, set the title of the window, forge a line, or change the direction of the text around them.
//!
//! [`plain`] makes one piece of text safe for its place in a sentence. [`guarded`] is the last gate, for whole outputs: it
//! keeps lines, tabs and colours, and nothing else that a terminal obeys.

use std::borrow::Cow;
use std::path::Path;

/// A text from outside as part of a line: control and invisible characters are escaped, as in `\u{202e}`.
pub fn plain(text: &str) -> Cow<'_, str> {
    if !text.contains(is_unsafe) {
        return Cow::Borrowed(text);
    }
    let mut plain = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        if is_unsafe(c) { plain.extend(c.escape_unicode()) } else { plain.push(c) }
    }
    Cow::Owned(plain)
}

/// A path as part of a line.
pub fn shown(path: &Path) -> String {
    plain(&path.to_string_lossy()).into_owned()
}

/// An output for a terminal: lines, tabs and colours stay, other characters that a terminal obeys are escaped.
pub fn guarded(text: &str) -> Cow<'_, str> {
    if !text.contains(|c| is_unsafe(c) && !is_layout(c)) {
        return Cow::Borrowed(text);
    }
    let mut safe = String::with_capacity(text.len() + 16);
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let style = style_len(rest);
        let len = if style > 0 { style } else { c.len_utf8() };
        if style > 0 || is_layout(c) || !is_unsafe(c) {
            safe.push_str(&rest[..len]);
        } else {
            safe.extend(c.escape_unicode());
        }
        rest = &rest[len..];
    }
    Cow::Owned(safe)
}

/// The length of the colour or style that a text begins with (`ESC [ 1 ; 31 m`), or 0.
pub fn style_len(text: &str) -> usize {
    let Some(parameters) = text.strip_prefix("\u{1b}[") else { return 0 };
    let end = parameters.find(|c: char| !c.is_ascii_digit() && c != ';');
    end.filter(|end| parameters[*end..].starts_with('m')).map_or(0, |end| "\u{1b}[m".len() + end)
}

fn is_layout(c: char) -> bool {
    matches!(c, '\n' | '\t')
}

fn is_unsafe(c: char) -> bool {
    c.is_control() || is_unseen(c)
}

/// Whether a character has no width, ends a line, or changes the direction of text.
fn is_unseen(c: char) -> bool {
    matches!(c, '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Proves that no text from outside can leave its line or command the terminal, and that harmless text stays.
    #[test]
    fn pieces_stay_in_their_place() {
        assert!(matches!(plain("a \u{e9} \u{4f60}"), Cow::Borrowed(_)));
        let hostile = "a\u{1b}]0;pwn\u{7}\nok   b\u{9b}2J\u{202e}";
        assert_eq!(plain(hostile), "a\\u{1b}]0;pwn\\u{7}\\u{a}ok   b\\u{9b}2J\\u{202e}");
        assert_eq!(shown(Path::new("b\nok")), "b\\u{a}ok");
    }

    /// Proves that the last gate lets lines, tabs and colours through, and nothing else that a terminal obeys.
    #[test]
    fn outputs_only_have_colours() {
        let fine = "\u{1b}[1m\u{1b}[38;5;9mred\u{1b}[0m\tx\n";
        assert_eq!(guarded(fine), fine);
        assert_eq!(guarded("\u{1b}[2J\u{1b}]0;t\u{7}\u{1b}[1mx\r"), "\\u{1b}[2J\\u{1b}]0;t\\u{7}\u{1b}[1mx\\u{d}");
        assert_eq!(guarded("\u{9d}\u{1b}"), "\\u{9d}\\u{1b}");
    }
}
