//! A small case as a Mermaid diagram, which GitHub shows in an issue: the sequence of messages, or the tree at one
//! moment.
//!
//! Mermaid refuses long texts, and wide diagrams do not fit a page. So both diagrams have limits, and say what they
//! leave out.

mod sequence;
mod tree;

pub use sequence::sequence;
pub use tree::tree;

/// Mermaid refuses texts of more than 50,000 characters; this leaves room for a head and a tail.
const TEXT_MAX: usize = 45_000;

/// Escapes a text for Mermaid. A character that could be syntax becomes a code: `#35;` is a number sign.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            c if c.is_alphanumeric() || " .,:_'()/+=-".contains(c) => escaped.push(c),
            c if c.is_control() => escaped.push(' '),
            c => escaped.push_str(&format!("#{};", c as u32)),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Proves that no text acts as syntax.
    #[test]
    fn texts_are_data() {
        assert_eq!(escaped("3' ssh.web1"), "3' ssh.web1");
        assert_eq!(escaped("20ms: a;b#c\"<d>\n%%[e]"), "20ms: a#59;b#35;c#34;#60;d#62; #37;#37;#91;e#93;");
    }
}
