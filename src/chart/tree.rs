//! The tree at a moment: the state of each context and each link. [`series`] extracts it from a recording, and [`draw()`]
//! draws it.

mod draw;

pub use draw::{draw, draw_as};

use crate::layout::fold::{self, Fold};
use crate::layout::{Layout, Way, names};
use crate::link::Incarnation;
use crate::recording::{Condition, Health, Recording, State};
use crate::time::Time;
use crate::words::{counted, csv_field, csv_name, grouped};
use std::fmt::Write as _;

/// The target ratio of width to height for large parts of the tree.
const ASPECT: f32 = 1.5;

/// A tree, ready to be drawn.
#[derive(Clone, Debug)]
pub struct Series {
    /// What was run, and at which moment.
    pub title: String,
    /// The state at that moment.
    pub sentence: String,
    /// The contexts born by then, dead or alive. A child comes after its parent.
    pub nodes: Vec<Node>,
    /// The position of each context.
    pub layout: Layout,
}

/// A context, or several that are alike, and its link to its parent.
#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    /// Its number in the layout. In a tree that is not folded, this is the context.
    pub context: Incarnation,
    /// How many contexts it is.
    pub count: u64,
    /// The same with those in a branch that is left out, because all of it is dead.
    pub all: u64,
    /// What is said of several contexts: `250 contexts, each with 1 below`.
    pub alike: String,
    /// Whether a fault is about it, so that its name is always drawn.
    pub is_told: bool,
    /// Its labels: the id alone, with what tells it from the names around it, and with the whole name.
    pub labels: [String; 3],
    /// The label of its parent; empty for the master.
    pub parent: String,
    /// Its health.
    pub health: Health,
    /// The state of its link, and how much it is slowed down; `None` for the master.
    pub link: Option<(Condition, u32)>,
}

/// The tree of a recording after everything up to a time, or at the end. With `all`, nothing in it is folded.
pub fn series(recording: &Recording<'_>, at: Option<Time>, all: bool) -> Series {
    let state = recording.state(recording.last_until(at));
    let fold = Fold::of(recording, &state, all);
    // A tree that is not folded has a place for every life, so nothing moves from one moment to another.
    let is_folded = fold.nodes.len() < state.contexts().count();
    let layout = if is_folded { layout_of(recording, &fold) } else { Layout::of(recording, ASPECT) };
    let names = names(recording, &fold);
    let mut nodes: Vec<Node> =
        fold.nodes.iter().zip(names).map(|(one, name)| node(recording, &state, one, name)).collect();
    for (place, one) in nodes.iter_mut().enumerate() {
        one.is_told = fold.told.contains(&fold.nodes[place].first());
        if is_folded {
            one.context = Incarnation(place as u32);
        }
    }
    let at = at.map_or(recording.end(), |at| at.min(recording.end()));
    let title = format!("{} under {}, the tree at {}", recording.scenario.name, recording.outcome.monitor, at);
    Series { title, sentence: sentence(recording, &state), nodes, layout }
}

fn layout_of(recording: &Recording<'_>, fold: &Fold) -> Layout {
    let life =
        |node: &fold::Node| (node.parent.map(|parent| Incarnation(parent as u32)), recording.life(node.first()).id);
    Layout::of_lives(&fold.nodes.iter().map(life).collect::<Vec<_>>(), ASPECT)
}

/// The names of nodes that are single contexts, without what they share with those around them.
fn names(recording: &Recording<'_>, fold: &Fold) -> Vec<String> {
    let own = |node: &fold::Node| {
        let label = recording.label(node.first());
        label.strip_prefix(recording.short_label(node.first()).as_str()).unwrap_or_default().trim_start().to_owned()
    };
    let owns: Vec<String> = fold.nodes.iter().map(own).collect();
    let short = |(node, own): (&fold::Node, &String)| {
        let parent = node.parent.map_or("", |parent| owns[parent].as_str());
        (node.parent, names::without_parent(own, parent).to_owned())
    };
    names::without_shared(&fold.nodes.iter().zip(&owns).map(short).collect::<Vec<_>>())
}

