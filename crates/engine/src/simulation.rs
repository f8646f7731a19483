//! The simulation takes events off the queue, one at a time, and lets the processes handle them. It only dispatches.
//!
//! `docs/model.md` defines what every step means, and the order of everything. What an event did is left in
//! [`Happened`](crate::world::Happened), for the trace, the checker and the metrics to read; the simulation never reads
//! it back. [`Simulation`] is generic over the process, so it calls processes without virtual calls. Whatever does not
//! depend on the process is in the [`World`].

mod apart;
mod orders;
mod processes;
mod repeat;
mod search;
mod steps;

use crate::event_queue::EventKey;
use crate::link::{Direction, Ends, Incarnation, Item, LaneId};
use crate::process::{
    Birth, ContextId, Effect, Effects, Exit, Message, Next, Note, Process, Request, Settings, StreamId, Surroundings,
    Transmit,
};
use crate::scenario::Scenario;
use crate::trace::Record;
use crate::world::{
    Due, MAX_IN_FLIGHT, SimulationError, Tables, TimerSlot, Traffic, View, Watch, What, World, WorldMemory,
};
pub use apart::{Alone, Apart, Bare, Part, write_item, write_links};
pub use orders::Orders;
use processes::Processes;
use rustc_hash::FxHashSet;
use search::{Repeats, Search};

/// The result of [`Simulation::step`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Progress {
    /// It processed this many equal events in a row. Each of them did what [`Happened`](crate::world::Happened) says.
    Event {
        /// How many.
        times: u64,
    },
    /// Nothing is due any more, and never will be.
    Quiescent,
    /// The next event comes after the scenario's `until`.
    Until,
    /// The run is stopped: it has processed as many events as the scenario allows, and one more is due; or more is in
    /// flight than memory is meant to hold.
    Stopped,
    /// The run is stopped, since it is known that it would never end: a state has come back. Only a run that may be very
    /// long looks for this as it goes.
    Endless,
}

/// The memory for more effects than this is not kept for the next run.
const LARGE: usize = 10_000;

/// The memory of a finished simulation, for the next one. Nothing is left of the run but its allocations.
#[derive(Debug)]
pub struct Memory<P> {
    world: WorldMemory,
    processes: Processes<P>,
    effects: Effects,
    sent_on: Box<FxHashSet<LaneId>>,
    repeats: Option<Box<Repeats>>,
}

impl<P> Default for Memory<P> {
    fn default() -> Self {
        Memory {
            world: WorldMemory::default(),
            processes: Processes::default(),
            effects: Effects::default(),
            sent_on: Box::default(),
            repeats: None,
        }
    }
}

impl<P: Process> Memory<P> {
    /// Memory with the master of a run, for a run of the same program.
    #[cfg(feature = "programs")]
    pub(crate) fn with_master(master: P) -> Self {
        Memory { processes: Processes::of_master(master), ..Memory::default() }
    }
}

/// A run in progress.
pub struct Simulation<'a, P: Process> {
    world: World<'a>,
    processes: Processes<P>,
    effects: Effects,
    /// How many events are being processed as one.
    times: u64,
    /// Whether more copies of the current arrival are to come, and it has done nothing so far that they would not do in
    /// the same way.
    is_quiet: bool,
    /// The lanes that the current effects have sent on; kept up while the event is quiet.
    sent_on: Box<FxHashSet<LaneId>>,
    /// What it takes to know whether a state comes back. A run whose times are ignored has none.
    repeats: Option<Box<Repeats>>,
}

