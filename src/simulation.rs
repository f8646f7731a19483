//! The simulation: takes events off the queue, one at a time, and lets the protocol answer. Dispatch only.
//!
//! The meaning of every step, and the order of everything, is MODEL.md's. What an event did is left in [`Happened`],
//! for the trace, the checker and the metrics to read; the simulation never reads them.

mod faults;
mod happened;
mod processes;
mod steps;
mod wires;

pub use happened::{Change, Happened, Traffic, TruthChange, Watch};
pub use processes::Table;

use crate::event_queue::EventQueue;
use crate::link::{AllDynamics, Direction, Ends, Incarnation, Item, LaneId, Wire};
use crate::protocol::{
    ContextId, Crashed, Effect, Effects, FrameTooLarge, Handle, IdMap, LoggedError, Message, Names, Router,
    RouterOptions, StreamId,
};
use crate::scenario::{Action, Scenario};
use crate::time::Time;
use crate::topology::Topology;
use crate::trace::Record;
use processes::{Birth, Processes};
use rustc_hash::{FxHashMap, FxHashSet};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// The handle that every context answers on.
pub const ANSWER_HANDLE: Handle = Handle(900);

/// What is wrong with a scenario that only a run could show.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SimulationError {
    /// An arrival would be later than the clock can count.
    ClockOverflow {
        /// When it was sent.
        sent: Time,
        /// By whom.
        from: ContextId,
        /// The neighbour that it was for.
        to: ContextId,
    },
}

impl fmt::Display for SimulationError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let SimulationError::ClockOverflow { sent, from, to } = self;
        write!(f, "virtual time overflows: what context {from} sends to {to} at {sent} would arrive after ")?;
        write!(f, "the last nanosecond that the clock can count (about 584 years); use earlier times")
    }
}

impl std::error::Error for SimulationError {}

/// What [`Simulation::step`] found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    /// It processed one event, or so many in a row that were equal.
    Event {
        /// The step that was taken, by its place in [`Scenario::step`], if the event was one.
        step: Option<usize>,
        /// How many events it was: all of them did what [`Happened`] says.
        times: u64,
    },
    /// Nothing is due any more, and never will be.
    Quiescent,
    /// As many events as the scenario allows were processed, and one more is due.
    Storm,
}

/// A run in progress.
pub struct Simulation<'a> {
    scenario: &'a Scenario,
    clock: Time,
    events: u64,
    /// How many events are being processed as one.
    times: u64,
    /// The lane and the item of the last arrival, if more copies of it are to come, and would do the same.
    quiet: Option<(LaneId, u64)>,
    /// Whether more copies of the arrival at hand are to come, and it has done nothing yet that they would not do in the
    /// same way.
    is_quiet: bool,
    /// The lanes that the effects at hand have sent on; kept while the event is quiet.
    sent_on: FxHashSet<LaneId>,
    queue: EventQueue<Due>,
    /// The place of the next step.
    next_step: usize,
    next_fifo: u64,
    /// Whether every entry of the queue is due for sure: nothing has partitioned a link or set a timer yet.
    is_queue_exact: bool,
    wire: Wire,
    processes: Processes,
    topology: Topology,
    dynamics: AllDynamics,
    /// The last incarnation of each id, but of those that are their own number.
    last_incarnation: IdMap<ContextId, Incarnation>,
    /// By the id of the child, oldest first.
    partitioned: BTreeMap<ContextId, Vec<Incarnation>>,
    calls_made: u64,
    /// The number of each open call. Every walk over them is put in order.
    open_calls: FxHashMap<(Incarnation, Handle), u64>,
    /// The contexts that are shutting down, and when their grace ends.
    grace: BTreeMap<Incarnation, Time>,
    /// The contexts that have left their parent, or are about to.
    detached: BTreeSet<Incarnation>,
    /// The handles on which they wait for their parent's leave.
    detaching: BTreeSet<(Incarnation, Handle)>,
    effects: Effects,
    watch: Watch,
    happened: Happened,
    error: Option<SimulationError>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Due {
    Step(u32),
    Arrival(LaneId),
    /// The end that sends on this lane gives up on its link.
    Keepalive(LaneId),
    /// The grace of a context that is shutting down is over.
    Grace(Incarnation),
}

/// A call that never ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct OpenCall {
    /// Its number, from 1 over the whole run.
    pub call: u64,
    /// The context that made it.
    pub context: ContextId,
}

/// Memory for more contexts, messages or calls than these is not kept for the next run.
const LARGE: usize = 10_000;

/// The memory of a simulation that is over, for the next one: all that is left of the run is what was allocated.
#[derive(Debug, Default)]
pub struct Memory {
    sent_on: FxHashSet<LaneId>,
    queue: EventQueue<Due>,
    wire: Wire,
    processes: Processes,
    topology: Topology,
    open_calls: FxHashMap<(Incarnation, Handle), u64>,
    effects: Effects,
    happened: Happened,
}

