//! Classes of failures: what broke, and where in the protocol.
//!
//! A run may fail in several ways. Its class is that of the gravest, in the order of [`Kind`]; among several failures
//! of that kind, of the one whose cause came first.

use crate::protocol::Revision;
use crate::scenario::expectation::WarningKind;
use std::fmt;
use std::str::FromStr;

/// What broke, the gravest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// Mitogen raised where nothing catches it: a process is lost.
    Crash,
    /// The run does not end.
    Storm,
    /// A route leads through the wrong neighbour.
    Wrong,
    /// A route is there that should not be.
    Stale,
    /// A route is not there that should be.
    Missing,
    /// A call never ends.
    Hung,
    /// A step costs more route messages than its budget.
    OverBudget,
    /// A warning that is denied.
    Denied(WarningKind),
}

impl Kind {
    /// All kinds, the gravest first.
    pub const ALL: [Kind; 10] = [
        Kind::Crash,
        Kind::Storm,
        Kind::Wrong,
        Kind::Stale,
        Kind::Missing,
        Kind::Hung,
        Kind::OverBudget,
        Kind::Denied(WarningKind::ALL[0]),
        Kind::Denied(WarningKind::ALL[1]),
        Kind::Denied(WarningKind::ALL[2]),
    ];

    /// The word in the names of classes.
    pub const fn name(self) -> &'static str {
        match self {
            Kind::Crash => "crash",
            Kind::Storm => "storm",
            Kind::Wrong => "wrong",
            Kind::Stale => "stale",
            Kind::Missing => "missing",
            Kind::Hung => "hung",
            Kind::OverBudget => "over-budget",
            Kind::Denied(warning) => warning.name(),
        }
    }

    /// What broke, as the beginning of a sentence.
    const fn in_words(self) -> &'static str {
        match self {
            Kind::Crash => "a process is lost by an exception",
            Kind::Storm => "the run never ends",
            Kind::Wrong => "a route leads through the wrong neighbour",
            Kind::Stale => "a route is left that should not be",
            Kind::Missing => "a route is missing",
            Kind::Hung => "a call never ends",
            Kind::OverBudget => "a step costs too many route messages",
            Kind::Denied(WarningKind::DuplicateSignal) => "a context object fires its disconnect signal again",
            Kind::Denied(WarningKind::DuplicateDel) => "the same DEL_ROUTE crosses a link again",
            Kind::Denied(WarningKind::LoggedError) => "an error is logged",
        }
    }
}

/// Names every place once: its variant, its word in the names of classes, and the clause of its sentence.
macro_rules! places {
    ($($variant:ident, $name:literal, $words:literal;)*) => {
        /// Where in the protocol it broke: the handler that left things so, or where the news was lost.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Place {
            $(#[doc = $words] $variant,)*
        }

        impl Place {
            /// All places.
            pub const ALL: &'static [Place] = &[$(Place::$variant),*];

            /// The words in the names of classes.
            pub const fn name(self) -> &'static str {
                match self { $(Place::$variant => $name,)* }
            }

            /// How it came to be, as the end of a sentence.
            pub const fn in_words(self) -> &'static str {
                match self { $(Place::$variant => $words,)* }
            }
        }
    };
}

places! {
    OnConnect, "on-connect", "done by the connect of a child (`Router.register`)";
    OnAddRoute, "on-add-route", "done by the handler of ADD_ROUTE";
    OnDelRoute, "on-del-route", "done by the handler of DEL_ROUTE, for one from below";
    OnDelRouteFromAbove, "on-del-route-from-above", "done by the handler of DEL_ROUTE, for one from above";
    OnDisconnect, "on-disconnect", "done by the listeners of a lost stream";
    OnShutdown, "on-shutdown", "done by a graceful shutdown";
    OnDetach, "on-detach", "done by a context that leaves its parent";
    OnExit, "on-exit", "done by the death of a process";
    OnSend, "on-send", "done where a message is made";
    OnForward, "on-forward", "done where messages are forwarded";
    OnPropagateUp, "on-propagate-up", "done by `propagate_up`";
    OnPropagateDown, "on-propagate-down", "done by `propagate_down`";
    OnDuplicateRoute, "on-duplicate-route", "as ADD_ROUTE was refused (`duplicate-route`)";
    OnUnexpectedDelRoute, "on-unexpected-del-route", "as DEL_ROUTE was refused (`unexpected-del-route`)";
    OnBadAuthId, "on-bad-auth-id", "as source verification dropped a message (`bad-auth-id`)";
    OnBadSrcId, "on-bad-src-id", "as source verification dropped a message (`bad-src-id`)";
    OnHandlerCrash, "on-handler-crash", "as a handler raised (`handler-crash`)";
    OnFrameTooLarge, "on-frame-too-large", "as a frame was too long (`frame-too-large`)";
    RequestVanished, "request-vanished", "as the request vanished at a closed end or a dead context";
    ReplyVanished, "reply-vanished", "as the reply vanished at a closed end or a dead context";
    OnOversize, "on-oversize", "as a message over the size limit was dropped";
    OnReply, "on-reply", "as the caller did not take the reply";
    AtCutLink, "at-cut-link", "as a link is still cut, and holds the news";
    Untold, "untold", "as no news of it arrived";
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

impl Class {
    /// The class in English.
    pub fn sentence(&self) -> String {
        format!("{}, {}, under {}", self.kind.in_words(), self.place.in_words(), self.revision)
    }
}

impl fmt::Display for Class {
    /// A name that can also be that of a file.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&format!("{}-{}-{}", self.kind.name(), self.place.name(), self.revision))
    }
}

/// A text that is not the name of a [`Class`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownClass(pub String);

impl fmt::Display for UnknownClass {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "unknown class `{}`; a class is a kind, a place and a monitor, ", self.0)?;
        write!(f, "such as `stale-on-add-route-mitogen-0.3`")
    }
}

impl std::error::Error for UnknownClass {}

impl FromStr for Class {
    type Err = UnknownClass;

    fn from_str(name: &str) -> Result<Self, UnknownClass> {
        let read = || {
            let cut = |rest: &str, end: &str| rest.strip_suffix(end)?.strip_suffix('-').map(str::to_owned);
            let (revision, rest) = Revision::ALL.into_iter().find_map(|r| Some((r, cut(name, r.name())?)))?;
            let is_place = |place: &Place| Some((*place, cut(&rest, place.name())?));
            // One place may end as another does; only with the right one is a kind left.
            let kind = |rest: &str| Kind::ALL.into_iter().find(|kind| kind.name() == rest);
            let mut found = Place::ALL.iter().filter_map(is_place);
            let (place, kind) = found.find_map(|(place, rest)| Some((place, kind(&rest)?)))?;
            Some(Class { kind, place, revision })
        };
        read().ok_or_else(|| UnknownClass(name.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Proves that every class is read back from its name, that no two have one name, and that each is fit for a file.
    #[test]
    fn names_lead_back() {
        let mut names = std::collections::BTreeSet::new();
        for kind in Kind::ALL {
            for &place in Place::ALL {
                for revision in Revision::ALL {
                    let class = Class { kind, place, revision };
                    let name = class.to_string();
                    assert_eq!(name.parse(), Ok(class));
                    assert!(name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"-.".contains(&b)));
                    assert!(names.insert(name));
                }
            }
        }
        for wrong in ["", "stale", "stale-on-add-route", "stale-on-nothing-mitogen-0.3", "stale-on-connect-mitogen-9"] {
            assert_eq!(wrong.parse::<Class>(), Err(UnknownClass(wrong.to_owned())));
        }
    }
}
