//! Text helpers shared by all human-readable output.

mod io;
mod json;
pub mod markup;
pub mod number;
pub mod terminal;

pub use io::io_error;
pub use json::json_error;
pub use number::{counted, grouped};

use std::borrow::Cow;
use terminal::plain;

/// A text without the byte order mark that some editors put at its start: it is no part of the text.
pub fn unmarked(text: &str) -> &str {
    text.strip_prefix('\u{feff}').unwrap_or(text)
}

/// A text as the beginning of a sentence.
pub fn capitalised(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().into_iter().flat_map(char::to_uppercase).chain(chars).collect()
}

/// A text as a field of CSV, in quotes if it needs them (RFC 4180). What a terminal would obey is escaped.
pub fn csv_field(text: &str) -> String {
    let text = &*plain(text);
    if text.contains(['"', ',', '\n', '\r']) { format!("\"{}\"", text.replace('"', "\"\"")) } else { text.to_owned() }
}

/// A name that a user chose, as a field of CSV that no spreadsheet takes for a formula.
pub fn csv_name(name: &str) -> String {
    if name.starts_with(['=', '+', '-', '@', '\t', '\r']) { csv_field(&format!("'{name}")) } else { csv_field(name) }
}

/// A text as one word of a shell command, in quotes if it needs them. A text with control characters gets the `$''`
/// form, which keeps them visible and which bash, ksh, zsh and busybox read.
pub fn shell_word(text: &str) -> String {
    let is_plain = |c: char| c.is_alphanumeric() || "._-/+:@%,=".contains(c);
    let is_seen = |text: &str| matches!(plain(text), Cow::Borrowed(_));
    if !text.is_empty() && text.chars().all(is_plain) {
        return text.to_owned();
    }
    if !is_seen(text) {
        let escape = |c: char| match c {
            '\'' | '\\' => format!("\\{c}"),
            c if c.is_ascii_control() => format!("\\x{:02x}", u32::from(c)),
            c if is_seen(c.encode_utf8(&mut [0; 4])) => c.to_string(),
            c => c.to_string().bytes().map(|byte| format!("\\x{byte:02x}")).collect(),
        };
        return format!("$'{}'", text.chars().map(escape).collect::<String>());
    }
    format!("'{}'", text.replace('\'', "'\\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Proves that any text is one field, and no name a formula.
    #[test]
    fn fields_are_quoted() {
        assert_eq!(csv_field("plain text"), "plain text");
        assert_eq!(csv_field("a, \"b\"\nc"), "\"a, \"\"b\"\"\\u{a}c\"");
        assert_eq!(csv_name("=1,1"), "\"'=1,1\"");
        assert_eq!(csv_name("web-1"), "web-1");
    }

    /// Proves that a shell reads any text as one word.
    #[test]
    fn words_are_quoted() {
        assert_eq!(shell_word("output/fuzz-1/a,b=c@d%e:f+g.json"), "output/fuzz-1/a,b=c@d%e:f+g.json");
        assert_eq!(shell_word(""), "''");
        assert_eq!(shell_word("it's $HOME"), r"'it'\''s $HOME'");
        assert_eq!(shell_word("a\nb\\'"), r"$'a\x0ab\\\''");
        assert_eq!(shell_word("\u{202e}\u{9b}"), r"$'\xe2\x80\xae\xc2\x9b'");
    }
}