impl<'a> Simulation<'a> {
    /// The master alone, and the scenario before it. `watch` says how much [`Happened`] is to tell.
    pub fn new(scenario: &'a Scenario, watch: Watch) -> Self {
        Simulation::in_memory(Memory::default(), scenario, watch)
    }

    /// The same, in the memory of a simulation that is over; the run is what it would be in new memory.
    pub fn in_memory(memory: Memory, scenario: &'a Scenario, watch: Watch) -> Self {
        let Memory { sent_on, mut queue, mut wire, mut processes, mut topology, .. } = memory;
        let Memory { mut open_calls, mut effects, mut happened, .. } = memory;
        queue.clear();
        wire.clear();
        processes.reset(router_options(scenario));
        topology.clear();
        processes.reserve(scenario.contexts.len());
        topology.reserve(scenario.contexts.len());
        open_calls.clear();
        effects.restart(watch >= Watch::Routes);
        happened.clear();
        let mut simulation = Simulation {
            scenario,
            clock: Time::ZERO,
            events: 0,
            times: 1,
            quiet: None,
            is_quiet: false,
            sent_on,
            queue,
            next_step: 0,
            next_fifo: 0,
            is_queue_exact: true,
            wire,
            processes,
            topology,
            dynamics: AllDynamics::default(),
            last_incarnation: IdMap::default(),
            partitioned: BTreeMap::new(),
            calls_made: 0,
            open_calls,
            grace: BTreeMap::new(),
            detached: BTreeSet::new(),
            detaching: BTreeSet::new(),
            effects,
            watch,
            happened,
            error: None,
        };
        simulation.schedule_step(0);
        simulation
    }

    /// Ends the simulation, and leaves its memory to the next; where it was large, that is given back instead.
    pub fn into_memory(self) -> Memory {
        let sizes = [self.topology.len(), self.wire.capacity(), self.effects.capacity(), self.open_calls.capacity()];
        if sizes.into_iter().any(|size| size > LARGE) {
            return Memory::default();
        }
        let Simulation { sent_on, queue, wire, processes, topology, open_calls, effects, happened, .. } = self;
        Memory { sent_on, queue, wire, processes, topology, open_calls, effects, happened }
    }

    /// Processes the next event. What it did is in [`happened`](Self::happened) until the next call.
    ///
    /// # Errors
    /// See [`SimulationError`].
    pub fn step(&mut self) -> Result<Progress, SimulationError> {
        self.step_up_to(1)
    }

    /// Processes the next event, and with it at most `most` in all of the copies of one message that do the same: that
    /// change nothing any more, and only send, signal and log. The run is what it would be one by one; only
    /// [`happened`](Self::happened) says once what happened [`Progress::Event::times`] times.
    ///
    /// # Errors
    /// See [`SimulationError`].
    pub fn step_up_to(&mut self, most: u64) -> Result<Progress, SimulationError> {
        self.happened.clear();
        self.is_quiet = false;
        let Some((key, due)) = self.next_due() else { return Ok(Progress::Quiescent) };
        if self.events >= self.scenario.max_events || self.wire.len() > wires::MAX_IN_FLIGHT {
            self.happened.records.push(Record::Storm);
            return Ok(Progress::Storm);
        }
        assert!(key.time >= self.clock, "the clock never goes back");
        self.clock = key.time;
        self.times = match due {
            Due::Arrival(lane) => self.copies_at_once(lane, most.min(self.scenario.max_events - self.events)),
            _ => 1,
        };
        self.events += self.times;
        let step = match due {
            Due::Step(place) => {
                let place = place as usize;
                self.queue.pop();
                self.next_step = place + 1;
                self.schedule_step(place + 1);
                let scenario = self.scenario;
                self.take_step(&scenario.step(place).expect("it was scheduled"));
                Some(place)
            }
            Due::Arrival(lane) => {
                self.arrive(lane);
                None
            }
            Due::Keepalive(lane) => {
                self.queue.pop();
                self.time_out(lane);
                None
            }
            Due::Grace(context) => {
                self.queue.pop();
                self.finish_shutdown(context);
                None
            }
        };
        match self.error {
            Some(error) => Err(error),
            None => Ok(Progress::Event { step, times: self.times }),
        }
    }

    /// What the last event did.
    pub fn happened(&self) -> &Happened {
        &self.happened
    }

    /// The time of the last event.
    pub fn clock(&self) -> Time {
        self.clock
    }

