//! The tree at one moment as a DOT file, for a bug report: the state of each context and each link, and where wrong
//! entries lead.

use super::{Extract, Remark, WrongRoutes, left_out_words, link_words};
use crate::layout::tree_order;
use crate::link::Incarnation;
use crate::recording::{Condition, Health, State};
use crate::scenario::Ways;
use crate::words::markup::dot as quoted;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::io::{self, Write};

/// The most contexts that are written.
const CONTEXTS_MAX: usize = 1000;

/// The most arrows for wrong entries that are written.
const ARROWS_MAX: usize = 200;

/// More identical childless siblings than these become one node.
const ALIKE_MAX: usize = 12;

/// The most ranges of ids in one node.
const RUNS_MAX: usize = 3;

/// Writes the tree at the end of the extract; with `all`, each context has its own node.
///
/// # Errors
/// If `out` fails.
pub fn write(extract: &Extract<'_>, all: bool, out: &mut dyn Write) -> io::Result<Remark> {
    let state = extract.state();
    let mut born = vec![false; extract.recording.lives.len()];
    state.contexts().for_each(|context| born[context.index()] = true);
    let mut order = tree_order(extract.recording);
    order.retain(|context| born[context.index()]);
    let folds = if all { BTreeMap::new() } else { folds(extract, &state, &order) };
    let mut drawn_as: Vec<Incarnation> = (0..born.len() as u32).map(Incarnation).collect();
    for (first, members) in &folds {
        members.iter().for_each(|member| drawn_as[member.index()] = *first);
    }
    order.retain(|context| drawn_as[context.index()] == *context);
    let left_out = order.len().saturating_sub(CONTEXTS_MAX);
    order.truncate(CONTEXTS_MAX);
    let mut text = head(&extract.title(&state));
    for context in &order {
        text.push_str(&node(extract, &state, *context, folds.get(context)));
    }
    for context in &order {
        text.push_str(&link(extract, &state, *context));
    }
    let mut is_shown = vec![false; born.len()];
    order.iter().for_each(|context| is_shown[context.index()] = true);
    let mut wrong = WrongRoutes::of(&state);
    for routes in &mut wrong {
        (routes.context, routes.hop) = (drawn_as[routes.context.index()], drawn_as[routes.hop.index()]);
    }
    wrong.retain(|routes| is_shown[routes.context.index()] && is_shown[routes.hop.index()]);
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

/// Large groups of identical childless siblings, by their first context.
fn folds(extract: &Extract<'_>, state: &State<'_>, order: &[Incarnation]) -> BTreeMap<Incarnation, Vec<Incarnation>> {
    let parent = |context: &Incarnation| extract.recording.life(*context).parent;
    let parents: BTreeSet<Incarnation> = order.iter().filter_map(parent).collect();
    let mut alike: BTreeMap<String, Vec<Incarnation>> = BTreeMap::new();
    for context in order.iter().filter(|context| !parents.contains(context)) {
        let Some(parent) = parent(context) else { continue };
        let link = (state.condition(*context), state.link(*context).factor);
        let look = format!("{} {:?} {link:?}", parent.0, state.health(*context));
        alike.entry(look).or_default().push(*context);
    }
    alike.into_values().filter(|members| members.len() > ALIKE_MAX).map(|members| (members[0], members)).collect()
}

/// The ids of a group, such as `110..310`, and below them the number of contexts.
fn folded(extract: &Extract<'_>, members: &[Incarnation]) -> String {
    let mut ids: Vec<u32> = members.iter().map(|member| extract.recording.life(*member).id.0).collect();
    ids.sort_unstable();
    let runs = ids.chunk_by(|one, next| next - one <= 1).map(|run| match run {
        [only] => only.to_string(),
        run => format!("{}..{}", run[0], run[run.len() - 1]),
    });
    let mut runs: Vec<String> = runs.collect();
    if runs.len() > RUNS_MAX {
        runs.truncate(RUNS_MAX);
        runs.push("...".to_owned());
    }
    format!("{}\n{} contexts", runs.join(", "), members.len())
}

fn head(title: &str) -> String {
    format!(
        "digraph tree {{\n  graph [label={}, labelloc=t, fontname=\"sans-serif\", ordering=out];\n  node [shape=ellipse, \
         fontname=\"sans-serif\", style=filled, fillcolor=\"#e3f3ea\", color=\"#1d7a46\"];\n  edge [dir=none, \
         fontname=\"sans-serif\", fontsize=11];\n",
        quoted(title)
    )
}

/// The node of a context: an ellipse if it is fine, a diamond if its table is wrong, dashed if it is an orphan, with a
/// cross if it is dead.
fn node(extract: &Extract<'_>, state: &State<'_>, context: Incarnation, alike: Option<&Vec<Incarnation>>) -> String {
    let label = match alike {
        Some(members) => folded(extract, members),
        None => extract.recording.label(context),
    };
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
    let look = match state.condition(child) {
        Condition::Open => "",
        Condition::Cut(Ways::Both) => ", style=dashed, color=\"#b5500b\"",
        Condition::Cut(Ways::Down) => ", style=dashed, color=\"#b5500b\", dir=back",
        Condition::Cut(Ways::Up) => ", style=dashed, color=\"#b5500b\", dir=forward",
        Condition::Closed => ", style=dotted, color=\"#59636e\"",
    };
    let words = link_words(state, child);
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
