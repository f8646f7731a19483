//! Every order of a scenario, judged: how each ends, in how many orders, and where it was lost.

mod in_orders;
mod known;
mod picture;
mod turn;

pub use in_orders::InOrders;
pub use known::Known;
pub use picture::{Dot, Picture};
pub use turn::Turn;

use super::examine::{Examination, Failure, Rules, examine};
use crate::explore::{
    After, Bound, Ending, Exploration, ExploreError, Explorer, Graph, Limits, NodeId, Orders, Progress, Witness,
    ends_as, witness,
};
use crate::run::{Outcome, Runner};
use crate::scenario::Scenario;
use crate::scenario::expectation::Verdict;
use crate::time::Time;
use crate::world::Choice;
use std::collections::BTreeSet;
use std::fmt;
use std::ops::ControlFlow;
use std::thread;

/// To count orders, all states must be met, and not only those that the reduction needs. This is done up to this many.
const COUNTED_STATES_MAX: u64 = 2_000_000;

/// A graph of this many states is worth a second thread.
const LARGE: usize = 10_000;

/// Endings with a witness, at most. Those that fail come first.
const WITNESSES_MAX: usize = 1_000;

/// How a scenario is explored.
#[derive(Clone, Copy, Debug)]
pub struct Survey {
    /// Where the exploration begins; `None` for the start.
    pub from: Option<Time>,
    /// How far it goes.
    pub limits: Limits,
}

/// What is known of all orders of a scenario.
#[derive(Debug)]
#[non_exhaustive]
pub struct Surveyed {
    /// The states and transitions that were needed to find all endings.
    pub states: usize,
    /// As for states.
    pub transitions: usize,
    /// The limit that was met; `None` if every order was explored.
    pub bound: Option<Bound>,
    /// All states, if they were met without the reduction, too.
    pub all_states: Option<usize>,
    /// How many orders there are; `None` if there is no end of them.
    pub orders: Option<Orders>,
    /// Whether that is exact, and not only a lower bound.
    pub is_counted: bool,
    /// The endings, those that fail first.
    pub endings: Vec<Ended>,
    /// The loops.
    pub loops: Vec<Looping>,
    /// The graph of all states, if they were met and are few.
    pub picture: Option<Picture>,
}

/// How some orders end.
#[derive(Debug)]
#[non_exhaustive]
pub struct Ended {
    /// How.
    pub ending: Ending,
    /// Its place in [`Orders::by_ending`].
    pub number: usize,
    /// What fails, with its class; empty if it passes.
    pub failures: Vec<Failure>,
    /// A shortest order that ends so, as a scenario with its outcome. Only the first endings have one.
    pub witness: Option<Witness>,
    /// What a plain run of the witness comes to, if it fails.
    pub outcome: Option<Outcome>,
    /// Where the witness was lost, if it fails and that is known.
    pub turn: Option<Turn>,
}

/// Orders that never end.
#[derive(Debug)]
#[non_exhaustive]
pub struct Looping {
    /// How many states they go through again and again.
    pub states: usize,
    /// A scenario whose plain run goes round in this way, if the latencies that an order can be written with lead there.
    pub witness: Option<Witness>,
}

impl Ended {
    /// Whether this is a failure.
    pub fn fails(&self) -> bool {
        self.ending.fails()
    }
}

impl Surveyed {
    /// How many endings fail.
    pub fn failing(&self) -> usize {
        self.endings.iter().filter(|ended| ended.fails()).count()
    }

    /// What is known.
    pub fn known(&self) -> Known {
        Known::of(self.failing() > 0 || !self.loops.is_empty(), self.bound.is_none())
    }

    /// How many orders there are, if that is exact.
    pub fn counted(&self) -> Option<&Orders> {
        self.orders.as_ref().filter(|orders| self.is_counted && orders.all < u128::MAX)
    }

    /// How many of the orders end in an ending, from 0 to 1; `None` if that is not known.
    pub fn share(&self, ended: &Ended) -> Option<f64> {
        let orders = self.counted()?;
        Some(orders.by_ending[ended.number] as f64 / orders.all as f64)
    }
}

/// Why a scenario cannot be surveyed.
#[derive(Debug)]
#[non_exhaustive]
pub enum SurveyError {
    /// It cannot be explored.
    Explore(ExploreError),
    /// The program contradicts itself. This is its own fault.
    Contradiction(String),
}

impl fmt::Display for SurveyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            SurveyError::Explore(error) => error.fmt(f),
            SurveyError::Contradiction(what) => write!(f, "this is a fault of treequake: {what}"),
        }
    }
}

impl std::error::Error for SurveyError {}

impl<E: Into<ExploreError>> From<E> for SurveyError {
    fn from(error: E) -> Self {
        SurveyError::Explore(error.into())
    }
}

