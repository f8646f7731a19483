//! Pieces of text that all that people see have in common.

/// `one` for one of a thing, `many` for any other number, with the number.
pub fn counted(count: u64, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}

/// A text as a field of CSV, in quotes where it needs them (RFC 4180).
pub fn csv_field(text: &str) -> String {
    if text.contains(['"', ',', '\n', '\r']) { format!("\"{}\"", text.replace('"', "\"\"")) } else { text.to_owned() }
}

/// A name of somebody's choice as a field of CSV that no spreadsheet takes for a formula.
pub fn csv_name(name: &str) -> String {
    if name.starts_with(['=', '+', '-', '@', '\t', '\r']) { csv_field(&format!("'{name}")) } else { csv_field(name) }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Proves that any text is one field, and no name a formula.
    #[test]
    fn fields_are_quoted() {
        assert_eq!(csv_field("plain text"), "plain text");
        assert_eq!(csv_field("a, \"b\"\nc"), "\"a, \"\"b\"\"\nc\"");
        assert_eq!(csv_name("=1,1"), "\"'=1,1\"");
        assert_eq!(csv_name("web-1"), "web-1");
    }
}
