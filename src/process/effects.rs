//! What a process wants done, as values, in the order in which it happens.

use super::family::LoggedError;
use super::ids::{ContextId, Handle, StreamId, TimerId};
use super::message::Message;
use crate::time::Span;

/// A message to be put on the wire of a stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Transmit {
    /// The stream to send it on.
    pub stream: StreamId,
    /// The token of that stream: for a child, the one that [`Connected`](super::Connected) gave. Of no meaning for the
    /// parent's.
    pub token: u32,
    /// The message.
    pub message: Message,
    /// How many times it is sent, one copy right behind the other; never 0.
    pub copies: u64,
}

/// Something that a process tells about its own life.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Note {
    /// It begins to shut down.
    ShutsDown,
    /// It has left its parent, and lives on.
    Detached,
}

/// How a process ends by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// It is done.
    Done,
    /// It was lost by an exception; this is the error that says so.
    Crashed(LoggedError),
}

/// One thing that a process wants done, or wants known.
#[must_use]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Send this. What is sent on an end that is closed already is dropped.
    Transmit(Transmit),
    /// The `disconnect` signal of a context object fires: the process has learnt that a context is gone.
    Signal {
        /// The id of the context object.
        context: ContextId,
        /// Whether this very object has fired before.
        again: bool,
    },
    /// An error was logged.
    Error(LoggedError),
    /// A message for the application. The driver answers with [`Request::Reply`](super::Request::Reply).
    Deliver(Message),
    /// A call has ended.
    CallEnded {
        /// What the request for the call returned.
        handle: Handle,
        /// Whether it ended without a reply.
        dead: bool,
    },
    /// Set a timer, or move it if it is set: [`handle_timer`](super::Process::handle_timer) is called after this time.
    SetTimer {
        /// Which.
        timer: TimerId,
        /// After how long.
        after: Span,
    },
    /// Forget a timer, if it is set.
    ClearTimer(TimerId),
    /// A note for the trace.
    Note(Note),
    /// Close an end. The process has released the stream itself.
    Close {
        /// Which.
        stream: StreamId,
        /// Its token, as in [`Transmit`].
        token: u32,
    },
    /// The process ends: every end that it holds closes, and it is never called again. Nothing may follow.
    Exit(Exit),
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
        self.clear();
        self.route_changes.clear();
        self.wants_route_changes = wants_route_changes;
    }

    /// How many effects there is room for.
    pub fn capacity(&self) -> usize {
        self.queue.capacity()
    }

    /// The next effect, first in, first out.
    #[inline]
    pub fn poll(&mut self) -> Option<Effect> {
        if let Some(effect) = self.queue.get(self.next) {
            self.next += 1;
            return Some(*effect);
        }
        self.clear();
        None
    }

    /// Forgets the effects that were not taken.
    pub fn clear(&mut self) {
        self.queue.clear();
        self.next = 0;
    }

    /// Whether there is a change of a route table to be taken.
    pub fn has_route_changes(&self) -> bool {
        !self.route_changes.is_empty()
    }

    /// Takes the changes of route tables since the last call, in order. Empty unless asked for.
    pub fn drain_route_changes(&mut self) -> impl Iterator<Item = RouteChange> + '_ {
        self.route_changes.drain(..)
    }

    /// Wants one thing more done. For a process.
    #[inline]
    pub fn push(&mut self, effect: Effect) {
        self.queue.push(effect);
    }

    /// Wants a message sent, once. For a process.
    #[inline]
    pub fn send(&mut self, stream: StreamId, token: u32, message: Message) {
        self.push(Effect::Transmit(Transmit { stream, token, message, copies: 1 }));
    }

    /// Tells of a change of the route table. A process must tell of each, at the time at which it is made.
    #[inline]
    pub fn push_route_change(&mut self, change: RouteChange) {
        if self.wants_route_changes && change.before != change.after {
            self.route_changes.push(change);
        }
    }
}
