//! What a process wants done: values in a queue, in the order in which they happen.

use super::family::LoggedError;
use super::ids::{ContextId, Handle, StreamId, TimerId};
use super::message::Message;
use crate::time::Span;

/// A message to send on a stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Transmit {
    /// The stream to send it on.
    pub stream: StreamId,
    /// The token of that stream. For a child's stream this must be the one from [`Connected`](super::Connected), since
    /// the driver finds the link by it, and does not check it. For the parent's stream it means nothing.
    pub token: u32,
    /// The message.
    pub message: Message,
    /// How many copies to send, one right behind the other; never 0.
    pub copies: u64,
}

/// Something that a process reports about its own life.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Note {
    /// It begins to shut down.
    ShutsDown,
    /// It has left its parent and lives on.
    Detached,
}

/// How a process ends by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// It is done.
    Done,
    /// An exception ended it. The trace records this error.
    Crashed(LoggedError),
}

/// One thing that a process wants done or reported.
#[must_use]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Effect {
    /// Send a message. If the end is already closed, the message is dropped.
    Transmit(Transmit),
    /// The `disconnect` signal of a context object fires: the process has learnt that a context is gone.
    Signal {
        /// The id of the context object.
        context: ContextId,
        /// Whether this same object has fired before.
        again: bool,
    },
    /// An error was logged.
    Error(LoggedError),
    /// An error was logged that leaves no record in the trace. It is only counted, under this name.
    Logged(&'static str),
    /// Hand a message to the application. If the message wants a reply, the driver answers at once with
    /// [`Request::Reply`](super::Request::Reply).
    Deliver(Message),
    /// A call has ended. The driver panics if the process has no such open call, so each call must end at most once.
    CallEnded {
        /// The handle that [`request`](super::Process::request) returned for the call.
        handle: Handle,
        /// Whether it ended without a reply.
        dead: bool,
    },
    /// Set a timer, or move it if it is set. The driver calls [`handle_timer`](super::Process::handle_timer) once,
    /// after this time, unless the timer is cleared or moved before, or the process ends. Timers that are due at the
    /// same time come after all arrivals of that time. One that is due after the last nanosecond that the clock can
    /// count never comes.
    ///
    /// The driver keeps an entry for every number that a process ever used for a timer, so numbers should be used
    /// again.
    SetTimer {
        /// Which timer.
        timer: TimerId,
        /// How long from now; 0 is allowed.
        after: Span,
    },
    /// Clear a timer, if it is set.
    ClearTimer(TimerId),
    /// Add a note to the trace.
    Note(Note),
    /// Close this process's end of a stream. The peer gets an EOF, and whatever still arrives here vanishes. The driver
    /// calls neither [`handle_disconnect`](super::Process::handle_disconnect) nor [`release`](super::Process::release):
    /// the process must have dropped the stream already. If the end is already closed, nothing happens. A process that
    /// closes its end to the parent lives on, as an orphan.
    Close {
        /// Which stream.
        stream: StreamId,
        /// The token of that stream, as in [`Transmit`].
        token: u32,
    },
    /// End this process: all its ends close, and it is never called again. The driver drops whatever is in the queue
    /// behind this, but keeps the route changes that were reported. The master must not push this. If it does, the
    /// driver drops the rest of the queue, but goes on calling the process.
    Exit(Exit),
}

/// One change in a route table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RouteChange {
    /// The destination.
    pub target: ContextId,
    /// The stream that the entry led through; `None` if there was no entry.
    pub before: Option<StreamId>,
    /// The stream that it leads through now; `None` if the entry is gone.
    pub after: Option<StreamId>,
}

/// An entry of the queue.
#[derive(Clone, Copy, Debug)]
enum Queued {
    /// Any effect but a signal.
    One(Effect),
    /// The signals up to this place.
    Signals(u32),
}

/// [`Effect::Signal`], in a seventh of its memory.
#[derive(Clone, Copy, Debug)]
struct Signal {
    context: ContextId,
    again: bool,
}

/// What [`Effects::next`] finds.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Next<'e> {
    /// Any effect but a signal.
    One(&'e Effect),
    /// [`Effect::Signal`].
    Signal {
        /// The id of the context object.
        context: ContextId,
        /// Whether it has fired before.
        again: bool,
    },
}

/// The queue of effects. A driver makes one, passes it to every call, and drains it in between, so nothing is allocated
/// per event.
#[derive(Debug, Default)]
pub struct Effects {
    queue: Vec<Queued>,
    next: u32,
    /// The signals, one after another: a process that loses a child with many routes has hundreds of thousands of them.
    signals: Vec<Signal>,
    next_signal: u32,
    route_changes: Vec<RouteChange>,
    wants_route_changes: bool,
    /// In a box, as are the rooms: a queue is part of a run, of which a fork makes a copy.
    failure: Option<Box<Failure>>,
    /// See [`take_room`](Self::take_room).
    rooms: Option<Box<Rooms>>,
}

#[derive(Debug)]
struct Failure(Box<str>);

#[derive(Debug, Default)]
struct Rooms(Vec<Vec<ContextId>>);

/// Room for more ids than this is not kept.
const LARGE_ROOM: usize = 1_000;

impl Effects {
    /// An empty queue that also keeps all changes in route tables, for a checker.
    pub fn with_route_changes() -> Self {
        Effects { wants_route_changes: true, ..Effects::default() }
    }

    /// Discards everything but keeps the allocations. From now on the queue keeps changes in route tables, or does not.
    pub fn restart(&mut self, wants_route_changes: bool) {
        self.clear();
        self.route_changes.clear();
        self.wants_route_changes = wants_route_changes;
        self.failure = None;
    }

