//! A world whose times are ignored, to try every order: what comes next is chosen, and not due.
//!
//! The clock stands still, and nothing is in the queue. Whatever is sent stays on its lane until it is chosen. What arrives
//! where nobody hears it changes nothing, so it is dropped at once.

use super::limit::Limit;
use super::{SimulationError, Traffic, World};
use crate::event_queue::EventQueue;
use crate::link::{AllDynamics, InFlight, Incarnation, Item, LaneId};

/// What can come next in a run whose times are ignored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Choice {
    /// The next step of the scenario.
    Step,
    /// The first item of a lane arrives, one copy of it.
    Arrival(LaneId),
}

impl<'a> World<'a> {
    /// From now on, times are ignored. `calls` has the place of the step that made each call so far; from now on a call has
    /// the place of its step as its number.
    ///
    /// # Errors
    /// If a timer of a process is set.
    pub(crate) fn ignore_times(&mut self, calls: &[usize]) -> Result<(), SimulationError> {
        if let Some((_, _, context, _)) = self.timers.in_order().first() {
            let context = *context;
            self.refuse_timer(context);
        }
        for number in self.open_calls.values_mut() {
            *number = calls[*number as usize - 1] as u64;
        }
        self.is_untimed = true;
        self.step_at = None;
        self.limit = Limit::new(Some(u64::MAX));
        self.queue = EventQueue::default();
        self.dynamics = AllDynamics::default();
        for lane in self.all_lanes().collect::<Vec<_>>() {
            let wire = self.topology.link(lane.child()).lane(lane.direction());
            self.wire.retime(wire, self.clock);
            if !self.topology.link(lane.child()).sender_is_open(lane.direction()) {
                self.drop_unheard(lane);
            }
        }
        self.error.take().map_or(Ok(()), |error| Err(*error))
    }

    /// A world of its own that is in the same state.
    pub(crate) fn fork(&self) -> World<'a> {
        World {
            scenario: self.scenario,
            clock: self.clock,
            events: self.events,
            limit: Limit::new(Some(u64::MAX)),
            quiet: None,
            queue: EventQueue::default(),
            next_step: self.next_step,
            step_at: None,
            next_fifo: self.next_fifo,
            is_queue_exact: true,
            wire: self.wire.clone(),
            lives: self.lives.clone(),
            topology: self.topology.clone(),
            dynamics: AllDynamics::default(),
            last_incarnation: self.last_incarnation.clone(),
            partitioned: self.partitioned.clone(),
            calls_made: self.calls_made,
            open_calls: self.open_calls.clone(),
            timers: Box::default(),
            watch: self.watch,
            draws: false,
            has_keepalives: false,
            is_untimed: self.is_untimed,
            is_exact: self.is_exact,
            happened: super::Happened::default(),
            error: None,
        }
    }

    /// Calls `f` with everything that can come next: the step first, then the lanes in the order of their numbers.
    pub(crate) fn each_choice(&self, mut f: impl FnMut(Choice)) {
        if self.has_steps() {
            f(Choice::Step);
        }
        for lane in self.lanes() {
            if !self.topology.link(lane.child()).is_partitioned(lane.direction()) {
                f(Choice::Arrival(lane));
            }
        }
    }

    /// The place of the next step.
    pub fn next_step(&self) -> usize {
        self.next_step
    }

    /// Whether anything is on a lane.
    pub fn is_busy(&self, lane: LaneId) -> bool {
        self.first_on(lane).is_some()
    }

    /// The places of the steps that made the calls that are open in live contexts, ascending.
    pub fn open_call_places(&self) -> Vec<usize> {
        let mut places: Vec<_> = self.open_calls.values().map(|place| *place as usize).collect();
        places.sort_unstable();
        places
    }

    /// Puts copies of an item on a lane, unless nobody hears it.
    pub(super) fn put_without_time(&mut self, lane: LaneId, item: &Item, copies: u64) {
        self.note_traffic(|| Traffic::Sent { lane, item: *item, copies });
        let ends = self.topology.ends(lane);
        let link = self.topology.link_mut(lane.child());
        if link.receiver_is_open(lane.direction()) {
            let in_flight = InFlight { arrival: self.clock, fifo: self.next_fifo, copies };
            self.next_fifo += 1;
            self.wire.push(link.lane_mut(lane.direction()), ends, item, in_flight);
        }
    }

    /// The end that sends on `lane` is closed: nobody hears what comes from the other end.
    pub(super) fn drop_unheard(&mut self, lane: LaneId) {
        let link = self.topology.link_mut(lane.child());
        self.wire.drop_all(link.lane_mut(lane.direction().opposite()));
    }

    /// A process has set a timer, though there is no clock.
    #[cold]
    pub(super) fn refuse_timer(&mut self, context: Incarnation) {
        let why = format!(
            "context {} sets a timer, and orders have no clock; explore the protocol without its timers, or try times at \
             random with `treequake fuzz`",
            self.id(context)
        );
        self.error = Some(Box::new(SimulationError::Failed(why.into())));
    }
}
