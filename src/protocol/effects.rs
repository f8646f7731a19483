//! What a router wants done, as values, in the order in which Mitogen would have done it.

use super::ids::{ContextId, Handle};
use super::message::Message;
use super::stream::StreamId;

/// An error that Mitogen logs and that a trace records.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum LoggedError {
    /// ADD_ROUTE for an id that has a route already ("Cannot add duplicate route").
    DuplicateRoute,
    /// DEL_ROUTE from a stream that is not the id's ("received DEL_ROUTE for ..., expected ...").
    UnexpectedDelRoute,
    /// Source verification: the message came in on another stream than its auth_id would.
    BadAuthId,
    /// Source verification: the message came in on another stream than its src_id would.
    BadSrcId,
    /// A message handler raised; `Router._invoke` logged the exception.
    HandlerCrash,
    /// A frame is longer than [`super::MAX_MESSAGE_SIZE`]; its receiver drops the stream.
    FrameTooLarge,
    /// Mitogen raised outside a message handler; the process is lost (see [`super::Crashed`]).
    Crash,
}

impl LoggedError {
    /// The name in a trace.
    pub const fn name(self) -> &'static str {
        match self {
            LoggedError::DuplicateRoute => "duplicate-route",
            LoggedError::UnexpectedDelRoute => "unexpected-del-route",
            LoggedError::BadAuthId => "bad-auth-id",
            LoggedError::BadSrcId => "bad-src-id",
            LoggedError::HandlerCrash => "handler-crash",
            LoggedError::FrameTooLarge => "frame-too-large",
            LoggedError::Crash => "crash",
        }
    }
}

/// A message to be put on the wire of a stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Transmit {
    /// The stream to send it on.
    pub stream: StreamId,
    /// What the driver knows that stream by.
    pub token: u32,
    /// The message.
    pub message: Message,
    /// How many times it is sent, one copy right behind the other. Mitogen retracts a route once per *entry* of the
    /// route table that leads through a stream, so the number can be large; it is never 0.
    pub copies: u64,
}

/// One thing that a router wants done, or wants known.
#[must_use]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Send this.
    Transmit(Transmit),
    /// The `disconnect` signal of a context object fires.
    Signal {
        /// The id of the context object.
        context: ContextId,
        /// Whether this very object has fired before.
        again: bool,
    },
    /// The revision logged an error.
    Error(LoggedError),
    /// The application's handle, SHUTDOWN or DETACHING got a message. The driver answers with
    /// [`super::Router::reply`], or [`super::Router::refuse`]s it; SHUTDOWN is for those with a parent's authority only.
    Deliver(Message),
    /// A call has ended.
    CallEnded {
        /// What [`super::Router::call`] returned.
        handle: Handle,
        /// Whether it ended by a dead message, or by its respondent's disconnect.
        dead: bool,
    },
}

/// One change of a route table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RouteChange {
    /// The destination.
    pub target: ContextId,
    /// The stream that it was reached by.
    pub before: Option<StreamId>,
    /// The stream that it is reached by now.
    pub after: Option<StreamId>,
}

/// The queue of effects of one event. A driver makes one and passes it to every call, draining it in between, so that
/// nothing is allocated per event.
#[derive(Debug, Default)]
pub struct Effects {
    queue: Vec<Effect>,
    next: usize,
    route_changes: Vec<RouteChange>,
    wants_route_changes: bool,
}

impl Effects {
    /// An empty queue that also keeps every change of a route table, for a checker.
    pub fn with_route_changes() -> Self {
        Effects { wants_route_changes: true, ..Effects::default() }
    }

    /// Forgets what was not taken, but keeps the allocations; from now on, changes of route tables are kept or not.
    pub fn restart(&mut self, wants_route_changes: bool) {
        self.queue.clear();
        self.next = 0;
        self.route_changes.clear();
        self.wants_route_changes = wants_route_changes;
    }

    /// For how many effects there is room.
    pub fn capacity(&self) -> usize {
        self.queue.capacity()
    }

    /// The next effect, first in, first out.
    pub fn poll(&mut self) -> Option<Effect> {
        if let Some(effect) = self.queue.get(self.next) {
            self.next += 1;
            return Some(*effect);
        }
        self.queue.clear();
        self.next = 0;
        None
    }

    /// Whether there is a change of a route table to be taken.
    pub fn has_route_changes(&self) -> bool {
        !self.route_changes.is_empty()
    }

    /// Takes the changes of route tables since the last call, in order. Empty unless asked for.
    pub fn drain_route_changes(&mut self) -> impl Iterator<Item = RouteChange> + '_ {
        self.route_changes.drain(..)
    }

    pub(super) fn push(&mut self, effect: Effect) {
        self.queue.push(effect);
    }

    pub(super) fn push_route_change(&mut self, change: RouteChange) {
        if self.wants_route_changes && change.before != change.after {
            self.route_changes.push(change);
        }
    }
}
