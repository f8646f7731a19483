//! A sweep: larger and larger trees of one shape, to which the same happens. All contexts join, and later one crashes
//! that is halfway down to the deepest. Those above it must learn about everything that was below it.

use crate::process::{ContextId, Monitor};
use crate::run::{Options, Outcome, RunError, Runner};
use crate::scenario::diagnostic::Source;
use crate::scenario::{Action, Scenario, Step, TreeShape, file};
use crate::time::{Span, Time};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::ops::ControlFlow;

/// When the crash is: long after the join is over.
const CRASH_AT: Time = Time::from_ns(3_600_000_000_000);

/// A shape of trees.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Shape {
    /// All below the master.
    Star,
    /// Two bastions, hosts below them, and a sudo below each.
    Fleet,
    /// Each has two children.
    Binary,
    /// A chain with a leaf at each joint.
    Caterpillar,
    /// Each below the one before.
    Chain,
}

impl Shape {
    /// All shapes, from the flattest to the deepest.
    pub const ALL: [Shape; 5] = [Shape::Star, Shape::Fleet, Shape::Binary, Shape::Caterpillar, Shape::Chain];

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Shape::Binary => "binary",
            Shape::Star | Shape::Fleet | Shape::Caterpillar | Shape::Chain => self.tree().name(),
        }
    }

    /// Its shape in scenario files.
    fn tree(self) -> TreeShape {
        match self {
            Shape::Star => TreeShape::Star,
            Shape::Fleet => TreeShape::Fleet,
            Shape::Binary => TreeShape::Kary,
            Shape::Caterpillar => TreeShape::Caterpillar,
            Shape::Chain => TreeShape::Chain,
        }
    }

    /// The topology of about this many contexts, as in a scenario file.
    fn topology(self, contexts: u64) -> Value {
        let shape = self.tree().name();
        match self {
            Shape::Star | Shape::Chain => json!({ "shape": shape, "contexts": contexts }),
            Shape::Binary => json!({ "shape": shape, "fanout": 2, "contexts": contexts }),
            Shape::Caterpillar => json!({ "shape": shape, "fanout": 1, "contexts": contexts }),
            Shape::Fleet => json!({ "shape": shape, "levels": [
                { "name": "bastion", "count": 2 },
                { "name": "host", "count": contexts.saturating_sub(2).div_ceil(4).max(1) },
                { "name": "sudo", "count": 1 },
            ] }),
        }
    }
}

/// A tree of a sweep.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Case {
    /// Its shape.
    pub shape: Shape,
    /// How many contexts it is to have, about.
    pub contexts: u64,
    /// Which Mitogen it runs.
    pub monitor: Monitor,
}

/// What a tree came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Row {
    /// Its shape.
    pub shape: Shape,
    /// How many contexts it has.
    pub contexts: u64,
    /// How deep it is.
    pub depth: u64,
    /// When all contexts join at once.
    pub join: Figures,
    /// When a context halfway down crashes.
    pub crash: Figures,
}

/// What a fault came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Figures {
    /// How many messages arrived because of it.
    pub messages: u64,
    /// After how long all routes were right; `None` where they never were.
    pub converged: Option<Span>,
}

/// The trees of a sweep: of each shape, sizes that double, up to `contexts_max`.
pub fn cases(contexts_max: u64, monitor: Monitor) -> Vec<Case> {
    let sizes =
        || std::iter::successors(Some(4_u64), |size| size.checked_mul(2)).take_while(|size| *size <= contexts_max);
    Shape::ALL.into_iter().flat_map(|shape| sizes().map(move |contexts| Case { shape, contexts, monitor })).collect()
}

/// Called now and then while a tree runs, with its events so far and the time in it. If it breaks, the tree is stopped.
pub type OnProgress<'p> = Option<&'p mut dyn FnMut(u64, Time) -> ControlFlow<()>>;

/// Runs a tree of a sweep.
///
/// # Errors
/// If it cannot be run to its end.
pub fn run(runner: &mut Runner, case: Case, progress: OnProgress<'_>) -> Result<Row, RunError> {
    let mut scenario = scenario(case);
    let (depth, id) = half_way(&scenario);
    scenario.events.push(Step::new(CRASH_AT, Action::Kill { id }));
    let outcome = runner.run(&scenario, Options { progress, ..Options::default() })?;
    let Case { shape, .. } = case;
    let contexts = scenario.contexts.len() as u64;
    Ok(Row { shape, contexts, depth, join: figures(&outcome, 0), crash: figures(&outcome, 1) })
}

/// The scenario of a tree, as a file would say it.
fn scenario(case: Case) -> Scenario {
    let file = json!({
        "version": 1,
        "monitor": case.monitor.name(),
        "link": "lan",
        "topology": case.shape.topology(case.contexts),
        "events": [],
        "max_events": 1_000_000_000_u64,
    });
    let source = Source { name: "sweep".to_owned(), text: file.to_string() };
    file::parse(source, "sweep").expect("what is made here is a scenario").scenario
}

/// How deep the tree is, and which context is halfway down to the last of the deepest.
fn half_way(scenario: &Scenario) -> (u64, ContextId) {
    let mut above: BTreeMap<ContextId, (u64, ContextId)> =
        BTreeMap::from([(ContextId::MASTER, (0, ContextId::MASTER))]);
    let mut deepest = (0, ContextId::MASTER);
    for context in &scenario.contexts {
        let depth = above[&context.parent].0 + 1;
        above.insert(context.id, (depth, context.parent));
        deepest = deepest.max((depth, context.id));
    }
    let (depth, mut id) = deepest;
    while above[&id].0 > depth.div_ceil(2) {
        id = above[&id].1;
    }
    (depth, id)
}

fn figures(outcome: &Outcome, step: usize) -> Figures {
    let figures = outcome.steps.get(step);
    Figures {
        messages: figures.map_or(0, |figures| figures.messages.total()),
        converged: figures.and_then(|figures| figures.converged_after()),
    }
}
