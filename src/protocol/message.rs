//! Messages and the numbers in them: `mitogen.core.Message` and its header.

use super::ids::{ContextId, Handle};
use super::name::{Name, Names};

/// `Router.max_message_size`: the receiver of a longer frame drops the stream.
pub const MAX_MESSAGE_SIZE: u64 = 128 * 1024 * 1024;

/// The application's part of a message: only how long it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Data {
    /// Its length, in bytes.
    pub len: u32,
    /// How long a reply it asks for, in bytes.
    pub reply_len: u32,
}

/// What a message carries, as far as routing reads it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Payload {
    /// What no router looks into.
    Data(Data),
    /// ADD_ROUTE: `id:name`, or `id` alone without a name.
    AddRoute {
        /// The context that can be reached.
        target: ContextId,
        /// Its name, unless that is empty.
        name: Option<Name>,
    },
    /// DEL_ROUTE: `id`.
    DelRoute {
        /// The context that can no longer be reached.
        target: ContextId,
    },
}

impl Payload {
    /// Nothing.
    pub const EMPTY: Payload = Payload::Data(Data { len: 0, reply_len: 0 });

    /// The length of the payload on the wire, in bytes.
    pub fn wire_len(&self, names: &Names) -> u64 {
        let digits = |id: &ContextId| u64::from(id.0.checked_ilog10().unwrap_or(0)) + 1;
        match self {
            Payload::Data(data) => u64::from(data.len),
            Payload::DelRoute { target } | Payload::AddRoute { target, name: None } => digits(target),
            Payload::AddRoute { target, name: Some(name) } => digits(target) + 1 + names.wire_len(*name, *target),
        }
    }

    /// Whether the payload may be longer than [`MAX_MESSAGE_SIZE`], by a quick look: names are short until they were
    /// wrapped many times.
    pub(super) fn may_be_too_long(&self) -> bool {
        match self {
            Payload::Data(data) => u64::from(data.len) > MAX_MESSAGE_SIZE,
            Payload::AddRoute { name: Some(name), .. } => name.wraps() >= 8,
            Payload::AddRoute { name: None, .. } | Payload::DelRoute { .. } => false,
        }
    }

    /// The payload as Mitogen puts it on the wire, decoded (empty for what routing does not read).
    pub fn text(&self, names: &Names) -> String {
        match self {
            Payload::Data(_) => String::new(),
            Payload::DelRoute { target } | Payload::AddRoute { target, name: None } => target.to_string(),
            Payload::AddRoute { target, name: Some(name) } => format!("{target}:{}", names.text(*name, *target)),
        }
    }
}

/// A message: the header of `mitogen.core.Message` and its payload.
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
    /// Port of `Message.is_dead`.
    pub fn is_dead(&self) -> bool {
        self.reply_to == Handle::IS_DEAD
    }

    /// Whether its sender waits for a reply.
    pub fn wants_reply(&self) -> bool {
        self.reply_to != Handle::NONE && !self.is_dead()
    }
}
