//! What people are told of a protocol, and what a reader of a run has to know of it.

use super::ids::{ContextId, Handle};
use super::message::{Data, Message, Payload};
use super::name::Names;
use crate::time::Span;
use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::panic::RefUnwindSafe;

/// What a context runs, by name: a row of the registry.
///
/// Two monitors are the same if they have one name. Their order is that of the registry: by family, then by their place.
#[derive(Clone, Copy)]
pub struct Monitor(&'static MonitorRow);

/// What the registry has of a monitor.
#[derive(Debug)]
#[non_exhaustive]
pub struct MonitorRow {
    /// The name in scenario files and on the command line.
    pub name: &'static str,
    /// What it is, in a phrase.
    pub about: &'static str,
    /// The family that it belongs to. All contexts of a run are of one.
    pub family: &'static dyn Family,
    /// Its place among the monitors of its family, from 0, the oldest first.
    pub place: u16,
}

impl MonitorRow {
    /// A row.
    pub const fn new(name: &'static str, about: &'static str, family: &'static dyn Family, place: u16) -> Self {
        MonitorRow { name, about, family, place }
    }
}

impl Monitor {
    /// The monitor of a row.
    pub const fn of(row: &'static MonitorRow) -> Self {
        Monitor(row)
    }

    /// Its name.
    pub const fn name(self) -> &'static str {
        self.0.name
    }

    /// What it is, in a phrase.
    pub const fn about(self) -> &'static str {
        self.0.about
    }

    /// Its family.
    pub const fn family(self) -> &'static dyn Family {
        self.0.family
    }

    /// Its place in the family.
    pub const fn place(self) -> u16 {
        self.0.place
    }
}

impl PartialEq for Monitor {
    fn eq(&self, other: &Self) -> bool {
        std::ptr::eq(self.0, other.0) || self.0.name == other.0.name
    }
}

impl Eq for Monitor {}

impl PartialOrd for Monitor {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Monitor {
    fn cmp(&self, other: &Self) -> Ordering {
        let key = |monitor: &Monitor| (monitor.family().name(), monitor.place(), monitor.name());
        key(self).cmp(&key(other))
    }
}

impl Hash for Monitor {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.name.hash(state);
    }
}

impl fmt::Debug for Monitor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Monitor").field(&self.0.name).finish()
    }
}

impl fmt::Display for Monitor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.0.name)
    }
}

/// A place in a protocol where something goes wrong: a handler, or an error that it logs. Failures are classed by it.
#[derive(Clone, Copy)]
pub struct Place(&'static PlaceRow);

/// What there is to say of a [`Place`].
#[derive(Debug)]
pub struct PlaceRow {
    /// Where it stands in lists of classes; two places of one run differ in it.
    pub rank: u16,
    /// The words in the names of classes, such as `on-connect`.
    pub name: &'static str,
    /// How a failure came to be there, as the end of a sentence.
    pub words: &'static str,
}

impl Place {
    /// The place of a row.
    pub const fn of(row: &'static PlaceRow) -> Self {
        Place(row)
    }

    /// The words in the names of classes.
    pub const fn name(self) -> &'static str {
        self.0.name
    }

    /// How it came to be, as the end of a sentence.
    pub const fn in_words(self) -> &'static str {
        self.0.words
    }
}

impl PartialEq for Place {
    fn eq(&self, other: &Self) -> bool {
        self.0.name == other.0.name
    }
}

impl Eq for Place {}

impl PartialOrd for Place {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Place {
    fn cmp(&self, other: &Self) -> Ordering {
        (self.0.rank, self.0.name).cmp(&(other.0.rank, other.0.name))
    }
}

impl Hash for Place {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.name.hash(state);
    }
}

impl fmt::Debug for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Place").field(&self.0.name).finish()
    }
}

/// An error that a protocol logs and that a trace records: a row of its family's table.
#[derive(Clone, Copy)]
pub struct LoggedError(&'static ErrorRow);

/// What there is to say of a [`LoggedError`].
#[derive(Debug)]
pub struct ErrorRow {
    /// Its place in [`Family::errors`], from 0; digests have it.
    pub code: u8,
    /// The name in traces and reports.
    pub name: &'static str,
    /// What happens, as a sentence without its full stop, for tables of what a run has exercised.
    pub words: &'static str,
    /// The place that failures by it are classed under.
    pub place: Place,
    /// Whether a process is lost by it.
    pub is_crash: bool,
}

impl LoggedError {
    /// The error of a row.
    pub const fn of(row: &'static ErrorRow) -> Self {
        LoggedError(row)
    }

    /// The number in digests.
    pub const fn code(self) -> u8 {
        self.0.code
    }

    /// The name in traces and reports.
    pub const fn name(self) -> &'static str {
        self.0.name
    }

    /// What happens.
    pub const fn in_words(self) -> &'static str {
        self.0.words
    }

    /// The place that failures by it are classed under.
    pub const fn place(self) -> Place {
        self.0.place
    }

    /// Whether a process is lost by it.
    pub const fn is_crash(self) -> bool {
        self.0.is_crash
    }
}

