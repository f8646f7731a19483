//! Classes of failures: what broke, and where in the protocol.

use crate::protocol::Revision;
use std::fmt;

/// What broke.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// A route is there that should not be.
    Stale,
    /// A call never ends.
    Hung,
}

/// Where in the protocol it broke: the handler that left things so.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Place {
    /// `RouteMonitor._on_del_route`
    OnDelRoute,
}

/// A class of failures.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Class {
    /// What broke.
    pub kind: Kind,
    /// Where.
    pub place: Place,
    /// Of which Mitogen.
    pub revision: Revision,
}

impl fmt::Display for Class {
    /// A name that can also be that of a file.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}-{:?}-{}", self.kind, self.place, self.revision)
    }
}