fn node(recording: &Recording<'_>, state: &State<'_>, node: &fold::Node, name: String) -> Node {
    let context = node.first();
    let parent = recording.life(context).parent;
    let alike = node.words();
    let labels = if node.count() == 1 {
        let (id, label) = (recording.short_label(context), recording.label(context));
        let with = |label: String| if alike.is_empty() { label } else { format!("{label}, {alike}") };
        let short = if name.is_empty() { id.clone() } else { format!("{id} {name}") };
        [id, with(short), with(label)]
    } else {
        let ids = node.ids(recording);
        let count = format!("×{}", grouped(node.count() as u64));
        let label = format!("{alike}: {ids}");
        [count, label.clone(), label]
    };
    Node {
        context,
        count: node.count() as u64,
        all: (node.count() + if node.is_gone { node.below } else { 0 }) as u64,
        alike,
        is_told: false,
        labels,
        parent: parent.map(|parent| recording.short_label(parent)).unwrap_or_default(),
        health: state.health(context),
        link: parent.map(|_| (state.condition(context), state.link(context).factor)),
    }
}

/// `diverged: 5 entries of 2 tables are wrong; nothing is on the wires`.
fn sentence(recording: &Recording<'_>, state: &State<'_>) -> String {
    let verdict = match state.moment() == recording.last_until(None) && !recording.is_cut {
        true => format!("{}: ", recording.outcome.verdict),
        false => String::new(),
    };
    let wrong = state.wrong_words_by_table();
    let on_wire = match state.moment().map_or(0, |moment| recording.moments[moment].on_wire) {
        0 => "nothing is on the wires".to_owned(),
        many => counted(many, "message is on the wires", "messages are on the wires"),
    };
    format!("{verdict}{wrong}; {on_wire}")
}

impl Node {
    /// Its health, in words.
    fn health_words(&self) -> String {
        match self.health {
            Health::Fine => "fine".to_owned(),
            Health::Wrong(wrong) => counted(wrong as u64, "wrong entry", "wrong entries"),
            Health::Unknown => "not known to be right or wrong".to_owned(),
            Health::Orphan => "orphan".to_owned(),
            Health::Dead => "dead".to_owned(),
        }
    }

    /// The state of its link, in words.
    fn link_words(&self) -> String {
        let Some((condition, factor)) = self.link else { return String::new() };
        let words = condition.words();
        if factor == 1 { words.to_owned() } else { format!("{words}, slowed x{factor}") }
    }

    /// The full description, shown when you point at it.
    fn meaning(&self) -> String {
        match self.link {
            None => format!("{}: {}", self.labels[2], self.health_words()),
            Some(_) => {
                format!("{}: {}; link to {}: {}", self.labels[2], self.health_words(), self.parent, self.link_words())
            }
        }
    }
}

/// The drawn tree as CSV: one row per context.
pub fn csv(tree: &Series) -> String {
    let mut text = "context,name,parent,health,wrong_entries,link,slowed,x,y,packed,contexts\n".to_owned();
    for node in &tree.nodes {
        let place = tree.layout.place(node.context);
        let (health, wrong) = match node.health {
            Health::Wrong(wrong) => ("wrong", wrong.to_string()),
            Health::Fine => ("fine", "0".to_owned()),
            Health::Unknown => ("unknown", String::new()),
            Health::Orphan => ("orphan", "0".to_owned()),
            Health::Dead => ("dead", "0".to_owned()),
        };
        let (link, factor) = match node.link {
            Some((condition, factor)) => (condition.words(), factor),
            None => ("", 1),
        };
        let [id, _, label] = &node.labels;
        let name = csv_name(label.strip_prefix(id.as_str()).unwrap_or(label).trim_start());
        let id = csv_field(id);
        let is_packed = matches!(place.way, Way::Block(_));
        let _ = writeln!(
            text,
            "{id},{name},{},{health},{wrong},{link},{factor},{},{},{is_packed},{}",
            node.parent, place.x, place.y, node.all
        );
    }
    text
}
