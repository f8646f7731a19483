//! What only some links have: a latency that is drawn or listed, a bandwidth, keepalives, or a factor by which they are slow.

use super::listed::Listed;
use super::{Direction, LaneId, Link};
use crate::draw::{self, Distribution, LatencyStream};
use crate::process::StateWriter;
use crate::scenario::Scenario;
use crate::scenario::latency::Latency;
use crate::scenario::link::LinkOptions;
use crate::time::{Span, Time};

/// The state of a link that has more than a constant latency.
#[derive(Clone, Debug)]
pub struct Dynamics {
    options: LinkOptions,
    latency: Source,
    factor: u32,
    lanes: [LaneDynamics; 2],
    ends: [End; 2],
    /// Since when no probe has been answered.
    blocked_since: Option<Time>,
}

/// Where the latency of each item comes from.
#[derive(Clone, Debug)]
enum Source {
    /// A model, and what draws from it.
    Model(Distribution, draw::Latency),
    Listed(Listed),
}

#[derive(Clone, Debug, Default)]
struct LaneDynamics {
    drawn: LatencyStream,
    /// When the last frame will be on the wire.
    busy_until: Time,
    /// When the last item arrives. No item behind it arrives earlier.
    last_arrival: Time,
}

#[derive(Clone, Debug, Default)]
struct End {
    /// When something last arrived.
    heard: Time,
    /// When it is due to give up, if nothing changes.
    timer: Option<Time>,
}

impl Dynamics {
    /// The state of a new link. `scenario` has its lists, and says how latencies are drawn. Links are mostly alike, so what
    /// draws is copied from another link of the run, if that one has the same distribution.
    pub fn new(options: LinkOptions, scenario: &Scenario, alike: Option<&Dynamics>) -> Self {
        let latency = match (options.latency, alike.map(|other| &other.latency)) {
            (Latency::Model(model), Some(Source::Model(same, drawn))) if *same == model => Source::Model(model, *drawn),
            (Latency::Model(model), _) => Source::Model(model, draw::Latency::new(model, scenario.drawing)),
            (Latency::Listed(lists), _) => Source::Listed(Listed::new(lists, &scenario.catalog)),
        };
        Dynamics {
            options,
            latency,
            factor: 1,
            lanes: Default::default(),
            ends: Default::default(),
            blocked_since: None,
        }
    }

    /// Whether a link with these options needs such a state.
    pub fn are_needed(options: &LinkOptions) -> bool {
        options.bandwidth.is_some() || options.keepalive.is_some() || options.latency.constant().is_none()
    }

    /// From now on, everything takes `factor` times as long.
    pub fn slow(&mut self, factor: u32) {
        self.factor = factor;
    }

    /// Whether the length of a frame makes a difference.
    pub fn has_bandwidth(&self) -> bool {
        self.options.bandwidth.is_some()
    }

    /// When a frame of `bytes` arrives that is sent on `lane` at `now`; `None` if that is beyond the end of the clock.
    /// `seed` is the run's.
    #[inline]
    pub fn arrival(&mut self, lane: LaneId, now: Time, bytes: u64, seed: u64) -> Option<Time> {
        let state = &mut self.lanes[lane.direction() as usize];
        let mut sent = now;
        if let Some(bandwidth) = self.options.bandwidth {
            sent = state.busy_until.max(now).checked_add(bandwidth.span_of(bytes))?;
            state.busy_until = sent;
        }
        let latency = match &mut self.latency {
            Source::Listed(listed) => listed.take(lane.direction()),
            Source::Model(_, drawn) => drawn.draw(&mut state.drawn, seed, u64::from(lane.raw())),
        };
        let latency = Span::from_ns(latency.as_ns().checked_mul(u64::from(self.factor))?);
        let arrival = sent.checked_add(latency)?.max(state.last_arrival);
        state.last_arrival = arrival;
        Some(arrival)
    }

    /// Whether all that is sent at one time in one direction arrives at one time.
    pub fn is_steady(&self) -> bool {
        matches!(&self.latency, Source::Model(model, _) if model.constant().is_some())
            && self.options.bandwidth.is_none()
    }

