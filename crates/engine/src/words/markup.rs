//! Text that stays text in markup: in HTML, SVG, DOT and Mermaid. Each format has its own escapes; none of them lets
//! through a control character, or one that changes the direction of the text around it.

use std::borrow::Cow;

/// A character that markup can have in a text, or a replacement for one that it must not have: a control character, one
/// that changes the direction of text, or one that XML cannot write.
pub fn writable(c: char) -> char {
    match c {
        '\u{fffe}' | '\u{ffff}' => char::REPLACEMENT_CHARACTER,
        c if c.is_control() || turns(c) => char::REPLACEMENT_CHARACTER,
        c => c,
    }
}

/// Whether a character changes the direction of the text around it.
pub fn turns(c: char) -> bool {
    matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// `text`, safe between the tags of HTML and in an attribute in double or single quotes.
pub fn html(text: &str) -> Cow<'_, str> {
    let is_layout = |c| matches!(c, '\t' | '\n');
    if !text.contains(|c| "&<>\"'".contains(c) || !is_layout(c) && writable(c) != c) {
        return Cow::Borrowed(text);
    }
    let mut safe = String::with_capacity(text.len() + text.len() / 8);
    for c in text.chars() {
        match c {
            '\'' => safe.push_str("&#39;"),
            c if is_layout(c) => safe.push(c),
            c => push_xml(&mut safe, writable(c)),
        }
    }
    Cow::Owned(safe)
}

/// `text`, safe in XML; it stays on one line.
pub fn xml(text: &str) -> String {
    let mut safe = String::with_capacity(text.len() + text.len() / 8);
    text.chars().for_each(|c| push_xml(&mut safe, on_one_line(c)));
    safe
}

fn push_xml(safe: &mut String, c: char) {
    match c {
        '<' => safe.push_str("&lt;"),
        '>' => safe.push_str("&gt;"),
        '&' => safe.push_str("&amp;"),
        '"' => safe.push_str("&quot;"),
        '\'' => safe.push_str("&apos;"),
        c => safe.push(c),
    }
}

/// As [`writable`], with a space for a character that would start a new line.
pub fn on_one_line(c: char) -> char {
    if matches!(c, '\n' | '\r' | '\t') { ' ' } else { writable(c) }
}

/// A line of text with each name that is written from right to left on its own: what stands beside it keeps its place.
/// Words of such a script that follow each other belong together.
pub fn isolated(text: &str) -> Cow<'_, str> {
    if !text.contains(is_leftward) {
        return Cow::Borrowed(text);
    }
    let mut isolated = String::with_capacity(text.len() + 16);
    let mut rest = text;
    while let Some(start) = rest.find(is_leftward) {
        let mut end = start;
        for (at, c) in rest[start..].char_indices() {
            match c {
                // Up to the last letter or digit of the last word that has such a letter.
                c if is_leftward(c) => end = start + at + c.len_utf8(),
                c if c.is_alphanumeric() => {
                    if rest[end..start + at].contains(' ') {
                        break;
                    }
                    end = start + at + c.len_utf8();
                }
                ' ' | '-' | '_' | '.' => {}
                _ => break,
            }
        }
        // A word begins before its first such letter.
        let begin = rest[..start].rfind(|c: char| !c.is_alphanumeric()).map_or(0, |at| at + next_len(&rest[at..]));
        isolated.push_str(&rest[..begin]);
        isolated.push('\u{2068}');
        isolated.push_str(&rest[begin..end]);
        isolated.push('\u{2069}');
        rest = &rest[end..];
    }
    isolated.push_str(rest);
    Cow::Owned(isolated)
}

fn next_len(text: &str) -> usize {
    text.chars().next().map_or(0, char::len_utf8)
}

