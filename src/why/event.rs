//! What led to an event: to an error that was logged, or to the last event of a storm.

use super::chain::{Turns, chain};
use crate::link::{Incarnation, Item};
use crate::protocol::{ContextId, LoggedError, Payload};
use crate::recording::{Cause, MomentId, Recording, RouteTurn};
use crate::scenario::Action;
use crate::trace::Record;

/// What led to an event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// Which.
    pub moment: MomentId,
    /// Where: who logged the error.
    pub context: Incarnation,
    /// What was logged in it, first of all.
    pub error: Option<LoggedError>,
    /// The destination that it was about: of ADD_ROUTE and DEL_ROUTE, the target; of a message that source verification
    /// dropped, its sender; of a crash, the parent, if there was no route to that.
    pub route: Option<ContextId>,
    /// How the entry for that, where it happened, had last changed before; `None` if there never was one.
    pub turn: Option<(MomentId, RouteTurn)>,
    /// All moments that matter, ascending.
    pub moments: Vec<MomentId>,
}

/// What led to an event; and, of an error, to the entry that was in the way.
pub fn event(recording: &Recording<'_>, moment: MomentId) -> Event {
    let error = errors(recording, moment).next();
    let (context, before) = (place(recording, moment, error), moment.checked_sub(1).filter(|_| error.is_some()));
    let last = |route: ContextId| before.and_then(|before| Turns::of(recording, route).last(context, before));
    let mut route = route(recording, moment, error);
    if error == Some(LoggedError::Crash) {
        let parent = recording.life(context).parent.map(|parent| recording.life(parent).id);
        route = parent.filter(|parent| last(*parent).is_some_and(|(_, turn)| turn.after.is_none()));
    }
    let turn = route.and_then(last);
    let mut moments = chain(recording, moment);
    moments.extend(turn.into_iter().flat_map(|(turned, _)| chain(recording, turned)));
    moments.sort_unstable();
    moments.dedup();
    Event { moment, context, error, route, turn, moments }
}

/// The first moment up to `end` in which an error was logged that `is_it`.
pub fn first_error(
    recording: &Recording<'_>,
    end: Option<MomentId>,
    is_it: impl Fn(LoggedError) -> bool,
) -> Option<MomentId> {
    (0..=end?).find(|moment| errors(recording, *moment).any(&is_it))
}

fn errors<'r>(recording: &'r Recording<'_>, moment: MomentId) -> impl Iterator<Item = LoggedError> + 'r {
    recording.records(moment).iter().filter_map(|record| match record {
        Record::Error { error, .. } => Some(*error),
        _ => None,
    })
}

/// Where an error was logged: of a connect, at the parent.
fn place(recording: &Recording<'_>, moment: MomentId, error: Option<LoggedError>) -> Incarnation {
    let what = &recording.moments[moment];
    let parent = recording.life(what.context).parent.filter(|_| error.is_some());
    match recording.action(moment) {
        Some(Action::Connect(_)) => parent.unwrap_or(what.context),
        _ => what.context,
    }
}

fn route(recording: &Recording<'_>, moment: MomentId, error: Option<LoggedError>) -> Option<ContextId> {
    let Cause::Arrival(flight) = recording.moments[moment].cause else { return None };
    let Item::Message(message) = recording.flights[flight].item else { return None };
    match (error, message.payload) {
        (Some(LoggedError::BadAuthId), _) => Some(message.auth),
        (Some(LoggedError::BadSrcId), _) => Some(message.src),
        (_, Payload::AddRoute { target, .. } | Payload::DelRoute { target }) => Some(target),
        (_, Payload::Data(_)) => None,
    }
}
