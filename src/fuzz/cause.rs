//! Why a run failed: it is run once more, and watched. Only who failed pays for that.
//!
//! - A *stale* or *wrong* route: the handler that last set it.
//! - A *missing* one: the handler that last removed it, or refused the news of it; or nobody told.
//! - A *hung* call: where its request or its reply was last seen, and what happened to it there.
//! - A *storm*, or a step over its budget: the kind of message that there was most of, and who multiplies it.
//! - A *warning*, or a crash: the handler that was at work.
//!
//! What a link that is still cut at the end explains counts only where nothing else failed.

use super::class::{Kind, Place};
use super::examine::{Rules, over_budget};
use crate::convergence::Difference;
use crate::link::{Direction, Incarnation, Lane};
use crate::metrics::Messages;
use crate::protocol::{ContextId, Data, Handle, LoggedError, MAX_MESSAGE_SIZE, Message, Payload};
use crate::run::Outcome;
use crate::scenario::expectation::{DifferenceKind, WarningKind};
use crate::scenario::{Action, Scenario};
use crate::simulation::{ANSWER_HANDLE, Progress, Simulation, SimulationError, Watch};
use crate::time::Time;
use crate::trace::Record;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;

/// What broke a run, and where.
pub(super) struct Cause {
    pub place: Place,
    /// In one sentence.
    pub sentence: String,
}

/// Something that was done at a moment: the number of its event, its time, and by what.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Deed {
    event: u64,
    at: Time,
    place: Place,
}

/// The cause of a failure of `kind`, which `outcome` shows.
pub(super) fn find(
    scenario: &Scenario,
    outcome: &Outcome,
    kind: Kind,
    rules: &Rules,
) -> Result<Cause, SimulationError> {
    match kind {
        Kind::Wrong => difference(scenario, outcome, DifferenceKind::Wrong),
        Kind::Stale => difference(scenario, outcome, DifferenceKind::Stale),
        Kind::Missing => difference(scenario, outcome, DifferenceKind::Missing),
        Kind::Hung => hung(scenario, outcome),
        Kind::Crash => crash(scenario),
        Kind::Denied(warning) => denied(scenario, outcome, warning),
        Kind::Storm => Ok(storm(scenario, outcome)),
        Kind::OverBudget => Ok(budget(scenario, outcome, rules)),
    }
}

/// Runs a scenario, and shows each event to `watch`: the simulation after it, its number, and its step.
fn replay<'s>(
    scenario: &'s Scenario,
    mut watch: impl FnMut(&Simulation<'_>, u64, Option<usize>, u64) -> ControlFlow<()>,
) -> Result<Simulation<'s>, SimulationError> {
    let mut simulation = Simulation::new(scenario, Watch::Routes);
    for event in 0.. {
        let Progress::Event { step, times } = simulation.step_up_to(u64::MAX)? else { break };
        if watch(&simulation, event, step, times).is_break() {
            break;
        }
    }
    Ok(simulation)
}

/// The handler that was at work in the last event.
fn handler(simulation: &Simulation<'_>, step: Option<usize>) -> Place {
    if let Some(step) = step {
        return match simulation.action(step) {
            Action::Connect(_) => Place::OnConnect,
            Action::Disconnect { .. } => Place::OnDisconnect,
            Action::Kill { .. } => Place::OnExit,
            Action::Shutdown { .. } => Place::OnShutdown,
            Action::Detach { .. } => Place::OnDetach,
            _ => Place::OnSend,
        };
    }
    match simulation.happened().records.first() {
        Some(Record::Message { message, .. }) => match message.handle {
            Handle::ADD_ROUTE => Place::OnAddRoute,
            Handle::DEL_ROUTE if is_down(simulation) => Place::OnDelRouteFromAbove,
            Handle::DEL_ROUTE => Place::OnDelRoute,
            Handle::SHUTDOWN => Place::OnShutdown,
            Handle::DETACHING => Place::OnDetach,
            _ => Place::OnForward,
        },
        Some(Record::Eof { .. } | Record::Timeout { .. }) => Place::OnDisconnect,
        _ => Place::OnShutdown,
    }
}

fn is_down(simulation: &Simulation<'_>) -> bool {
    simulation.happened().lane.is_some_and(|lane| lane.direction() == Direction::Down)
}

/// The first error that the last event logged.
fn error(simulation: &Simulation<'_>) -> Option<Place> {
    simulation.happened().records.iter().find_map(|record| match record {
        Record::Error { error, .. } => Some(place_of(*error)),
        _ => None,
    })
}

