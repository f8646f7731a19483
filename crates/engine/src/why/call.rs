//! The way of a call: where its request and its reply went, and where it ended.

use super::chain::{Past, Turns};
use super::{Fate, fate, moments_of_loss};
use crate::link::{Direction, Incarnation, Item};
use crate::process::{ContextId, Data, Handle, LoggedError, Message};
use crate::recording::{Cause, FlightId, Links, MomentId, Recording, RouteTurn, first_error};
use crate::scenario::Action;
use crate::trace::Record;

/// The way of a call.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct CallTrail {
    /// Its number. Calls count from 1 over the whole run.
    pub call: u64,
    /// The context that made it.
    pub caller: Incarnation,
    /// The context that it was for.
    pub to: ContextId,
    /// Whether its reply was sent.
    pub is_answered: bool,
    /// Whether the request or the reply is longer than a message may be.
    pub is_too_long: bool,
    /// How it ended.
    pub end: CallEnd,
    /// The entry that led it astray, present or absent, if one did.
    pub reason: Option<Reason>,
    /// When the caller's context object of the callee fired its disconnect signal, after the call was made.
    pub signals: Vec<MomentId>,
    /// When the caller died, if it did.
    pub caller_died: Option<MomentId>,
    /// All moments that matter, ascending.
    pub moments: Vec<MomentId>,
}

/// How a call ended, or was lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CallEnd {
    /// It ended in that moment, `dead` or `ok`.
    Ended {
        /// When it happened.
        moment: MomentId,
        /// Whether it ended with a dead message or a disconnect signal.
        dead: bool,
    },
    /// A context had the request or the reply and sent nothing on. It may have logged an error.
    Stopped {
        /// The context.
        context: Incarnation,
        /// When it happened.
        moment: MomentId,
        /// The error that was logged there, if one was.
        error: Option<LoggedError>,
    },
    /// It was lost between two contexts, or is still there.
    Lost(FlightId, Fate),
}

/// The entry that led a message astray.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Reason {
    /// The context whose entry it is.
    pub context: Incarnation,
    /// When it was looked up.
    pub moment: MomentId,
    /// The destination that was looked up.
    pub route: ContextId,
    /// The neighbour that had sent the message there.
    pub from: Option<Incarnation>,
    /// How the entry had last changed before; `None` if there never was one.
    pub turn: Option<(MomentId, RouteTurn)>,
    /// Whether the message went back to the parent that it came from.
    pub is_bounce: bool,
}

/// How many calls were made in the part of a run that is kept.
pub fn count_calls(recording: &Recording<'_>) -> u64 {
    recording.calls().len() as u64
}

/// The way of a call up to the moment `end`; `None` if no call has that number by then.
pub fn call(recording: &Recording<'_>, number: u64, end: Option<MomentId>) -> Option<CallTrail> {
    Calls::new(recording, &Past::of(recording), end?).trail(number)
}

/// The ways of calls up to one moment: what [`call`] says of one, for many of one recording.
#[derive(Clone, Debug)]
pub struct Calls<'r> {
    recording: &'r Recording<'r>,
    past: &'r Past,
    links: Links,
    end: MomentId,
}

impl<'r> Calls<'r> {
    /// Up to the moment `end`.
    pub fn new(recording: &'r Recording<'r>, past: &'r Past, end: MomentId) -> Calls<'r> {
        Calls { recording, past, links: recording.links(Some(end)), end }
    }

    /// The way of a call; `None` where there is none with that number, or not yet.
    pub fn trail(&self, number: u64) -> Option<CallTrail> {
        let Calls { recording, past, ref links, end } = *self;
        let walk = Walk::new(recording, number, end)?;
        let Walk { made, caller, to, data, .. } = walk;
        let Way { mut moments, is_answered, end: way_end } = walk.follow(links);
        if let CallEnd::Lost(flight, lost) = way_end {
            moments.extend(moments_of_loss(recording, past, flight, lost, end));
        }
        let is_too_long = [false, true].into_iter().any(|is_reply| recording.family().is_too_long(data, is_reply));
        let mut trail = CallTrail {
            call: number,
            caller,
            to,
            is_answered,
            is_too_long,
            end: way_end,
            reason: None,
            signals: (made + 1..=end).filter(|moment| walk.fires(*moment)).collect(),
            caller_died: recording.life(caller).died.filter(|died| *died <= end),
            moments,
        };
        if let Some((moment, dead)) = (made..=end).find_map(|moment| walk.ended(moment, number)) {
            trail.end = CallEnd::Ended { moment, dead };
            // A reply that comes later ends nothing.
            trail.moments.retain(|other| *other <= moment);
            trail.moments.extend(past.chain(moment));
            trail.reason = if dead { walk.death(&trail, moment) } else { None };
        } else {
            trail.reason = walk.reason(&trail);
            let turn = trail.reason.and_then(|reason| reason.turn);
            trail.moments.extend(turn.into_iter().flat_map(|(moment, _)| past.chain(moment)));
            trail.moments.extend(trail.signals.first());
        }
        trail.moments.sort_unstable();
        trail.moments.dedup();
        Some(trail)
    }
}

/// The walk after one call, as the page of [`super`] describes it.
pub(super) struct Walk<'r> {
    recording: &'r Recording<'r>,
    end: MomentId,
    /// The moment in which it was made.
    made: MomentId,
    pub caller: Incarnation,
    pub from: ContextId,
    pub to: ContextId,
    pub data: Data,
    handle: Handle,
}

/// How far a call came.
pub(super) struct Way {
    /// When it was made, and when its request or its reply arrived anywhere, ascending.
    pub moments: Vec<MomentId>,
    is_answered: bool,
    end: CallEnd,
}

