//! The branches of the protocol that a run can be seen to take, and sets of them: which step led where.

/// A branch of the protocol, as its records show it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Branch {
    /// ADD_ROUTE arrives.
    AddRoute,
    /// DEL_ROUTE arrives from a child.
    DelFromBelow,
    /// DEL_ROUTE arrives from the parent: `propagate_down` has sent it.
    DelFromAbove,
    /// DEL_ROUTE crosses a link again.
    DelAgain,
    /// A message of the application arrives.
    Data,
    /// A reply arrives.
    Reply,
    /// A dead message arrives.
    Dead,
    /// What arrives is for nobody: the end is closed.
    Vanished,
    /// A stream is lost: an EOF has arrived.
    StreamLost,
    /// An end gives up on a silent link.
    Timeout,
    /// A disconnect signal fires.
    Signal,
    /// The same object's disconnect signal fires again.
    SignalAgain,
    /// A call ends with its reply.
    CallOk,
    /// A call ends dead.
    CallDead,
    /// A context shuts down.
    Shutdown,
    /// A context has left its parent.
    Detached,
    /// A context dies.
    Exit,
    /// ADD_ROUTE is refused.
    DuplicateRoute,
    /// DEL_ROUTE is refused.
    UnexpectedDelRoute,
    /// Source verification drops a message for its auth_id.
    BadAuthId,
    /// Source verification drops a message for its src_id.
    BadSrcId,
    /// A handler raises.
    HandlerCrash,
    /// A frame is too long.
    FrameTooLarge,
    /// A process is lost by an exception.
    Crash,
    /// The step is skipped.
    Skipped,
    /// The run ends as a storm; no single step knows.
    Storm,
    /// A call never ends; no single step knows.
    Hung,
}

impl Branch {
    /// All branches, in the order of their numbers.
    pub const ALL: [Branch; 27] = [
        Branch::AddRoute,
        Branch::DelFromBelow,
        Branch::DelFromAbove,
        Branch::DelAgain,
        Branch::Data,
        Branch::Reply,
        Branch::Dead,
        Branch::Vanished,
        Branch::StreamLost,
        Branch::Timeout,
        Branch::Signal,
        Branch::SignalAgain,
        Branch::CallOk,
        Branch::CallDead,
        Branch::Shutdown,
        Branch::Detached,
        Branch::Exit,
        Branch::DuplicateRoute,
        Branch::UnexpectedDelRoute,
        Branch::BadAuthId,
        Branch::BadSrcId,
        Branch::HandlerCrash,
        Branch::FrameTooLarge,
        Branch::Crash,
        Branch::Skipped,
        Branch::Storm,
        Branch::Hung,
    ];

    /// The word in reports.
    pub const fn name(self) -> &'static str {
        match self {
            Branch::AddRoute => "add-route",
            Branch::DelFromBelow => "del-from-below",
            Branch::DelFromAbove => "del-from-above",
            Branch::DelAgain => "del-again",
            Branch::Data => "data",
            Branch::Reply => "reply",
            Branch::Dead => "dead",
            Branch::Vanished => "vanished",
            Branch::StreamLost => "stream-lost",
            Branch::Timeout => "timeout",
            Branch::Signal => "signal",
            Branch::SignalAgain => "signal-again",
            Branch::CallOk => "call-ok",
            Branch::CallDead => "call-dead",
            Branch::Shutdown => "shutdown",
            Branch::Detached => "detached",
            Branch::Exit => "exit",
            Branch::DuplicateRoute => "duplicate-route",
            Branch::UnexpectedDelRoute => "unexpected-del-route",
            Branch::BadAuthId => "bad-auth-id",
            Branch::BadSrcId => "bad-src-id",
            Branch::HandlerCrash => "handler-crash",
            Branch::FrameTooLarge => "frame-too-large",
            Branch::Crash => "crash",
            Branch::Skipped => "skipped",
            Branch::Storm => "storm",
            Branch::Hung => "hung",
        }
    }
}

/// Some branches.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Branches(u32);

impl Branches {
    /// Adds one.
    pub fn add(&mut self, branch: Branch) {
        self.0 |= 1 << branch as u32;
    }

    /// Whether it is one of them.
    pub fn has(self, branch: Branch) -> bool {
        self.0 & 1 << branch as u32 != 0
    }

    /// All of them, in the order of [`Branch::ALL`].
    pub fn iter(self) -> impl Iterator<Item = Branch> {
        Branch::ALL.into_iter().filter(move |branch| self.has(*branch))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Proves that the list is that of the numbers, so that a set has a place for each.
    #[test]
    fn each_branch_has_its_number() {
        for (number, branch) in Branch::ALL.into_iter().enumerate() {
            assert_eq!(branch as usize, number);
            let mut set = Branches::default();
            set.add(branch);
            assert_eq!(set.iter().collect::<Vec<_>>(), [branch]);
        }
    }
}
