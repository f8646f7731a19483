//! What a recording keeps of a run: its events, who lived, what was on the wires, and what changed.

use super::descent::Descent;
use crate::convergence::Turn;
use crate::link::{Direction, Incarnation, Item, LaneId};
use crate::process::{ContextId, Family, Message, Name, News, Place, TimerId};
use crate::run::Outcome;
use crate::scenario::{Action, LinkId, Scenario};
use crate::time::Time;
use crate::trace::Record;
use crate::world::{Change, Made, Work, handler};
use rustc_hash::FxHashMap;
use std::ops::Range;

/// A recording keeps at most this many events, and 16 times as many changes and items on wires: about 500 MB. A longer
/// run is cut there.
pub const MOMENTS_MAX: usize = 1 << 20;

/// The number of a moment: its place in [`Recording::moments`].
pub type MomentId = usize;

/// The number of a flight: its place in [`Recording::flights`].
pub type FlightId = usize;

/// A run, event by event.
#[derive(Clone, Debug)]
pub struct Recording<'s> {
    /// The scenario that was run.
    pub scenario: &'s Scenario,
    /// The outcome of the whole run, even if not all of it is kept.
    pub outcome: Outcome,
    /// The events, in order. Equal ones in a row may be one moment.
    pub moments: Vec<Moment>,
    /// All contexts that ever lived, by the number of their incarnation. The first is the master.
    pub lives: Vec<Life>,
    /// Everything that was ever put on a wire, or would have been if its end were open, in that order.
    pub flights: Vec<Flight>,
    /// Whether the run went on after the last moment: it was too long to keep, or only wanted up to a time.
    pub is_cut: bool,
    pub(super) records: Vec<Record>,
    pub(super) routes: Vec<RouteTurn>,
    pub(super) turns: Vec<Turn>,
    pub(super) changes: Vec<Change>,
    pub(super) calls: Vec<(MomentId, Made)>,
    /// The lives of each id, oldest first.
    pub(super) lives_of: FxHashMap<ContextId, Vec<Incarnation>>,
    pub(super) descent: Descent,
}

/// An event, or several in a row that did the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moment {
    /// When it happened.
    pub at: Time,
    /// What the event was.
    pub cause: Cause,
    /// Where it happened: the receiver; for a step, the context that it is about; the master if that never lived.
    pub context: Incarnation,
    /// How many events it was.
    pub times: u64,
    /// How many events there were up to and including this one. This is its number for people, who count from 1.
    pub events: u64,
    /// How many entries of route tables were wrong after it; `None` if there were too many to follow.
    pub wrong: Option<u64>,
    /// How many messages and ends of streams were on all wires after it, including held ones.
    pub on_wire: u64,
    pub(super) ends: Ends,
}

/// Where a moment's parts end in the lists of the recording. They start where those of the moment before end.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Ends {
    pub(super) records: u32,
    pub(super) routes: u32,
    pub(super) turns: u32,
    pub(super) changes: u32,
    pub(super) flights: u32,
}

/// What an event was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cause {
    /// A step of the scenario, by its place in [`Scenario::step`].
    Step(usize),
    /// An arrival.
    Arrival(FlightId),
    /// An end of a link gave up.
    Timeout,
    /// A timer of a context was due.
    Timer(TimerId),
}

/// One life of an id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Life {
    /// Its id.
    pub id: ContextId,
    /// The parent that it was connected by; `None` for the master.
    pub parent: Option<Incarnation>,
    /// How far below the master it is.
    pub depth: u32,
    /// How many lives of its id there were before it.
    pub earlier: u32,
    /// The name of its stream; `None` if that is empty.
    pub name: Option<Name>,
    /// The options of the link to its parent; `None` for the master.
    pub link: Option<LinkId>,
    /// When it was born; `None` for the master, which always exists.
    pub born: Option<MomentId>,
    /// When it died, if it did.
    pub died: Option<MomentId>,
}

