//! The numbers that messages carry: of processes, of the places in them, and of the streams between them.

use super::id_map::Id;
use std::fmt;

/// The id of a process in the tree. 0 is the master.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ContextId(pub u32);

impl ContextId {
    /// The root of the tree.
    pub const MASTER: ContextId = ContextId(0);
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

/// Where in a process a message goes. Numbers below [`Handle::FIRST_DYNAMIC`] are fixed: those of the protocol, and
/// [`Handle::ANSWER`]. The others are given out for replies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Handle(pub u32);

impl Handle {
    /// In `reply_to`: none.
    pub const NONE: Handle = Handle(0);
    /// The handle of the application: every context answers on it.
    pub const ANSWER: Handle = Handle(900);
    /// In `reply_to`: the message is dead, that is, its sender or the channel is.
    pub const IS_DEAD: Handle = Handle(999);
    /// The first handle that is given out for a reply.
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

/// One end of a link, as the process that holds it numbers it. The stream to the parent is [`StreamId::PARENT`]; the
/// numbers of the others are for the process to choose, and may be used again once a stream is released.
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

/// A timer of one process, as the process numbers it. Setting it again moves it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TimerId(pub u32);
