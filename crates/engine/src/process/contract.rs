//! The one trait through which the engine knows processes.

use super::effects::Effects;
use super::family::{Family, Monitor};
use super::ids::{ContextId, Handle, StreamId, TimerId};
use super::message::{Data, Message};
use super::name::{Name, Names};
use super::saved::Saved;
use super::state::StateWriter;
use crate::time::Time;
use std::fmt;

/// What a scenario says about all the processes of a run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Settings {
    /// Whether children may only talk to their ancestors.
    pub unidirectional: bool,
    /// The seed, for a protocol that draws.
    pub seed: u64,
}

/// What a child is made with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Birth {
    /// The child's id.
    pub id: ContextId,
    /// The id of its parent.
    pub parent: ContextId,
    /// A number that no other life in the run has. The parent gets the same number as [`Connected::token`].
    pub token: u32,
}

/// A child that has just connected to a process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Connected {
    /// The child's id. Earlier children may have had the same one.
    pub id: ContextId,
    /// The name of its stream; `None` if that is empty.
    pub name: Option<Name>,
    /// The number by which the driver knows the stream; never 0. Every [`Transmit`](super::Transmit) and every
    /// [`Effect::Close`](super::Effect::Close) for this stream must carry it. No other stream in the run has this
    /// number, so a process that does not number its streams itself can use it as the [`StreamId`].
    pub token: u32,
}

/// Something that a process is asked to do on its own initiative.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Request {
    /// Send a message to [`Handle::ANSWER`] of a context. The message asks for no reply.
    Send {
        /// The context to send it to.
        to: ContextId,
        /// What to send.
        data: Data,
    },
    /// Send a message to [`Handle::ANSWER`] of a context, and ask for a reply on the handle that [`Process::request`]
    /// returns. The call ends with [`Effect::CallEnded`](super::Effect::CallEnded), perhaps within the request itself.
    Call {
        /// The context to call.
        to: ContextId,
        /// What to send.
        data: Data,
    },
    /// Answer a message that the process handed over with [`Effect::Deliver`](super::Effect::Deliver) and that wants a
    /// reply. No process may refuse this.
    Reply(Message),
    /// Tell a context to shut down.
    Shutdown {
        /// The context to tell.
        to: ContextId,
    },
    /// Leave the parent and live on.
    Detach,
}

/// Why a process refuses a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Refused {
    /// The protocol has no such request, or none for this process.
    Unknown,
    /// The process has already done it, or is about to. This is an answer to [`Request::Detach`]; for any other
    /// request, the trace says the same as for [`Refused::Unknown`].
    Already,
}

/// What a process can look at while it handles a call. It has no clock of its own, and does not see the tree.
#[derive(Clone, Copy)]
pub struct Surroundings<'a> {
    /// The time of the current event.
    pub now: Time,
    /// The names that messages refer to.
    pub names: &'a Names,
    is_ancestor: &'a dyn Fn(ContextId) -> bool,
}

impl<'a> Surroundings<'a> {
    /// The surroundings of one call. `is_ancestor` says whether a context was above the process when the process was
    /// born.
    pub fn new(now: Time, names: &'a Names, is_ancestor: &'a dyn Fn(ContextId) -> bool) -> Self {
        Surroundings { now, names, is_ancestor }
    }

