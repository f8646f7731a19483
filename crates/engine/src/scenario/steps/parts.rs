//! What the table of steps is made of, besides actions.

use crate::process::{ContextId, Name};
use crate::scenario::catalog::{Catalog, LinkId};
use serde_json::{Value, json};

/// A context appears below a parent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Connect {
    /// Its id.
    pub id: ContextId,
    /// The id of its parent.
    pub parent: ContextId,
    /// The name of its stream; `None` if that is empty.
    pub name: Option<Name>,
    /// What its link is like, and which monitor it runs.
    pub link: LinkId,
}

impl Connect {
    /// The keys that a file has for it. `written` writes its link.
    pub fn keys(&self, catalog: &Catalog, written: impl FnOnce(LinkId) -> Value) -> Value {
        let Connect { id, parent, name, link } = *self;
        let mut keys = json!({ "id": id.0, "parent": parent.0, "link": written(link) });
        match name {
            Some(Name::OF_CONTEXT) => {}
            Some(name) => keys["name"] = json!(catalog.names.original(name, id)),
            None => keys["name"] = json!(""),
        }
        if let Some(monitor) = catalog.monitor(link) {
            keys["monitor"] = json!(monitor.name());
        }
        keys
    }
}

/// Directions of a link.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Ways {
    /// Both.
    Both,
    /// From the parent to the child.
    Down,
    /// From the child to the parent.
    Up,
}

impl Ways {
    /// All, in the order in which errors list them.
    pub const ALL: [Ways; 3] = [Ways::Both, Ways::Down, Ways::Up];

    /// The word in files.
    pub const fn name(self) -> &'static str {
        match self {
            Ways::Both => "both",
            Ways::Down => "down",
            Ways::Up => "up",
        }
    }
}

/// What a step does to the tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// It adds a context.
    Join,
    /// It takes a context, or a branch, away.
    Loss,
    /// It makes a link worse.
    Hindrance,
    /// It makes a link better.
    Repair,
    /// It changes neither a context nor a link.
    Traffic,
}

/// The context that must be there for a step, or it is skipped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Subject {
    /// The one in this key.
    Any(&'static str),
    /// The one in this key, which is not the master.
    Child(&'static str),
}

/// A context that a step has to do with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Party {
    /// The one that it is about: the first that the action names.
    Itself,
    /// The second that it names.
    Other,
    /// The parent of the one that it is about.
    Parent,
}

/// A context, as an action means it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Whom {
    /// The one with this id.
    Context(ContextId),
    /// The parent of the one with this id.
    ParentOf(ContextId),
}

/// A fault that `treequake new --fault` writes.
#[derive(Clone, Copy)]
pub struct Example {
    /// Its name on the command line.
    pub name: &'static str,
    /// Its help on the command line.
    pub help: &'static str,
    /// What the description of the scenario says about it.
    pub story: &'static str,
    /// When it happens.
    pub at: &'static str,
    /// Its keys, besides `at`, `do` and `label`.
    pub keys: fn(id: u32) -> Value,
}
