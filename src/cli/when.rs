//! Which moment of a recording is meant, and which context at that moment.

use crate::link::Incarnation;
use crate::process::ContextId;
use crate::recording::{MomentId, Recording};
use crate::time::{Span, Time};

/// A time that the user names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum At {
    /// After all that happened up to then.
    Time(Time),
    /// After everything.
    End,
}

impl At {
    /// The time, if one was named.
    pub fn time(self) -> Option<Time> {
        match self {
            At::Time(time) => Some(time),
            At::End => None,
        }
    }
}

/// Reads a time as scenario files have it, or `end`.
pub fn parse_at(text: &str) -> Result<At, String> {
    if text == "end" {
        return Ok(At::End);
    }
    Span::parse(text).map(|span| At::Time(Time::from_ns(span.as_ns()))).map_err(|error| format!("{error}; or end"))
}

/// The context that an id means at a moment: its latest life then, or else its first.
///
/// # Errors
/// Where no context ever has that id.
pub fn context(recording: &Recording<'_>, id: ContextId, moment: Option<MomentId>) -> Result<Incarnation, String> {
    known(recording, id)?;
    let latest = recording.lives_until(id, moment).last().or(recording.lives_of(id).first());
    Ok(*latest.expect("it is known"))
}

/// How many ids are named where one is not known.
const NEAREST: usize = 3;

/// Whether any context ever has an id.
///
/// # Errors
/// Names the ids next to it.
pub fn known(recording: &Recording<'_>, id: ContextId) -> Result<(), String> {
    if !recording.lives_of(id).is_empty() {
        return Ok(());
    }
    let mut ids: Vec<u32> = recording.lives.iter().map(|life| life.id.0).collect();
    ids.sort_unstable_by_key(|other| (other.abs_diff(id.0), *other));
    ids.dedup();
    ids.truncate(NEAREST);
    let nearest = ids.iter().map(u32::to_string).collect::<Vec<_>>().join(", ");
    let kept = if recording.is_cut { ", as far as the run is kept" } else { "" };
    Err(format!("no context ever has the id {id}{kept}; the nearest that there are: {nearest}"))
}

/// An id, or `master`.
pub fn parse_context(text: &str) -> Result<ContextId, String> {
    if text == "master" {
        return Ok(ContextId::MASTER);
    }
    text.parse().map(ContextId).map_err(|_| "a context is called by its id, such as 3; 0 is the master".to_owned())
}