    /// How many events were processed.
    pub fn events(&self) -> u64 {
        self.events
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
    pub fn names(&self) -> &Names {
        &self.scenario.catalog.names
    }

    /// The route table of a context, unless that is dead.
    pub fn table(&self, context: Incarnation) -> Option<Table<'_>> {
        match self.processes.get(context) {
            Some(router) => Some(Table::Router(router)),
            None if self.processes.is_newborn(context) => {
                Some(Table::Newborn(self.topology.id(self.topology.parent_of(context))))
            }
            None => None,
        }
    }

    /// The stream by which the parent of `child` reaches it.
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

    /// Calls `f` with each live context, ascending by id.
    ///
    /// # Errors
    /// The first that `f` returns.
    pub fn each_live<E>(&self, mut f: impl FnMut(Incarnation) -> Result<(), E>) -> Result<(), E> {
        let mut live = self.topology.contexts().filter(|context| self.processes.is_alive(*context));
        if self.last_incarnation.is_empty() {
            // Each context has its own number for an id.
            return live.try_for_each(f);
        }
        let mut live: Vec<_> = live.collect();
        live.sort_unstable_by_key(|context| self.id(*context));
        live.into_iter().try_for_each(&mut f)
    }

    /// How many contexts are alive, the master included.
    pub fn live_count(&self) -> usize {
        self.processes.live_count()
    }

    /// The calls of live contexts that have not ended, ascending by number.
    pub fn open_calls(&self) -> Vec<OpenCall> {
        let mut calls: Vec<_> = self
            .open_calls
            .iter()
            .map(|((context, _), call)| OpenCall { call: *call, context: self.id(*context) })
            .collect();
        calls.sort_unstable();
        calls
    }

    /// How many `call` steps were done.
    pub fn calls_made(&self) -> u64 {
        self.calls_made
    }

    /// The router of a live context, and where its effects go.
    fn process(&mut self, context: Incarnation) -> (&mut Router, &mut Effects) {
        let (topology, options) = (&self.topology, router_options(self.scenario));
        let birth = || Birth { id: topology.id(context), parent_id: topology.id(topology.parent_of(context)), options };
        (self.processes.get_mut(context, birth), &mut self.effects)
    }

    fn arrive(&mut self, lane: LaneId) {
        let (child, direction) = (lane.child(), lane.direction());
        let link = self.topology.link(child);
        let (is_open, parent_stream) = (link.receiver_is_open(direction), link.parent_stream);
        let ends = self.topology.ends(lane);
        let (item, rest) = self.take_arrival(lane, ends, self.times);
        self.note_traffic(Traffic::Arrived { lane, copies: self.times, vanished: !is_open });
        self.quiet = rest.filter(|_| !is_open).map(|fifo| (lane, fifo));
        if !is_open {
            return;
        }
        if let Some(dynamics) = self.dynamics.get_mut(child) {
            dynamics.hear(direction.opposite(), self.clock);
        }
        let Ends { to: ctx, from } = ends;
        let (context, stream) = match direction {
            Direction::Down => (child, StreamId::PARENT),
            Direction::Up => (self.topology.parent_of(child), parent_stream),
        };
        match item {
            Item::Message(message) => {
                self.happened.lane = Some(lane);
                self.happened.records.push(Record::Message { ctx, from, message });
                self.is_quiet = rest.is_some();
                self.receive(context, stream, message);
                self.quiet = rest.filter(|_| self.is_quiet).map(|fifo| (lane, fifo));
            }
            Item::Eof => {
                self.happened.records.push(Record::Eof { ctx, from });
                self.lose(context, stream, child);
            }
        }
    }

    fn receive(&mut self, context: Incarnation, stream: StreamId, message: Message) {
        let names = &self.scenario.catalog.names;
        let (router, effects) = self.process(context);
        let changes = router.changes();
        let received = router.handle_message(message, stream, names, effects);
        let is_unchanged = router.changes() == changes && received.is_ok();
        self.is_quiet &= is_unchanged;
        self.drain(context);
        if received == Err(FrameTooLarge) {
            let child = if stream == StreamId::PARENT { context } else { self.child_of(context, stream) };
            self.lose(context, stream, child);
        }
    }

