//! The steps of small worlds.

use crate::process::{ContextId, Data, Family, Name};
use crate::scenario::{Action, Connect, LinkId, StepKind, Ways};
use serde::{Deserialize, Serialize};

/// A kind of step that a small world can have: one that needs no clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// A context appears below another one.
    Connect,
    /// A process dies at once.
    Kill,
    /// A parent closes its stream to a child.
    Disconnect,
    /// A link stops delivering, both ways.
    Partition,
    /// It delivers again.
    Heal,
    /// A message that asks for a reply.
    Call,
    /// One that does not.
    Send,
    /// A context leaves its parent and lives on.
    Detach,
}

impl Kind {
    /// All kinds.
    pub const ALL: [Kind; 8] = [
        Kind::Connect,
        Kind::Kill,
        Kind::Disconnect,
        Kind::Partition,
        Kind::Heal,
        Kind::Call,
        Kind::Send,
        Kind::Detach,
    ];

    /// What every protocol has.
    pub const DEFAULT: [Kind; 7] =
        [Kind::Connect, Kind::Kill, Kind::Disconnect, Kind::Partition, Kind::Heal, Kind::Call, Kind::Send];

    /// The word in options and files.
    pub const fn name(self) -> &'static str {
        self.step().name()
    }

    const fn step(self) -> StepKind {
        match self {
            Kind::Connect => StepKind::Connect,
            Kind::Kill => StepKind::Kill,
            Kind::Disconnect => StepKind::Disconnect,
            Kind::Partition => StepKind::Partition,
            Kind::Heal => StepKind::Heal,
            Kind::Call => StepKind::Call,
            Kind::Send => StepKind::Send,
            Kind::Detach => StepKind::Detach,
        }
    }

    /// Whether the contexts of a family can do it.
    pub fn is_known(self, family: &dyn Family) -> bool {
        self.step().feature().is_none_or(|feature| family.knows(feature))
    }
}

/// A step. The order is the one in which worlds are listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Move {
    /// The first appears below the second.
    Connect(u32, u32),
    /// It dies.
    Kill(u32),
    /// Its parent closes the stream to it.
    Disconnect(u32),
    /// Its link to its parent stops delivering.
    Partition(u32),
    /// It delivers again.
    Heal(u32),
    /// The first asks the second.
    Call(u32, u32),
    /// The first tells the second.
    Send(u32, u32),
    /// It leaves its parent.
    Detach(u32),
}

impl Move {
    /// The same step with other names: `names` has the new name of each context, as far as it has a new one.
    pub fn renamed(self, names: &[u32]) -> Move {
        let name = |id: u32| names.get(id as usize).copied().unwrap_or(id);
        match self {
            Move::Connect(id, parent) => Move::Connect(name(id), name(parent)),
            Move::Kill(id) => Move::Kill(name(id)),
            Move::Disconnect(id) => Move::Disconnect(name(id)),
            Move::Partition(id) => Move::Partition(name(id)),
            Move::Heal(id) => Move::Heal(name(id)),
            Move::Call(from, to) => Move::Call(name(from), name(to)),
            Move::Send(from, to) => Move::Send(name(from), name(to)),
            Move::Detach(id) => Move::Detach(name(id)),
        }
    }

    /// The step as scenarios have it.
    pub fn action(self) -> Action {
        let data = Data::default();
        match self {
            Move::Connect(id, parent) => Action::Connect(connect(id, parent)),
            Move::Kill(id) => Action::Kill { id: ContextId(id) },
            Move::Disconnect(id) => Action::Disconnect { id: ContextId(id) },
            Move::Partition(id) => Action::Partition { id: ContextId(id), ways: Ways::Both },
            Move::Heal(id) => Action::Heal { id: ContextId(id) },
            Move::Call(from, to) => Action::Call { from: ContextId(from), to: ContextId(to), data },
            Move::Send(from, to) => Action::Send { from: ContextId(from), to: ContextId(to), data },
            Move::Detach(id) => Action::Detach { id: ContextId(id) },
        }
    }
}

/// A connect over the only kind of link that a world has.
pub fn connect(id: u32, parent: u32) -> Connect {
    Connect { id: ContextId(id), parent: ContextId(parent), name: Some(Name::OF_CONTEXT), link: LinkId(0) }
}