/// A message, or the end of a stream, on its way over one link. Copies right behind each other are one flight.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Flight {
    /// The link and the direction.
    pub lane: LaneId,
    /// The item.
    pub item: Item,
    /// How many copies.
    pub copies: u64,
    /// The moment in which it was sent.
    pub sent: MomentId,
    /// What became of it; of several copies, the last one.
    pub end: FlightEnd,
}

/// What became of an item on a wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FlightEnd {
    /// It is still on the wire.
    OnWire,
    /// It arrived.
    Arrived(MomentId),
    /// It arrived at a closed end or a dead context.
    Vanished(MomentId),
    /// It was never put on the wire: the end that should have sent it was already closed.
    Dropped,
}

impl FlightEnd {
    /// When it came off the wire, if it did.
    pub fn moment(self) -> Option<MomentId> {
        match self {
            FlightEnd::Arrived(moment) | FlightEnd::Vanished(moment) => Some(moment),
            FlightEnd::OnWire | FlightEnd::Dropped => None,
        }
    }
}

/// A change in a route table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct RouteTurn {
    /// The context whose table it is.
    pub context: Incarnation,
    /// The destination.
    pub target: ContextId,
    /// The neighbour that it was reached through; `None` if there was no entry.
    pub before: Option<Incarnation>,
    /// The neighbour that it is reached through now; `None` if the entry is gone.
    pub after: Option<Incarnation>,
}

/// The two ends of a lane.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hop {
    /// The context that sends on it.
    pub from: Incarnation,
    /// The context that receives.
    pub to: Incarnation,
}

impl Hop {
    pub(super) fn of(lane: LaneId, lives: &[Life]) -> Self {
        let child = lane.child();
        let parent = lives[child.index()].parent.expect("a link has a parent");
        match lane.direction() {
            Direction::Down => Hop { from: parent, to: child },
            Direction::Up => Hop { from: child, to: parent },
        }
    }
}

