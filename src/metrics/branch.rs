//! The branches of the protocol that a run can be seen to take, and sets of them: which step led where.

/// Names every branch once: its variant, its word in reports, and what it is.
macro_rules! branches {
    ($($variant:ident, $name:literal, $words:literal;)*) => {
        /// A branch of the protocol, as its records show it.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Branch {
            $(#[doc = $words] $variant,)*
        }

        impl Branch {
            /// All branches, in the order of their numbers.
            pub const ALL: [Branch; [$($name),*].len()] = [$(Branch::$variant),*];

            /// The word in reports.
            pub const fn name(self) -> &'static str {
                match self { $(Branch::$variant => $name,)* }
            }

            /// What it is, in a sentence.
            pub const fn in_words(self) -> &'static str {
                match self { $(Branch::$variant => $words,)* }
            }
        }
    };
}

branches! {
    AddRoute, "add-route", "ADD_ROUTE arrives";
    DelFromBelow, "del-from-below", "DEL_ROUTE arrives from a child";
    DelFromAbove, "del-from-above", "DEL_ROUTE arrives from the parent: `propagate_down` has sent it";
    DelAgain, "del-again", "DEL_ROUTE crosses a link again";
    Data, "data", "A message of the application arrives";
    Reply, "reply", "A reply arrives";
    Dead, "dead", "A dead message arrives";
    Vanished, "vanished", "What arrives is for nobody: the end is closed";
    StreamLost, "stream-lost", "A stream is lost: an EOF has arrived";
    Timeout, "timeout", "An end gives up on a silent link";
    Signal, "signal", "A disconnect signal fires";
    SignalAgain, "signal-again", "The same object's disconnect signal fires again";
    CallOk, "call-ok", "A call ends with its reply";
    CallDead, "call-dead", "A call ends dead";
    Shutdown, "shutdown", "A context shuts down";
    Detached, "detached", "A context has left its parent";
    Exit, "exit", "A context dies";
    DuplicateRoute, "duplicate-route", "ADD_ROUTE is refused";
    UnexpectedDelRoute, "unexpected-del-route", "DEL_ROUTE is refused";
    BadAuthId, "bad-auth-id", "Source verification drops a message for its auth_id";
    BadSrcId, "bad-src-id", "Source verification drops a message for its src_id";
    HandlerCrash, "handler-crash", "A handler raises";
    FrameTooLarge, "frame-too-large", "A frame is too long";
    Crash, "crash", "A process is lost by an exception";
    Skipped, "skipped", "The step is skipped";
    Storm, "storm", "The run ends as a storm; no single step knows";
    Hung, "hung", "A call never ends; no single step knows";
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
