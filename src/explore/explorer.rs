//! Explores scenarios one after another. What was found about one is used for others that are like it.

use super::error::{ExploreError, needs_clock};
use super::moves::{Plan, Worker};
use super::reduce::is_orderly;
use super::search::{Exploration, Limits, Progress, Search};
use super::state::State;
use super::tables::{Near, Tables};
use crate::process::Monitor;
use crate::run;
use crate::scenario::{Action, Catalog, Connect, Scenario, Step};
use crate::time::Time;
use crate::world::Watch;
use std::ops::ControlFlow;

/// More memory than this is not kept for another scenario, in bytes.
const KEPT_MAX: u64 = 16 << 20;

/// Explores scenarios one after another. What was explored before does not influence a result.
#[derive(Default)]
pub struct Explorer {
    tables: Tables,
    near: Vec<Near>,
    kind: Option<Kind>,
}

/// What scenarios must have in common to use the same tables.
#[derive(Debug)]
struct Kind {
    catalog: Catalog,
    monitor: Monitor,
    seed: u64,
    is_unidirectional: bool,
    max_events: Option<u64>,
    from: Option<Time>,
    /// The contexts, and the steps before the exploration began.
    contexts: Vec<Connect>,
    before: Vec<Step>,
    /// The state in which it began.
    first: State,
}

impl Kind {
    fn is_of(&self, scenario: &Scenario, from: Option<Time>) -> bool {
        let one = (self.monitor, self.seed, self.is_unidirectional, self.max_events, self.from);
        one == (scenario.monitor, scenario.seed, scenario.unidirectional, scenario.max_events, from)
            && self.catalog == scenario.catalog
            && self.catalog.names.are_same(&scenario.catalog.names)
            && self.contexts == scenario.contexts
            && before(scenario, from).eq(self.before.iter())
    }
}

fn before(scenario: &Scenario, from: Option<Time>) -> impl Iterator<Item = &Step> {
    scenario.events.iter().filter(move |step| from.is_some_and(|from| step.at < from))
}

impl Explorer {
    /// Explores a scenario. What is due before `from` happens first, as in any run. `progress` is called from time to time;
    /// if it breaks, what is known by then is returned.
    ///
    /// The result does not depend on the number of threads, unless memory or `progress` is what ends it.
    ///
    /// # Errors
    /// See [`ExploreError`].
    pub fn explore(
        &mut self,
        scenario: &Scenario,
        from: Option<Time>,
        limits: &Limits,
        progress: &mut dyn FnMut(Progress) -> ControlFlow<()>,
    ) -> Result<Exploration, ExploreError> {
        if let Some(what) = needs_clock(scenario, from) {
            return Err(ExploreError::NeedsClock(what));
        }
        if self.tables.memory() > KEPT_MAX || !self.kind.as_ref().is_some_and(|kind| kind.is_of(scenario, from)) {
            *self = Explorer::default();
        }
        let is_orderly = is_orderly(scenario);
        let found = match self.search(scenario, from, limits, is_orderly, progress) {
            Err(ExploreError::Disorder) => self.search(scenario, from, limits, false, progress),
            found => found,
        };
        let (found, first) = found?;
        match &mut self.kind {
            Some(kind) if kind.catalog.names.are_same(&scenario.catalog.names) => {}
            kind => {
                *kind = Some(Kind {
                    catalog: scenario.catalog.clone(),
                    monitor: scenario.monitor,
                    seed: scenario.seed,
                    is_unidirectional: scenario.unidirectional,
                    max_events: scenario.max_events,
                    from,
                    contexts: scenario.contexts.clone(),
                    before: before(scenario, from).copied().collect(),
                    first,
                });
            }
        }
        Ok(found)
    }

    /// What an exploration finds, and the state in which it begins.
    fn search(
        &mut self,
        scenario: &Scenario,
        from: Option<Time>,
        limits: &Limits,
        is_orderly: bool,
        progress: &mut dyn FnMut(Progress) -> ControlFlow<()>,
    ) -> Result<(Exploration, State), ExploreError> {
        let actions: Vec<Action> =
            (0..scenario.step_count()).filter_map(|place| scenario.step(place)).map(|step| step.action).collect();
        let plan = Plan { scenario, steps: self.tables.steps(&actions), is_orderly };
        let begin = || Ok(run::orders(scenario, from, Watch::Records)?.apart());
        let spare = &mut self.near;
        let mut more = || Worker::new(&self.tables, &plan, &begin, spare.pop().unwrap_or_default());
        let mut worker = more();
        let first = match &self.kind {
            Some(kind) => kind.first.clone(),
            None => worker.first()?,
        };
        let mut workers = vec![worker];
        let mut search = Search::new(limits, &self.tables, &first);
        search.walk(&mut workers, &mut more, progress)?;
        let found = search.into_exploration();
        let near: Vec<Near> = workers.into_iter().map(Worker::into_near).collect();
        self.near.extend(near.into_iter().rev());
        Ok((found, first))
    }
}

/// Explores one scenario: see [`Explorer::explore`].
///
/// # Errors
/// See [`ExploreError`].
pub fn explore(
    scenario: &Scenario,
    from: Option<Time>,
    limits: &Limits,
    progress: &mut dyn FnMut(Progress) -> ControlFlow<()>,
) -> Result<Exploration, ExploreError> {
    Explorer::default().explore(scenario, from, limits, progress)
}
