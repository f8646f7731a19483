//! What makes a page work without the files of its folder: the run pages and the scenarios that it links to, within the
//! page. A link opens its file from there.
//!
//! All run pages have the same style and scripts, which are there once. Everything is base64, so no text of a scenario can
//! become markup.

use crate::page::run;
use data_encoding::BASE64;
use std::fmt::Write as _;

/// Opens the files. A page that has some runs this after its own script.
pub const SCRIPT: &str = include_str!("alone.js");

/// A page holds at most this many bytes of other files.
const BYTES_MAX: usize = 32 << 20;

/// Stands for the style and the scripts of a run page. Text of a scenario cannot contain it: there, `<` is escaped.
const FRAME: [&str; 2] = ["<!--STYLE-->", "<!--SCRIPTS-->"];

/// Files within a page.
#[derive(Clone, Debug, Default)]
pub struct Alone {
    /// Each file: how the page links to it, and its content.
    files: Vec<(String, String)>,
    bytes: usize,
}

impl Alone {
    /// Adds a file, by the link to it, if there is still room. A run page is without its style and scripts.
    pub fn add(&mut self, link: String, content: &str) {
        let [style, scripts] = run::frame();
        let content = content.replacen(&style, FRAME[0], 1).replacen(&scripts, FRAME[1], 1);
        if self.bytes + content.len() <= BYTES_MAX {
            self.bytes += content.len();
            self.files.push((link, BASE64.encode(content.as_bytes())));
        }
    }

    /// The files as markup, for the foot of the page.
    pub fn markup(&self) -> String {
        if self.files.is_empty() {
            return String::new();
        }
        let [style, scripts] = run::frame().map(|part| BASE64.encode(part.as_bytes()));
        let mut markup = format!("<div id=\"alone\" hidden data-style=\"{style}\" data-scripts=\"{scripts}\">\n");
        for (link, content) in &self.files {
            let _ = writeln!(markup, "<span data-link=\"{link}\" data-content=\"{content}\"></span>");
        }
        markup + "</div>\n"
    }
}