    /// Copies of an item are left out that the run has no events for. What is sent behind them has no event either, but
    /// the round trip of a probe depends on how many were sent.
    pub fn leave_out(&mut self, direction: Direction, copies: u64) {
        if let Source::Listed(listed) = &mut self.latency {
            listed.pass(direction, copies);
        }
    }

    /// Writes all that decides what the link will do.
    ///
    /// An end that is blocked is due to give up at a time that follows from when it last heard something. As long as it is
    /// not blocked, that does not matter, since it will be blocked later than that.
    pub fn write_state(&self, link: &Link, now: Time, state: &mut StateWriter<'_>) {
        match &self.latency {
            Source::Model(model, _) if model.constant().is_none() => return state.unknown(),
            Source::Model(..) => {}
            Source::Listed(listed) => listed.write_state(state),
        }
        state.u32(self.factor);
        for lane in &self.lanes {
            state.left(lane.busy_until, now);
            state.left(lane.last_arrival, now);
        }
        let Some(keepalive) = self.options.keepalive else { return };
        state.flag(self.blocked_since.is_some());
        for direction in Direction::BOTH.into_iter().filter(|direction| link.sender_is_open(*direction)) {
            let end = &self.ends[direction as usize];
            let since = self.blocked_since.map(|since| since.max(end.heard));
            let due = since.and_then(|since| since.checked_add(keepalive.window()));
            for at in [due, end.timer] {
                state.flag(at.is_some());
                state.left(at.unwrap_or(now), now);
            }
            state.flag(due == end.timer);
        }
    }

    /// The end that sends in `direction` has heard something.
    pub fn hear(&mut self, direction: Direction, now: Time) {
        self.ends[direction as usize].heard = now;
    }

    /// Looks at the keepalives again, after something has changed. Returns the ends (by the direction in which they
    /// send) that have a new time at which they are due to give up.
    #[inline]
    pub fn watch(&mut self, link: &Link, now: Time) -> Vec<(Direction, Time)> {
        let Some(keepalive) = self.options.keepalive else { return Vec::new() };
        let window = keepalive.window();
        let is_blocked = link.is_partitioned_at_all() || self.round_trip(now) > window;
        self.blocked_since = is_blocked.then(|| self.blocked_since.unwrap_or(now));
        let mut due = Vec::new();
        for direction in Direction::BOTH {
            let end = &mut self.ends[direction as usize];
            let since = self.blocked_since.map(|since| since.max(end.heard));
            let is_open = link.sender_is_open(direction);
            let timer = since.filter(|_| is_open).and_then(|since| since.checked_add(window));
            let old = std::mem::replace(&mut end.timer, timer);
            if let Some(timer) = timer.filter(|_| old != timer) {
                due.push((direction, timer.max(now)));
            }
        }
        due
    }

    /// Whether the end that sends in `direction` gives up at `at`: it is due to, and has heard nothing in the meantime.
    pub fn gives_up(&self, link: &Link, direction: Direction, at: Time) -> bool {
        let (Some(keepalive), Some(since)) = (self.options.keepalive, self.blocked_since) else { return false };
        let end = &self.ends[direction as usize];
        let due = since.max(end.heard).checked_add(keepalive.window());
        link.sender_is_open(direction) && end.timer.is_some() && due.is_some_and(|due| due <= at)
    }

    /// The usual latency of a direction; with lists, the one that is next.
    fn usual(&self, direction: Direction) -> Span {
        match &self.latency {
            Source::Model(model, _) => model.typical(),
            Source::Listed(listed) => listed.next(direction),
        }
    }

    /// How long a probe that is sent now would wait for its answer.
    fn round_trip(&self, now: Time) -> Span {
        let queue = |lane: &LaneDynamics| lane.busy_until.max(now).since(now).as_ns();
        let [there, back] = Direction::BOTH.map(|direction| self.usual(direction).as_ns());
        let travel = there.saturating_add(back).saturating_mul(u64::from(self.factor));
        let [down, up] = &self.lanes;
        Span::from_ns(queue(down).saturating_add(queue(up)).saturating_add(travel))
    }
}
