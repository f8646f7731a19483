//! Why a run failed: it is run once more, and watched. Only who failed pays for that.
//!
//! - A *stale* or *wrong* route: the handler that last set it.
//! - A *missing* one: the handler that last removed it, or refused the news of it; or nobody told.
//! - A *hung* call: where its request or its reply was last seen, and what happened to it there.
//! - A *storm*, or a step over its budget: the kind of message that there was most of, and who multiplies it.
//! - A *warning*, or a crash: the handler that was at work.
//!
//! What a link that is still cut at the end explains counts only where nothing else failed.

use super::class::Kind;
use super::rules::{Rules, over_budget};
use crate::convergence::Difference;
use crate::link::{Direction, Incarnation, Lane};
use crate::metrics::Messages;
use crate::process::{ContextId, Data, Handle, LoggedError, MessageKind, News, Place, places};
use crate::run::{self, Outcome, Progress, Stepper};
use crate::scenario::expectation::{DifferenceKind, WarningKind};
use crate::scenario::{Action, Scenario};
use crate::time::Time;
use crate::trace::Record;
use crate::world::{SimulationError, Watch, What, World};
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

/// Runs a scenario, and shows each event to `watch`: the world after it, its number, and how many equal ones it was.
fn replay(
    scenario: &Scenario,
    mut watch: impl FnMut(&World<'_>, u64, u64) -> ControlFlow<()>,
) -> Result<Box<dyn Stepper + '_>, SimulationError> {
    let mut run = run::open(scenario, Watch::Routes);
    for event in 0.. {
        let Progress::Event { times } = run.step_up_to(u64::MAX)? else { break };
        if watch(run.view().world, event, times).is_break() {
            break;
        }
    }
    Ok(run)
}

/// The handler that was at work in the last event.
fn handler(world: &World<'_>) -> Place {
    let happened = world.happened();
    match happened.what {
        Some(What::Step(place)) => match world.action(place) {
            Action::Connect(_) => places::ON_CONNECT,
            Action::Disconnect { .. } => places::ON_DISCONNECT,
            Action::Kill { .. } => places::ON_EXIT,
            Action::Shutdown { .. } => places::ON_ENDING,
            Action::Detach { .. } => places::ON_DETACH,
            Action::Partition { .. } | Action::Heal { .. } | Action::Slow { .. } => places::ON_SEND,
            Action::Send { .. } | Action::Call { .. } => places::ON_SEND,
        },
        Some(What::Arrival(lane)) => match happened.message() {
            Some(message) => {
                let is_down = lane.direction() == Direction::Down;
                let general = match message.kind() {
                    MessageKind::Announce | MessageKind::Retract | MessageKind::Other => places::ON_MESSAGE,
                    _ => places::ON_FORWARD,
                };
                world.family().place_of(message, is_down).unwrap_or(general)
            }
            None => places::ON_DISCONNECT,
        },
        Some(What::Timeout(_)) => places::ON_DISCONNECT,
        Some(What::Timer(_)) => world.family().place_of_timer().unwrap_or(places::ON_TIMER),
        None => places::UNTOLD,
    }
}

/// Where the first error belongs that the last event logged.
fn error(world: &World<'_>) -> Option<Place> {
    world.happened().error().map(LoggedError::place)
}

/// Whether a link is cut, and holds anything, in a direction.
fn holds(world: &World<'_>, child: Incarnation, directions: &[Direction]) -> bool {
    let link = world.topology().link(child);
    directions.iter().any(|direction| link.is_partitioned(*direction) && link.lane(*direction) != Lane::EMPTY)
}

/// What was found, of several: first what no cut link explains, then what was done first.
fn earliest<T>(found: impl Iterator<Item = (Deed, T)>) -> (Deed, T) {
    let key = |(deed, _): &(Deed, T)| (deed.place == places::AT_CUT_LINK, deed.event);
    found.min_by_key(key).expect("who asks for a cause has one failure at least")
}