    /// The process cannot go on, through no fault of the scenario: the run ends with this error. For a process that is not
    /// part of this program.
    pub fn fail(&mut self, why: impl Into<Box<str>>) {
        self.failure.get_or_insert_with(|| Box::new(Failure(why.into())));
    }

    /// Whether a process could not go on.
    #[inline]
    pub(crate) fn has_failed(&self) -> bool {
        self.failure.is_some()
    }

    /// Why a process could not go on, if one could not.
    pub(crate) fn take_failure(&mut self) -> Option<Box<str>> {
        self.failure.take().map(|failure| failure.0)
    }

    /// How many effects fit without another allocation: of signals, and of others.
    pub fn capacity(&self) -> usize {
        self.queue.capacity().max(self.signals.capacity())
    }

    /// The next effect, first in, first out.
    #[inline]
    pub fn poll(&mut self) -> Option<Effect> {
        self.next().map(|next| match next {
            Next::One(effect) => *effect,
            Next::Signal { context, again } => Effect::Signal { context, again },
        })
    }

    /// As [`poll`](Self::poll), without a copy: an effect is read where it is.
    #[inline(always)]
    pub(crate) fn next(&mut self) -> Option<Next<'_>> {
        if self.next as usize == self.queue.len() {
            self.clear();
            return None;
        }
        match &self.queue[self.next as usize] {
            Queued::One(effect) => {
                self.next += 1;
                Some(Next::One(effect))
            }
            Queued::Signals(end) => {
                let Signal { context, again } = self.signals[self.next_signal as usize];
                self.next_signal += 1;
                self.next += u32::from(self.next_signal == *end);
                Some(Next::Signal { context, again })
            }
        }
    }

    /// Discards the effects that were not taken.
    pub fn clear(&mut self) {
        self.queue.clear();
        self.next = 0;
        self.signals.clear();
        self.next_signal = 0;
    }

    /// Forgets everything that was not taken.
    pub(crate) fn forget(&mut self) {
        self.clear();
        self.route_changes.clear();
    }

    /// An empty list, for ids that a process needs during a call. Who takes one gives it [back](Self::give_room), so that
    /// most losses allocate nothing.
    pub(crate) fn take_room(&mut self) -> Vec<ContextId> {
        self.rooms.as_mut().and_then(|rooms| rooms.0.pop()).unwrap_or_default()
    }

    /// Takes a list back.
    pub(crate) fn give_room(&mut self, mut room: Vec<ContextId>) {
        if room.capacity() <= LARGE_ROOM {
            room.clear();
            self.rooms.get_or_insert_default().0.push(room);
        }
    }

    /// Whether there is a change in a route table to take.
    pub fn has_route_changes(&self) -> bool {
        !self.route_changes.is_empty()
    }

    /// Takes the changes in route tables since the last call, in order. Empty unless the queue keeps them.
    pub fn drain_route_changes(&mut self) -> impl Iterator<Item = RouteChange> + '_ {
        self.route_changes.drain(..)
    }

    /// Adds an effect. For a process.
    #[inline]
    pub fn push(&mut self, effect: Effect) {
        match effect {
            Effect::Signal { context, again } => self.push_signal(Signal { context, again }),
            effect => self.queue.push(Queued::One(effect)),
        }
    }

    #[inline]
    fn push_signal(&mut self, signal: Signal) {
        self.signals.push(signal);
        let signals = u32::try_from(self.signals.len()).expect("fewer than 2^32 signals");
        let is_last_taken = self.next as usize == self.queue.len();
        match self.queue.last_mut() {
            Some(Queued::Signals(end)) if !is_last_taken => *end = signals,
            _ => self.queue.push(Queued::Signals(signals)),
        }
    }

    /// Adds an effect that sends one copy of a message. For a process.
    #[inline]
    pub fn send(&mut self, stream: StreamId, token: u32, message: Message) {
        self.push(Effect::Transmit(Transmit { stream, token, message, copies: 1 }));
    }

    /// Reports a change in the route table. A process must report every change, in the order in which it makes them,
    /// with the entry exactly as it was before. A change from something to the same is ignored.
    #[inline]
    pub fn push_route_change(&mut self, change: RouteChange) {
        if self.wants_route_changes && change.before != change.after {
            self.route_changes.push(change);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::VecDeque;

    const LOGGED: [&str; 4] = ["a", "b", "c", "d"];

    proptest! {
        /// Proves that effects come out as they went in, whatever is a signal and whatever is not, and however adding and
        /// taking alternate.
        #[test]
        fn first_in_first_out(turns in prop::collection::vec((any::<bool>(), 0u32..4, any::<bool>()), 0..60)) {
            let (mut effects, mut expected) = (Effects::default(), VecDeque::new());
            for (is_signal, number, takes) in turns {
                let effect = if is_signal {
                    Effect::Signal { context: ContextId(number), again: number == 3 }
                } else {
                    Effect::Logged(LOGGED[number as usize])
                };
                effects.push(effect);
                expected.push_back(effect);
                if takes {
                    prop_assert_eq!(effects.poll(), expected.pop_front());
                }
                if takes && number == 0 {
                    prop_assert_eq!(effects.poll(), expected.pop_front());
                }
            }
            while let Some(effect) = expected.pop_front() {
                prop_assert_eq!(effects.poll(), Some(effect));
            }
            prop_assert_eq!(effects.poll(), None);
        }
    }

    /// Proves that an entry of the queue is no larger than an effect, and a signal a seventh of that.
    #[test]
    fn sizes() {
        assert_eq!((size_of::<Queued>(), size_of::<Effect>(), size_of::<Signal>()), (56, 56, 8));
    }
}
