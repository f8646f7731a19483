//! The tree at one moment as a flowchart: the state of each context and each link, and where wrong entries lead.

use super::TEXT_MAX;
use crate::export::{Extract, Remark, WrongRoutes, left_out_words, link_words};
use crate::layout::tree_order;
use crate::link::Incarnation;
use crate::recording::{Condition, Health, State};
use crate::scenario::Ways;
use crate::words::markup::mermaid as escaped;
use std::io::{self, Write};

/// The most lines for links; Mermaid draws at most 500 lines.
const LINKS_MAX: usize = 400;

const CLASSES: &str = "    classDef fine fill:#e3f3ea,stroke:#1d7a46,color:#1b1f24
    classDef wrong fill:#fbe9e7,stroke:#b3261e,color:#1b1f24,stroke-width:2px
    classDef orphan fill:#ffffff,stroke:#59636e,color:#1b1f24,stroke-dasharray:5 4
    classDef dead fill:#f6f7f9,stroke:#59636e,color:#59636e,stroke-dasharray:2 3
";

/// Writes the tree at the end of the extract.
///
/// # Errors
/// If `out` fails.
pub fn tree(extract: &Extract<'_>, out: &mut dyn Write) -> io::Result<Remark> {
    let state = extract.state();
    let recording = extract.recording;
    let mut is_shown = vec![false; recording.lives.len()];
    state.contexts().for_each(|context| is_shown[context.index()] = true);
    let mut left_out = 0;
    let mut text = format!("flowchart TD\n    accTitle: {}\n{CLASSES}", escaped(&extract.title(&state)));
    for (place, context) in tree_order(recording).into_iter().filter(|context| is_shown[context.index()]).enumerate() {
        if place <= LINKS_MAX && text.len() < TEXT_MAX {
            text.push_str(&node(extract, &state, context));
            text.push_str(&link(extract, &state, context));
        } else {
            left_out += 1;
        }
    }
    let wrong = WrongRoutes::of(&state);
    // With contexts left out, arrows could lead nowhere.
    let arrows =
        if left_out > 0 { 0 } else { wrong.len().min((LINKS_MAX + 99).saturating_sub(state.contexts().count())) };
    wrong.iter().take(arrows).for_each(|routes| text.push_str(&arrow(routes)));
    if arrows > 0 {
        // Mermaid numbers lines in order. Those of the tree come first, one for each context except the master.
        let first = state.contexts().count() - 1;
        let numbers: Vec<_> = (first..first + arrows).map(|number| number.to_string()).collect();
        text.push_str(&format!("    linkStyle {} stroke:#b3261e,color:#b3261e\n", numbers.join(",")));
    }
    let remark = left_out_words(left_out, wrong.len() - arrows);
    let remark = remark.map(|remark| format!("{remark}: a diagram has limits"));
    if let Some(remark) = &remark {
        text.push_str(&format!("    note[\"{}\"]\n", escaped(remark)));
    }
    out.write_all(text.as_bytes())?;
    Ok(remark)
}

fn node(extract: &Extract<'_>, state: &State<'_>, context: Incarnation) -> String {
    let label = extract.recording.label(context);
    let ([open, close], words, class) = match state.health(context) {
        Health::Fine => (["([", "])"], String::new(), "fine"),
        Health::Wrong(wrong) => (["{{", "}}"], format!(": {wrong} wrong"), "wrong"),
        Health::Orphan => (["([", "])"], ": orphan".to_owned(), "orphan"),
        Health::Dead => (["[", "]"], ": dead".to_owned(), "dead"),
    };
    format!("    c{}{open}\"{}\"{close}:::{class}\n", context.0, escaped(&format!("{label}{words}")))
}

fn link(extract: &Extract<'_>, state: &State<'_>, child: Incarnation) -> String {
    let Some(parent) = extract.recording.life(child).parent else { return String::new() };
    let (parent, child_name) = (format!("c{}", parent.0), format!("c{}", child.0));
    let line = match state.condition(child) {
        Condition::Open => "---",
        Condition::Cut(Ways::Up) => "-.->",
        Condition::Cut(Ways::Both | Ways::Down) | Condition::Closed => "-.-",
    };
    match link_words(state, child).as_str() {
        "" => format!("    {parent} {line} {child_name}\n"),
        words => format!("    {parent} {line}|\"{words}\"| {child_name}\n"),
    }
}

fn arrow(routes: &WrongRoutes) -> String {
    format!("    c{} -.->|\"{}\"| c{}\n", routes.context.0, escaped(&routes.words()), routes.hop.0)
}
