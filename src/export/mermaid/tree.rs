//! The tree at one moment as a flowchart: the state of each context and each link, and where wrong entries lead.

use super::TEXT_MAX;
use crate::export::{Extract, Remark, WrongRoutes, label, left_out_words, link_words};
use crate::layout::fold::{Fold, Node};
use crate::recording::{Condition, Health, State};
use crate::scenario::Ways;
use crate::words::markup::mermaid as escaped;
use std::collections::BTreeSet;
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
    let fold = Fold::of(extract.recording, &state, false);
    let mut left_out = 0;
    let mut drawn_as = vec![None; extract.recording.lives.len()];
    let mut text = format!("flowchart TD\n    accTitle: {}\n{CLASSES}", escaped(&extract.title(&state)));
    for (place, one) in fold.nodes.iter().enumerate() {
        if place <= LINKS_MAX && text.len() < TEXT_MAX {
            text.push_str(&node(extract, &state, one, &fold));
            text.push_str(&link(&state, one, &fold));
            one.members.iter().for_each(|member| drawn_as[member.index()] = Some(one.first()));
        } else {
            left_out += one.count();
        }
    }
    let wrong = WrongRoutes::of(&state);
    let count = wrong.len();
    // Arrows between contexts that are left out would lead nowhere.
    let between = |routes: WrongRoutes| {
        let (context, hop) = (drawn_as[routes.context.index()]?, drawn_as[routes.hop.index()]?);
        Some(WrongRoutes { context, hop, ..routes })
    };
    let mut lines: Vec<String> = wrong.into_iter().filter_map(between).map(|routes| arrow(&routes)).collect();
    let hidden = count - lines.len();
    let mut seen = BTreeSet::new();
    lines.retain(|line| seen.insert(line.clone()));
    let arrows = lines.len().min((LINKS_MAX + 99).saturating_sub(fold.nodes.len()));
    lines.iter().take(arrows).for_each(|line| text.push_str(line));
    if arrows > 0 {
        // Mermaid numbers lines in order. Those of the tree come first, one for each node except the master.
        let first = fold.nodes.len().min(LINKS_MAX + 1) - 1;
        let numbers: Vec<_> = (first..first + arrows).map(|number| number.to_string()).collect();
        text.push_str(&format!("    linkStyle {} stroke:#b3261e,color:#b3261e\n", numbers.join(",")));
    }
    let remark = left_out_words(left_out, hidden + lines.len() - arrows);
    let remark = remark.map(|remark| format!("{remark}: a diagram has limits"));
    if let Some(remark) = &remark {
        text.push_str(&format!("    note[\"{}\"]\n", escaped(remark)));
    }
    out.write_all(text.as_bytes())?;
    Ok(remark)
}

fn node(extract: &Extract<'_>, state: &State<'_>, node: &Node, fold: &Fold) -> String {
    let (context, label) = (node.first(), label(extract.recording, node, fold, ": "));
    let ([open, close], words, class) = match state.health(context) {
        Health::Fine => (["([", "])"], String::new(), "fine"),
        Health::Wrong(wrong) => (["{{", "}}"], format!(": {wrong} wrong"), "wrong"),
        Health::Unknown => (["([", "])"], String::new(), "unknown"),
        Health::Orphan => (["([", "])"], ": orphan".to_owned(), "orphan"),
        Health::Dead => (["[", "]"], ": dead".to_owned(), "dead"),
    };
    format!("    c{}{open}\"{}\"{close}:::{class}\n", context.0, escaped(&format!("{label}{words}")))
}

fn link(state: &State<'_>, node: &Node, fold: &Fold) -> String {
    let Some(parent) = node.parent.map(|parent| fold.nodes[parent].first()) else { return String::new() };
    let child = node.first();
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