/// Whether a character is a letter of a script that is written from right to left.
fn is_leftward(c: char) -> bool {
    matches!(
        c,
        '\u{590}'..='\u{8ff}' | '\u{fb1d}'..='\u{fdff}' | '\u{fe70}'..='\u{fefc}' | '\u{10800}'..='\u{10fff}' | '\u{1e800}'..='\u{1efff}'
    ) && c != '\u{61c}'
}

/// A text as a string of DOT, in quotes. DOT has escapes of its own (`\N` is the name of a node), so a backslash becomes
/// two.
pub fn dot(text: &str) -> String {
    let mut quoted = String::from("\"");
    for c in text.chars() {
        match c {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            '\n' => quoted.push_str("\\n"),
            // Graphviz would replace an HTML entity.
            '&' => quoted.push_str("&amp;"),
            c if c.is_control() => quoted.push(' '),
            c => quoted.push(writable(c)),
        }
    }
    quoted.push('"');
    quoted
}

/// A text for Mermaid. A character that could be syntax becomes a code: `#35;` is a number sign.
pub fn mermaid(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            c if c.is_alphanumeric() || " .,:_'()/+=-".contains(c) => escaped.push(c),
            c if c.is_control() => escaped.push(' '),
            // The code of such a character would have its effect, too.
            c if writable(c) != c => escaped.push(writable(c)),
            c => escaped.push_str(&format!("#{};", c as u32)),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Proves that no text becomes markup of any format, controls anything, or turns the text around it.
    #[test]
    fn texts_are_no_markup() {
        let hostile = "<a href='x'>&\"\u{0}\u{1b}\u{202e}\u{2067}\u{9b}\n\\N";
        assert_eq!(html(hostile), "&lt;a href=&#39;x&#39;&gt;&amp;&quot;\u{fffd}\u{fffd}\u{fffd}\u{fffd}\u{fffd}\n\\N");
        assert_eq!(xml(hostile), "&lt;a href=&apos;x&apos;&gt;&amp;&quot;\u{fffd}\u{fffd}\u{fffd}\u{fffd}\u{fffd} \\N");
        assert_eq!(dot(hostile), "\"<a href='x'>&amp;\\\"  \u{fffd}\u{fffd} \\n\\\\N\"");
        assert_eq!(mermaid(hostile), "#60;a href='x'#62;#38;#34;  \u{fffd}\u{fffd}  #92;N");
        assert!(matches!(html("plain \u{fc} text"), Cow::Borrowed("plain \u{fc} text")));
    }

    /// Proves that a name from right to left is on its own, whole, and that any other text stays as it is.
    #[test]
    fn leftward_names_are_isolated() {
        assert!(matches!(isolated("kill 5 web-1 [a]"), Cow::Borrowed(_)));
        assert_eq!(
            isolated("kill 5 \u{5e9}\u{5e8}\u{5ea}-1 for 5m"),
            "kill 5 \u{2068}\u{5e9}\u{5e8}\u{5ea}-1\u{2069} for 5m"
        );
        assert_eq!(
            isolated("\u{5e9} \u{5e8} [\u{5ea}] 30"),
            "\u{2068}\u{5e9} \u{5e8}\u{2069} [\u{2068}\u{5ea}\u{2069}] 30"
        );
        assert_eq!(isolated("\u{5e9} for \u{5e8}"), "\u{2068}\u{5e9}\u{2069} for \u{2068}\u{5e8}\u{2069}");
        assert_eq!(isolated("3 \u{645}.x"), "3 \u{2068}\u{645}.x\u{2069}");
    }

    /// Proves what the formats do with syntax of their own.
    #[test]
    fn syntax_is_data() {
        assert_eq!(dot("a \"b\" \\N &lt;\t<c>"), r#""a \"b\" \\N &amp;lt; <c>""#);
        assert_eq!(mermaid("3' ssh.web1"), "3' ssh.web1");
        assert_eq!(mermaid("20ms: a;b#c\"<d>\n%%[e]"), "20ms: a#59;b#35;c#34;#60;d#62; #37;#37;#91;e#93;");
    }
}
