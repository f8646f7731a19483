//! The tree at a moment as a DOT file, for a bug report: how each context and each link is, and where wrong entries lead.

use super::{Extract, Remark, WrongRoutes};
use crate::layout::tree_order;
use crate::link::Incarnation;
use crate::recording::{Condition, Health, State};
use crate::scenario::Ways;
use std::fmt::Write as _;
use std::io::{self, Write};

/// So many contexts are written at most.
const CONTEXTS_MAX: usize = 1000;

/// So many arrows for wrong entries are written at most.
const ARROWS_MAX: usize = 200;

/// Writes the tree as it is at the end of the extract.
///
/// # Errors
/// Where `out` fails.
pub fn write(extract: &Extract<'_>, out: &mut dyn Write) -> io::Result<Remark> {
    let state = extract.state();
    let mut born = vec![false; extract.recording.lives.len()];
    state.contexts().for_each(|context| born[context.index()] = true);
    let mut order = tree_order(extract.recording);
    order.retain(|context| born[context.index()]);
    let left_out = order.len().saturating_sub(CONTEXTS_MAX);
    order.truncate(CONTEXTS_MAX);
    let mut text = head(&extract.title(&state));
    for context in &order {
        text.push_str(&node(extract, &state, *context));
    }
    for context in &order {
        text.push_str(&link(extract, &state, *context));
    }
    let mut is_shown = vec![false; born.len()];
    order.iter().for_each(|context| is_shown[context.index()] = true);
    let mut wrong = WrongRoutes::of(&state);
    wrong.retain(|routes| is_shown[routes.context.index()] && is_shown[routes.hop.index()]);
    for routes in wrong.iter().take(ARROWS_MAX) {
        text.push_str(&arrow(routes));
    }
    let arrows = wrong.len().saturating_sub(ARROWS_MAX);
    let remark = remark(left_out, arrows);
    if let Some(remark) = &remark {
        let _ = writeln!(text, "  note [shape=note, style=solid, label={}];", quoted(remark));
    }
    text.push_str("}\n");
    out.write_all(text.as_bytes())?;
    Ok(remark)
}

fn remark(contexts: usize, arrows: usize) -> Remark {
    let contexts = (contexts > 0).then(|| format!("{contexts} contexts"));
    let arrows = (arrows > 0).then(|| format!("{arrows} arrows for wrong entries"));
    let parts: Vec<_> = contexts.into_iter().chain(arrows).collect();
    (!parts.is_empty()).then(|| format!("... and {} more, which are left out", parts.join(" and ")))
}

fn head(title: &str) -> String {
    format!(
        "digraph tree {{\n  graph [label={}, labelloc=t, fontname=\"sans-serif\", ordering=out];\n  node [shape=ellipse, \
         fontname=\"sans-serif\", style=filled, fillcolor=\"#e3f3ea\", color=\"#1d7a46\"];\n  edge [dir=none, \
         fontname=\"sans-serif\", fontsize=11];\n",
        quoted(title)
    )
}

/// A context by its health: an ellipse if it is fine, a diamond if its table is wrong, dashed if it is an orphan, crossed
/// out if it is dead.
fn node(extract: &Extract<'_>, state: &State<'_>, context: Incarnation) -> String {
    let label = extract.recording.label(context);
    let (label, look) = match state.health(context) {
        Health::Fine => (label, ""),
        Health::Wrong(wrong) => {
            (format!("{label}\n{wrong} wrong"), ", shape=diamond, fillcolor=\"#fbe9e7\", color=\"#b3261e\"")
        }
        Health::Orphan => (format!("{label}\norphan"), ", style=dashed, color=\"#59636e\""),
        Health::Dead => {
            (format!("\u{d7} {label}\ndead"), ", shape=box, style=dotted, color=\"#59636e\", fontcolor=\"#59636e\"")
        }
    };
    format!("  c{} [label={}{look}];\n", context.0, quoted(&label))
}

fn link(extract: &Extract<'_>, state: &State<'_>, child: Incarnation) -> String {
    let Some(parent) = extract.recording.life(child).parent else { return String::new() };
    let (mut words, look) = match state.condition(child) {
        Condition::Open => (String::new(), ""),
        Condition::Cut(Ways::Both) => ("cut".to_owned(), ", style=dashed, color=\"#b5500b\""),
        Condition::Cut(Ways::Down) => ("cut downward".to_owned(), ", style=dashed, color=\"#b5500b\", dir=back"),
        Condition::Cut(Ways::Up) => ("cut upward".to_owned(), ", style=dashed, color=\"#b5500b\", dir=forward"),
        Condition::Closed => ("closed".to_owned(), ", style=dotted, color=\"#59636e\""),
    };
    let factor = state.link(child).factor;
    if factor != 1 {
        words = format!("{words} x{factor}").trim_start().to_owned();
    }
    format!("  c{} -> c{} [label={}{look}];\n", parent.0, child.0, quoted(&words))
}

fn arrow(routes: &WrongRoutes) -> String {
    format!(
        "  c{} -> c{} [label={}, dir=forward, style=dashed, color=\"#b3261e\", fontcolor=\"#b3261e\", \
         constraint=false];\n",
        routes.context.0,
        routes.hop.0,
        quoted(&routes.words())
    )
}

/// A text as a string of DOT. It has escapes of its own (`\N` is the name of a node): a backslash becomes two.
fn quoted(text: &str) -> String {
    let mut quoted = String::from("\"");
    for c in text.chars() {
        match c {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            '\n' => quoted.push_str("\\n"),
            // An HTML entity would be replaced.
            '&' => quoted.push_str("&amp;"),
            c if c.is_control() => quoted.push(' '),
            c => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Proves that no text can end a string or is taken for an escape.
    #[test]
    fn labels_are_data() {
        assert_eq!(quoted("a \"b\" \\N &lt;\t<c>"), r#""a \"b\" \\N &amp;lt; <c>""#);
    }
}
