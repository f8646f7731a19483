//! The numbers that messages carry: of processes, and of the places in them.

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

/// Where in a process a message is to go: one of the standard handles, or a number from 1000 for a reply.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Handle(pub u32);

impl Handle {
    /// In `reply_to`: none.
    pub const NONE: Handle = Handle(0);
    /// `mitogen.core.ADD_ROUTE`.
    pub const ADD_ROUTE: Handle = Handle(103);
    /// `mitogen.core.DEL_ROUTE`.
    pub const DEL_ROUTE: Handle = Handle(104);
    /// `mitogen.core.SHUTDOWN`.
    pub const SHUTDOWN: Handle = Handle(106);
    /// `mitogen.core.DETACHING`.
    pub const DETACHING: Handle = Handle(109);
    /// `mitogen.core.IS_DEAD`: in `reply_to`, the sender or the channel is dead.
    pub const IS_DEAD: Handle = Handle(999);
    /// The first number that `Router._last_handle` gives.
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
