//! The world of a run: everything but the processes. It has the clock, the true tree, what is on the wires, what is
//! due, the calls, and what the last event did. It knows no protocol. Whatever reads a run reads the world.

mod apart;
mod handler;
mod happened;
mod limit;
mod lives;
mod orders;
mod state;
mod timers;
mod wires;

pub use apart::BareWorld;
pub use handler::{Work, handler};
pub use happened::{Change, Happened, Made, Traffic, TruthChange, Watch, What, first_error};
pub use orders::Choice;
pub(crate) use state::write_what;

use crate::event_queue::{EventKey, EventQueue};
use crate::link::{AllDynamics, Direction, Dynamics, Incarnation, Item, LaneId, Link, Wire};
use crate::process::{ContextId, Family, Handle, Monitor, Names, StreamId, TimerId};
use crate::scenario::{Action, LinkId, Scenario, Step, Ways};
use crate::time::Time;
use crate::topology::Topology;
use crate::trace::{Record, Skip};
use limit::Limit;
pub(crate) use lives::Lives;
use std::collections::BTreeMap;
use std::fmt;
pub(crate) use timers::TimerSlot;
use timers::Timers;
pub(crate) use wires::MAX_IN_FLIGHT;

/// What can be wrong with a scenario that only a run shows.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SimulationError {
    /// An item would arrive later than the clock can count.
    ClockOverflow {
        /// When it is sent.
        sent: Time,
        /// The context that sends it.
        from: ContextId,
        /// The neighbour that it is for.
        to: ContextId,
    },
    /// A process could not go on: see [`Effects::fail`](crate::process::Effects::fail).
    Failed(Box<str>),
}

impl fmt::Display for SimulationError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            SimulationError::ClockOverflow { sent, from, to } => {
                write!(f, "virtual time overflows: what context {from} sends to {to} at {sent} would arrive after ")?;
                write!(f, "the last nanosecond that the clock can count (about 584 years); use earlier times")
            }
            SimulationError::Failed(why) => f.write_str(why),
        }
    }
}

impl std::error::Error for SimulationError {}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Due {
    /// The next step. It is known without the queue, which never has it.
    Step(u32),
    Arrival(LaneId),
    /// The end that sends on this lane gives up on its link.
    Keepalive(LaneId),
    /// A timer of a process is due.
    Timer(TimerSlot),
}

/// A call that never ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct OpenCall {
    /// Its number. Calls count from 1 over the whole run.
    pub call: u64,
    /// The context that made it.
    pub context: ContextId,
}

/// The memory for more contexts, messages or calls than this is not kept for the next run.
const LARGE: usize = 10_000;

/// The memory of a finished world, for the next one. Nothing is left of the run but its allocations.
#[derive(Debug, Default)]
pub(crate) struct WorldMemory {
    queue: EventQueue<Due>,
    wire: Wire,
    lives: Lives,
    topology: Topology,
    timers: Box<Timers>,
    dynamics: AllDynamics,
    happened: Happened,
}

/// Everything in a run but its processes.
pub struct World<'a> {
    scenario: &'a Scenario,
    clock: Time,
    pub(crate) events: u64,
    limit: Limit,
    /// The lane and the item of the last arrival, if more copies of it are to come that would do the same.
    pub(crate) quiet: Option<(LaneId, u64)>,
    pub(crate) queue: EventQueue<Due>,
    /// The place of the next step.
    next_step: usize,
    /// When the next step is due; `None` if there is none, or if times are ignored. Steps are not in the queue.
    step_at: Option<Time>,
    next_fifo: u64,
    /// Whether every entry of the queue is sure to be due: nothing has partitioned a link or set a timer yet.
    is_queue_exact: bool,
    pub(crate) wire: Wire,
    pub(crate) lives: Lives,
    pub(crate) topology: Topology,
    pub(crate) dynamics: AllDynamics,
    /// The last incarnation of each id, unless its number is the id itself.
    last_incarnation: crate::process::IdMap<ContextId, Incarnation>,
    /// By the id of the child, oldest first.
    partitioned: BTreeMap<ContextId, Vec<Incarnation>>,
    calls_made: u64,
    /// The number of each open call.
    open_calls: BTreeMap<(Incarnation, Handle), u64>,
    timers: Box<Timers>,
    watch: Watch,
    /// Whether the latency of a link is drawn for each message.
    draws: bool,
    /// Whether times are ignored: nothing is in the queue then, and somebody else chooses what comes next.
    is_untimed: bool,
    /// Whether an end of some link gives up after a silence.
    pub(crate) has_keepalives: bool,
    /// Whether everything that was sent is on the wires. Copies that the run has no events for may be left out.
    is_exact: bool,
    pub(crate) happened: Happened,
    pub(crate) error: Option<Box<SimulationError>>,
}