impl<'a, P: Process> Simulation<'a, P> {
    /// A run that is about to begin: the master alone, with the scenario before it. It uses the memory of a finished
    /// simulation, which does not influence it. `watch` says how much of what happens is kept for observers.
    pub fn in_memory(memory: Memory<P>, scenario: &'a Scenario, watch: Watch) -> Self {
        let Memory { world, mut processes, mut effects, sent_on, mut repeats } = memory;
        let world = World::in_memory(world, scenario, watch);
        processes.reset(P::config(scenario.monitor, settings(scenario)));
        effects.restart(watch >= Watch::Routes);
        repeats.get_or_insert_default().restart(scenario.max_events.and_then(Search::new));
        Simulation { world, processes, effects, times: 1, is_quiet: false, sent_on, repeats }
    }

    /// Ends the simulation and leaves its memory to the next one. Large memory is given back instead.
    pub fn into_memory(self) -> Memory<P> {
        let Simulation { world, processes, effects, sent_on, repeats, .. } = self;
        match world.into_memory() {
            Some(world) if effects.capacity() <= LARGE => Memory { world, processes, effects, sent_on, repeats },
            _ => Memory::default(),
        }
    }

    /// Processes the next event. The world says what it did, until the next call.
    ///
    /// # Errors
    /// See [`SimulationError`]. The run cannot go on after one.
    pub fn step(&mut self) -> Result<Progress, SimulationError> {
        self.step_up_to(1)
    }

    /// Processes the next event. If it is the arrival of a message of which more copies follow, processes up to `most`
    /// of them at once, as long as they all do the same: change nothing any more, and only send, signal and log. The
    /// run is the same as one by one, but [`Happened`](crate::world::Happened) says only once what happened
    /// [`Progress::Event::times`] times.
    ///
    /// # Errors
    /// See [`SimulationError`]. The run cannot go on after one.
    pub fn step_up_to(&mut self, mut most: u64) -> Result<Progress, SimulationError> {
        self.world.happened.clear();
        self.is_quiet = false;
        let Some((key, due)) = self.world.next_due() else { return Ok(Progress::Quiescent) };
        let scenario = self.world.scenario();
        if scenario.until.is_some_and(|until| key.time > until) {
            return Ok(Progress::Until);
        }
        let watches = !self.world.has_steps() && self.looks_for_repeats();
        if watches && self.search(&mut most, key, due) {
            return Ok(Progress::Endless);
        }
        if self.world.events >= self.world.limit() || self.world.wire.len() > MAX_IN_FLIGHT {
            self.world.happened.records.push(Record::Storm);
            return Ok(Progress::Stopped);
        }
        if watches {
            self.note_glimpse(due, key.time.as_ns() - self.world.clock().as_ns(), self.world.wire.len());
        }
        self.times = 1;
        match due {
            Due::Step(place) => self.do_step(key, place as usize),
            Due::Arrival(lane) => {
                self.times = self.world.copies_at_once(lane, most.min(self.world.limit() - self.world.events));
                self.world.begin_event(key, What::Arrival(lane), self.times);
                self.arrive(lane, Ends { to: key.to, from: key.from });
                if watches && self.times > 1 {
                    // One by one, the entry would be there until the last copy.
                    let on_wires = self.world.wire.len();
                    self.note_glimpse(due, 0, on_wires);
                    self.note_glimpse(due, 0, on_wires + 1);
                }
            }
            Due::Keepalive(lane) => {
                self.world.queue.remove_first();
                self.world.begin_event(key, What::Timeout(lane), 1);
                self.time_out(lane);
            }
            Due::Timer(slot) => self.timer_goes_off(key, slot),
        }
        if self.world.error.is_some() || self.effects.has_failed() {
            return Err(self.take_error());
        }
        Ok(Progress::Event { times: self.times })
    }

    /// Does the step at `place`.
    #[inline(never)]
    fn do_step(&mut self, key: EventKey, place: usize) {
        self.world.begin_event(key, What::Step(place), 1);
        let step = self.world.begin_step(place);
        self.take_step(&step);
    }

    #[inline(never)]
    fn timer_goes_off(&mut self, key: EventKey, slot: TimerSlot) {
        self.world.queue.remove_first();
        let (context, timer) = self.world.take_timer(slot);
        self.world.begin_event(key, What::Timer(timer), 1);
        self.world.happened.context = context;
        self.ask(context, |process, around, effects| process.handle_timer(timer, around, effects));
        self.drain(context);
    }