fn sentence(what: &str, deed: Deed) -> String {
    let by = deed.place.in_words();
    let is_timeless = [places::UNTOLD, places::AT_CUT_LINK].contains(&deed.place);
    if is_timeless { format!("{what}, {by}") } else { format!("{what}, {by} at {}", deed.at) }
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
    fn observe(&mut self, world: &World<'_>, event: u64) {
        let happened = world.happened();
        let deed = |place| Deed { event, at: world.clock(), place };
        for (context, change) in &happened.route_changes {
            let is_removal = change.after.is_none();
            if is_removal != (self.kind == DifferenceKind::Missing) {
                continue;
            }
            if let Some(last) = self.of_entries.get_mut(&(world.id(*context), change.target)) {
                *last = Some(deed(handler(world)));
            }
        }
        if let Some(News::Announce(target)) = happened.message().and_then(|message| world.family().news(message))
            && let Some(place) = error(world)
        {
            self.refused.insert(target, deed(place));
        }
    }

    /// What left an entry as it is.
    fn of(&self, difference: &Difference, world: &World<'_>) -> Deed {
        let own = self.of_entries[&(difference.context, difference.destination)];
        let born = if self.kind == DifferenceKind::Missing { places::UNTOLD } else { places::ON_CONNECT };
        let refused =
            self.refused.get(&difference.destination).copied().filter(|_| self.kind == DifferenceKind::Missing);
        let deed = own.max(refused).unwrap_or(Deed { event: 0, at: Time::ZERO, place: born });
        let place = if self.is_cut(difference, world) { places::AT_CUT_LINK } else { deed.place };
        Deed { place, ..deed }
    }

    /// Whether a link on the way from the destination to the context holds the news of it.
    fn is_cut(&self, difference: &Difference, world: &World<'_>) -> bool {
        let Some(destination) = world.last_incarnation(difference.destination) else { return false };
        let topology = world.topology();
        let mut way = topology
            .lineage(destination)
            .take_while(|context| *context != Incarnation::MASTER && topology.id(*context) != difference.context);
        way.any(|context| holds(world, context, &[Direction::Up]))
    }
}

fn difference(scenario: &Scenario, outcome: &Outcome, kind: DifferenceKind) -> Result<Cause, SimulationError> {
    let differences = || outcome.differences.iter().filter(|difference| difference.kind == kind);
    let places = differences().map(|difference| ((difference.context, difference.destination), None));
    let mut deeds = Deeds { kind, of_entries: places.collect(), refused: BTreeMap::new() };
    let run = replay(scenario, |world, event, _| {
        deeds.observe(world, event);
        ControlFlow::Continue(())
    })?;
    let (deed, difference) = earliest(differences().map(|d| (deeds.of(d, run.view().world), d)));
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
    fn observe(&mut self, world: &World<'_>, event: u64) {
        let Some(message) = world.happened().message() else { return };
        let is_request =
            message.handle == Handle::ANSWER && message.src == self.from && message.reply_to == self.handle;
        let is_reply = message.handle == self.handle && message.dst == self.from;
        if !is_request && !is_reply {
            return;
        }
        self.seen_in = world.happened().context;
        self.is_answered |= is_reply || world.id(self.seen_in) == self.to;
        let came_home = is_reply && self.seen_in == self.caller;
        let lost = if self.is_answered { places::REPLY_VANISHED } else { places::REQUEST_VANISHED };
        let place = error(world).unwrap_or(if came_home { places::ON_REPLY } else { lost });
        self.last = Deed { event, at: world.clock(), place };
    }

    /// The last that was seen of it, or that a link there holds it.
    fn end(&self, world: &World<'_>) -> Deed {
        let topology = world.topology();
        let is_near = |child: &Incarnation| *child == self.seen_in || topology.parent(*child) == Some(self.seen_in);
        let mut near = topology.contexts().skip(1).filter(is_near);
        let is_lost = [places::REPLY_VANISHED, places::REQUEST_VANISHED].contains(&self.last.place);
        let is_too_long = world.family().is_too_long(self.data, self.is_answered);
        let place = match self.last.place {
            _ if is_lost && is_too_long => places::ON_OVERSIZE,
            _ if is_lost && near.any(|child| holds(world, child, &Direction::BOTH)) => places::AT_CUT_LINK,
            place => place,
        };
        Deed { place, ..self.last }
    }
}

/// The calls that hang, as they are made.
struct Calls {
    numbers: BTreeSet<u64>,
    watched: Vec<Watched>,
}

impl Calls {
    fn observe(&mut self, world: &World<'_>, event: u64) {
        self.watched.iter_mut().for_each(|call| call.observe(world, event));
        let happened = world.happened();
        let (Some(step), Some(made)) = (happened.step(), happened.call) else { return };
        if let Action::Call { from, to, data } = world.action(step)
            && self.numbers.contains(&made.call)
        {
            let last = Deed { event, at: world.clock(), place: places::REQUEST_VANISHED };
            let (caller, handle) = (happened.context, made.handle);
            let (number, is_answered, seen_in) = (made.call, false, caller);
            self.watched.push(Watched { number, caller, from, to, data, handle, is_answered, seen_in, last });
        }
    }
}

