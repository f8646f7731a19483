//! What left things as they are at the end of a recording, and which handler of the protocol was at work. Classes of
//! failures are made of this.
//!
//! - A *stale* or *wrong* entry: the handler that last set it.
//! - A *missing* entry: the handler that last removed it, or refused the news of it; or no news of it arrived.
//! - A call that *hangs*: where its request or its reply arrived last, and what happened to it there.
//! - A crash: the handler that was at work.
//!
//! If a link that is still cut holds the news, or what is left of a call, that is the answer instead. If a recording is cut,
//! its end is taken for the end of the run.

use super::call::Walk;
use super::chain::Turns;
use super::event::errors;
use crate::link::{Direction, Incarnation, LaneId};
use crate::process::{ContextId, LoggedError, News, Place, places};
use crate::recording::{FlightEnd, MomentId, Recording, first_error};
use crate::scenario::expectation::DifferenceKind;
use std::collections::{BTreeMap, BTreeSet};

/// Something that was done: when, and by what.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Deed {
    /// The moment in which it was done; `None` if it was so from the beginning.
    pub moment: Option<MomentId>,
    /// What did it.
    pub place: Place,
}

/// A call that hangs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct LostCall {
    /// Its number.
    pub call: u64,
    /// The context that made it.
    pub from: ContextId,
    /// The context that was called.
    pub to: ContextId,
    /// The last that was seen of it.
    pub deed: Deed,
}

/// What left the entries as they are that differ in one way at the end of the run: a deed for each of the outcome's
/// differences of that kind, in their order.
pub fn remains(recording: &Recording<'_>, kind: DifferenceKind) -> Vec<Deed> {
    let differences = recording.outcome.differences.iter().filter(|difference| difference.kind == kind);
    let places: Vec<_> = differences.map(|difference| (difference.context, difference.destination)).collect();
    let is_missing = kind == DifferenceKind::Missing;
    let turns = Turns::of_each(recording, places.iter().map(|(_, destination)| *destination));
    let refusals = if is_missing { refusals(recording) } else { BTreeMap::new() };
    let born = if is_missing { places::UNTOLD } else { places::ON_CONNECT };
    let held = held(recording);
    let deed = |(context, destination): &(ContextId, ContextId)| {
        let turned =
            |life: &Incarnation| turns[destination].last_such(*life, |turn| turn.after.is_none() == is_missing);
        // An outcome names contexts by their ids, so all lives of an id count.
        let moment = recording.lives_of(*context).iter().filter_map(turned).max();
        let own = moment.map(|moment| Deed { moment: Some(moment), place: recording.handler(moment) });
        let last = own.max(refusals.get(destination).copied()).unwrap_or(Deed { moment: None, place: born });
        let is_held = holds_news(recording, &held, *context, *destination);
        Deed { place: if is_held { places::AT_CUT_LINK } else { last.place }, ..last }
    };
    places.iter().map(deed).collect()
}

/// The last time that a context refused the news of each destination.
fn refusals(recording: &Recording<'_>) -> BTreeMap<ContextId, Deed> {
    let refusal = |moment: MomentId| {
        let error = first_error(recording.records(moment))?;
        match recording.news(recording.message(moment)?)? {
            News::Announce(target) => Some((target, Deed { moment: Some(moment), place: error.place() })),
            News::Retract(_) => None,
        }
    };
    (0..recording.moments.len()).filter_map(refusal).collect()
}

/// Whether a link on the way from a destination to a context holds the news of it.
fn holds_news(recording: &Recording<'_>, held: &BTreeSet<LaneId>, context: ContextId, destination: ContextId) -> bool {
    let life = |life: Incarnation| recording.life(life);
    let way = std::iter::successors(recording.lives_of(destination).last().copied(), |at| life(*at).parent);
    let mut way = way.take_while(|at| *at != Incarnation::MASTER && life(*at).id != context);
    !held.is_empty() && way.any(|at| held.contains(&LaneId::new(at, Direction::Up)))
}

/// The wires of cut links that hold anything at the end.
fn held(recording: &Recording<'_>) -> BTreeSet<LaneId> {
    let links = recording.links(recording.last_until(None));
    let on_wire = recording.flights.iter().filter(|flight| flight.end == FlightEnd::OnWire);
    on_wire.map(|flight| flight.lane).filter(|lane| links.is_held(*lane)).collect()
}

/// The calls that hang at the end of the run, in the order of their numbers; only those that were made in the part of the
/// run that is kept.
pub fn lost_calls(recording: &Recording<'_>) -> Vec<LostCall> {
    let Some(end) = recording.last_until(None) else { return Vec::new() };
    let (links, held) = (recording.links(Some(end)), held(recording));
    let hung = recording.outcome.hung_calls.iter().map(|hung| hung.call);
    let lost = |call: u64| {
        let walk = Walk::new(recording, call, end)?;
        let way = walk.follow(&links).moments;
        Some(LostCall { call, from: walk.from, to: walk.to, deed: last_seen(recording, &held, &walk, &way) })
    };
    hung.filter_map(lost).collect()
}

/// The last that was seen of a call that went this way, or a cut link next to that which holds something.
fn last_seen(recording: &Recording<'_>, held: &BTreeSet<LaneId>, walk: &Walk<'_>, way: &[MomentId]) -> Deed {
    let context = |moment: MomentId| recording.moments[moment].context;
    let is_reply = |moment: &MomentId| recording.message(*moment).is_some_and(|message| walk.is_reply(message));
    let is_there = |moment: &MomentId| recording.life(context(*moment)).id == walk.to;
    let (last, arrivals) = (way[way.len() - 1], &way[1..]);
    let is_answered = arrivals.iter().any(|moment| is_reply(moment) || is_there(moment));
    let near = |lane: &LaneId| [Some(lane.child()), recording.life(lane.child()).parent].contains(&Some(context(last)));
    // What is logged where a call is made is not about the call.
    let error = first_error(recording.records(last)).filter(|_| !arrivals.is_empty());
    let place = match error {
        Some(error) => error.place(),
        None if is_reply(&last) && context(last) == walk.caller => places::ON_REPLY,
        None if recording.family().is_too_long(walk.data, is_answered) => places::ON_OVERSIZE,
        None if held.iter().any(near) => places::AT_CUT_LINK,
        None if is_answered => places::REPLY_VANISHED,
        None => places::REQUEST_VANISHED,
    };
    Deed { moment: Some(last), place }
}

/// The crashes, in the order of time.
pub fn crashes(recording: &Recording<'_>) -> Vec<Deed> {
    let is_one = |moment: &MomentId| errors(recording, *moment).any(LoggedError::is_crash);
    let deed = |moment| Deed { moment: Some(moment), place: recording.handler(moment) };
    (0..recording.moments.len()).filter(is_one).map(deed).collect()
}