fn place_of(error: LoggedError) -> Place {
    match error {
        LoggedError::DuplicateRoute => Place::OnDuplicateRoute,
        LoggedError::UnexpectedDelRoute => Place::OnUnexpectedDelRoute,
        LoggedError::BadAuthId => Place::OnBadAuthId,
        LoggedError::BadSrcId => Place::OnBadSrcId,
        LoggedError::HandlerCrash | LoggedError::Crash => Place::OnHandlerCrash,
        LoggedError::FrameTooLarge => Place::OnFrameTooLarge,
    }
}

/// Whether a link is cut, and holds anything, in a direction.
fn holds(simulation: &Simulation<'_>, child: Incarnation, directions: &[Direction]) -> bool {
    let link = simulation.topology().link(child);
    directions.iter().any(|direction| link.is_partitioned(*direction) && link.lane(*direction) != Lane::EMPTY)
}

/// What was found, of several: first what no cut link explains, then what was done first.
fn earliest<T>(found: impl Iterator<Item = (Deed, T)>) -> (Deed, T) {
    let key = |(deed, _): &(Deed, T)| (deed.place == Place::AtCutLink, deed.event);
    found.min_by_key(key).expect("who asks for a cause has one failure at least")
}

fn sentence(what: &str, deed: Deed) -> String {
    let by = deed.place.in_words();
    match deed.place {
        Place::Untold | Place::AtCutLink => format!("{what}, {by}"),
        _ => format!("{what}, {by} at {}", deed.at),
    }
}

// Routes.

/// What was done to the entries that differ.
struct Deeds {
    kind: DifferenceKind,
    /// By context and destination.
    of_entries: BTreeMap<(ContextId, ContextId), Option<Deed>>,
    /// The last time that somebody refused the news of a destination.
    refused: BTreeMap<ContextId, Deed>,
}

impl Deeds {
    fn observe(&mut self, simulation: &Simulation<'_>, event: u64, step: Option<usize>) {
        let happened = simulation.happened();
        let deed = |place| Deed { event, at: simulation.clock(), place };
        for (context, change) in &happened.route_changes {
            let is_removal = change.after.is_none();
            if is_removal != (self.kind == DifferenceKind::Missing) {
                continue;
            }
            if let Some(last) = self.of_entries.get_mut(&(simulation.id(*context), change.target)) {
                *last = Some(deed(handler(simulation, step)));
            }
        }
        if let Some(Record::Message { message: Message { payload: Payload::AddRoute { target, .. }, .. }, .. }) =
            happened.records.first()
            && let Some(place) = error(simulation)
        {
            self.refused.insert(*target, deed(place));
        }
    }

    /// What left an entry as it is.
    fn of(&self, difference: &Difference, simulation: &Simulation<'_>) -> Deed {
        let own = self.of_entries[&(difference.context, difference.destination)];
        let born = if self.kind == DifferenceKind::Missing { Place::Untold } else { Place::OnConnect };
        let refused =
            self.refused.get(&difference.destination).copied().filter(|_| self.kind == DifferenceKind::Missing);
        let deed = own.max(refused).unwrap_or(Deed { event: 0, at: Time::ZERO, place: born });
        let place = if self.is_cut(difference, simulation) { Place::AtCutLink } else { deed.place };
        Deed { place, ..deed }
    }

    /// Whether a link on the way from the destination to the context holds the news of it.
    fn is_cut(&self, difference: &Difference, simulation: &Simulation<'_>) -> bool {
        let Some(destination) = simulation.last_incarnation(difference.destination) else { return false };
        let topology = simulation.topology();
        let mut way = topology
            .lineage(destination)
            .take_while(|context| *context != Incarnation::MASTER && topology.id(*context) != difference.context);
        way.any(|context| holds(simulation, context, &[Direction::Up]))
    }
}

fn difference(scenario: &Scenario, outcome: &Outcome, kind: DifferenceKind) -> Result<Cause, SimulationError> {
    let differences = || outcome.differences.iter().filter(|difference| difference.kind == kind);
    let places = differences().map(|difference| ((difference.context, difference.destination), None));
    let mut deeds = Deeds { kind, of_entries: places.collect(), refused: BTreeMap::new() };
    let simulation = replay(scenario, |simulation, event, step, _| {
        deeds.observe(simulation, event, step);
        ControlFlow::Continue(())
    })?;
    let (deed, difference) = earliest(differences().map(|d| (deeds.of(d, &simulation), d)));
    let Difference { context, destination, .. } = difference;
    let through = difference.via.map(|via| format!(" through {via}")).unwrap_or_default();
    let what = match kind {
        DifferenceKind::Missing => format!("context {context} has no route to {destination}"),
        _ => format!("context {context} has a {kind} route to {destination}{through}"),
    };
    Ok(Cause { place: deed.place, sentence: sentence(&what, deed) })
}

