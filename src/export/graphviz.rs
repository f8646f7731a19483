//! The tree at one moment as a DOT file, for a bug report: the state of each context and each link, and where wrong
//! entries lead.

use super::{Extract, Remark, WrongRoutes, label, left_out_words, link_words};
use crate::layout::fold::{Fold, Node};
use crate::link::Incarnation;
use crate::recording::{Condition, Health, State};
use crate::scenario::Ways;
use crate::words::markup::dot as quoted;
use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::io::{self, Write};

/// The most nodes that are written.
const NODES_MAX: usize = 1000;

/// The most arrows for wrong entries that are written.
const ARROWS_MAX: usize = 200;

/// A tree with more leaves than this grows to the right, so that its names are below each other.
const LEAVES_MAX: usize = 20;

/// Writes the tree at the end of the extract; with `all`, each context has its own node.
///
/// # Errors
/// If `out` fails.
pub fn write(extract: &Extract<'_>, all: bool, out: &mut dyn Write) -> io::Result<Remark> {
    let state = extract.state();
    let mut fold = Fold::of(extract.recording, &state, all);
    let left_out: usize = fold.nodes.iter().skip(NODES_MAX).map(Node::count).sum();
    fold.nodes.truncate(NODES_MAX);
    let mut text = head(&extract.title(&state), is_wide(&fold));
    for node in &fold.nodes {
        text.push_str(&node_line(extract, &state, node, &fold));
    }
    for node in &fold.nodes {
        text.push_str(&link(&state, node, &fold));
    }
    let drawn_as = drawn_as(extract, &fold);
    let mut wrong = WrongRoutes::of(&state);
    wrong.retain_mut(|routes| {
        let ends = [routes.context, routes.hop].map(|end| drawn_as[end.index()]);
        let [Some(context), Some(hop)] = ends else { return false };
        (routes.context, routes.hop) = (context, hop);
        true
    });
    let mut arrows: Vec<String> = wrong.iter().map(arrow).collect();
    let mut seen = BTreeSet::new();
    arrows.retain(|arrow| seen.insert(arrow.clone()));
    arrows.iter().take(ARROWS_MAX).for_each(|arrow| text.push_str(arrow));
    let remark = left_out_words(left_out, arrows.len().saturating_sub(ARROWS_MAX));
    if let Some(remark) = &remark {
        let _ = writeln!(text, "  note [shape=note, style=solid, label={}];", quoted(remark));
    }
    text.push_str("}\n");
    out.write_all(text.as_bytes())?;
    Ok(remark)
}

/// Whether a tree would be much wider than high if it grew downward.
fn is_wide(fold: &Fold) -> bool {
    let mut is_leaf = vec![true; fold.nodes.len()];
    fold.nodes.iter().filter_map(|node| node.parent).for_each(|parent| is_leaf[parent] = false);
    is_leaf.into_iter().filter(|is_leaf| *is_leaf).count() > LEAVES_MAX
}

/// The context that each context is drawn as, if it is drawn. A context in a branch that is left out is drawn as the top
/// of that branch.
fn drawn_as(extract: &Extract<'_>, fold: &Fold) -> Vec<Option<Incarnation>> {
    let mut drawn = vec![None; extract.recording.lives.len()];
    for node in &fold.nodes {
        node.members.iter().for_each(|member| drawn[member.index()] = Some(node.first()));
    }
    let is_gone: BTreeSet<Incarnation> =
        fold.nodes.iter().filter(|node| node.is_gone).flat_map(|node| &node.members).copied().collect();
    // Parents come before their children.
    let mut gone = is_gone.clone();
    for context in (1..drawn.len() as u32).map(Incarnation) {
        let Some(parent) = extract.recording.life(context).parent.filter(|parent| gone.contains(parent)) else {
            continue;
        };
        if drawn[context.index()].is_none() {
            drawn[context.index()] = drawn[parent.index()];
            gone.insert(context);
        }
    }
    drawn
}

fn head(title: &str, is_wide: bool) -> String {
    let direction = if is_wide { ", rankdir=LR, nodesep=0.1" } else { "" };
    format!(
        "digraph tree {{\n  graph [label={}, labelloc=t, fontname=\"sans-serif\", ordering=out{direction}];\n  node [shape=ellipse, \
         fontname=\"sans-serif\", style=filled, fillcolor=\"#e3f3ea\", color=\"#1d7a46\"];\n  edge [dir=none, \
         fontname=\"sans-serif\", fontsize=11];\n",
        quoted(title)
    )
}

/// The node of a context, or of several: an ellipse if it is fine, a grey one if that is not known, a diamond if its table
/// is wrong, dashed if it is an orphan, with a cross if it is dead.
fn node_line(extract: &Extract<'_>, state: &State<'_>, node: &Node, fold: &Fold) -> String {
    let (context, label) = (node.first(), label(extract.recording, node, fold, "\n"));
    let (label, look) = match state.health(context) {
        Health::Fine => (label, ""),
        Health::Unknown => (label, ", fillcolor=\"#f1f1f1\", color=\"#767676\""),
        Health::Wrong(wrong) => {
            (format!("{label}\n{wrong} wrong"), ", shape=diamond, fillcolor=\"#fbe9e7\", color=\"#b3261e\"")
        }
        Health::Orphan => (
            format!("{label}\n{}", if node.count() > 1 { "orphans" } else { "orphan" }),
            ", style=dashed, color=\"#59636e\"",
        ),
        Health::Dead => {
            (format!("\u{d7} {label}\ndead"), ", shape=box, style=dotted, color=\"#59636e\", fontcolor=\"#59636e\"")
        }
    };
    let stack = if node.count() > 1 { ", peripheries=2" } else { "" };
    format!("  c{} [label={}{look}{stack}];\n", context.0, quoted(&label))
}

fn link(state: &State<'_>, node: &Node, fold: &Fold) -> String {
    let Some(parent) = node.parent.map(|parent| fold.nodes[parent].first()) else { return String::new() };
    let child = node.first();
    let look = match state.condition(child) {
        Condition::Open => "",
        Condition::Cut(Ways::Both) => ", style=dashed, color=\"#b5500b\"",
        Condition::Cut(Ways::Down) => ", style=dashed, color=\"#b5500b\", dir=back",
        Condition::Cut(Ways::Up) => ", style=dashed, color=\"#b5500b\", dir=forward",
        Condition::Closed => ", style=dotted, color=\"#59636e\"",
    };
    // That the link of a dead context is closed needs no words.
    let words = if state.is_alive(child) { link_words(state, child) } else { String::new() };
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