    /// Why the run cannot go on.
    #[cold]
    fn take_error(&mut self) -> SimulationError {
        let failed = self.effects.take_failure().map(SimulationError::Failed);
        failed.or_else(|| self.world.error.take().map(|error| *error)).expect("there is an error")
    }

    /// The world.
    pub fn world(&self) -> &World<'a> {
        &self.world
    }

    /// The world and the route tables of the processes.
    pub fn view(&self) -> View<'_> {
        View { world: &self.world, tables: self }
    }

    /// Calls the process of a live context. The caller must drain its effects.
    #[inline]
    fn ask<R>(&mut self, context: Incarnation, call: impl FnOnce(&mut P, Surroundings<'_>, &mut Effects) -> R) -> R {
        self.ask_within(context, |process, _, around, effects| call(process, around, effects))
    }

    /// As [`ask`](Self::ask), for a call that also reads the world.
    #[inline]
    fn ask_within<R>(
        &mut self,
        context: Incarnation,
        call: impl FnOnce(&mut P, &World<'a>, Surroundings<'_>, &mut Effects) -> R,
    ) -> R {
        let slot = self.slot(context);
        let world = &self.world;
        let is_ancestor = |id| world.has_ancestor(context, id);
        let around = Surroundings::new(world.clock(), world.names(), &is_ancestor);
        call(self.processes.get_mut(slot), world, around, &mut self.effects)
    }

    /// The slot of the process of a live context. Makes the process if it is newborn.
    #[inline]
    fn slot(&mut self, context: Incarnation) -> usize {
        match self.world.lives.get(context).slot() {
            Some(slot) => slot,
            None => self.make(context),
        }
    }

    #[cold]
    fn make(&mut self, context: Incarnation) -> usize {
        let world = &mut self.world;
        assert!(world.lives.get(context).is_newborn(), "only a live context can do anything");
        let parent = world.topology.parent_of(context);
        let birth = Birth { id: world.id(context), parent: world.id(parent), token: context.0 };
        let config = P::config(world.monitor(context), settings(world.scenario()));
        let slot = self.processes.add(birth, config);
        world.lives.settle(context, slot);
        slot
    }

    fn arrive(&mut self, lane: LaneId, ends: Ends) {
        let world = &mut self.world;
        let (child, direction) = (lane.child(), lane.direction());
        let link = world.topology.link(child);
        let (is_open, parent_stream) = (link.receiver_is_open(direction), link.parent_stream);
        let (item, rest) = world.take_arrival(lane, ends, self.times);
        let copies = self.times;
        world.note_traffic(|| Traffic::Arrived { lane, copies, vanished: !is_open });
        world.quiet = None;
        let (context, stream) = match direction {
            Direction::Down => (child, StreamId::PARENT),
            Direction::Up => (world.topology.parent_of(child), parent_stream),
        };
        world.happened.context = context;
        if !is_open {
            world.quiet = rest.map(|fifo| (lane, fifo));
            return;
        }
        let now = world.clock();
        if world.has_keepalives
            && let Some(dynamics) = world.dynamics.get_mut(child)
        {
            dynamics.hear(direction.opposite(), now);
        }
        let Ends { to: ctx, from } = ends;
        match item {
            Item::Message(message) => {
                world.happened.records.push(Record::Message { ctx, from, message });
                self.is_quiet = rest.is_some();
                self.receive(context, stream);
                if let Some(fifo) = rest
                    && self.is_quiet
                {
                    self.world.quiet = Some((lane, fifo));
                }
            }
            Item::Eof => {
                world.happened.records.push(Record::Eof { ctx, from });
                self.lose(context, stream, child);
            }
        }
    }

    /// A process gets the message that was recorded last. It reads the message where it is: a copy would have to wait for
    /// what was just written there.
    #[inline]
    fn receive(&mut self, context: Incarnation, stream: StreamId) {
        self.is_quiet &= self.ask_within(context, |process, world, around, effects| {
            let Some(Record::Message { message, .. }) = world.happened.records.last() else {
                unreachable!("it was just recorded")
            };
            let changes = process.changes();
            process.handle_message(message, stream, around, effects);
            changes.is_some() && process.changes() == changes
        });
        self.drain(context);
    }

    /// A stream of a context is lost, or its process is to give it up. The process handles that, and then its end
    /// closes. A process that has lost its parent dies, unless it outlives the parent.
    fn lose(&mut self, context: Incarnation, stream: StreamId, child: Incarnation) {
        self.ask(context, |process, around, effects| process.handle_disconnect(stream, around, effects));
        self.drain(context);
        if !self.world.is_alive(context) {
            return;
        }
        if stream == StreamId::PARENT {
            if self.ask(context, |process, _, _| process.outlives_parent()) {
                self.world.close(LaneId::new(context, Direction::Up));
            } else {
                self.die(context);
            }
            return;
        }
        self.world.close(LaneId::new(child, Direction::Down));
        self.ask(context, |process, around, effects| process.release(stream, around, effects));
        self.drain(context);
    }

    /// The end that sends on `lane` gives up.
    fn time_out(&mut self, lane: LaneId) {
        let (world, child) = (&mut self.world, lane.child());
        // The end that sends on the lane is the one that did not hear from the other.
        let Ends { to: from, from: ctx } = world.topology.ends(lane);
        let (context, stream) = match lane.direction() {
            Direction::Down => (world.topology.parent_of(child), world.stream_to(child)),
            Direction::Up => (child, StreamId::PARENT),
        };
        world.happened.context = context;
        world.happened.records.push(Record::Timeout { ctx, from });
        self.lose(context, stream, child);
    }

    /// A process is gone: all its ends close.
    fn die(&mut self, context: Incarnation) {
        if let Some(slot) = self.world.die(context) {
            self.processes.free(slot);
        }
    }

    /// Carries out the effects of a process, in their order.
    fn drain(&mut self, context: Incarnation) {
        let ctx = self.world.id(context);
        if self.is_quiet {
            self.sent_on.clear();
        }
        while let Some(next) = self.effects.next() {
            let world = &mut self.world;
            let effect = match next {
                Next::One(effect) => effect,
                Next::Signal { context, again } => {
                    world.happened.records.push(Record::Signal { ctx, context, again });
                    continue;
                }
            };
            match *effect {
                Effect::Transmit(Transmit { stream, token, ref message, copies }) => {
                    let item = Item::Message(*message);
                    self.transmit(context, lane(context, stream, token), &item, copies);
                }
                Effect::Signal { .. } => unreachable!("signals are kept apart"),
                Effect::Error(error) => world.happened.records.push(Record::Error { ctx, error }),
                Effect::Logged(name) => world.happened.logged.push(name),
                Effect::Deliver(message) => self.answer(context, message),
                Effect::CallEnded { handle, dead } => world.end_call(context, handle, dead),
                Effect::SetTimer { timer, after } => {
                    self.is_quiet = false;
                    world.set_timer(context, timer, after);
                }
                Effect::ClearTimer(timer) => world.unset_timer(context, timer),
                Effect::Note(note) => {
                    self.is_quiet = false;
                    world.happened.records.push(match note {
                        Note::ShutsDown => Record::Shutdown { ctx },
                        Note::Detached => Record::Detached { ctx },
                    });
                }
                Effect::Close { stream, token } => {
                    self.is_quiet = false;
                    world.close(lane(context, stream, token));
                }
                Effect::Exit(exit) => {
                    self.is_quiet = false;
                    self.effects.clear();
                    self.exit(context, exit);
                }
            }
        }
        if self.effects.has_route_changes() {
            for change in self.effects.drain_route_changes() {
                self.world.happened.route_changes.push((context, change));
            }
        }
    }

    #[inline(always)]
    fn transmit(&mut self, context: Incarnation, lane: LaneId, item: &Item, copies: u64) {
        let copies = copies.saturating_mul(self.times);
        let child = lane.child();
        if !self.world.topology.link(child).sender_is_open(lane.direction()) {
            return self.world.note_traffic(|| Traffic::Dropped { lane, item: *item, copies });
        }
        let dynamics = self.world.dynamics.get(child);
        if self.is_quiet {
            // Copies of two messages on one lane would alternate, and not come one kind after the other.
            self.is_quiet = self.sent_on.insert(lane) && dynamics.is_none();
        }
        let has_bandwidth = dynamics.is_some_and(|dynamics| dynamics.has_bandwidth());
        let bytes = match item {
            Item::Message(message) if has_bandwidth => {
                self.ask(context, |process, around, _| process.frame_len(message, around.names))
            }
            _ => 0,
        };
        self.world.transmit(lane, item, copies, bytes);
    }

    fn exit(&mut self, context: Incarnation, exit: Exit) {
        if let Exit::Crashed(error) = exit {
            self.world.happened.records.push(Record::Error { ctx: self.world.id(context), error });
        }
        // The model has no end of the master, and no protocol should ask for one. Its process goes on.
        if context != Incarnation::MASTER {
            self.die(context);
        }
    }

    /// The application, which listens on its handle: a message that wants a reply gets one.
    fn answer(&mut self, context: Incarnation, message: Message) {
        if message.wants_reply() {
            self.is_quiet = false;
            let reply = Request::Reply(message);
            let done = self.ask(context, |process, around, effects| process.request(reply, around, effects));
            assert!(done.is_ok(), "a process must not refuse to reply");
        }
    }
}

