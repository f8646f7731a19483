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
mod steps;
pub mod write;

pub use catalog::{Catalog, LabelId, LinkId};
pub use shape::{Growth, MAX_CONTEXTS, Spine, TreeShape};
pub use steps::{Action, Connect, Example, Role, Step, StepKind, Ways};

use crate::monitors;
use crate::process::Monitor;
use crate::time::{Span, Time};
use expectation::Expectations;
use origin::Origin;

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
