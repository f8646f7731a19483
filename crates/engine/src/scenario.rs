//! A scenario: what happens in a run, checked and in order. [`mod@file`] reads scenario files.

mod build;
mod catalog;
mod churn;
pub mod clock;
mod decode;
pub mod diagnostic;
pub mod expectation;
pub mod file;
pub mod latency;
pub mod link;
mod living;
mod node;
pub mod origin;
pub mod places;
mod shape;
mod spec;
mod steps;
mod tree;
pub mod write;

pub use catalog::{Catalog, LabelId, LinkId};
pub use shape::{Growth, MAX_CONTEXTS, Spine, TreeShape};
pub use steps::{Action, Connect, Example, Role, Step, StepKind, Ways, Whom};

pub use crate::draw::Drawing;

use crate::monitors;
use crate::process::Monitor;
use crate::time::{Span, Time};
use expectation::Expectations;
use origin::Origin;

/// How many events a run may process that sets no `max_events`, besides what its steps add: 1 for each step, and for each
/// context one less than its depth.
pub const DEFAULT_MAX_EVENTS: u64 = 1_000_000;

/// The default latency of a link.
pub const DEFAULT_LATENCY: Span = Span::from_ms(1);

/// A scenario in core form.
#[derive(Clone, Debug, PartialEq)]
pub struct Scenario {
    /// Its name; default: the name of the file without its extension.
    pub name: String,
    /// What it shows, for readers.
    pub description: String,
    /// The monitor of every context that does not set its own.
    pub monitor: Monitor,
    /// The seed of all random draws.
    pub seed: u64,
    /// How the latencies of messages are drawn, where they are.
    pub drawing: Drawing,
    /// Whether the master's router is in unidirectional mode: children may only talk to their ancestors.
    pub unidirectional: bool,
    /// The run is stopped after this many events. `None` stands for the default, which grows with the steps that are
    /// taken: [`DEFAULT_MAX_EVENTS`].
    pub max_events: Option<u64>,
    /// When the run ends and is judged, for protocols that never fall silent; what is due at that very time still
    /// happens. `None` where it ends by itself.
    pub until: Option<Time>,
    /// The names, links and labels that contexts and steps refer to.
    pub catalog: Catalog,
    /// The contexts that connect at time 0, in the order of the file. They are the first steps.
    pub contexts: Vec<Connect>,
    /// The steps after those, in the order in which they happen: by time, then by place in the file.
    pub events: Vec<Step>,
    /// What the run is expected to do.
    pub expectations: Expectations,
    /// Its origin, if the file has one.
    pub origin: Option<Box<Origin>>,
}

impl Default for Scenario {
    fn default() -> Self {
        Scenario::named("scenario".to_owned(), monitors::default())
    }
}

impl Scenario {
    /// A scenario without contexts and events.
    pub fn named(name: String, monitor: Monitor) -> Self {
        Scenario {
            name,
            description: String::new(),
            monitor,
            seed: 0,
            drawing: Drawing::default(),
            unidirectional: false,
            max_events: None,
            until: None,
            catalog: Catalog::default(),
            contexts: Vec::new(),
            events: Vec::new(),
            expectations: Expectations::default(),
            origin: None,
        }
    }

    /// A scenario with these contexts and events, in the order of a file. `catalog` has what they refer to.
    pub fn new(catalog: Catalog, contexts: Vec<Connect>, mut events: Vec<Step>) -> Self {
        events.sort_by_key(|step| step.at);
        Scenario { catalog, contexts, events, ..Scenario::default() }
    }

    /// Has another monitor run it. A monitor of another family runs in every context: those that contexts name for
    /// themselves are of the family before.
    pub fn put_under(&mut self, monitor: Monitor) {
        if monitor.family().name() != self.monitor.family().name() {
            self.catalog.forget_monitors();
        }
        self.monitor = monitor;
    }

    /// The number of steps, including the contexts.
    pub fn step_count(&self) -> usize {
        self.contexts.len() + self.events.len()
    }

    /// The step at a place: first the contexts, then the events.
    pub fn step(&self, place: usize) -> Option<Step> {
        match self.contexts.get(place) {
            Some(context) => Some(Step::new(Time::ZERO, Action::Connect(*context))),
            None => self.events.get(place - self.contexts.len()).copied(),
        }
    }

    /// When the step at a place is due.
    #[inline]
    pub(crate) fn step_at(&self, place: usize) -> Option<Time> {
        match place.checked_sub(self.contexts.len()) {
            None => Some(Time::ZERO),
            Some(place) => self.events.get(place).map(|step| step.at),
        }
    }

    /// The way in which latencies are drawn, if a file must say it: some are, and not in the first way.
    pub fn drawing_said(&self) -> Option<Drawing> {
        Some(self.drawing).filter(|drawing| *drawing != Drawing::default() && self.catalog.draws_latencies())
    }

    /// The label of the step at a place.
    pub fn label(&self, place: usize) -> Option<&str> {
        self.step(place)?.label.map(|label| self.catalog.label_text(label))
    }

    /// The step at a place in words, with its label: `kill 1 [bastion-crash]`.
    pub fn step_words(&self, place: usize) -> Option<String> {
        let action = self.step(place)?.action;
        Some(match self.label(place) {
            Some(label) => format!("{action} [{label}]"),
            None => action.to_string(),
        })
    }
}