impl<'r> Walk<'r> {
    /// The call with a number; `None` if no call has that number by the moment `end`.
    pub fn new(recording: &'r Recording<'r>, number: u64, end: MomentId) -> Option<Self> {
        let place = usize::try_from(number.checked_sub(1)?).ok()?;
        let (made, call) = *recording.calls().get(place).filter(|(made, _)| *made <= end)?;
        let Some(Action::Call { to, data, .. }) = recording.action(made) else { return None };
        let caller = recording.moments[made].context;
        let from = recording.life(caller).id;
        Some(Walk { recording, end, made, caller, from, to, data, handle: call.handle })
    }

    /// Follows the request, and its reply, as far as they come; `links` are those of the moment `end`.
    pub fn follow(&self, links: &Links) -> Way {
        let (mut moment, mut moments, mut is_answered) = (self.made, vec![self.made], self.from == self.to);
        let end = loop {
            let Some(flight) = self.next(moment) else {
                let error = first_error(self.recording.records(moment));
                break CallEnd::Stopped { context: self.recording.moments[moment].context, moment, error };
            };
            let item = self.recording.flights[flight].item;
            is_answered |= matches!(item, Item::Message(message) if self.is_reply(&message));
            match fate(self.recording, links, self.end, flight) {
                Fate::Arrived(arrived) => moment = arrived,
                lost => break CallEnd::Lost(flight, lost),
            }
            moments.push(moment);
        };
        Way { moments, is_answered, end }
    }

    /// The entry that led it astray: where it was handed back to where it came from, or dropped.
    fn reason(&self, trail: &CallTrail) -> Option<Reason> {
        let bounce = trail.moments.iter().find_map(|moment| self.bounce(*moment));
        let stop = match trail.end {
            CallEnd::Stopped { moment, error, .. } => self.stop(moment, error),
            _ => None,
        };
        let (moment, route, is_bounce) = bounce.or(stop)?;
        let what = &self.recording.moments[moment];
        let from = match what.cause {
            Cause::Arrival(flight) => Some(self.recording.hop(self.recording.flights[flight].lane).from),
            _ => None,
        };
        let turn = Turns::of(self.recording, route).last(what.context, moment);
        Some(Reason { context: what.context, moment, route, from, turn, is_bounce })
    }

    /// The context that said that there would be no reply, and its entry for the callee.
    fn death(&self, trail: &CallTrail, ended: MomentId) -> Option<Reason> {
        let is_dead = |flight: FlightId| {
            let item = self.recording.flights[flight].item;
            matches!(item, Item::Message(message) if self.is_reply(&message) && message.is_dead())
        };
        let says_so = |moment: &MomentId| self.recording.sent(*moment).any(is_dead);
        let at_once = (self.made == ended).then_some(ended);
        let moment = trail.moments.iter().copied().find(says_so).or(at_once)?;
        let context = self.recording.moments[moment].context;
        let turn = Turns::of(self.recording, self.to).last(context, moment);
        Some(Reason { context, moment, route: self.to, from: None, turn, is_bounce: false })
    }

    /// Where a context handed the message back to the parent that had sent it, and whom it is for.
    fn bounce(&self, moment: MomentId) -> Option<(MomentId, ContextId, bool)> {
        let Cause::Arrival(arrived) = self.recording.moments[moment].cause else { return None };
        let arrived = self.recording.flights[arrived];
        let next = self.recording.flights[self.next(moment)?];
        let is_back = arrived.lane.direction() == Direction::Down && next.lane.direction() == Direction::Up;
        let Item::Message(message) = next.item else { return None };
        (is_back && arrived.lane.child() == next.lane.child() && arrived.item == next.item).then_some((
            moment,
            message.dst,
            true,
        ))
    }

    /// What a context looked up in its table when it dropped the message.
    fn stop(&self, moment: MomentId, error: Option<LoggedError>) -> Option<(MomentId, ContextId, bool)> {
        let Cause::Arrival(arrived) = self.recording.moments[moment].cause else { return None };
        let Item::Message(message) = self.recording.flights[arrived].item else { return None };
        let route = match error {
            Some(error) => self.recording.family().asked(error, &message)?,
            None => message.dst,
        };
        let is_home = self.recording.life(self.recording.moments[moment].context).id == route;
        (!is_home).then_some((moment, route, false))
    }

    /// The request or the reply that a moment sent, if any.
    fn next(&self, moment: MomentId) -> Option<FlightId> {
        self.recording.sent(moment).find(|flight| self.is_of_call(*flight))
    }

    fn is_of_call(&self, flight: FlightId) -> bool {
        let item = self.recording.flights[flight].item;
        matches!(item, Item::Message(message) if self.is_request(&message) || self.is_reply(&message))
    }

    fn is_request(&self, message: &Message) -> bool {
        let is_between = message.src == self.from && message.dst == self.to;
        is_between && message.handle == Handle::ANSWER && message.reply_to == self.handle
    }

    pub fn is_reply(&self, message: &Message) -> bool {
        message.dst == self.from && message.handle == self.handle
    }

    fn ended(&self, moment: MomentId, number: u64) -> Option<(MomentId, bool)> {
        self.recording.records(moment).iter().find_map(|record| match record {
            Record::Reply { call, dead, .. } if *call == number => Some((moment, *dead)),
            _ => None,
        })
    }

    /// Whether the disconnect signal of the callee fires in the caller.
    fn fires(&self, moment: MomentId) -> bool {
        let is_it = |record: &Record| matches!(record, Record::Signal { context, .. } if *context == self.to);
        self.recording.moments[moment].context == self.caller && self.recording.records(moment).iter().any(is_it)
    }
}