impl<'a> World<'a> {
    /// A world that is about to begin: the master alone, with the scenario before it. It uses the memory of a finished
    /// world.
    pub(crate) fn in_memory(memory: WorldMemory, scenario: &'a Scenario, watch: Watch) -> Self {
        let WorldMemory { mut queue, mut wire, mut lives, mut topology, mut timers, mut dynamics, mut happened } =
            memory;
        queue.clear();
        wire.clear();
        lives.reset();
        lives.reserve(scenario.contexts.len());
        topology.clear();
        topology.reserve(scenario.contexts.len());
        timers.clear();
        dynamics.clear();
        happened.clear();
        World {
            scenario,
            clock: Time::ZERO,
            events: 0,
            limit: Limit::new(scenario.max_events),
            quiet: None,
            queue,
            next_step: 0,
            step_at: scenario.step_at(0),
            next_fifo: 0,
            is_queue_exact: true,
            wire,
            lives,
            topology,
            dynamics,
            last_incarnation: crate::process::IdMap::default(),
            partitioned: BTreeMap::new(),
            calls_made: 0,
            open_calls: BTreeMap::new(),
            timers,
            watch,
            draws: false,
            is_untimed: false,
            has_keepalives: false,
            is_exact: true,
            happened,
            error: None,
        }
    }

    /// Ends the world and leaves its memory to the next one. `None` if the memory was large; then it is given back.
    pub(crate) fn into_memory(self) -> Option<WorldMemory> {
        if self.topology.len().max(self.wire.capacity()) > LARGE {
            return None;
        }
        let World { queue, wire, lives, topology, timers, dynamics, happened, .. } = self;
        Some(WorldMemory { queue, wire, lives, topology, timers, dynamics, happened })
    }

    // For readers.