// Calls.

/// A call that hangs, and the last that was seen of it.
struct Watched {
    number: u64,
    caller: Incarnation,
    from: ContextId,
    to: ContextId,
    data: Data,
    handle: Handle,
    is_answered: bool,
    /// Where its request, or its reply, arrived last.
    seen_in: Incarnation,
    last: Deed,
}

impl Watched {
    fn observe(&mut self, simulation: &Simulation<'_>, event: u64) {
        let happened = simulation.happened();
        let (Some(Record::Message { message, .. }), Some(lane)) = (happened.records.first(), happened.lane) else {
            return;
        };
        let is_request = message.handle == ANSWER_HANDLE && message.src == self.from && message.reply_to == self.handle;
        let is_reply = message.handle == self.handle && message.dst == self.from;
        if !is_request && !is_reply {
            return;
        }
        self.is_answered |= is_reply;
        self.seen_in = match lane.direction() {
            Direction::Down => lane.child(),
            Direction::Up => simulation.topology().parent_of(lane.child()),
        };
        self.is_answered |= simulation.id(self.seen_in) == self.to;
        let came_home = is_reply && self.seen_in == self.caller;
        let lost = if self.is_answered { Place::ReplyVanished } else { Place::RequestVanished };
        let place = error(simulation).unwrap_or(if came_home { Place::OnReply } else { lost });
        self.last = Deed { event, at: simulation.clock(), place };
    }

    /// The last that was seen of it, or that a link there holds it.
    fn end(&self, simulation: &Simulation<'_>) -> Deed {
        let topology = simulation.topology();
        let is_near = |child: &Incarnation| *child == self.seen_in || topology.parent(*child) == Some(self.seen_in);
        let mut near = topology.contexts().skip(1).filter(is_near);
        let is_lost = matches!(self.last.place, Place::ReplyVanished | Place::RequestVanished);
        let len = if self.is_answered { self.data.reply_len } else { self.data.len };
        let place = match self.last.place {
            _ if is_lost && u64::from(len) > MAX_MESSAGE_SIZE => Place::OnOversize,
            _ if is_lost && near.any(|child| holds(simulation, child, &Direction::BOTH)) => Place::AtCutLink,
            place => place,
        };
        Deed { place, ..self.last }
    }
}

/// The calls that hang, as they are made.
struct Calls {
    numbers: BTreeSet<u64>,
    made: u64,
    /// How many handles each context has given out.
    handles: BTreeMap<Incarnation, u32>,
    watched: Vec<Watched>,
}

impl Calls {
    fn observe(&mut self, simulation: &Simulation<'_>, event: u64, step: Option<usize>) {
        self.watched.iter_mut().for_each(|call| call.observe(simulation, event));
        let is_done = !matches!(simulation.happened().records.first(), Some(Record::Skipped { .. }));
        match step.map(|step| simulation.action(step)) {
            Some(Action::Call { from, to, data }) if simulation.calls_made() > self.made => {
                self.made = simulation.calls_made();
                let Some(caller) = simulation.last_incarnation(from) else { return };
                let handle = self.next_handle(caller);
                if self.numbers.contains(&self.made) {
                    let last = Deed { event, at: simulation.clock(), place: Place::RequestVanished };
                    let (number, is_answered, seen_in) = (self.made, false, caller);
                    self.watched.push(Watched { number, caller, from, to, data, handle, is_answered, seen_in, last });
                }
            }
            Some(Action::Detach { id }) if is_done => {
                simulation.last_incarnation(id).map(|context| self.next_handle(context));
            }
            _ => {}
        }
    }

    fn next_handle(&mut self, context: Incarnation) -> Handle {
        let given = self.handles.entry(context).or_default();
        *given += 1;
        Handle(Handle::FIRST_DYNAMIC.0 + *given - 1)
    }
}

fn hung(scenario: &Scenario, outcome: &Outcome) -> Result<Cause, SimulationError> {
    let numbers = outcome.hung_calls.iter().map(|call| call.call).collect();
    let mut calls = Calls { numbers, made: 0, handles: BTreeMap::new(), watched: Vec::new() };
    let simulation = replay(scenario, |simulation, event, step, _| {
        calls.observe(simulation, event, step);
        ControlFlow::Continue(())
    })?;
    let (deed, call) = earliest(calls.watched.iter().map(|call| (call.end(&simulation), call)));
    let what = format!("call {} of {} to {} never ends", call.number, call.from, call.to);
    Ok(Cause { place: deed.place, sentence: sentence(&what, deed) })
}

