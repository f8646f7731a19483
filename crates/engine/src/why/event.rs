//! What led to an event: to a logged error, to the last event of a run that was stopped, or to what a warning is about.

use super::chain::{Past, Turns};
use crate::link::{Incarnation, Item};
use crate::process::{ContextId, LoggedError, News};
use crate::recording::{Cause, MomentId, Recording, RouteTurn};
use crate::scenario::Action;
use crate::scenario::expectation::WarningKind;
use crate::trace::{Record, Skip};
use std::collections::BTreeSet;

/// What led to an event.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Event {
    /// The moment of the event.
    pub moment: MomentId,
    /// Why it is asked about.
    pub kind: EventKind,
    /// Where it happened: for an error, the context that logged it.
    pub context: Incarnation,
    /// The destination that it was about: for ADD_ROUTE and DEL_ROUTE, the target; for a message that source
    /// verification dropped, its sender; for a crash, the parent, if there was no route to it; for a signal, the id of
    /// the context object.
    pub route: Option<ContextId>,
    /// How the entry for that destination had last changed there before; `None` if there never was one.
    pub turn: Option<(MomentId, RouteTurn)>,
    /// All moments that matter, ascending.
    pub moments: Vec<MomentId>,
}

/// Why an event is asked about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EventKind {
    /// An error was logged.
    Error(LoggedError),
    /// It is the last event of a run that was stopped.
    Last,
    /// The disconnect signal of a context object fires again. It first did in that moment.
    SignalAgain(MomentId),
    /// A DEL_ROUTE crosses a link again. It first did in that moment, which is the same one if copies did.
    DelAgain(MomentId),
    /// A step was skipped.
    Skipped(Skip),
}

/// What led to an event, and for an error also what led to the entry that was in the way.
pub fn event(recording: &Recording<'_>, moment: MomentId, kind: EventKind) -> Event {
    let error = if let EventKind::Error(error) = kind { Some(error) } else { None };
    let (context, before) = (place(recording, moment, error), moment.checked_sub(1).filter(|_| error.is_some()));
    let last = |route: ContextId| before.and_then(|before| Turns::of(recording, route).last(context, before));
    let mut route = route(recording, moment, error);
    if error.is_some_and(LoggedError::is_crash) {
        let parent = recording.life(context).parent.map(|parent| recording.life(parent).id);
        route = parent.filter(|parent| last(*parent).is_some_and(|(_, turn)| turn.after.is_none()));
    }
    if let EventKind::SignalAgain(_) = kind {
        route = signals(recording, moment).find(|(.., again)| *again).map(|(context, _)| context);
    }
    let turn = route.and_then(last);
    let past = Past::of(recording);
    let mut moments = past.chain(moment);
    moments.extend(turn.into_iter().flat_map(|(turned, _)| past.chain(turned)));
    if let EventKind::SignalAgain(first) | EventKind::DelAgain(first) = kind {
        moments.extend(past.chain(first));
    }
    moments.sort_unstable();
    moments.dedup();
    Event { moment, kind, context, route, turn, moments }
}

/// The first event up to `end` that a warning is about.
pub fn first_warning(recording: &Recording<'_>, kind: WarningKind, end: Option<MomentId>) -> Option<Event> {
    let moment = first_moment(recording, kind, end)?;
    let kind = match kind {
        WarningKind::LoggedError => EventKind::Error(errors(recording, moment).next()?),
        WarningKind::DuplicateSignal => {
            let (target, _) = signals(recording, moment).find(|(_, again)| *again)?;
            let place = recording.moments[moment].context;
            let fires = |other: &MomentId| {
                recording.moments[*other].context == place && signals(recording, *other).any(|(id, _)| id == target)
            };
            EventKind::SignalAgain((0..=moment).rev().filter(fires).nth(1).unwrap_or(moment))
        }
        WarningKind::DuplicateDel => {
            let key = retraction(recording, moment);
            EventKind::DelAgain((0..=moment).find(|other| retraction(recording, *other) == key).unwrap_or(moment))
        }
        WarningKind::Skipped => EventKind::Skipped(skips(recording, moment).next()?),
    };
    Some(event(recording, moment, kind))
}

/// The first moment up to `end` that shows a warning.
fn first_moment(recording: &Recording<'_>, kind: WarningKind, end: Option<MomentId>) -> Option<MomentId> {
    let mut crossed = BTreeSet::new();
    (0..=end?).find(|moment| match kind {
        WarningKind::LoggedError => errors(recording, *moment).next().is_some(),
        WarningKind::DuplicateSignal => signals(recording, *moment).any(|(_, again)| again),
        WarningKind::DuplicateDel => {
            let times = recording.moments[*moment].times;
            retraction(recording, *moment).is_some_and(|key| !crossed.insert(key) || times > 1)
        }
        WarningKind::Skipped => skips(recording, *moment).next().is_some(),
    })
}

/// Why the step of a moment was skipped, if it was.
fn skips(recording: &Recording<'_>, moment: MomentId) -> impl Iterator<Item = Skip> {
    recording.records(moment).iter().filter_map(|record| match record {
        Record::Skipped { why } => Some(*why),
        _ => None,
    })
}

/// The lane that a DEL_ROUTE has crossed, and the life that it is about, as numbers.
fn retraction(recording: &Recording<'_>, moment: MomentId) -> Option<(u32, ContextId, usize)> {
    let Cause::Arrival(flight) = recording.moments[moment].cause else { return None };
    // What vanishes has not crossed.
    let Some(News::Retract(target)) = recording.news(recording.message(moment)?) else { return None };
    let lane = recording.flights[flight].lane;
    Some((lane.raw(), target, recording.lives_until(target, Some(moment)).len()))
}

/// The disconnect signals of a moment: of which context object, and whether it fired before.
fn signals<'r>(recording: &'r Recording<'_>, moment: MomentId) -> impl Iterator<Item = (ContextId, bool)> + 'r {
    recording.records(moment).iter().filter_map(|record| match record {
        Record::Signal { context, again, .. } => Some((*context, *again)),
        _ => None,
    })
}

/// What led to the first error up to `end` that `is_it`.
pub fn first_error(
    recording: &Recording<'_>,
    end: Option<MomentId>,
    is_it: impl Fn(LoggedError) -> bool,
) -> Option<Event> {
    let (moment, error) = first_error_of(recording, end, is_it)?;
    Some(event(recording, moment, EventKind::Error(error)))
}

/// The first error up to `end` that `is_it`, and the moment in which it was logged.
fn first_error_of(
    recording: &Recording<'_>,
    end: Option<MomentId>,
    is_it: impl Fn(LoggedError) -> bool,
) -> Option<(MomentId, LoggedError)> {
    let first = |moment| errors(recording, moment).find(|error| is_it(*error)).map(|error| (moment, error));
    (0..=end?).find_map(first)
}

pub(super) fn errors<'r>(recording: &'r Recording<'_>, moment: MomentId) -> impl Iterator<Item = LoggedError> + 'r {
    recording.records(moment).iter().filter_map(|record| match record {
        Record::Error { error, .. } => Some(*error),
        _ => None,
    })
}

/// Where an error was logged. For a connect, that is the parent.
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
    match (error, recording.news(&message)) {
        (Some(error), _) => recording.family().asked(error, &message),
        (None, Some(News::Announce(target) | News::Retract(target))) => Some(target),
        (None, None) => None,
    }
}