/// Explores a scenario, and judges each ending by a plain run of a witness. `progress` is called from time to time; if it
/// breaks, what is known by then is returned.
///
/// # Errors
/// See [`SurveyError`].
pub fn survey(
    scenario: &Scenario,
    how: &Survey,
    progress: &mut dyn FnMut(Progress) -> ControlFlow<()>,
) -> Result<Surveyed, SurveyError> {
    let mut explorer = Explorer::default();
    let first = explorer.explore(scenario, how.from, &how.limits, progress)?;
    let whole = if first.is_reduced && first.bound.is_none() {
        let most_states = how.limits.most_states.min(COUNTED_STATES_MAX);
        let limits = Limits { reduces: false, most_states, ..how.limits };
        Some(explorer.explore(scenario, how.from, &limits, progress)?).filter(|whole| whole.bound.is_none())
    } else {
        None
    };
    if let Some(whole) = &whole {
        compare(&first, whole)?;
    }
    let (states, transitions) = (first.graph.states(), first.graph.transitions());
    let all_states = whole.as_ref().map(|whole| whole.graph.states());
    let is_whole = whole.is_some() || !first.is_reduced;
    let bound = match first.bound {
        // Loops are only sought among all states.
        None if !is_whole && first.graph.has_circles() => Some(Bound::States),
        bound => bound,
    };
    let found = whole.unwrap_or(first);
    let is_counted = is_whole && found.bound.is_none();
    let count = || found.graph.orders(found.endings.len());
    let look_ahead = || is_counted.then(|| turn::Turns::new(&found)).flatten();
    let (orders, turns) = if how.limits.jobs > 1 && found.graph.states() >= LARGE {
        thread::scope(|scope| {
            let turns = scope.spawn(look_ahead);
            (count(), turns.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
        })
    } else {
        (count(), look_ahead())
    };
    let picture = is_counted.then(|| Picture::of(&found.graph, turns.as_ref())).flatten();
    let mut judge = Judge { scenario, from: how.from, graph: &found.graph, turns, runner: Runner::default() };
    let loops = found.loops().into_iter().map(|found| judge.around(found.entry, found.states));
    let loops = loops.collect::<Result<_, _>>()?;
    let mut ended: Vec<(usize, Ending, NodeId)> = found
        .endings
        .iter()
        .cloned()
        .enumerate()
        .zip(&found.first)
        .map(|((number, ending), node)| (number, ending, *node))
        .collect();
    ended.sort_by_key(|(number, ending, _)| (!ending.fails(), *number));
    let mut endings = Vec::with_capacity(ended.len());
    for (place, (number, ending, node)) in ended.into_iter().enumerate() {
        endings.push(judge.end(number, ending, (place < WITNESSES_MAX).then_some(node))?);
    }
    Ok(Surveyed { states, transitions, bound, all_states, orders, is_counted, endings, loops, picture })
}

/// Makes sure that the reduction has lost nothing.
fn compare(reduced: &Exploration, whole: &Exploration) -> Result<(), SurveyError> {
    let set = |found: &Exploration| found.endings.iter().cloned().collect::<BTreeSet<_>>();
    if set(reduced) == set(whole) {
        return Ok(());
    }
    let what = format!("{} endings with reduction, {} without", reduced.endings.len(), whole.endings.len());
    Err(SurveyError::Contradiction(what))
}

struct Judge<'s> {
    scenario: &'s Scenario,
    from: Option<Time>,
    graph: &'s Graph,
    turns: Option<turn::Turns>,
    runner: Runner,
}

impl Judge<'_> {
    fn witness(&self, order: &[Choice], after: After) -> Result<Witness, SurveyError> {
        Ok(witness(self.scenario, self.from, order, after)?)
    }

    /// Judges the ending that was first met at `node`, if it gets a witness.
    fn end(&mut self, number: usize, ending: Ending, node: Option<NodeId>) -> Result<Ended, SurveyError> {
        let Some(node) = node else {
            return Ok(Ended { ending, number, failures: Vec::new(), witness: None, outcome: None, turn: None });
        };
        let witness = self.witness(&self.graph.order(node), After::Never)?;
        if !ends_as(&witness, &ending)? {
            return Err(SurveyError::Contradiction("a plain run of an order ends in another way".to_owned()));
        }
        let (failures, outcome) = match ending.fails().then(|| self.examine(&witness)).transpose()? {
            Some(Examination { outcome, failures, is_cut }) => (failures, Some(outcome).filter(|_| !is_cut)),
            None => (Vec::new(), None),
        };
        let turn = match &self.turns {
            Some(turns) if ending.fails() => turns.of(self.graph, node),
            _ => None,
        };
        Ok(Ended { ending, number, failures, witness: Some(witness), outcome, turn })
    }

    /// A plain run, judged.
    fn examine(&mut self, witness: &Witness) -> Result<Examination, SurveyError> {
        let examined = examine(&mut self.runner, &witness.scenario, &Rules::of_ending());
        examined.map_err(|error| SurveyError::Contradiction(error.to_string()))
    }

    fn around(&mut self, entry: NodeId, states: usize) -> Result<Looping, SurveyError> {
        let witness = self.witness(&self.graph.order(entry), After::Soon)?;
        let is_storm = self.examine(&witness)?.outcome.verdict == Verdict::Storm;
        Ok(Looping { states, witness: is_storm.then_some(witness) })
    }
}