    /// Whether a context with this id was above the process when the process was born.
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
/// A driver, such as [`Simulation`](crate::simulation::Simulation), calls a process like this:
///
/// - A child connects: [`handle_connect`](Self::handle_connect) of the parent. Then, if the protocol
///   [starts](Self::STARTS) its children, [`handle_start`](Self::handle_start) of the child.
/// - A message arrives on an open stream: [`handle_message`](Self::handle_message).
/// - A stream is lost, because its EOF arrives, because its link is silent for too long, or because a `disconnect` step
///   makes a parent give up a child: [`handle_disconnect`](Self::handle_disconnect), and then as below.
/// - A timer is due: [`handle_timer`](Self::handle_timer).
/// - A step of the scenario asks the process for something: [`request`](Self::request).
///
/// After `handle_disconnect` for a child's stream, the driver closes this process's end, and then calls
/// [`release`](Self::release). After `handle_disconnect` for the parent's stream, the driver asks whether the process
/// [outlives](Self::outlives_parent) its parent. If so, it closes the process's end; otherwise the process ends.
///
/// **Effects.** Whatever a process wants done goes into the [`Effects`] that the call was passed. The driver carries
/// them out in order before it makes the next call. There is one exception: when it comes to an
/// [`Effect::Deliver`](super::Effect::Deliver) whose message wants a reply, it calls `request` at once. The effects of
/// the reply go to the end of the same queue, behind whatever is still in it. Handling takes no time, so everything
/// that a process sends leaves at the time of the event.
///
/// **Streams.** A stream delivers messages in order, and loses none until one of its ends closes. A process can close
/// an end itself, with [`Effect::Close`](super::Effect::Close); then the driver calls neither `handle_disconnect` nor
/// `release` for that stream. No call names a stream whose end is closed, except `release`.
///
/// **Routes.** The process must report every change in its route table with [`Effects::push_route_change`], in the call
/// that makes the change. Otherwise the check judges the run by a table that does not exist. A child begins with
/// exactly one route, the one to its parent through [`StreamId::PARENT`]; that one is not reported. The master begins
/// with none. No route may lead through a stream that is released, and none may be for an id that has not lived yet.
///
/// **Birth.** The driver may make the process of a child long after its birth, when something first reaches it, unless
/// the protocol [starts](Self::STARTS) its children. So [`child`](Self::child) must depend on its arguments alone.
///
/// **Death.** A process ends when it pushes [`Effect::Exit`](super::Effect::Exit), when it loses its parent and does
/// not outlive it, or when the scenario kills it, which calls nothing. Then all its ends close, its timers and its
/// calls are forgotten, and it is never called again. The master never ends.
///
/// **Determinism.** No method may do IO, read a clock, draw a random number, or walk a hash table in its own order. The
/// getters (`route`, `peer` and so on) may be called at any time.
pub trait Process: Clone + fmt::Debug + Send + Sync + 'static {
    /// What a process is made with: the monitor it runs, and what holds for the whole run.
    type Config: Copy + fmt::Debug;

    /// Whether children act at their birth. If so, the driver makes each child's process at once, and calls
    /// [`handle_start`](Self::handle_start). The master is never started: what it has to do first, it must do in the
    /// first call that reaches it.
    const STARTS: bool = false;

    /// After how many events, at most, a run looks whether it is to be stopped: fewer, where a process takes long.
    const LOOK_AFTER: u64 = 65_536;

    /// The protocol's family: its monitors, and how to describe it to people.
    fn family() -> &'static dyn Family;

    /// What to make a process with that runs `monitor`, a monitor of this family.
    fn config(monitor: Monitor, settings: Settings) -> Self::Config;

    /// The master, with an empty route table.
    fn root(config: Self::Config) -> Self;

    /// A child at its birth.
    fn child(birth: Birth, config: Self::Config) -> Self;

    /// Makes this process, whose life is over, the master of another run. The result must equal a new
    /// [`root`](Self::root); an implementation can keep allocations.
    fn become_root(&mut self, config: Self::Config) {
        *self = Self::root(config);
    }

    /// Makes this process, whose life is over, a new child. The result must equal a new [`child`](Self::child); an
    /// implementation can keep allocations.
    fn become_child(&mut self, birth: Birth, config: Self::Config) {
        *self = Self::child(birth, config);
    }

    /// This child has just been made, in the run that `master` is the root of. It can take over what all processes of a run
    /// share.
    fn join(&mut self, master: &Self) {
        let _ = master;
    }

    /// This child has just been born. The driver calls this once, after it has carried out what the parent wanted done
    /// about the connect, and only if the protocol [starts](Self::STARTS) its children. The parent may be dead by now.
    fn handle_start(&mut self, around: Surroundings<'_>, effects: &mut Effects) {
        let _ = (around, effects);
    }