impl PartialEq for LoggedError {
    fn eq(&self, other: &Self) -> bool {
        self.0.name == other.0.name
    }
}

impl Eq for LoggedError {}

impl PartialOrd for LoggedError {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for LoggedError {
    fn cmp(&self, other: &Self) -> Ordering {
        (self.0.code, self.0.name).cmp(&(other.0.code, other.0.name))
    }
}

impl Hash for LoggedError {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.name.hash(state);
    }
}

impl fmt::Debug for LoggedError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("LoggedError").field(&self.0.name).finish()
    }
}

/// What a message says about a route.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum News {
    /// A context can be reached.
    Announce(ContextId),
    /// A context can no longer be reached.
    Retract(ContextId),
}

/// A part of the scenario language that not every protocol knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Feature {
    /// The step `shutdown`.
    Shutdown,
    /// The step `detach`.
    Detach,
    /// The key `unidirectional`.
    Unidirectional,
}

/// What people are told of a family of monitors. All have answers that fit a protocol about which no more is known.
pub trait Family: fmt::Debug + Sync + RefUnwindSafe {
    /// The name of the family.
    fn name(&self) -> &'static str;

    /// Its monitors, the oldest first; the last is the one that the family means without a name. Never empty.
    fn monitors(&self) -> &'static [MonitorRow];

    /// The errors that it logs, by code.
    fn errors(&self) -> &'static [LoggedError] {
        &[]
    }

    /// The places of its own that failures are classed under, beside those of its errors.
    fn places(&self) -> &'static [Place] {
        &[]
    }

    /// Whether it knows a part of the scenario language.
    fn knows(&self, feature: Feature) -> bool {
        let _ = feature;
        false
    }

    /// For a protocol that never falls silent: how long after the last step, and after every link has healed, its tables
    /// must be right. Random cases end then. `None` for a protocol whose runs end by themselves.
    fn settles_within(&self) -> Option<Span> {
        None
    }

    /// The handler that takes a message which has arrived, `is_down` from the parent.
    fn place_of(&self, message: &Message, is_down: bool) -> Option<Place> {
        let _ = (message, is_down);
        None
    }

    /// The handler of its timers, where it is one that has a name.
    fn place_of_timer(&self) -> Option<Place> {
        None
    }

    /// Whether data of so many bytes is too long for a message.
    fn is_too_long(&self, data: Data, is_reply: bool) -> bool {
        let _ = (data, is_reply);
        false
    }

    /// What a message says about a route.
    fn news(&self, message: &Message) -> Option<News> {
        match message.payload {
            Payload::Announce { target, .. } => Some(News::Announce(target)),
            Payload::Retract { target } => Some(News::Retract(target)),
            Payload::Data(_) | Payload::Other(_) => None,
        }
    }

    /// The destination that a context looked for in its table when it logged an error about a message.
    fn asked(&self, error: LoggedError, message: &Message) -> Option<ContextId> {
        let _ = error;
        match self.news(message)? {
            News::Announce(target) | News::Retract(target) => Some(target),
        }
    }

    /// What a context does as it logs an error, as a clause.
    fn error_words(&self, error: LoggedError, context: &str) -> String {
        format!("{context} logs {}", error.name())
    }

    /// What an announcement is called.
    fn announcement(&self) -> &'static str {
        "announcement"
    }

    /// What a retraction is called.
    fn retraction(&self) -> &'static str {
        "retraction"
    }

    /// What a timer measures.
    fn timer(&self) -> &'static str {
        "a timer"
    }

    /// What a message of the protocol's own is called; it is neither of the two.
    fn other(&self, message: &Message) -> String {
        match message.payload {
            Payload::Other(other) => format!("message {} about {}", other.kind, other.target),
            _ => format!("message to handle {}", message.handle.0),
        }
    }

    /// The payload of a message as text, for traces; empty for what no protocol reads.
    fn payload_text(&self, message: &Message, names: &Names) -> String {
        match message.payload {
            Payload::Data(_) => String::new(),
            Payload::Announce { target, name: Some(name) } => format!("{target}:{}", names.original(name, target)),
            Payload::Announce { target, name: None } | Payload::Retract { target } => target.to_string(),
            Payload::Other(other) => format!("{}:{}:{}", other.kind, other.target, other.number),
        }
    }
}

impl dyn Family + '_ {
    /// What a message is, in a few words: `request to 3`, or what the family calls it.
    pub fn message_words(&self, message: &Message) -> String {
        let dst = message.dst;
        match message.payload {
            Payload::Announce { target, .. } => format!("{} {target}", self.announcement()),
            Payload::Retract { target } => format!("{} {target}", self.retraction()),
            Payload::Other(_) => self.other(message),
            Payload::Data(_) if message.is_dead() => format!("dead message to {dst}"),
            Payload::Data(_) if message.is_order() => format!("{} to {dst}", self.other(message)),
            Payload::Data(_) if message.handle != Handle::ANSWER => format!("reply to {dst}"),
            Payload::Data(_) if message.wants_reply() => format!("request to {dst}"),
            Payload::Data(_) => format!("message to {dst}"),
        }
    }
}
