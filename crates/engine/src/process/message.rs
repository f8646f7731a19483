//! Messages: a header and a payload.

use super::ids::{ContextId, Handle};
use super::name::Name;

/// The application's part of a message. Only its length matters.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Data {
    /// Its length, in bytes.
    pub len: u32,
    /// How long a reply it asks for, in bytes.
    pub reply_len: u32,
}

/// The payload of a protocol's own message, one that neither announces nor retracts a route.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Other {
    /// What kind of message it is. The protocol's [`Family`](super::Family) names it.
    pub kind: u8,
    /// The context that it is about.
    pub target: ContextId,
    /// A number. The protocol decides what it means.
    pub number: u32,
}

/// The payload of a protocol's own message that is a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Text {
    /// What kind of message it is. The protocol's [`Family`](super::Family) names it.
    pub kind: u8,
    /// The context that it is about.
    pub target: ContextId,
    /// The text; `None` if it is empty.
    pub body: Option<Name>,
}

/// What a message carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Payload {
    /// Data that no protocol looks into.
    Data(Data),
    /// A context can be reached through the sender.
    Announce {
        /// The context.
        target: ContextId,
        /// Its name; `None` if that is empty.
        name: Option<Name>,
    },
    /// A context can no longer be reached through the sender.
    Retract {
        /// The context.
        target: ContextId,
    },
    /// Anything else that a protocol has to say.
    Other(Other),
    /// The same, as a text of any length.
    Text(Text),
}

impl Payload {
    /// No payload.
    pub const EMPTY: Payload = Payload::Data(Data { len: 0, reply_len: 0 });
}

/// The kinds of messages that are counted separately.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum MessageKind {
    /// A route is announced.
    Announce,
    /// A route is retracted.
    Retract,
    /// Data for [`Handle::ANSWER`]: what `send` and `call` steps send.
    Data,
    /// Other data: replies to calls, and orders of the protocol that have no payload of their own.
    Reply,
    /// A dead message. It says that there will be no answer.
    Dead,
    /// Anything else that the protocol has to say.
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
    /// The context that it is addressed to.
    pub dst: ContextId,
    /// The context that made it, and that gets the reply.
    pub src: ContextId,
    /// The context on whose authority it acts.
    pub auth: ContextId,
    /// The handle that it is addressed to.
    pub handle: Handle,
    /// The handle that a reply should go to, [`Handle::NONE`], or [`Handle::IS_DEAD`].
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

    /// What kind it counts as.
    pub fn kind(&self) -> MessageKind {
        match self.payload {
            Payload::Announce { .. } => MessageKind::Announce,
            Payload::Retract { .. } => MessageKind::Retract,
            Payload::Other(_) | Payload::Text(_) => MessageKind::Other,
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
