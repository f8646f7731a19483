//! How to describe a protocol to people, and what a reader of its runs must know about it.

use super::ids::{ContextId, Handle, TimerId};
use super::message::{Data, Message, MessageKind, Payload};
use super::name::Names;
use crate::time::Span;
use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::panic::RefUnwindSafe;

/// What a context runs, by name: a row of the registry.
///
/// Two monitors are equal if they have the same name. They are ordered as in the registry: by family, then by place.
#[derive(Clone, Copy)]
pub struct Monitor(&'static MonitorRow);

/// A row of the registry.
#[derive(Debug)]
#[non_exhaustive]
pub struct MonitorRow {
    /// The name in scenario files and on the command line. No monitor of another family may have it.
    pub name: &'static str,
    /// What the monitor is, in a phrase.
    pub about: &'static str,
    /// The family that it belongs to. All contexts of a run belong to one family.
    pub family: &'static dyn Family,
    /// Its place among the monitors of its family, which count from 0, oldest first.
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

/// A place in a protocol where something can go wrong: a handler, or an error that it logs. Failures are classed by it.
#[derive(Clone, Copy)]
pub struct Place(&'static PlaceRow);

/// A row for a [`Place`].
#[derive(Debug)]
pub struct PlaceRow {
    /// Where it comes in lists of classes, lowest first. Places with the same rank come in the order of their names.
    pub rank: u16,
    /// The words for it in the names of classes, such as `on-connect`.
    pub name: &'static str,
    /// How a failure came about there, as the end of a sentence.
    pub words: &'static str,
}

impl Place {
    /// The place of a row.
    pub const fn of(row: &'static PlaceRow) -> Self {
        Place(row)
    }

    /// The words for it in the names of classes.
    pub const fn name(self) -> &'static str {
        self.0.name
    }

    /// How a failure came about there, as the end of a sentence.
    pub const fn in_words(self) -> &'static str {
        self.0.words
    }
}

impl PartialEq for Place {
    fn eq(&self, other: &Self) -> bool {
        std::ptr::eq(self.0, other.0) || self.0.name == other.0.name
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

/// An error that a protocol logs and a trace records: a row of its family's table.
#[derive(Clone, Copy)]
pub struct LoggedError(&'static ErrorRow);

/// A row for a [`LoggedError`].
#[derive(Debug)]
pub struct ErrorRow {
    /// Its place in [`Family::errors`], from 0. Digests contain it.
    pub code: u8,
    /// The name in traces and reports.
    pub name: &'static str,
    /// What happens, as a sentence without its full stop, for the table of what a run has exercised.
    pub words: &'static str,
    /// The place that failures through it are classed under.
    pub place: Place,
    /// Whether it costs a process its life.
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

    /// What happens, as a sentence without its full stop.
    pub const fn in_words(self) -> &'static str {
        self.0.words
    }

    /// The place that failures through it are classed under.
    pub const fn place(self) -> Place {
        self.0.place
    }

    /// Whether it costs a process its life.
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

/// What a protocol is held to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Truth {
    /// Each context's table has its parent through the stream to the parent, every context below it through the child that
    /// leads there, and nothing else.
    #[default]
    Tables,
    /// From every context, every other one on the tree is reached, hop by hop: by what the tables say, and towards the parent
    /// where a table says nothing. No table has an entry for a context that is not on the tree.
    Reach,
}

/// A part of the scenario language that not every protocol has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Feature {
    /// The `shutdown` step.
    Shutdown,
    /// The `detach` step.
    Detach,
    /// The `unidirectional` key.
    Unidirectional,
}

/// A family of monitors: their names, and how to describe to people what they do. Most methods have a default that fits
/// a protocol about which nothing more is known.
pub trait Family: fmt::Debug + Sync + RefUnwindSafe {
    /// The name of the family.
    fn name(&self) -> &'static str;

    /// Its monitors, oldest first. The last one is the family's default. There must be at least one.
    fn monitors(&self) -> &'static [MonitorRow];

    /// The errors that it logs, by code: the one at `n` has code `n`.
    fn errors(&self) -> &'static [LoggedError] {
        &[]
    }

    /// Places of its own that failures are classed under, besides those of its errors.
    fn places(&self) -> &'static [Place] {
        &[]
    }

    /// Whether it has a part of the scenario language.
    fn knows(&self, feature: Feature) -> bool {
        let _ = feature;
        false
    }

    /// For a protocol that never falls silent: how soon after the last step, with every link healed, its tables must be
    /// right. Random cases end then. `None` for a protocol whose runs end by themselves.
    fn settles_within(&self) -> Option<Span> {
        None
    }

    /// The option of the command line that chooses a monitor of this family.
    fn option(&self, monitor: &str) -> String {
        format!("--monitor {monitor}")
    }

    /// What its runs are held to.
    fn truth(&self) -> Truth {
        Truth::Tables
    }

    /// The handler that takes a message that has arrived. `is_down` says that it came from the parent.
    fn place_of(&self, message: &Message, is_down: bool) -> Option<Place> {
        let _ = (message, is_down);
        None
    }

    /// The handlers of the messages of its own, by the number of their kind.
    fn kinds(&self) -> &'static [Place] {
        &[]
    }

    /// The handler of its timers, if failures are classed under one.
    fn place_of_timer(&self) -> Option<Place> {
        None
    }

    /// Whether data, or the reply that it asks for, is too long for a message.
    fn is_too_long(&self, data: Data, is_reply: bool) -> bool {
        let _ = (data, is_reply);
        false
    }

    /// What a message says about a route.
    fn news(&self, message: &Message) -> Option<News> {
        match message.payload {
            Payload::Announce { target, .. } => Some(News::Announce(target)),
            Payload::Retract { target } => Some(News::Retract(target)),
            Payload::Data(_) | Payload::Other(_) | Payload::Text(_) => None,
        }
    }

    /// The destination that a context looked up in its table when it logged an error about a message.
    fn asked(&self, error: LoggedError, message: &Message) -> Option<ContextId> {
        let _ = error;
        match self.news(message)? {
            News::Announce(target) | News::Retract(target) => Some(target),
        }
    }

    /// Whether this message only ever leads to more like it, each to the parent of the one before. This must hold wherever no
    /// context connects below its own id, and none detaches itself; and there, a connect must send nothing else. The
    /// master must do the same about everything else before and after it, where no id is used twice. And a context must end
    /// when its stream to its parent is lost, and never of its own. An exploration then takes fewer orders for all.
    fn only_rises(&self, message: &Message) -> bool {
        let _ = message;
        false
    }

    /// What a context does when it logs an error, as a clause.
    fn error_words(&self, error: LoggedError, context: &str) -> String {
        format!("{context} logs {}", error.name())
    }

    /// The word for an announcement.
    fn announcement(&self) -> &'static str {
        "announcement"
    }

    /// The word for a retraction.
    fn retraction(&self) -> &'static str {
        "retraction"
    }

    /// The words for what a timer measures.
    fn timer(&self, timer: TimerId) -> &'static str {
        let _ = timer;
        "a timer"
    }

    /// The words for a message of the protocol's own, one that is neither an announcement nor a retraction.
    fn other(&self, message: &Message) -> String {
        match message.payload {
            Payload::Other(other) => format!("message {} about {}", other.kind, other.target),
            Payload::Text(text) => format!("message {} about {}", text.kind, text.target),
            _ => format!("message to handle {}", message.handle.0),
        }
    }

    /// Whether a context sends the same news over a link only once.
    fn says_once(&self) -> bool {
        false
    }

    /// What a message says beyond the context that it is about, for people; empty if that is nothing.
    fn details(&self, message: &Message, names: &Names) -> String {
        let _ = (message, names);
        String::new()
    }

    /// The payload of a message as text, for traces. Empty if no protocol reads it.
    fn payload_text(&self, message: &Message, names: &Names) -> String {
        match message.payload {
            Payload::Data(_) => String::new(),
            Payload::Announce { target, name: Some(name) } => format!("{target}:{}", names.original(name, target)),
            Payload::Announce { target, name: None } | Payload::Retract { target } => target.to_string(),
            Payload::Other(other) => format!("{}:{}:{}", other.kind, other.target, other.number),
            Payload::Text(text) => {
                text.body.map_or_else(String::new, |body| names.original(body, text.target).into_owned())
            }
        }
    }
}

