//! Explores scenarios one after another. What was found about one is used for others that are like it.

use super::error::{ExploreError, needs_clock};
use super::lonely::Lonely;
use super::moves::{Plan, Worker};
use super::reduce::is_orderly;
use super::search::{Exploration, Limits, Progress, Search, Spare};
use super::state::State;
use super::tables::{Near, Tables};
use crate::process::{Monitor, Names};
use crate::run;
use crate::scenario::{Action, Catalog, Connect, Scenario, Step};
use crate::time::Time;
use crate::world::Watch;
use std::ops::ControlFlow;
use std::sync::{Arc, Mutex, PoisonError};

/// More memory than this is not kept for another scenario, in bytes.
const KEPT_MAX: u64 = 16 << 20;

/// Explores scenarios one after another. What was explored before does not influence a result.
#[derive(Default)]
pub struct Explorer {
    lore: Arc<Lore>,
    known: Option<Arc<Known>>,
    near: Vec<Near>,
    spare: Spare,
}

/// What is known of the scenarios that are explored now: for explorers on several threads that explore scenarios which are
/// alike. Only for protocols whose runs add no names to those of their scenario.
#[derive(Default)]
pub struct Lore(Mutex<Option<Arc<Known>>>);

/// What is known of scenarios of one kind.
struct Known {
    kind: Kind,
    /// The names, with those that runs have added.
    names: Mutex<Names>,
    tables: Tables,
    /// The state in which they begin.
    first: State,
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
}

impl Kind {
    fn of(scenario: &Scenario, from: Option<Time>) -> Self {
        Kind {
            catalog: scenario.catalog.clone(),
            monitor: scenario.monitor,
            seed: scenario.seed,
            is_unidirectional: scenario.unidirectional,
            max_events: scenario.max_events,
            from,
            contexts: scenario.contexts.clone(),
            before: before(scenario, from).copied().collect(),
        }
    }

    fn is_of(&self, scenario: &Scenario, from: Option<Time>) -> bool {
        let one = (self.monitor, self.seed, self.is_unidirectional, self.max_events, self.from);
        one == (scenario.monitor, scenario.seed, scenario.unidirectional, scenario.max_events, from)
            && self.catalog == scenario.catalog
            && self.contexts == scenario.contexts
            && before(scenario, from).eq(self.before.iter())
    }
}

fn before(scenario: &Scenario, from: Option<Time>) -> impl Iterator<Item = &Step> {
    scenario.events.iter().filter(move |step| from.is_some_and(|from| step.at < from))
}

impl Known {
    /// Nothing but the state in which a scenario begins.
    fn of(scenario: &Scenario, from: Option<Time>) -> Result<Self, ExploreError> {
        let tables = Tables::default();
        let first = {
            let plan = plan(&tables, scenario, is_orderly(scenario));
            let begin = || Ok(run::orders(scenario, from, Watch::Records)?.apart());
            Worker::new(&tables, &plan, &begin, Near::default()).first()?
        };
        let names = Mutex::new(scenario.catalog.names.clone());
        Ok(Known { kind: Kind::of(scenario, from), names, tables, first })
    }

    /// Whether it may be used for a scenario.
    fn is_for(&self, scenario: &Scenario, from: Option<Time>) -> bool {
        let has_names = || {
            let names = self.names.lock().unwrap_or_else(PoisonError::into_inner);
            names.are_same(&scenario.catalog.names)
        };
        self.tables.memory() <= KEPT_MAX && self.kind.is_of(scenario, from) && has_names()
    }
}

fn plan<'s>(tables: &Tables, scenario: &'s Scenario, is_orderly: bool) -> Plan<'s> {
    let actions: Vec<Action> =
        (0..scenario.step_count()).filter_map(|place| scenario.step(place)).map(|step| step.action).collect();
    let lonely = if is_orderly { Lonely::of(&actions) } else { Lonely::default() };
    Plan { scenario, steps: tables.steps(&actions), is_orderly, lonely }
}

impl Explorer {
    /// An explorer that shares what it finds with others.
    pub fn with(lore: Arc<Lore>) -> Self {
        Explorer { lore, ..Explorer::default() }
    }

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
        let known = self.known(scenario, from)?;
        let is_orderly = is_orderly(scenario);
        let found = match self.search(&known, scenario, limits, is_orderly, progress) {
            Err(ExploreError::Disorder) => self.search(&known, scenario, limits, false, progress),
            found => found,
        };
        let mut names = known.names.lock().unwrap_or_else(PoisonError::into_inner);
        if !names.are_same(&scenario.catalog.names) {
            names.clone_from(&scenario.catalog.names);
        }
        found
    }

    /// What is known of scenarios like this one.
    fn known(&mut self, scenario: &Scenario, from: Option<Time>) -> Result<Arc<Known>, ExploreError> {
        if let Some(known) = self.known.as_ref().filter(|known| known.is_for(scenario, from)) {
            return Ok(Arc::clone(known));
        }
        self.near.clear();
        self.known = None;
        let mut shared = self.lore.0.lock().unwrap_or_else(PoisonError::into_inner);
        let known = match shared.as_ref().filter(|known| known.is_for(scenario, from)) {
            Some(known) => Arc::clone(known),
            None => Arc::new(Known::of(scenario, from)?),
        };
        *shared = Some(Arc::clone(&known));
        self.known = Some(Arc::clone(&known));
        Ok(known)
    }

    fn search(
        &mut self,
        known: &Known,
        scenario: &Scenario,
        limits: &Limits,
        is_orderly: bool,
        progress: &mut dyn FnMut(Progress) -> ControlFlow<()>,
    ) -> Result<Exploration, ExploreError> {
        let plan = plan(&known.tables, scenario, is_orderly);
        let begin = || Ok(run::orders(scenario, known.kind.from, Watch::Records)?.apart());
        let near = &mut self.near;
        let mut more = || Worker::new(&known.tables, &plan, &begin, near.pop().unwrap_or_default());
        let mut workers = vec![more()];
        let mut search = Search::new(limits, &known.tables, &known.first, std::mem::take(&mut self.spare));
        search.walk(&mut workers, &mut more, progress)?;
        let found;
        (found, self.spare) = search.into_exploration();
        let near: Vec<Near> = workers.into_iter().map(Worker::into_near).collect();
        self.near.extend(near.into_iter().rev());
        Ok(found)
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