    /// The scenario that is run.
    pub fn scenario(&self) -> &'a Scenario {
        self.scenario
    }

    /// What the last event did.
    pub fn happened(&self) -> &Happened {
        &self.happened
    }

    /// The time of the last event.
    pub fn clock(&self) -> Time {
        self.clock
    }

    /// How many events have been processed.
    pub fn events(&self) -> u64 {
        self.events
    }

    /// How many events the run may process, after all that was done so far. Unless the scenario sets the limit, it grows
    /// with each step.
    pub fn limit(&self) -> u64 {
        self.limit.events()
    }

    /// Whether a step is still to come.
    #[inline]
    pub fn has_steps(&self) -> bool {
        self.next_step < self.scenario.step_count()
    }

    /// Whether the first of the scenario's `events` has been taken.
    pub fn is_under_way(&self) -> bool {
        self.next_step > self.scenario.contexts.len()
    }

    /// What the step at `place` does.
    pub fn action(&self, place: usize) -> Action {
        self.scenario.step(place).expect("a step of this scenario").action
    }

    /// The true tree.
    pub fn topology(&self) -> &Topology {
        &self.topology
    }

    /// The names that messages refer to.
    pub fn names(&self) -> &'a Names {
        &self.scenario.catalog.names
    }

    /// The family that all monitors of the run belong to.
    pub fn family(&self) -> &'static dyn Family {
        self.scenario.monitor.family()
    }

    /// The monitor that a context runs.
    pub fn monitor(&self, context: Incarnation) -> Monitor {
        if context == Incarnation::MASTER {
            return self.scenario.monitor;
        }
        self.scenario.catalog.monitor(self.topology.link(context).options).unwrap_or(self.scenario.monitor)
    }

    /// The stream through which the parent of `child` reaches it.
    pub fn stream_to(&self, child: Incarnation) -> StreamId {
        self.topology.link(child).parent_stream
    }

    /// The id of a context.
    pub fn id(&self, context: Incarnation) -> ContextId {
        self.topology.id(context)
    }

    /// The last life of an id, which may be over.
    pub fn last_incarnation(&self, id: ContextId) -> Option<Incarnation> {
        let same = Incarnation(id.0);
        let is_same = || same.index() < self.topology.len() && self.topology.id(same) == id;
        self.last_incarnation.get(id).copied().or_else(|| is_same().then_some(same))
    }

    /// Whether a context is alive.
    pub fn is_alive(&self, context: Incarnation) -> bool {
        self.lives.is_alive(context)
    }

    /// Whether a context is alive, and nothing has reached it since its birth. Its only route is the one to its parent.
    #[inline]
    pub(crate) fn is_newborn(&self, context: Incarnation) -> bool {
        self.lives.get(context).is_newborn()
    }

    /// Calls `f` with each live context, ascending by id.
    ///
    /// # Errors
    /// The first error that `f` returns; the walk ends there.
    pub fn each_live<E>(&self, mut f: impl FnMut(Incarnation) -> Result<(), E>) -> Result<(), E> {
        let mut live = self.topology.contexts().filter(|context| self.is_alive(*context));
        if self.last_incarnation.is_empty() {
            // Every context has its own number as its id.
            return live.try_for_each(f);
        }
        let mut live: Vec<_> = live.collect();
        live.sort_unstable_by_key(|context| self.id(*context));
        live.into_iter().try_for_each(&mut f)
    }

    /// How many contexts are alive, including the master.
    pub fn live_count(&self) -> usize {
        self.lives.live_count()
    }

    /// The calls of live contexts that have not ended, ascending by number.
    pub fn open_calls(&self) -> Vec<OpenCall> {
        let open = self.open_calls.iter();
        let mut calls: Vec<_> =
            open.map(|((context, _), call)| OpenCall { call: *call, context: self.id(*context) }).collect();
        calls.sort_unstable();
        calls
    }

    /// How many `call` steps have been done.
    pub fn calls_made(&self) -> u64 {
        self.calls_made
    }

    /// Whether one of the ancestors that a context knew at its birth has this id. One that had left its parent by then is
    /// the last of them.
    pub(crate) fn has_ancestor(&self, context: Incarnation, id: ContextId) -> bool {
        let (mut child, topology) = (context, &self.topology);
        while let Some(ancestor) = topology.parent(child) {
            if topology.id(ancestor) == id {
                return true;
            }
            if topology.link(child).ends_lineage {
                return false;
            }
            child = ancestor;
        }
        false
    }

    // For steps, as far as they ask no process.

    /// Takes the next step.
    pub(crate) fn begin_step(&mut self, place: usize) -> Step {
        self.next_step = place + 1;
        self.limit.take_step();
        self.step_at = self.scenario.step_at(place + 1).filter(|_| !self.is_untimed);
        let step = self.scenario.step(place).expect("there is a step");
        self.happened.context = self.last_incarnation(step.action.doer()).unwrap_or(Incarnation::MASTER);
        step
    }

    #[inline]
    pub(crate) fn begin_event(&mut self, key: EventKey, what: What, times: u64) {
        assert!(key.time >= self.clock, "the clock never goes back");
        self.clock = key.time;
        self.events += times;
        self.happened.what = Some(what);
    }

    pub(crate) fn alive(&self, id: ContextId) -> Option<Incarnation> {
        self.last_incarnation(id).filter(|context| self.is_alive(*context))
    }

    pub(crate) fn alive_child(&self, id: ContextId) -> Result<Incarnation, Skip> {
        if id == ContextId::MASTER {
            return Err(Skip::Master);
        }
        self.alive(id).ok_or(Skip::NotAlive(id))
    }

    /// Adds a context and its link.
    pub(crate) fn add(&mut self, parent: Incarnation, id: ContextId, link: LinkId) -> Incarnation {
        let mut new = Link::new(link);
        new.ends_lineage = parent != Incarnation::MASTER && !self.topology.link(parent).sender_is_open(Direction::Up);
        let child = self.topology.connect(parent, id, new);
        self.limit.connect(parent);
        self.lives.add();
        self.note_change(Change::Born { context: child, is_attached: self.topology.is_attached(child) });
        let options = self.scenario.catalog.link_options(link);
        self.draws |= options.latency.is_drawn();
        self.has_keepalives |= options.keepalive.is_some();
        if Dynamics::are_needed(options) && !self.is_untimed {
            self.dynamics.insert(child, *options, self.scenario);
        }
        if child.0 == id.0 {
            self.last_incarnation.remove(id);
        } else {
            self.last_incarnation.insert(id, child);
        }
        self.happened.context = child;
        child
    }

    pub(crate) fn partition(&mut self, id: ContextId, ways: Ways) -> Result<(), Skip> {
        let child = self.alive_child(id)?;
        if !self.topology.link_mut(child).partition(Direction::of(ways)) {
            return Err(Skip::AlreadyPartitioned(id));
        }
        self.note_change(Change::Partitioned { link: child, ways });
        self.is_queue_exact = false;
        let partitioned = self.partitioned.entry(id).or_default();
        if !partitioned.contains(&child) {
            partitioned.push(child);
        }
        self.watch_link(child);
        Ok(())
    }

    pub(crate) fn heal(&mut self, id: ContextId) -> Result<(), Skip> {
        for child in self.partitioned.remove(&id).ok_or(Skip::NotPartitioned(id))? {
            self.topology.link_mut(child).heal();
            self.note_change(Change::Healed(child));
            self.deliver_held(child);
            self.watch_link(child);
        }
        Ok(())
    }

    pub(crate) fn slow(&mut self, id: ContextId, factor: u32) -> Result<(), Skip> {
        let child = self.alive_child(id)?;
        if self.is_untimed {
            return Ok(());
        }
        let scenario = self.scenario;
        let options = *scenario.catalog.link_options(self.topology.link(child).options);
        self.dynamics.get_or_insert(child, options, scenario).slow(factor);
        self.note_change(Change::Slowed { link: child, factor });
        self.watch_link(child);
        Ok(())
    }

    // For effects.

    /// A call was made, and waits on a handle.
    pub(crate) fn open_call(&mut self, context: Incarnation, handle: Handle) {
        self.calls_made += 1;
        let number = if self.is_untimed { self.next_step as u64 - 1 } else { self.calls_made };
        self.open_calls.insert((context, handle), number);
        self.happened.call = Some(Made { call: self.calls_made, handle });
    }

    pub(crate) fn end_call(&mut self, context: Incarnation, handle: Handle, dead: bool) {
        let call = self.open_calls.remove(&(context, handle)).expect("only an open call can end");
        self.happened.records.push(Record::Reply { ctx: self.id(context), call, dead });
    }

    /// Closes the end that sends on `lane`. The last item that it sends is an EOF.
    pub(crate) fn close(&mut self, lane: LaneId) {
        if self.topology.link_mut(lane.child()).close_sender(lane.direction()) {
            self.note_change(Change::Closed(lane));
            self.transmit(lane, &Item::Eof, 1, 0);
            self.detach(lane.child());
            if self.is_untimed {
                self.drop_unheard(lane);
            }
        }
    }

    /// A process is gone: all its ends close. Returns the slot of the process, if it had one.
    pub(crate) fn die(&mut self, context: Incarnation) -> Option<usize> {
        let ctx = self.id(context);
        self.happened.records.push(Record::Exit { ctx });
        let slot = self.lives.end(context);
        self.note_change(Change::Died(context));
        self.detach(context);
        self.close(LaneId::new(context, Direction::Up));
        for child in self.topology.children(context) {
            self.close(LaneId::new(child, Direction::Down));
        }
        let calls = (context, Handle(0))..=(context, Handle(u32::MAX));
        while let Some((call, _)) = self.open_calls.range(calls.clone()).next() {
            let call = *call;
            self.open_calls.remove(&call);
        }
        self.timers.forget(context);
        slot
    }

    fn detach(&mut self, root: Incarnation) {
        let left = &mut self.happened.left;
        let start = left.len();
        self.topology.detach(root, left);
        if left.len() > start {
            self.happened.truth_changes.push(TruthChange::Detached(start..left.len()));
        }
        if self.watch == Watch::All {
            self.happened.changes.extend(left[start..].iter().map(|context| Change::Left(*context)));
        }
    }

    pub(crate) fn unset_timer(&mut self, context: Incarnation, timer: TimerId) {
        self.timers.unset(context, timer);
    }

    pub(crate) fn take_timer(&mut self, slot: TimerSlot) -> (Incarnation, TimerId) {
        self.timers.take(slot)
    }

    #[inline]
    pub(crate) fn note_change(&mut self, change: Change) {
        if self.watch == Watch::All {
            self.happened.changes.push(change);
        }
    }

    #[inline]
    pub(crate) fn note_traffic(&mut self, traffic: impl FnOnce() -> Traffic) {
        if self.watch == Watch::All {
            self.happened.traffic.push(traffic());
        }
    }
}

