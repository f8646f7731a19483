//! Messages: a header, and what they carry.

use super::ids::{ContextId, Handle};
use super::name::Name;

/// The application's part of a message: only how long it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Data {
    /// Its length, in bytes.
    pub len: u32,
    /// How long a reply it asks for, in bytes.
    pub reply_len: u32,
}

/// A message of a protocol that is neither an announcement nor a retraction of one route.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Other {
    /// Which kind of message; the protocol's [`Family`](super::Family) names it.
    pub kind: u8,
    /// The context that it is about.
    pub target: ContextId,
    /// A number: what it means is for the protocol to say.
    pub number: u32,
}

/// What a message carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Payload {
    /// What no protocol looks into.
    Data(Data),
    /// A context can be reached through the sender.
    Announce {
        /// The context.
        target: ContextId,
        /// Its name, unless that is empty.
        name: Option<Name>,
    },
    /// A context can no longer be reached through the sender.
    Retract {
        /// The context.
        target: ContextId,
    },
    /// Anything else that a protocol says.
    Other(Other),
}

impl Payload {
    /// Nothing.
    pub const EMPTY: Payload = Payload::Data(Data { len: 0, reply_len: 0 });
}

/// The kinds of messages that figures tell apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum MessageKind {
    /// A route is announced.
    Announce,
    /// A route is retracted.
    Retract,
    /// To [`Handle::ANSWER`]: what `send` and `call` steps send.
    Data,
    /// Other data: replies to calls, and what the protocol says without a payload of its own.
    Reply,
    /// A dead message: there will be no answer.
    Dead,
    /// Anything else that the protocol says.
    Other,
}

impl MessageKind {
    /// All kinds, in the order of reports.
    pub const ALL: [MessageKind; 6] = [
        MessageKind::Announce,
        MessageKind::Retract,
        MessageKind::Data,
        MessageKind::Reply,
        MessageKind::Dead,
        MessageKind::Other,
    ];

    /// The name in reports, JSON and columns.
    pub const fn name(self) -> &'static str {
        match self {
            MessageKind::Announce => "add_route",
            MessageKind::Retract => "del_route",
            MessageKind::Data => "data",
            MessageKind::Reply => "reply",
            MessageKind::Dead => "dead",
            MessageKind::Other => "other",
        }
    }
}

/// A message: its header and its payload.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Message {
    /// The context that it is for.
    pub dst: ContextId,
    /// The context that made it, and that gets the reply.
    pub src: ContextId,
    /// The context under whose authority it acts.
    pub auth: ContextId,
    /// The handle that it is for.
    pub handle: Handle,
    /// The handle that a reply should go to; [`Handle::NONE`], or [`Handle::IS_DEAD`].
    pub reply_to: Handle,
    /// What it carries.
    pub payload: Payload,
}

impl Message {
    /// Whether it says that there will be no answer.
    pub fn is_dead(&self) -> bool {
        self.reply_to == Handle::IS_DEAD
    }

    /// Whether its sender waits for a reply.
    pub fn wants_reply(&self) -> bool {
        self.reply_to != Handle::NONE && !self.is_dead()
    }

    /// Which kind it counts as.
    pub fn kind(&self) -> MessageKind {
        match self.payload {
            Payload::Announce { .. } => MessageKind::Announce,
            Payload::Retract { .. } => MessageKind::Retract,
            Payload::Other(_) => MessageKind::Other,
            Payload::Data(_) if self.is_dead() => MessageKind::Dead,
            Payload::Data(_) if self.handle == Handle::ANSWER => MessageKind::Data,
            Payload::Data(_) => MessageKind::Reply,
        }
    }

    /// Whether it carries data to a fixed handle of the protocol's own, as an order to shut down does.
    pub fn is_order(&self) -> bool {
        let is_fixed = self.handle < Handle::FIRST_DYNAMIC && self.handle != Handle::ANSWER;
        is_fixed && matches!(self.payload, Payload::Data(_)) && !self.is_dead()
    }
}