fn hung(scenario: &Scenario, outcome: &Outcome) -> Result<Cause, SimulationError> {
    let numbers = outcome.hung_calls.iter().map(|call| call.call).collect();
    let mut calls = Calls { numbers, watched: Vec::new() };
    let run = replay(scenario, |world, event, _| {
        calls.observe(world, event);
        ControlFlow::Continue(())
    })?;
    let (deed, call) = earliest(calls.watched.iter().map(|call| (call.end(run.view().world), call)));
    let what = format!("call {} of {} to {} never ends", call.number, call.from, call.to);
    Ok(Cause { place: deed.place, sentence: sentence(&what, deed) })
}

// Crashes and warnings.

/// The handler that was at work when an event first was like this.
fn first(
    scenario: &Scenario,
    mut is_it: impl FnMut(&World<'_>, u64) -> bool,
) -> Result<(Place, String), SimulationError> {
    let mut found = (places::UNTOLD, String::new());
    replay(scenario, |world, _, times| {
        if is_it(world, times) {
            let ctx = world.happened().records.iter().find_map(|record| match record {
                Record::Error { ctx, .. } => Some(*ctx),
                _ => None,
            });
            let ctx = ctx.map(|ctx| format!("context {ctx}")).unwrap_or_default();
            found = (handler(world), format!("{ctx} at {}", world.clock()));
            return ControlFlow::Break(());
        }
        ControlFlow::Continue(())
    })?;
    Ok(found)
}

fn crash(scenario: &Scenario) -> Result<Cause, SimulationError> {
    let is_crash = |record: &Record| matches!(record, Record::Error { error, .. } if error.is_crash());
    let (place, whom) = first(scenario, |world, _| world.happened().records.iter().any(is_crash))?;
    Ok(Cause { place, sentence: format!("{whom} is lost by an exception, {}", place.in_words()) })
}

fn denied(scenario: &Scenario, outcome: &Outcome, warning: WarningKind) -> Result<Cause, SimulationError> {
    let place = match warning {
        WarningKind::DuplicateSignal => {
            let is_it = |record: &Record| matches!(record, Record::Signal { again: true, .. });
            first(scenario, |world, _| world.happened().records.iter().any(is_it))?.0
        }
        WarningKind::DuplicateDel => {
            let mut crossed = BTreeSet::new();
            let mut is_down = false;
            first(scenario, |world, times| {
                is_down = world.happened().lane().is_some_and(|lane| lane.direction() == Direction::Down);
                is_del_again(world, times, &mut crossed)
            })?;
            if is_down { places::ON_PROPAGATE_DOWN } else { places::ON_PROPAGATE_UP }
        }
        WarningKind::LoggedError => {
            let mut place = places::UNTOLD;
            first(scenario, |world, _| {
                place = error(world).unwrap_or(place);
                place != places::UNTOLD
            })?;
            place
        }
    };
    let example = &outcome.warnings[&warning].example;
    Ok(Cause { place, sentence: format!("{example}, {}", place.in_words()) })
}

/// Whether a DEL_ROUTE has crossed a link again; `crossed` is what has crossed before.
fn is_del_again(world: &World<'_>, times: u64, crossed: &mut BTreeSet<(u32, Option<Incarnation>)>) -> bool {
    let happened = world.happened();
    match (happened.message().and_then(|message| world.family().news(message)), happened.lane()) {
        (Some(News::Retract(target)), Some(lane)) => {
            !crossed.insert((lane.raw(), world.last_incarnation(target))) || times > 1
        }
        _ => false,
    }
}

// Cost.

/// Who multiplies what there is most of.
fn multiplier(scenario: &Scenario, messages: &Messages) -> (Place, &'static str) {
    let Messages { announce, retract, .. } = *messages;
    let rest = messages.total() - announce - retract;
    let family = scenario.monitor.family();
    match announce.max(retract).max(rest) {
        most if most == rest => (places::ON_FORWARD, "messages of the application"),
        most if most == retract => (places::ON_PROPAGATE_DOWN, family.retraction()),
        _ => (places::ON_PROPAGATE_UP, family.announcement()),
    }
}

fn storm(scenario: &Scenario, outcome: &Outcome) -> Cause {
    let (place, what) = multiplier(scenario, &outcome.messages);
    let most = scenario.max_events;
    let sentence = format!("the run has not ended after {most} events, most of them {what}, {}", place.in_words());
    Cause { place, sentence }
}

fn budget(scenario: &Scenario, outcome: &Outcome, rules: &Rules) -> Cause {
    let step = over_budget(scenario, outcome, rules.budget).expect("a step is over its budget");
    let Messages { announce, retract, .. } = step.messages;
    let routing = Messages { announce, retract, ..Messages::default() };
    let (place, what) = multiplier(scenario, &routing);
    let (count, at) = (routing.total(), step.at);
    Cause {
        place,
        sentence: format!("the step at {at} costs {count} route messages, most of them {what}, {}", place.in_words()),
    }
}
