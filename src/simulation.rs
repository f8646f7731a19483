//! The simulation: takes events off the queue, one at a time, and lets the protocol answer. Dispatch only.
//!
//! The meaning of every step, and the order of everything, is MODEL.md's. What an event did is left in [`Happened`],
//! for the trace, the checker and the metrics to read; the simulation never reads them.

use crate::event_queue::{EventKey, EventQueue};
use crate::link::{Direction, InFlight, Incarnation, Item, LaneId, Link, Queued, Wire};
use crate::protocol::{
    ContextId, Crashed, Effect, Effects, FrameTooLarge, Handle, IdMap, LoggedError, Message, Name, Names, RouteChange,
    Router, RouterOptions, StreamId,
};
use crate::scenario::{Action, Scenario, Step};
use crate::time::{Span, Time};
use crate::topology::Topology;
use crate::trace::{Record, Skip};
use std::collections::BTreeMap;
use std::fmt;

/// The handle that every context answers on.
pub const ANSWER_HANDLE: Handle = Handle(900);

/// With so many entries on the wire (each of them any number of copies) a run ends as a storm, whatever its
/// `max_events`: memory is bounded.
const MAX_IN_FLIGHT: usize = 1 << 26;

/// What is wrong with a scenario that only a run could show.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SimulationError {
    /// An arrival would be later than the clock can count.
    ClockOverflow {
        /// When it was sent.
        sent: Time,
        /// The latency of its link.
        latency: Span,
    },
}

impl fmt::Display for SimulationError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let SimulationError::ClockOverflow { sent, latency } = self;
        write!(f, "virtual time overflows: a message sent at {sent} over a link of {latency} would arrive after ")?;
        write!(f, "the last nanosecond that the clock can count (about 584 years); use earlier times")
    }
}

impl std::error::Error for SimulationError {}

/// What [`Simulation::step`] found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    /// It processed one event.
    Event {
        /// The step that was taken, by its place in [`Scenario::steps`], if the event was one.
        step: Option<usize>,
    },
    /// Nothing is due any more, and never will be.
    Quiescent,
    /// As many events as the scenario allows were processed, and one more is due.
    Storm,
}

/// How the true tree changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TruthChange {
    /// A context appeared on the tree.
    Connected(Incarnation),
    /// Contexts left the tree: the first was lost, the others hung below it.
    Detached(Vec<Incarnation>),
}

/// What one event did, in order.
#[derive(Debug, Default)]
pub struct Happened {
    /// The records of the trace.
    pub records: Vec<Record>,
    /// The lane that a recorded message arrived on.
    pub lane: Option<LaneId>,
    /// The changes of route tables; empty unless asked for.
    pub route_changes: Vec<(Incarnation, RouteChange)>,
    /// The changes of the true tree.
    pub truth_changes: Vec<TruthChange>,
}

impl Happened {
    fn clear(&mut self) {
        self.records.clear();
        self.lane = None;
        self.route_changes.clear();
        self.truth_changes.clear();
    }
}

/// A run in progress.
pub struct Simulation<'a> {
    scenario: &'a Scenario,
    clock: Time,
    events: u64,
    queue: EventQueue<Due>,
    next_fifo: u64,
    wire: Wire,
    /// By incarnation; the router of a dead context is gone.
    routers: Vec<Option<Box<Router>>>,
    /// By child; the first, which the master would have, is unused.
    links: Vec<Link>,
    topology: Topology,
    /// The last incarnation of each id.
    last_incarnation: IdMap<ContextId, Incarnation>,
    /// By the id of the child, oldest first.
    partitioned: BTreeMap<ContextId, Vec<Incarnation>>,
    calls_made: u64,
    open_calls: BTreeMap<(Incarnation, Handle), u64>,
    names: Names,
    effects: Effects,
    happened: Happened,
    error: Option<SimulationError>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Due {
    Step(usize),
    Arrival(LaneId),
}

/// A call that never ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct OpenCall {
    /// Its number, from 1 over the whole run.
    pub call: u64,
    /// The context that made it.
    pub context: ContextId,
}

