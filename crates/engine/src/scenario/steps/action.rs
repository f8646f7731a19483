//! What an action means. Most of it is in the table, so a new kind of action needs an arm here only if it has more than an
//! id.

use super::{Action, Connect, Party, Role, Ways, Whom};
use crate::process::ContextId;
use crate::scenario::catalog::{Catalog, LinkId};
use serde_json::{Value, json};
use std::fmt;

impl Action {
    /// The context that does something at the time of the step: the one that asks another to shut down, or else the one
    /// that the step is about.
    pub fn doer(&self) -> ContextId {
        match self {
            Action::Shutdown { from, .. } => *from,
            action => action.context(),
        }
    }

    /// The context that it is about; the sender of a message.
    pub fn context(&self) -> ContextId {
        *{ *self }.ids_mut().0
    }

    /// Calls `change` with every id that it names: first the one that it is about.
    pub fn each_id(&mut self, mut change: impl FnMut(&mut ContextId)) {
        let (itself, other) = self.ids_mut();
        change(itself);
        other.into_iter().for_each(change);
    }

    /// Whether it names an id.
    pub fn names(&self, id: ContextId) -> bool {
        let mut action = *self;
        let (itself, other) = action.ids_mut();
        *itself == id || other.is_some_and(|other| *other == id)
    }

    /// The context whose process it asks something, if it asks one.
    pub fn asks(&self) -> Option<Whom> {
        self.kind().row().asks.and_then(|party| self.whom(party))
    }

    /// The contexts that it may change, and those whose life or death decides whether it is skipped.
    pub fn touches(&self) -> impl Iterator<Item = Whom> {
        self.kind().row().touches.iter().filter_map(|party| self.whom(*party))
    }

    fn whom(&self, party: Party) -> Option<Whom> {
        let mut action = *self;
        let (itself, other) = action.ids_mut();
        match party {
            Party::Itself => Some(Whom::Context(*itself)),
            Party::Other => other.map(|other| Whom::Context(*other)),
            Party::Parent => Some(Whom::ParentOf(*itself)),
        }
    }

    /// Simpler actions to try in its place: a send for a call, a cut in both directions for one, and a kill for any other
    /// loss, or else a disconnect.
    pub fn simpler(&self) -> [Option<Action>; 2] {
        let id = self.context();
        let kill = Some(Action::Kill { id });
        match *self {
            Action::Call { from, to, data } => [Some(Action::Send { from, to, data }), None],
            Action::Partition { ways: Ways::Up | Ways::Down, .. } => {
                [Some(Action::Partition { id, ways: Ways::Both }), None]
            }
            Action::Slow { factor: 0..=1, .. } => [Some(Action::Heal { id }), None],
            Action::Slow { .. } => [Some(Action::Partition { id, ways: Ways::Both }), None],
            Action::Disconnect { .. } => [kill, None],
            Action::Kill { .. } => [None, None],
            _ if self.kind().role() == Role::Loss => [kill, Some(Action::Disconnect { id })],
            _ => [None, None],
        }
    }

    /// The keys that a file has for it, besides `at`, `do` and `label`. `link` writes a link.
    pub fn keys(&self, catalog: &Catalog, link: impl FnOnce(LinkId) -> Value) -> Value {
        match self {
            Action::Connect(connect) => connect.keys(catalog, link),
            Action::Partition { id, ways: ways @ (Ways::Down | Ways::Up) } => json!({ "id": id.0, "way": ways.name() }),
            Action::Slow { id, factor } => json!({ "id": id.0, "factor": factor }),
            Action::Shutdown { id, from } => json!({ "id": id.0, "from": from.0 }),
            Action::Send { from, to, data } | Action::Call { from, to, data } => {
                let mut keys = json!({ "from": from.0, "to": to.0 });
                for (key, size) in [("size", data.len), ("reply_size", data.reply_len)] {
                    if size > 0 {
                        keys[key] = json!(size);
                    }
                }
                keys
            }
            _ => json!({ "id": self.context().0 }),
        }
    }
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Action::Connect(Connect { id, parent, .. }) => write!(f, "connect {id} below {parent}"),
            Action::Partition { id, ways: Ways::Down } => write!(f, "partition {id}, downward only"),
            Action::Partition { id, ways: Ways::Up } => write!(f, "partition {id}, upward only"),
            Action::Slow { id, factor } => write!(f, "slow {id} by {factor}"),
            Action::Shutdown { id, from } => write!(f, "shutdown {id}, ordered by {from}"),
            Action::Send { from, to, .. } => write!(f, "send {from} to {to}"),
            Action::Call { from, to, .. } => write!(f, "call {from} to {to}"),
            _ => write!(f, "{} {}", self.kind().step(), self.context()),
        }
    }
}
