//! The numbers that messages carry: ids of processes, places within them, and the streams between them.

use super::id_map::Id;
use std::fmt;

/// The id of a process in the tree. 0 is the master.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ContextId(pub u32);

impl ContextId {
    /// The root of the tree.
    pub const MASTER: ContextId = ContextId(0);

    /// How many decimal digits it has.
    pub fn digits(self) -> u64 {
        u64::from(self.0.checked_ilog10().unwrap_or(0)) + 1
    }
}

impl Id for ContextId {
    fn raw(self) -> u32 {
        self.0
    }

    fn from_raw(raw: u32) -> Self {
        ContextId(raw)
    }
}

impl fmt::Display for ContextId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Where in a process a message goes. Numbers below [`Handle::FIRST_DYNAMIC`] are fixed: the protocol's own, and
/// [`Handle::ANSWER`]. The others are handed out for replies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Handle(pub u32);

impl Handle {
    /// In `reply_to`: no reply is wanted.
    pub const NONE: Handle = Handle(0);
    /// The application's handle. Every context answers on it.
    pub const ANSWER: Handle = Handle(900);
    /// In `reply_to`: the message is dead. It says that there will be no answer.
    pub const IS_DEAD: Handle = Handle(999);
    /// The first handle that is handed out for a reply.
    pub const FIRST_DYNAMIC: Handle = Handle(1000);
}

impl Id for Handle {
    fn raw(self) -> u32 {
        self.0
    }

    fn from_raw(raw: u32) -> Self {
        Handle(raw)
    }
}

/// One end of a link, numbered by the process that holds it. The stream to the parent is [`StreamId::PARENT`]. The
/// process chooses the other numbers, and may use one again once that stream is released.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StreamId(pub u32);

impl StreamId {
    /// The stream to the parent. The master has none.
    pub const PARENT: StreamId = StreamId(0);
}

impl Id for StreamId {
    fn raw(self) -> u32 {
        self.0
    }

    fn from_raw(raw: u32) -> Self {
        StreamId(raw)
    }
}

/// A timer of one process, numbered by that process.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TimerId(pub u32);