impl<'a> Simulation<'a> {
    /// The master alone, and the scenario before it. `with_route_changes` says whether [`Happened::route_changes`] is
    /// wanted.
    pub fn new(scenario: &'a Scenario, with_route_changes: bool) -> Self {
        let mut simulation = Simulation {
            scenario,
            clock: Time::ZERO,
            events: 0,
            queue: EventQueue::default(),
            next_fifo: 0,
            wire: Wire::default(),
            routers: Vec::new(),
            links: vec![Link::new(Incarnation::MASTER, ContextId::MASTER, ContextId::MASTER, Span::default())],
            topology: Topology::default(),
            last_incarnation: IdMap::default(),
            partitioned: BTreeMap::new(),
            calls_made: 0,
            open_calls: BTreeMap::new(),
            names: Names::default(),
            effects: if with_route_changes { Effects::with_route_changes() } else { Effects::default() },
            happened: Happened::default(),
            error: None,
        };
        simulation.routers.push(Some(Box::new(Router::master(simulation.router_options()))));
        simulation.last_incarnation.insert(ContextId::MASTER, Incarnation::MASTER);
        simulation.schedule_step(0);
        simulation
    }

    /// Processes the next event. What it did is in [`happened`](Self::happened) until the next call.
    ///
    /// # Errors
    /// See [`SimulationError`].
    pub fn step(&mut self) -> Result<Progress, SimulationError> {
        self.happened.clear();
        let Some((key, due)) = self.next_due() else { return Ok(Progress::Quiescent) };
        if self.events >= self.scenario.max_events || self.wire.len() > MAX_IN_FLIGHT {
            self.happened.records.push(Record::Storm);
            return Ok(Progress::Storm);
        }
        assert!(key.time >= self.clock, "the clock never goes back");
        self.clock = key.time;
        self.events += 1;
        let step = match due {
            Due::Step(place) => {
                self.queue.pop();
                self.schedule_step(place + 1);
                let scenario = self.scenario;
                self.take_step(&scenario.steps[place]);
                Some(place)
            }
            Due::Arrival(lane) => {
                self.arrive(lane);
                None
            }
        };
        match self.error {
            Some(error) => Err(error),
            None => Ok(Progress::Event { step }),
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

    /// What the step at `place` does.
    pub fn action(&self, place: usize) -> &'a Action {
        &self.scenario.steps[place].action
    }

    /// The true tree.
    pub fn topology(&self) -> &Topology {
        &self.topology
    }

    /// The names that messages refer to.
    pub fn names(&self) -> &Names {
        &self.names
    }

    /// The router of a context, unless that is dead.
    pub fn router(&self, context: Incarnation) -> Option<&Router> {
        self.routers[context.index()].as_deref()
    }

    /// The stream by which the parent of `child` reaches it.
    pub fn stream_to(&self, child: Incarnation) -> StreamId {
        self.links[child.index()].parent_stream
    }

    /// The id of a context.
    pub fn id(&self, context: Incarnation) -> ContextId {
        self.topology.id(context)
    }

    /// The receiver and the sender of a lane.
    pub fn to_and_from(&self, lane: LaneId) -> (ContextId, ContextId) {
        self.links[lane.child.index()].to_and_from(lane.direction)
    }

    /// The last life of an id, which may be over.
    pub fn last_incarnation(&self, id: ContextId) -> Option<Incarnation> {
        self.last_incarnation.get(id).copied()
    }

    /// The live contexts, ascending by id.
    pub fn live(&self) -> Vec<(ContextId, Incarnation)> {
        let incarnation = |id| (id, *self.last_incarnation.get(id).expect("listed"));
        let all = self.last_incarnation.sorted_keys().into_iter().map(incarnation);
        all.filter(|(_, incarnation)| self.router(*incarnation).is_some()).collect()
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

    fn router_options(&self) -> RouterOptions {
        RouterOptions {
            revision: self.scenario.revision,
            unidirectional: self.scenario.unidirectional,
            application_handle: ANSWER_HANDLE,
        }
    }

    // The queue.

    fn schedule_step(&mut self, place: usize) {
        if let Some(step) = self.scenario.steps.get(place) {
            self.queue.push(EventKey::step(step.at, place as u64), Due::Step(place));
        }
    }

    /// The first event that is really due. An arrival that a partition or a heal has overtaken is dropped from the
    /// queue: it is held, or stands in it again.
    fn next_due(&mut self) -> Option<(EventKey, Due)> {
        loop {
            let (key, due) = self.queue.peek()?;
            let Due::Arrival(lane) = due else { return Some((key, due)) };
            let link = &self.links[lane.child.index()];
            let first = self.wire.first(link.lane(lane.direction));
            if !link.is_partitioned && first.is_some_and(|first| first.fifo == key.fifo) {
                return Some((key, due));
            }
            self.queue.pop();
        }
    }

    fn arrival_key(&self, lane: LaneId) -> Option<EventKey> {
        let link = &self.links[lane.child.index()];
        let first = self.wire.first(link.lane(lane.direction))?;
        let (to, from) = link.to_and_from(lane.direction);
        Some(EventKey::arrival(first.arrival, to, from, first.fifo))
    }

    /// Takes one item off `lane`, whose first is the first of the queue, and keeps the queue true.
    fn take_arrival(&mut self, lane: LaneId) -> Item {
        let link = &mut self.links[lane.child.index()];
        let (item, was_last_copy) = self.wire.take_one(link.lane_mut(lane.direction));
        if was_last_copy {
            match self.arrival_key(lane) {
                Some(key) => self.queue.replace_first(key, Due::Arrival(lane)),
                None => drop(self.queue.pop()),
            }
        }
        item
    }

    /// Puts an item on the wire, unless its sender's end is closed.
    fn transmit(&mut self, lane: LaneId, item: Item, copies: u64) {
        let link = &mut self.links[lane.child.index()];
        let Some(arrival) = self.clock.checked_add(link.latency) else {
            self.error = Some(SimulationError::ClockOverflow { sent: self.clock, latency: link.latency });
            return;
        };
        let in_flight = InFlight { item, arrival, fifo: self.next_fifo, copies };
        self.next_fifo += 1;
        let queued = self.wire.push(link.lane_mut(lane.direction), in_flight);
        if queued == Queued::First && !link.is_partitioned {
            let key = self.arrival_key(lane).expect("just pushed");
            self.queue.push(key, Due::Arrival(lane));
        }
    }

    // Arrivals.

    fn arrive(&mut self, lane: LaneId) {
        let item = self.take_arrival(lane);
        let link = &self.links[lane.child.index()];
        if !link.receiver_is_open(lane.direction) {
            return;
        }
        let (ctx, from) = link.to_and_from(lane.direction);
        let (context, stream) = match lane.direction {
            Direction::Down => (lane.child, StreamId::PARENT),
            Direction::Up => (link.parent, link.parent_stream),
        };
        match item {
            Item::Message(message) => {
                self.happened.lane = Some(lane);
                self.happened.records.push(Record::Message { ctx, from, message });
                self.receive(context, stream, message);
            }
            Item::Eof => {
                self.happened.records.push(Record::Eof { ctx, from });
                self.lose(context, stream, lane.child);
            }
        }
    }

    fn receive(&mut self, context: Incarnation, stream: StreamId, message: Message) {
        let router = self.routers[context.index()].as_mut().expect("an open end has a live context");
        let received = router.handle_message(message, stream, &self.names, &mut self.effects);
        self.drain(context);
        if received == Err(FrameTooLarge) {
            let child = if stream == StreamId::PARENT { context } else { self.child_of(context, stream) };
            self.lose(context, stream, child);
        }
    }

    fn child_of(&self, context: Incarnation, stream: StreamId) -> Incarnation {
        let router = self.routers[context.index()].as_ref().expect("alive");
        Incarnation(router.token(stream))
    }

    /// A context's stream is lost, or is being closed: its listeners run, then its end closes, and who has lost its
    /// parent dies.
    fn lose(&mut self, context: Incarnation, stream: StreamId, child: Incarnation) {
        let router = self.routers[context.index()].as_mut().expect("alive");
        let done = router.handle_disconnect(stream, &mut self.effects);
        self.drain(context);
        if done == Err(Crashed) {
            return self.crash(context);
        }
        if stream == StreamId::PARENT {
            return self.die(context);
        }
        self.close(LaneId { child, direction: Direction::Down });
        self.routers[context.index()].as_mut().expect("alive").release(stream);
    }

    /// Mitogen raised where nothing catches it: the broker ends, and the process with it. The master's process lives
    /// on without a broker, which MODEL.md does not know; no master gets here.
    fn crash(&mut self, context: Incarnation) {
        self.happened.records.push(Record::Error { ctx: self.id(context), error: LoggedError::Crash });
        self.die(context);
    }

    /// Closes the end that sends on `lane`: its last item is an EOF.
    fn close(&mut self, lane: LaneId) {
        if self.links[lane.child.index()].close_sender(lane.direction) {
            self.transmit(lane, Item::Eof, 1);
            self.detach(lane.child);
        }
    }

    /// A process is gone: every end that it holds closes.
    fn die(&mut self, context: Incarnation) {
        let router = self.routers[context.index()].take().expect("a context dies once");
        self.happened.records.push(Record::Exit { ctx: router.id() });
        self.detach(context);
        self.close(LaneId { child: context, direction: Direction::Up });
        for token in router.child_tokens() {
            self.close(LaneId { child: Incarnation(token), direction: Direction::Down });
        }
        for handle in router.open_calls() {
            self.open_calls.remove(&(context, handle));
        }
    }

    fn detach(&mut self, root: Incarnation) {
        let left = self.topology.detach(root);
        if !left.is_empty() {
            self.happened.truth_changes.push(TruthChange::Detached(left));
        }
    }

    /// Does what the protocol wants done, in its order.
    fn drain(&mut self, context: Incarnation) {
        let ctx = self.id(context);
        while let Some(effect) = self.effects.poll() {
            match effect {
                Effect::Transmit(transmit) => {
                    let (child, direction) = match transmit.stream {
                        StreamId::PARENT => (context, Direction::Up),
                        _ => (Incarnation(transmit.token), Direction::Down),
                    };
                    if self.links[child.index()].sender_is_open(direction) {
                        self.transmit(LaneId { child, direction }, Item::Message(transmit.message), transmit.copies);
                    }
                }
                Effect::Signal { context, again } => self.happened.records.push(Record::Signal { ctx, context, again }),
                Effect::Error(error) => self.happened.records.push(Record::Error { ctx, error }),
                Effect::Deliver(message) => self.answer(context, &message),
                Effect::CallEnded { handle, dead } => {
                    let call = self.open_calls.remove(&(context, handle)).expect("a call ends once");
                    self.happened.records.push(Record::Reply { ctx, call, dead });
                }
            }
        }
        let changes = self.effects.drain_route_changes().map(|change| (context, change));
        self.happened.route_changes.extend(changes);
    }

    /// What listens on handle 900: a message that waits for a reply gets one.
    fn answer(&mut self, context: Incarnation, message: &Message) {
        if message.wants_reply() {
            self.routers[context.index()].as_mut().expect("alive").reply(message, &mut self.effects);
        }
    }

    // Steps.

    fn take_step(&mut self, step: &Step) {
        let done = match &step.action {
            Action::Connect { id, parent, name, latency } => self.connect(*id, *parent, name.as_deref(), *latency),
            Action::Kill { id } => self.kill(*id),
            Action::Disconnect { id } => self.disconnect(*id),
            Action::Partition { id } => self.partition(*id),
            Action::Heal { id } => self.heal(*id),
            Action::Send { from, to } => self.send(*from, *to),
            Action::Call { from, to } => self.call(*from, *to),
        };
        if let Err(why) = done {
            self.happened.records.push(Record::Skipped { why });
        }
    }

    fn alive(&self, id: ContextId) -> Option<Incarnation> {
        self.last_incarnation.get(id).copied().filter(|context| self.router(*context).is_some())
    }

    fn alive_child(&self, id: ContextId) -> Result<Incarnation, Skip> {
        if id == ContextId::MASTER {
            return Err(Skip::Master);
        }
        self.alive(id).ok_or(Skip::NotAlive(id))
    }

    fn connect(&mut self, id: ContextId, parent_id: ContextId, name: Option<&str>, latency: Span) -> Result<(), Skip> {
        if self.alive(id).is_some() {
            return Err(Skip::AlreadyAlive(id));
        }
        let parent = self.alive(parent_id).ok_or(Skip::ParentNotAlive(parent_id))?;
        // A first life can not have its own id above it, so most connects need no walk.
        let was_used = self.last_incarnation.contains(id);
        let remote_is_ancestor =
            was_used && self.topology.lineage(parent).skip(1).any(|ancestor| self.topology.id(ancestor) == id);
        let child = self.topology.connect(parent, id);
        assert_eq!(child.index(), self.routers.len(), "one router and one link for each node of the tree");
        self.routers.push(Some(Box::new(Router::child(id, parent_id, child.0, self.router_options()))));
        self.links.push(Link::new(parent, parent_id, id, latency));
        self.last_incarnation.insert(id, child);
        if self.topology.is_attached(child) {
            self.happened.truth_changes.push(TruthChange::Connected(child));
        }
        let name = match name {
            Some(text) => self.names.intern(text),
            None => Some(Name::of_context(id)),
        };
        let router = self.routers[parent.index()].as_mut().expect("alive");
        let connected = router.handle_connect(id, name, child.0, remote_is_ancestor, &mut self.effects);
        if let Ok(stream) = connected {
            self.links[child.index()].parent_stream = stream;
        }
        self.drain(parent);
        if connected == Err(Crashed) {
            self.crash(parent);
        }
        Ok(())
    }

    fn kill(&mut self, id: ContextId) -> Result<(), Skip> {
        let context = self.alive_child(id)?;
        self.die(context);
        Ok(())
    }

    fn disconnect(&mut self, id: ContextId) -> Result<(), Skip> {
        let child = self.alive_child(id)?;
        let link = &self.links[child.index()];
        if !link.sender_is_open(Direction::Down) {
            return Err(Skip::ParentEndClosed(id));
        }
        self.lose(link.parent, link.parent_stream, child);
        Ok(())
    }

    fn partition(&mut self, id: ContextId) -> Result<(), Skip> {
        let child = self.alive_child(id)?;
        if std::mem::replace(&mut self.links[child.index()].is_partitioned, true) {
            return Err(Skip::AlreadyPartitioned(id));
        }
        self.partitioned.entry(id).or_default().push(child);
        Ok(())
    }

    fn heal(&mut self, id: ContextId) -> Result<(), Skip> {
        for child in self.partitioned.remove(&id).ok_or(Skip::NotPartitioned(id))? {
            let link = &mut self.links[child.index()];
            link.is_partitioned = false;
            for direction in [Direction::Down, Direction::Up] {
                self.wire.put_again(link.lane(direction), self.clock, &mut self.next_fifo);
            }
            for lane in [Direction::Down, Direction::Up].map(|direction| LaneId { child, direction }) {
                if let Some(key) = self.arrival_key(lane) {
                    self.queue.push(key, Due::Arrival(lane));
                }
            }
        }
        Ok(())
    }

    fn send(&mut self, from: ContextId, to: ContextId) -> Result<(), Skip> {
        let context = self.alive(from).ok_or(Skip::SenderNotAlive(from))?;
        let router = self.routers[context.index()].as_mut().expect("alive");
        router.send(to, ANSWER_HANDLE, &mut self.effects);
        self.drain(context);
        Ok(())
    }

    fn call(&mut self, from: ContextId, to: ContextId) -> Result<(), Skip> {
        let context = self.alive(from).ok_or(Skip::SenderNotAlive(from))?;
        let router = self.routers[context.index()].as_mut().expect("alive");
        let handle = router.call(to, ANSWER_HANDLE, &mut self.effects);
        self.calls_made += 1;
        self.open_calls.insert((context, handle), self.calls_made);
        self.drain(context);
        Ok(())
    }
}
