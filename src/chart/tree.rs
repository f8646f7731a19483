//! The tree at a moment: the state of each context and each link. [`series`] extracts it from a recording, and [`draw()`]
//! draws it.

mod draw;

pub use draw::draw;

use super::axis::exact_time;
use crate::layout::{Layout, Way};
use crate::link::Incarnation;
use crate::recording::{Condition, Health, Recording, State};
use crate::time::Time;
use crate::words::{counted, csv_name};
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

/// A context, and its link to its parent.
#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    /// The context.
    pub context: Incarnation,
    /// Its labels: the id alone, and with the name.
    pub labels: [String; 2],
    /// The label of its parent; empty for the master.
    pub parent: String,
    /// Its health.
    pub health: Health,
    /// The state of its link, and how much it is slowed down; `None` for the master.
    pub link: Option<(Condition, u32)>,
}

/// The tree of a recording after everything up to a time, or at the end.
pub fn series(recording: &Recording<'_>, at: Option<Time>) -> Series {
    let state = recording.state(recording.last_until(at));
    let nodes = state.contexts().map(|context| node(recording, &state, context)).collect();
    let at = at.map_or(recording.end(), |at| at.min(recording.end()));
    let title =
        format!("{} under {}, the tree at {}", recording.scenario.name, recording.outcome.monitor, exact_time(at));
    Series { title, sentence: sentence(recording, &state), nodes, layout: Layout::of(recording, ASPECT) }
}

fn node(recording: &Recording<'_>, state: &State<'_>, context: Incarnation) -> Node {
    let parent = recording.life(context).parent;
    Node {
        context,
        labels: [recording.short_label(context), recording.label(context)],
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
    let tables = state.contexts().filter(|context| state.wrong_count(*context) > 0).count();
    let wrong = match state.wrong().count() {
        0 => "every route is right".to_owned(),
        1 => "1 entry is wrong".to_owned(),
        wrong if tables == 1 => format!("{wrong} entries of 1 table are wrong"),
        wrong => format!("{wrong} entries of {tables} tables are wrong"),
    };
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
            None => format!("{}: {}", self.labels[1], self.health_words()),
            Some(_) => {
                format!("{}: {}; link to {}: {}", self.labels[1], self.health_words(), self.parent, self.link_words())
            }
        }
    }
}

/// The drawn tree as CSV: one row per context.
pub fn csv(tree: &Series) -> String {
    let mut text = "context,name,parent,health,wrong_entries,link,slowed,x,y,packed\n".to_owned();
    for node in &tree.nodes {
        let place = tree.layout.place(node.context);
        let (health, wrong) = match node.health {
            Health::Wrong(wrong) => ("wrong", wrong),
            Health::Fine => ("fine", 0),
            Health::Orphan => ("orphan", 0),
            Health::Dead => ("dead", 0),
        };
        let (link, factor) = match node.link {
            Some((condition, factor)) => (condition.words(), factor),
            None => ("", 1),
        };
        let [id, label] = &node.labels;
        let name = csv_name(label.strip_prefix(id.as_str()).unwrap_or_default().trim_start());
        let is_packed = matches!(place.way, Way::Block(_));
        let _ = writeln!(
            text,
            "{id},{name},{},{health},{wrong},{link},{factor},{},{},{is_packed}",
            node.parent, place.x, place.y
        );
    }
    text
}