// Crashes and warnings.

/// The handler that was at work when an event first was like this.
fn first(
    scenario: &Scenario,
    mut is_it: impl FnMut(&Simulation<'_>, u64) -> bool,
) -> Result<(Place, String), SimulationError> {
    let mut found = (Place::Untold, String::new());
    replay(scenario, |simulation, _, step, times| {
        if is_it(simulation, times) {
            let ctx = simulation.happened().records.iter().find_map(|record| match record {
                Record::Error { ctx, .. } => Some(*ctx),
                _ => None,
            });
            let ctx = ctx.map(|ctx| format!("context {ctx}")).unwrap_or_default();
            found = (handler(simulation, step), format!("{ctx} at {}", simulation.clock()));
            return ControlFlow::Break(());
        }
        ControlFlow::Continue(())
    })?;
    Ok(found)
}

fn crash(scenario: &Scenario) -> Result<Cause, SimulationError> {
    let is_crash = |record: &Record| matches!(record, Record::Error { error: LoggedError::Crash, .. });
    let (place, whom) = first(scenario, |simulation, _| simulation.happened().records.iter().any(is_crash))?;
    Ok(Cause { place, sentence: format!("{whom} is lost by an exception, {}", place.in_words()) })
}

fn denied(scenario: &Scenario, outcome: &Outcome, warning: WarningKind) -> Result<Cause, SimulationError> {
    let place = match warning {
        WarningKind::DuplicateSignal => {
            let is_it = |record: &Record| matches!(record, Record::Signal { again: true, .. });
            first(scenario, |simulation, _| simulation.happened().records.iter().any(is_it))?.0
        }
        WarningKind::DuplicateDel => {
            let mut crossed = BTreeSet::new();
            let handler = first(scenario, |simulation, times| is_del_again(simulation, times, &mut crossed))?.0;
            if handler == Place::OnDelRouteFromAbove { Place::OnPropagateDown } else { Place::OnPropagateUp }
        }
        WarningKind::LoggedError => {
            let mut place = Place::Untold;
            first(scenario, |simulation, _| {
                place = error(simulation).unwrap_or(place);
                place != Place::Untold
            })?;
            place
        }
    };
    let example = &outcome.warnings[&warning].example;
    Ok(Cause { place, sentence: format!("{example}, {}", place.in_words()) })
}

/// Whether a DEL_ROUTE has crossed a link again; `crossed` is what has crossed before.
fn is_del_again(simulation: &Simulation<'_>, times: u64, crossed: &mut BTreeSet<(u32, Option<Incarnation>)>) -> bool {
    let happened = simulation.happened();
    match (happened.records.first(), happened.lane) {
        (Some(Record::Message { message: Message { payload: Payload::DelRoute { target }, .. }, .. }), Some(lane)) => {
            !crossed.insert((lane.raw(), simulation.last_incarnation(*target))) || times > 1
        }
        _ => false,
    }
}

// Cost.

/// Who multiplies what there is most of.
fn multiplier(messages: &Messages) -> (Place, &'static str) {
    let Messages { add_route, del_route, .. } = *messages;
    let application = messages.total() - add_route - del_route;
    match add_route.max(del_route).max(application) {
        most if most == application => (Place::OnForward, "messages of the application"),
        most if most == del_route => (Place::OnPropagateDown, "DEL_ROUTE"),
        _ => (Place::OnPropagateUp, "ADD_ROUTE"),
    }
}

fn storm(scenario: &Scenario, outcome: &Outcome) -> Cause {
    let (place, what) = multiplier(&outcome.messages);
    let most = scenario.max_events;
    let sentence = format!("the run has not ended after {most} events, most of them {what}, {}", place.in_words());
    Cause { place, sentence }
}

fn budget(scenario: &Scenario, outcome: &Outcome, rules: &Rules) -> Cause {
    let step = over_budget(scenario, outcome, rules.budget).expect("a step is over its budget");
    let routing =
        Messages { add_route: step.messages.add_route, del_route: step.messages.del_route, ..Messages::default() };
    let (place, what) = multiplier(&routing);
    let (count, at) = (routing.total(), step.at);
    Cause {
        place,
        sentence: format!("the step at {at} costs {count} route messages, most of them {what}, {}", place.in_words()),
    }
}