impl Recording<'_> {
    /// The trace records that a moment left.
    pub fn records(&self, moment: MomentId) -> &[Record] {
        &self.records[self.range(moment, |ends| ends.records)]
    }

    /// The changes in route tables in a moment.
    pub fn routes(&self, moment: MomentId) -> &[RouteTurn] {
        &self.routes[self.range(moment, |ends| ends.routes)]
    }

    /// The entries that came to differ from the truth in a moment, or ceased to.
    pub fn turns(&self, moment: MomentId) -> &[Turn] {
        &self.turns[self.range(moment, |ends| ends.turns)]
    }

    /// The changes of processes and links in a moment.
    pub fn changes(&self, moment: MomentId) -> &[Change] {
        &self.changes[self.range(moment, |ends| ends.changes)]
    }

    /// The changes of processes and links up to and including a moment.
    pub(super) fn changes_until(&self, moment: Option<MomentId>) -> &[Change] {
        &self.changes[..moment.map_or(0, |moment| self.moments[moment].ends.changes as usize)]
    }

    /// The message that arrived at a live context in a moment, if one did.
    pub fn message(&self, moment: MomentId) -> Option<&Message> {
        match self.records(moment).first() {
            Some(Record::Message { message, .. }) => Some(message),
            _ => None,
        }
    }

    /// The flights that began in a moment.
    pub fn sent(&self, moment: MomentId) -> Range<FlightId> {
        self.range(moment, |ends| ends.flights)
    }

    fn range(&self, moment: MomentId, end: fn(&Ends) -> u32) -> Range<usize> {
        let start = moment.checked_sub(1).map_or(0, |before| end(&self.moments[before].ends));
        start as usize..end(&self.moments[moment].ends) as usize
    }

    /// The last moment that is not after `time`; `None` if there is none yet.
    pub fn moment_at(&self, time: Time) -> Option<MomentId> {
        self.moments.partition_point(|moment| moment.at <= time).checked_sub(1)
    }

    /// The last moment that is not after `time`, or the last of all if no time is given; `None` if there is none yet.
    pub fn last_until(&self, time: Option<Time>) -> Option<MomentId> {
        time.map_or(self.moments.len().checked_sub(1), |time| self.moment_at(time))
    }

    /// How many events there were up to and including `moment`; 0 before the first.
    pub fn events(&self, moment: Option<MomentId>) -> u64 {
        moment.map_or(0, |moment| self.moments[moment].events)
    }

    /// The two ends of a lane.
    pub fn hop(&self, lane: LaneId) -> Hop {
        Hop::of(lane, &self.lives)
    }

    /// When a moment was.
    pub fn time_of(&self, moment: MomentId) -> Time {
        self.moments[moment].at
    }

    /// A life.
    pub fn life(&self, context: Incarnation) -> &Life {
        &self.lives[context.index()]
    }

    /// All lives of an id, oldest first.
    pub fn lives_of(&self, id: ContextId) -> &[Incarnation] {
        self.lives_of.get(&id).map_or(&[], Vec::as_slice)
    }

    /// The lives of an id that had begun by the end of a moment, oldest first.
    pub fn lives_until(&self, id: ContextId, moment: Option<MomentId>) -> &[Incarnation] {
        let lives = self.lives_of(id);
        &lives[..lives.partition_point(|context| self.is_born(*context, moment))]
    }

    /// Whether a life had begun by the end of a moment.
    pub fn is_born(&self, context: Incarnation, moment: Option<MomentId>) -> bool {
        self.life(context).born.is_none_or(|born| moment.is_some_and(|moment| born <= moment))
    }

    /// The name of a context: that of its stream (`ctx.ID` if the scenario gives it none), or `master`.
    pub fn name(&self, context: Incarnation) -> String {
        let life = self.life(context);
        match life.name {
            Some(name) => self.scenario.catalog.names.original(name, life.id).into_owned(),
            None if context == Incarnation::MASTER => "master".to_owned(),
            None => String::new(),
        }
    }

    /// The step that a moment was, if it was one.
    pub fn action(&self, moment: MomentId) -> Option<Action> {
        self.step(moment).map(|place| self.scenario.step(place).expect("it was taken").action)
    }

    /// The place of the step that a moment was, if it was one.
    pub fn step(&self, moment: MomentId) -> Option<usize> {
        match self.moments[moment].cause {
            Cause::Step(place) => Some(place),
            _ => None,
        }
    }

    /// The handler of the protocol that was at work in a moment.
    pub fn handler(&self, moment: MomentId) -> Place {
        let work = match self.moments[moment].cause {
            Cause::Step(place) => Work::Step(self.scenario.step(place).expect("it was taken").action),
            Cause::Arrival(flight) => {
                let is_down = self.flights[flight].lane.direction() == Direction::Down;
                Work::Arrival { message: self.message(moment), is_down }
            }
            Cause::Timeout => Work::Timeout,
            Cause::Timer(_) => Work::Timer,
        };
        handler(self.family(), work)
    }

    /// Whether a moment was a step that was skipped.
    pub fn is_skipped(&self, moment: MomentId) -> bool {
        self.records(moment).iter().any(|record| matches!(record, Record::Skipped { .. }))
    }

    /// The calls that were made, in the order of their numbers: the moment of each, and what it waits on.
    pub fn calls(&self) -> &[(MomentId, Made)] {
        &self.calls
    }

    /// The family of the protocol that was run.
    pub fn family(&self) -> &'static dyn Family {
        self.scenario.monitor.family()
    }

    /// What a message says about a route.
    pub fn news(&self, message: &Message) -> Option<News> {
        self.family().news(message)
    }

    /// The time after which nothing more happened, or nothing more was kept.
    pub fn end(&self) -> Time {
        self.moments.last().map_or(Time::ZERO, |moment| moment.at)
    }
}
