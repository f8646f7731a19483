//! What all pages share: text that cannot become markup, and the frame of a document.
//!
//! Names and descriptions come from files that strangers may have written. All text that a page does not write itself
//! goes through [`escaped`], or, if a script reads it, through [`json`].

use crate::words::markup::turns;
use serde::Serialize;

pub use crate::words::markup::html as escaped;

/// The style of all pages: light and dark colours, tables, buttons and links.
pub const BASE_STYLE: &str = include_str!("base.css");

/// Marks a page as one of ours, in its head.
pub const MARK: &str = "<meta name=\"generator\" content=\"treequake ";

/// Forbids a page to load or send anything, whatever is in it.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'";

/// `value` as JSON that is safe in a `script` element: nothing in it ends the element or begins a comment. A character that
/// controls something or changes the direction of text is replaced, as everywhere on a page.
///
/// # Panics
/// If JSON cannot express `value`, such as a map whose keys are not strings.
pub fn json(value: &impl Serialize) -> String {
    let text = serde_json::to_string(value).expect("the data of a page is JSON");
    // JSON escapes the others itself.
    let is_unsafe = |c: char| c.is_control() || turns(c);
    let text = if text.contains(is_unsafe) { text.replace(is_unsafe, "\u{fffd}") } else { text };
    // In JSON, these occur only in strings.
    let escapes =
        [('<', "\\u003c"), ('>', "\\u003e"), ('&', "\\u0026"), ('\u{2028}', "\\u2028"), ('\u{2029}', "\\u2029")];
    escapes.into_iter().fold(text, |text, (c, escape)| if text.contains(c) { text.replace(c, escape) } else { text })
}

/// A relative link to a path in a folder. Letters, digits and `-._~/` stay as they are; everything else is
/// percent-encoded.
pub fn link(path: &str) -> String {
    let mut link = String::with_capacity(path.len());
    for byte in path.bytes() {
        match byte {
            b'/' | b'-' | b'.' | b'_' | b'~' => link.push(char::from(byte)),
            byte if byte.is_ascii_alphanumeric() => link.push(char::from(byte)),
            byte => link.push_str(&format!("%{byte:02X}")),
        }
    }
    link
}

/// The name of the run page of a scenario: beside it, and named after it.
pub fn run_page(scenario: &str) -> String {
    format!("{}.html", scenario.strip_suffix(".json").unwrap_or(scenario))
}

/// A whole document.
#[derive(Clone, Copy, Debug)]
pub struct Document<'a> {
    /// The title in the tab of the browser: text.
    pub title: &'a str,
    /// What the page adds to [`BASE_STYLE`].
    pub style: &'a str,
    /// The content of `body`: markup.
    pub body: &'a str,
    /// The scripts. They run when all of `body` is there.
    pub script: &'a str,
}

impl Document<'_> {
    /// The text of the file.
    pub fn html(&self) -> String {
        let script =
            if self.script.is_empty() { String::new() } else { format!("<script>\n{}</script>\n", self.script) };
        format!(
            "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
             <meta http-equiv=\"Content-Security-Policy\" content=\"{POLICY}\">\n\
             <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
             <meta name=\"color-scheme\" content=\"light dark\">\n\
             {MARK}{}\">\n\
             <link rel=\"icon\" href=\"data:,\">\n\
             <title>{}</title>\n<style>\n{BASE_STYLE}{}</style>\n</head>\n<body>\n{}{script}</body>\n</html>\n",
            env!("CARGO_PKG_VERSION"),
            escaped(self.title),
            self.style,
            self.body,
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::borrow::Cow;

    /// Proves that no text can leave its place: between tags, in an attribute, or in a script.
    #[test]
    fn text_stays_text() {
        let hostile = "</script><img src=x onerror='alert(\"&\")'>\0\u{1b}[31m<!--";
        let safe = escaped(hostile);
        assert!(!safe.contains(['<', '>', '"', '\'', '\0', '\u{1b}']), "{safe}");
        assert!(
            safe.starts_with("&lt;/script&gt;&lt;img src=x onerror=&#39;alert(&quot;&amp;&quot;)&#39;&gt;\u{fffd}")
        );
        assert!(matches!(escaped("plain \u{fc} text"), Cow::Borrowed("plain \u{fc} text")));
        let script = json(&[hostile, "\u{2028}"]);
        assert!(!script.contains(['<', '>', '&', '\u{2028}']), "{script}");
        assert_eq!(serde_json::from_str::<Vec<String>>(&script).unwrap(), [hostile, "\u{2028}"]);
    }

    /// Proves that a link leads to the file of that name.
    #[test]
    fn links() {
        assert_eq!(link("findings/stale-on-connect-mitogen-0.3.html"), "findings/stale-on-connect-mitogen-0.3.html");
        assert_eq!(link("a b/\"#?%\u{fc}:"), "a%20b/%22%23%3F%25%C3%BC%3A");
    }
}
