//! The one trait that the engine knows processes by.

use super::effects::Effects;
use super::family::{Family, Monitor};
use super::ids::{ContextId, Handle, StreamId, TimerId};
use super::message::{Data, Message};
use super::name::{Name, Names};
use crate::time::Time;
use std::fmt;

/// What a scenario says about the processes of a run, all of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Settings {
    /// Whether children may talk to their ancestors only.
    pub unidirectional: bool,
}

/// What a child is born with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Birth {
    /// Its id.
    pub id: ContextId,
    /// The id of its parent.
    pub parent: ContextId,
    /// A number that tells this life from all others of the run.
    pub token: u32,
}

/// A child that has appeared below a process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Connected {
    /// Its id.
    pub id: ContextId,
    /// The name of its stream, unless that is empty.
    pub name: Option<Name>,
    /// What the driver knows its stream by; never 0. A process that has no numbers of its own for streams uses it as one.
    pub token: u32,
}

/// Something that a process is asked to do of its own accord.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Request {
    /// Send a message that asks for no reply to [`Handle::ANSWER`] of a context.
    Send {
        /// Which.
        to: ContextId,
        /// What.
        data: Data,
    },
    /// Send a message that asks for a reply. The call ends with [`Effect::CallEnded`](super::Effect::CallEnded), perhaps
    /// at once.
    Call {
        /// Whom.
        to: ContextId,
        /// What.
        data: Data,
    },
    /// Answer a message that was delivered, and that wants a reply.
    Reply(Message),
    /// Tell a context to shut down.
    Shutdown {
        /// Which.
        to: ContextId,
    },
    /// Leave the parent, and live on.
    Detach,
}

/// Why a request is not met.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refused {
    /// The protocol knows no such thing.
    Unknown,
    /// The process has done it already, or is about to.
    Already,
}

/// What a process may look at while it handles something: it has no clock, and no tree.
#[derive(Clone, Copy)]
pub struct Surroundings<'a> {
    /// The time of the event.
    pub now: Time,
    /// The names that messages refer to.
    pub names: &'a Names,
    is_ancestor: &'a dyn Fn(ContextId) -> bool,
}

impl<'a> Surroundings<'a> {
    /// At a time, with these names; `is_ancestor` says whether a context was above the process at its birth.
    pub fn new(now: Time, names: &'a Names, is_ancestor: &'a dyn Fn(ContextId) -> bool) -> Self {
        Surroundings { now, names, is_ancestor }
    }

    /// Whether a context with this id was above the process at its birth.
    pub fn has_ancestor(&self, id: ContextId) -> bool {
        (self.is_ancestor)(id)
    }
}

impl fmt::Debug for Surroundings<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Surroundings").field("now", &self.now).finish_non_exhaustive()
    }
}

/// One process of the tree, sans-IO.
///
/// # Contract
///
/// - Getters may be called at any time and change nothing.
/// - What comes in goes to `handle_*`; what the process does of its own accord, to [`request`](Self::request).
/// - What goes out is in the [`Effects`] that was passed. The driver drains it before the next call.
/// - After [`handle_disconnect`](Self::handle_disconnect) and its effects, the driver closes its end. For a child's stream
///   it then calls [`release`](Self::release); a process that has lost its parent ends, unless it
///   [outlives](Self::outlives_parent) it. A process that has ended is never called again.
/// - Each change of the route table is told by [`Effects::push_route_change`].
/// - Nothing in here does IO, draws a random number, or walks a hash table in its order.
///
/// A child begins with exactly one route, the one to its parent through [`StreamId::PARENT`], and the driver makes it only
/// when something reaches it, unless the protocol [starts](Self::STARTS) its children.
pub trait Process: Clone + fmt::Debug + Send + 'static {
    /// What it is made with: the monitor it runs, and what holds for the whole run.
    type Config: Copy + fmt::Debug;

    /// Whether a child does something at its birth: then [`handle_start`](Self::handle_start) is called.
    const STARTS: bool = false;

    /// What people are told of the protocol.
    fn family() -> &'static dyn Family;

    /// What a process under `monitor` is made with.
    fn config(monitor: Monitor, settings: Settings) -> Self::Config;

    /// The master.
    fn root(config: Self::Config) -> Self;

    /// A child at its birth.
    fn child(birth: Birth, config: Self::Config) -> Self;

    /// Becomes the master, as [`root`](Self::root) does, in the memory of a process whose life is over.
    fn become_root(&mut self, config: Self::Config) {
        *self = Self::root(config);
    }

    /// Becomes a child, as [`child`](Self::child) does, in the memory of a process whose life is over.
    fn become_child(&mut self, birth: Birth, config: Self::Config) {
        *self = Self::child(birth, config);
    }

    /// A child begins, right after its parent has handled the connect.
    fn handle_start(&mut self, around: Surroundings<'_>, effects: &mut Effects) {
        let _ = (around, effects);
    }

    /// A child has appeared. Returns the number of the stream to it.
    fn handle_connect(&mut self, child: Connected, around: Surroundings<'_>, effects: &mut Effects) -> StreamId;

    /// A message has arrived on an open stream.
    fn handle_message(&mut self, message: Message, on: StreamId, around: Surroundings<'_>, effects: &mut Effects);

    /// A stream is lost, or is being closed.
    fn handle_disconnect(&mut self, on: StreamId, around: Surroundings<'_>, effects: &mut Effects);

    /// A timer is due. It is no longer set.
    fn handle_timer(&mut self, timer: TimerId, around: Surroundings<'_>, effects: &mut Effects) {
        let _ = (timer, around, effects);
    }

    /// Does something of its own accord. A call returns the handle for its reply.
    ///
    /// # Errors
    /// Where it cannot.
    fn request(
        &mut self,
        request: Request,
        around: Surroundings<'_>,
        effects: &mut Effects,
    ) -> Result<Option<Handle>, Refused>;

    /// The end of a child's stream is closed: its number is free.
    fn release(&mut self, stream: StreamId, around: Surroundings<'_>, effects: &mut Effects) {
        let _ = (stream, around, effects);
    }

    /// Whether it goes on after it has lost its parent.
    fn outlives_parent(&self) -> bool {
        false
    }

    /// Whether it is shutting down.
    fn is_shutting_down(&self) -> bool {
        false
    }

    /// The stream that its table has for a destination, without any default.
    fn route(&self, to: ContextId) -> Option<StreamId>;

    /// How many entries its table has.
    fn route_count(&self) -> usize {
        let mut count = 0;
        self.each_route(&mut |_, _| count += 1);
        count
    }

    /// Calls `f` with each entry of the table (destination, stream), ascending by destination.
    fn each_route(&self, f: &mut dyn FnMut(ContextId, StreamId));

    /// The id of the peer of an open stream.
    fn peer(&self, stream: StreamId) -> ContextId;

    /// A number that grows whenever anything changes that could make the next message be handled otherwise; `None` if it
    /// keeps none. Then equal copies of a message are handled one by one.
    fn changes(&self) -> Option<u64> {
        None
    }

    /// The length of a frame that it sends, in bytes, for links with a bandwidth.
    fn frame_len(&self, message: &Message, names: &Names) -> u64;
}