impl dyn Family + '_ {
    /// The kind that a message is counted as: news of a route is news, whatever payload it is in.
    #[inline]
    pub fn kind_of(&self, message: &Message) -> MessageKind {
        match message.kind() {
            MessageKind::Other => match self.news(message) {
                Some(News::Announce(_)) => MessageKind::Announce,
                Some(News::Retract(_)) => MessageKind::Retract,
                None => MessageKind::Other,
            },
            kind => kind,
        }
    }

    /// A message in a few words: `request to 3`, or what the family calls it.
    pub fn message_words(&self, message: &Message) -> String {
        let dst = message.dst;
        match message.payload {
            Payload::Announce { target, .. } => format!("{} {target}", self.announcement()),
            Payload::Retract { target } => format!("{} {target}", self.retraction()),
            Payload::Other(_) | Payload::Text(_) => self.other(message),
            Payload::Data(_) if message.is_dead() => format!("dead message to {dst}"),
            Payload::Data(_) if message.is_order() => format!("{} to {dst}", self.other(message)),
            Payload::Data(_) if message.handle != Handle::ANSWER => format!("reply to {dst}"),
            Payload::Data(_) if message.wants_reply() => format!("request to {dst}"),
            Payload::Data(_) => format!("message to {dst}"),
        }
    }
}