    /// A child has connected. Returns a number for the stream to it: not [`StreamId::PARENT`], and not that of another
    /// stream that is still open.
    fn handle_connect(&mut self, child: Connected, around: Surroundings<'_>, effects: &mut Effects) -> StreamId;

    /// A message has arrived on an open stream. It may be for this context or for any other; to forward it is up to the
    /// process.
    fn handle_message(&mut self, message: &Message, on: StreamId, around: Surroundings<'_>, effects: &mut Effects);

    /// A stream is lost. Its end is still open during this call, so the process can still send on it. The driver closes
    /// the end afterwards; the process must not.
    fn handle_disconnect(&mut self, on: StreamId, around: Surroundings<'_>, effects: &mut Effects);

    /// A timer is due. It is no longer set, so a periodic timer must be set again.
    fn handle_timer(&mut self, timer: TimerId, around: Surroundings<'_>, effects: &mut Effects) {
        let _ = (timer, around, effects);
    }

    /// Does something on its own initiative. Returns the handle on which a new call waits for its reply, which must not
    /// be that of another open call of this process. Returns `None` for every request but [`Request::Call`].
    ///
    /// # Errors
    /// If the process refuses. Then it must have changed nothing and pushed nothing; the driver relies on it.
    /// [`Request::Reply`] must not be refused.
    fn request(
        &mut self,
        request: Request,
        around: Surroundings<'_>,
        effects: &mut Effects,
    ) -> Result<Option<Handle>, Refused>;

    /// The driver has closed the end of a child's stream, after [`handle_disconnect`](Self::handle_disconnect). The
    /// stream's number is free for another stream.
    fn release(&mut self, stream: StreamId, around: Surroundings<'_>, effects: &mut Effects) {
        let _ = (stream, around, effects);
    }

    /// The process is dead, and will not be called again before it [becomes](Self::become_child) another one.
    fn bury(&mut self) {}

    /// Saves what clones of the processes of this run do not have of their state. The driver asks the master, between two
    /// other calls.
    ///
    /// # Errors
    /// If that fails, as a sentence. Then the run cannot go on.
    fn save(&mut self) -> Result<Saved, Box<str>> {
        Ok(Saved::InClones)
    }

    /// Goes back to what was saved. The driver asks the clone of the master that was made when it was saved, and then goes on
    /// with the clones of that time. It must not call other processes of the run any more, before it goes back to them in
    /// the same way.
    ///
    /// # Errors
    /// If that fails, as a sentence. Then the run cannot go on.
    fn restore(&mut self, saved: &Saved) -> Result<(), Box<str>> {
        let _ = saved;
        Ok(())
    }

    /// Whether the process lives on after it has lost its parent. The driver asks after
    /// [`handle_disconnect`](Self::handle_disconnect) for the parent's stream.
    fn outlives_parent(&self) -> bool {
        false
    }

    /// Whether the process is shutting down. If so, a `shutdown` step for it is skipped.
    fn is_shutting_down(&self) -> bool {
        false
    }

    /// The stream that the route table has for a destination, without any default route.
    fn route(&self, to: ContextId) -> Option<StreamId>;

    /// How many entries the route table has: as many as [`each_route`](Self::each_route) visits.
    fn route_count(&self) -> usize {
        let mut count = 0;
        self.each_route(&mut |_, _| count += 1);
        count
    }

    /// Calls `f` with each entry of the route table (destination, stream), ascending by destination.
    fn each_route(&self, f: &mut dyn FnMut(ContextId, StreamId));

    /// Calls `f` with each entry of the route table (destination, id of the next hop), ascending by destination.
    fn each_hop(&self, f: &mut dyn FnMut(ContextId, ContextId)) {
        self.each_route(&mut |to, stream| f(to, self.peer(stream)));
    }

    /// The id of the peer at the other end of an open stream.
    fn peer(&self, stream: StreamId) -> ContextId;

    /// A number that grows whenever anything changes that could make the process handle its next message differently.
    /// If it stays the same during [`handle_message`](Self::handle_message), the driver may count further copies of the
    /// message instead of handling each. `None` if the process keeps no such number; then copies are always handled one
    /// by one.
    fn changes(&self) -> Option<u64> {
        None
    }

    /// Writes all that decides how the process will handle whatever comes: see [`StateWriter`]. `now` is the time of the
    /// last event, for times that the process has noted. What never changes after its birth can be left out, and so can
    /// what only counts what has happened. The driver uses it to prove that a run which was stopped would never end.
    ///
    /// By default the state is [unknown](StateWriter::unknown), and nothing is proven.
    fn write_state(&self, now: Time, state: &mut StateWriter<'_>) {
        let _ = now;
        state.unknown();
    }

    /// The length in bytes of the frame that carries a message, header included. It matters on links with a bandwidth.
    fn frame_len(&self, message: &Message, names: &Names) -> u64;
}