/// The route tables of a run, whatever its protocol.
pub trait Tables {
    /// The stream for a destination, without any default. The context must be alive.
    fn route(&self, context: Incarnation, to: ContextId) -> Option<StreamId>;

    /// The id of the peer at the other end of an open stream of a live context.
    fn peer(&self, context: Incarnation, stream: StreamId) -> ContextId;

    /// How many entries the table of a live context has.
    fn route_count(&self, context: Incarnation) -> usize;

    /// Calls `f` with each entry of the table of a live context (destination, stream), ascending by destination.
    fn each_route(&self, context: Incarnation, f: &mut dyn FnMut(ContextId, StreamId));

    /// Calls `f` with each entry of the table of a live context (destination, id of the next hop), ascending by
    /// destination.
    fn each_hop(&self, context: Incarnation, f: &mut dyn FnMut(ContextId, ContextId));
}

/// A run right after an event: its world, and the route tables of its processes.
#[derive(Clone, Copy)]
pub struct View<'v> {
    /// The world.
    pub world: &'v World<'v>,
    /// The tables.
    pub tables: &'v dyn Tables,
}

/// The route table of a live context.
#[derive(Clone, Copy)]
pub struct Table<'v> {
    tables: &'v dyn Tables,
    context: Incarnation,
}

impl<'v> View<'v> {
    /// The route table of a context; `None` if it is dead.
    #[inline]
    pub fn table(self, context: Incarnation) -> Option<Table<'v>> {
        self.world.is_alive(context).then_some(Table { tables: self.tables, context })
    }
}

impl Table<'_> {
    /// The stream for a destination, without any default.
    #[inline]
    pub fn route(self, to: ContextId) -> Option<StreamId> {
        self.tables.route(self.context, to)
    }

    /// The id of the next hop for a destination, without any default.
    pub fn hop(self, to: ContextId) -> Option<ContextId> {
        self.route(to).map(|stream| self.peer(stream))
    }

    /// The id of the peer at the other end of an open stream.
    pub fn peer(self, stream: StreamId) -> ContextId {
        self.tables.peer(self.context, stream)
    }

    /// How many entries there are.
    pub fn route_count(self) -> usize {
        self.tables.route_count(self.context)
    }

    /// Calls `f` with each entry (destination, stream), ascending by destination.
    pub fn each_route(self, mut f: impl FnMut(ContextId, StreamId)) {
        self.tables.each_route(self.context, &mut f);
    }

    /// Calls `f` with each entry (destination, id of the next hop), ascending by destination.
    pub fn each_hop(self, mut f: impl FnMut(ContextId, ContextId)) {
        self.tables.each_hop(self.context, &mut f);
    }
}
