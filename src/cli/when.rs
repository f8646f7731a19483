//! Moments and contexts, as a user names them.

use crate::link::Incarnation;
use crate::process::ContextId;
use crate::recording::{MomentId, Recording};
use crate::time::{Span, Time};

/// A time that the user gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum At {
    /// After everything up to this time.
    Time(Time),
    /// After the last event.
    End,
}

impl At {
    /// The time, if there is one.
    pub fn time(self) -> Option<Time> {
        match self {
            At::Time(time) => Some(time),
            At::End => None,
        }
    }
}

/// Reads a time as in scenario files, or `end`.
pub fn parse_at(text: &str) -> Result<At, String> {
    if text == "end" {
        return Ok(At::End);
    }
    Span::parse_units(text)
        .map(|span| At::Time(Time::from_ns(span.as_ns())))
        .map_err(|error| format!("{error}; or write end"))
}

/// The moment that is asked about; `None` if nothing has happened by then.
///
/// # Errors
/// If the run is too long to keep, and the time comes after what is kept of it.
pub fn moment(recording: &Recording<'_>, at: At) -> Result<Option<MomentId>, String> {
    let end = recording.end();
    if let Some(asked) = at.time().filter(|asked| recording.is_cut && *asked > end) {
        return Err(format!(
            "nothing is known about {asked}: the run is too long to keep; its first events are known, up to {end}; \
             use that time or an earlier one with --at"
        ));
    }
    Ok(recording.last_until(at.time()))
}

/// The context with an id at a moment: its latest life then, or else its first.
///
/// # Errors
/// If no context ever has that id.
pub fn context(recording: &Recording<'_>, id: ContextId, moment: Option<MomentId>) -> Result<Incarnation, String> {
    known(recording, id)?;
    let latest = recording.lives_until(id, moment).last().or(recording.lives_of(id).first());
    Ok(*latest.expect("it is known"))
}

/// How many known ids an error names.
const NEAREST: usize = 3;

/// Checks that a context has this id at some time.
///
/// # Errors
/// Names the nearest known ids.
pub fn known(recording: &Recording<'_>, id: ContextId) -> Result<(), String> {
    if !recording.lives_of(id).is_empty() {
        return Ok(());
    }
    let mut ids: Vec<u32> = recording.lives.iter().map(|life| life.id.0).collect();
    ids.sort_unstable_by_key(|other| (other.abs_diff(id.0), *other));
    ids.dedup();
    ids.truncate(NEAREST);
    let nearest = ids.iter().map(u32::to_string).collect::<Vec<_>>().join(", ");
    let kept = if recording.is_cut { " in the recorded part of the run" } else { "" };
    Err(format!("no context ever has the id {id}{kept}; the nearest known ids are {nearest}"))
}

/// Reads an id or `master`.
pub fn parse_context(text: &str) -> Result<ContextId, String> {
    if text == "master" {
        return Ok(ContextId::MASTER);
    }
    text.parse().map(ContextId).map_err(|_| "write the id of a context, such as 3; 0 is the master".to_owned())
}
