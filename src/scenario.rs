//! A scenario: what is to happen in a run, checked and in order. How it is written in files is [`mod@file`].

mod build;
mod catalog;
mod churn;
mod decode;
pub mod diagnostic;
pub mod expectation;
pub mod file;
pub mod link;
mod node;
pub mod origin;
mod shape;
mod spec;
pub mod write;

pub use catalog::{Catalog, LabelId, LinkId};
pub use spec::{MAX_CONTEXTS, SHAPE_NAMES};

use crate::monitors;
use crate::process::{ContextId, Data, Monitor, Name};
use crate::time::{Span, Time};
use expectation::Expectations;
use origin::Origin;
use std::fmt;

/// The `max_events` of a scenario that does not say it.
pub const DEFAULT_MAX_EVENTS: u64 = 1_000_000;

/// The latency of a link that nothing is said about.
pub const DEFAULT_LATENCY: Span = Span::from_ms(1);

/// A scenario in core form.
#[derive(Clone, Debug, PartialEq)]
pub struct Scenario {
    /// What it is called; the stem of the file's name unless the file says otherwise.
    pub name: String,
    /// Prose.
    pub description: String,
    /// What every context runs that does not say otherwise.
    pub monitor: Monitor,
    /// The seed of whatever is drawn; with constant latencies it changes nothing.
    pub seed: u64,
    /// Whether the master's router is in the unidirectional mode.
    pub unidirectional: bool,
    /// After how many events a run is a storm.
    pub max_events: u64,
    /// When the run ends and is judged, for protocols that never fall silent; what is due at that very time still happens.
    /// `None` where it ends by itself.
    pub until: Option<Time>,
    /// What contexts and steps refer to.
    pub catalog: Catalog,
    /// Who connects at time 0, in the order of the file: the first steps.
    pub contexts: Vec<Connect>,
    /// The steps after those, in the order in which they happen: by time, then by their place in the file.
    pub events: Vec<Step>,
    /// What the run is expected to do.
    pub expectations: Expectations,
    /// Where it comes from, if the file says it.
    pub origin: Option<Box<Origin>>,
}

impl Default for Scenario {
    fn default() -> Self {
        Scenario {
            name: "scenario".to_owned(),
            description: String::new(),
            monitor: monitors::default(),
            seed: 0,
            unidirectional: false,
            max_events: DEFAULT_MAX_EVENTS,
            until: None,
            catalog: Catalog::default(),
            contexts: Vec::new(),
            events: Vec::new(),
            expectations: Expectations::default(),
            origin: None,
        }
    }
}

impl Scenario {
    /// A scenario of these contexts and events, in the order of a file; `catalog` has what they refer to.
    pub fn new(catalog: Catalog, contexts: Vec<Connect>, mut events: Vec<Step>) -> Self {
        events.sort_by_key(|step| step.at);
        Scenario { catalog, contexts, events, ..Scenario::default() }
    }

    /// How many steps there are, the contexts included.
    pub fn step_count(&self) -> usize {
        self.contexts.len() + self.events.len()
    }

    /// The step at `place`: first the contexts, then the events.
    pub fn step(&self, place: usize) -> Option<Step> {
        match self.contexts.get(place) {
            Some(context) => Some(Step::new(Time::ZERO, Action::Connect(*context))),
            None => self.events.get(place - self.contexts.len()).copied(),
        }
    }
}

/// Something that is done to the tree at a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Step {
    /// When.
    pub at: Time,
    /// What.
    pub action: Action,
    /// What expectations call it by.
    pub label: Option<LabelId>,
}

impl Step {
    /// A step without a label.
    pub fn new(at: Time, action: Action) -> Self {
        Step { at, action, label: None }
    }
}

/// A context appears below a parent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Connect {
    /// Its id.
    pub id: ContextId,
    /// The id of its parent.
    pub parent: ContextId,
    /// The name of its stream; `None` where that is empty.
    pub name: Option<Name>,
    /// What its link is like, and which monitor it runs.
    pub link: LinkId,
}

/// What a step does. MODEL.md, section 3, says exactly what each means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// A context appears below a parent.
    Connect(Connect),
    /// A process dies at once.
    Kill {
        /// Its id.
        id: ContextId,
    },
    /// The parent closes its stream to a child.
    Disconnect {
        /// The id of the child.
        id: ContextId,
    },
    /// The link of a child to its parent stops delivering.
    Partition {
        /// The id of the child.
        id: ContextId,
        /// Which way.
        ways: Ways,
    },
    /// Every partitioned link of a child delivers again.
    Heal {
        /// The id of the child.
        id: ContextId,
    },
    /// From now on, everything on the link of a child to its parent takes so many times as long.
    Slow {
        /// The id of the child.
        id: ContextId,
        /// How many times; 1 is as before.
        factor: u32,
    },
    /// A context is told to shut down: it tells its children, waits for them for a while, and dies.
    Shutdown {
        /// The id of the context.
        id: ContextId,
        /// Who tells it.
        from: ContextId,
    },
    /// A context leaves its parent, to live on by itself with all that is below it.
    Detach {
        /// The id of the context.
        id: ContextId,
    },
    /// A message that asks for no reply.
    Send {
        /// Who sends it.
        from: ContextId,
        /// Whom it is for.
        to: ContextId,
        /// How long it is.
        data: Data,
    },
    /// A message that asks for a reply.
    Call {
        /// Who calls.
        from: ContextId,
        /// Who is called.
        to: ContextId,
        /// How long it, and its reply, are.
        data: Data,
    },
}

impl Action {
    /// The context that does something at the time of the step: who tells another to shut down, or else the one that the
    /// step is about.
    pub fn doer(&self) -> ContextId {
        match self {
            Action::Shutdown { from, .. } => *from,
            action => action.context(),
        }
    }

    /// The context that it is about; of a message, who sends it.
    pub fn context(&self) -> ContextId {
        match self {
            Action::Connect(Connect { id, .. })
            | Action::Kill { id }
            | Action::Disconnect { id }
            | Action::Partition { id, .. }
            | Action::Heal { id }
            | Action::Slow { id, .. }
            | Action::Shutdown { id, .. }
            | Action::Detach { id } => *id,
            Action::Send { from, .. } | Action::Call { from, .. } => *from,
        }
    }
}

/// Directions of a link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ways {
    /// Both.
    Both,
    /// From the parent to the child.
    Down,
    /// From the child to the parent.
    Up,
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Action::Connect(Connect { id, parent, .. }) => write!(f, "connect {id} below {parent}"),
            Action::Kill { id } => write!(f, "kill {id}"),
            Action::Disconnect { id } => write!(f, "disconnect {id}"),
            Action::Partition { id, ways: Ways::Both } => write!(f, "partition {id}"),
            Action::Partition { id, ways: Ways::Down } => write!(f, "partition {id}, downward only"),
            Action::Partition { id, ways: Ways::Up } => write!(f, "partition {id}, upward only"),
            Action::Heal { id } => write!(f, "heal {id}"),
            Action::Slow { id, factor } => write!(f, "slow {id} by {factor}"),
            Action::Shutdown { id, from } => write!(f, "shutdown {id}, told by {from}"),
            Action::Detach { id } => write!(f, "detach {id}"),
            Action::Send { from, to, .. } => write!(f, "send {from} to {to}"),
            Action::Call { from, to, .. } => write!(f, "call {from} to {to}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Proves that a scenario of a million steps is small.
    #[test]
    fn steps_are_compact() {
        assert_eq!((size_of::<Connect>(), size_of::<Step>()), (16, 32));
    }
}