    /// The children that a live context has an open stream to.
    fn children(&self, context: Incarnation) -> impl Iterator<Item = Incarnation> + '_ {
        self.processes.get(context).into_iter().flat_map(Router::child_tokens).map(Incarnation)
    }

    fn child_of(&self, context: Incarnation, stream: StreamId) -> Incarnation {
        Incarnation(self.processes.get(context).expect("it has a child").token(stream))
    }

    /// A context's stream is lost, or is being closed: its listeners run, then its end closes, and who has lost its
    /// parent dies.
    fn lose(&mut self, context: Incarnation, stream: StreamId, child: Incarnation) {
        if stream == StreamId::PARENT && self.detached.contains(&context) {
            return self.become_root(context);
        }
        let (router, effects) = self.process(context);
        let done = router.handle_disconnect(stream, effects);
        self.drain(context);
        if done == Err(Crashed) {
            return self.crash(context);
        }
        if stream == StreamId::PARENT {
            return self.die(context);
        }
        self.close(LaneId::new(child, Direction::Down));
        self.process(context).0.release(stream);
        self.finish_if_childless(context);
    }

    /// Mitogen raised where nothing catches it: the broker ends, and the process with it. The master's process lives
    /// on without a broker, which MODEL.md does not know; no master gets here.
    fn crash(&mut self, context: Incarnation) {
        self.happened.records.push(Record::Error { ctx: self.id(context), error: LoggedError::Crash });
        self.die(context);
    }

    /// Closes the end that sends on `lane`: its last item is an EOF.
    fn close(&mut self, lane: LaneId) {
        if self.topology.link_mut(lane.child()).close_sender(lane.direction()) {
            self.note_change(Change::Closed(lane));
            self.transmit(lane, Item::Eof, 1);
            self.detach(lane.child());
        }
    }

    /// A process is gone: every end that it holds closes.
    fn die(&mut self, context: Incarnation) {
        let ctx = self.id(context);
        self.happened.records.push(Record::Exit { ctx });
        let children: Vec<_> = self.children(context).collect();
        let calls = self.processes.get(context).map(Router::open_calls).unwrap_or_default();
        self.processes.remove(context);
        self.note_change(Change::Died(context));
        self.detach(context);
        self.close(LaneId::new(context, Direction::Up));
        for child in children {
            self.close(LaneId::new(child, Direction::Down));
        }
        for handle in calls {
            self.open_calls.remove(&(context, handle));
        }
        self.grace.remove(&context);
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

    /// Does what the protocol wants done, in its order.
    fn drain(&mut self, context: Incarnation) {
        let ctx = self.id(context);
        self.sent_on.clear();
        while let Some(effect) = self.effects.poll() {
            match effect {
                Effect::Transmit(transmit) => {
                    let (child, direction) = match transmit.stream {
                        StreamId::PARENT => (context, Direction::Up),
                        _ => (Incarnation(transmit.token), Direction::Down),
                    };
                    let lane = LaneId::new(child, direction);
                    let (item, copies) = (Item::Message(transmit.message), transmit.copies.saturating_mul(self.times));
                    if self.topology.link(child).sender_is_open(direction) {
                        if self.is_quiet {
                            // Copies of two messages on one lane would come in turns, not one kind after the other.
                            self.is_quiet = self.sent_on.insert(lane) && !self.dynamics.contains(child);
                        }
                        self.transmit(lane, item, copies);
                    } else {
                        self.note_traffic(Traffic::Dropped { lane, item, copies });
                    }
                }
                Effect::Signal { context, again } => self.happened.records.push(Record::Signal { ctx, context, again }),
                Effect::Error(error) => self.happened.records.push(Record::Error { ctx, error }),
                Effect::Deliver(message) => self.answer(context, &message),
                Effect::CallEnded { handle, dead } if self.detaching.remove(&(context, handle)) => {
                    self.on_leave(context, dead);
                }
                Effect::CallEnded { handle, dead } => {
                    let call = self.open_calls.remove(&(context, handle)).expect("a call ends once");
                    self.happened.records.push(Record::Reply { ctx, call, dead });
                }
            }
        }
        if self.effects.has_route_changes() {
            let changes = self.effects.drain_route_changes().map(|change| (context, change));
            self.happened.route_changes.extend(changes);
        }
    }

    fn note_change(&mut self, change: Change) {
        if self.watch == Watch::All {
            self.happened.changes.push(change);
        }
    }

    fn note_traffic(&mut self, traffic: Traffic) {
        if self.watch == Watch::All {
            self.happened.traffic.push(traffic);
        }
    }

    /// What listens on handle 900: a message that waits for a reply gets one. SHUTDOWN and DETACHING come here, too.
    fn answer(&mut self, context: Incarnation, message: &Message) {
        match message.handle {
            Handle::SHUTDOWN | Handle::DETACHING => {
                self.is_quiet = false;
                let is_shutdown = message.handle == Handle::SHUTDOWN;
                return if is_shutdown {
                    self.on_shutdown(context, message)
                } else {
                    self.on_detaching(context, message)
                };
            }
            _ => {}
        }
        if message.wants_reply() {
            self.is_quiet = false;
            let (router, effects) = self.process(context);
            router.reply(message, effects);
        }
    }
}

fn router_options(scenario: &Scenario) -> RouterOptions {
    RouterOptions {
        revision: scenario.revision,
        unidirectional: scenario.unidirectional,
        application_handle: ANSWER_HANDLE,
        #[cfg(feature = "mutations")]
        mutation: scenario.mutation,
    }
}