/// The lane that a process sends on, by the number and the token of its stream.
fn lane(context: Incarnation, stream: StreamId, token: u32) -> LaneId {
    match stream {
        StreamId::PARENT => LaneId::new(context, Direction::Up),
        _ => LaneId::new(Incarnation(token), Direction::Down),
    }
}

fn settings(scenario: &Scenario) -> Settings {
    Settings { unidirectional: scenario.unidirectional, seed: scenario.seed }
}

impl<P: Process> Tables for Simulation<'_, P> {
    fn route(&self, context: Incarnation, to: ContextId) -> Option<StreamId> {
        match self.world.lives.get(context).slot() {
            Some(slot) => self.processes.get(slot).route(to),
            None => (self.parent_of(context) == to).then_some(StreamId::PARENT),
        }
    }

    fn peer(&self, context: Incarnation, stream: StreamId) -> ContextId {
        match self.world.lives.get(context).slot() {
            Some(slot) => self.processes.get(slot).peer(stream),
            None => self.parent_of(context),
        }
    }

    fn route_count(&self, context: Incarnation) -> usize {
        self.world.lives.get(context).slot().map_or(1, |slot| self.processes.get(slot).route_count())
    }

    fn each_route(&self, context: Incarnation, f: &mut dyn FnMut(ContextId, StreamId)) {
        match self.world.lives.get(context).slot() {
            Some(slot) => self.processes.get(slot).each_route(f),
            None => f(self.parent_of(context), StreamId::PARENT),
        }
    }

    fn each_hop(&self, context: Incarnation, f: &mut dyn FnMut(ContextId, ContextId)) {
        match self.world.lives.get(context).slot() {
            Some(slot) => self.processes.get(slot).each_hop(f),
            None => {
                let parent = self.parent_of(context);
                f(parent, parent);
            }
        }
    }
}

impl<P: Process> Simulation<'_, P> {
    fn parent_of(&self, context: Incarnation) -> ContextId {
        self.world.id(self.world.topology.parent_of(context))
    }
}
