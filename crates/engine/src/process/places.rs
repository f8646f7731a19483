//! The places where any protocol can go wrong. A family adds its own.

use super::family::{Family, Place, PlaceRow};

/// Names each place that exists in every protocol, in one row: its constant, its rank in lists, its word in the names
/// of classes, and the clause of its sentence.
macro_rules! places {
    ($($constant:ident, $rank:literal, $name:literal, $words:literal;)*) => {
        $(
            #[doc = $words]
            pub const $constant: Place = {
                static ROW: PlaceRow = PlaceRow { rank: $rank, name: $name, words: $words };
                Place::of(&ROW)
            };
        )*

        /// All the places in this table.
        const ALL: &[Place] = &[$($constant),*];
    };
}

places! {
    ON_CONNECT, 0, "on-connect", "caused by the connect of a child";
    ON_DISCONNECT, 40, "on-disconnect", "caused by the listeners of a lost stream";
    ON_ENDING, 50, "on-shutdown", "caused by a graceful shutdown";
    ON_DETACH, 60, "on-detach", "caused by a context that leaves its parent";
    ON_EXIT, 70, "on-exit", "caused by the death of a process";
    ON_SEND, 80, "on-send", "caused by sending a message";
    ON_FORWARD, 90, "on-forward", "caused by forwarding messages";
    ON_MESSAGE, 92, "on-message", "caused by the handler of a protocol message";
    ON_TIMER, 94, "on-timer", "caused by a timer";
    ON_PROPAGATE_UP, 100, "on-propagate-up", "caused by passing news up";
    ON_PROPAGATE_DOWN, 110, "on-propagate-down", "caused by passing news down";
    REQUEST_VANISHED, 180, "request-vanished", "because the request vanished at a closed end or a dead context";
    REPLY_VANISHED, 190, "reply-vanished", "because the reply vanished at a closed end or a dead context";
    ON_OVERSIZE, 200, "on-oversize", "because a message over the size limit was dropped";
    ON_REPLY, 210, "on-reply", "because the caller did not accept the reply";
    AT_CUT_LINK, 220, "at-cut-link", "because a link is still cut and holds the news";
    UNTOLD, 230, "untold", "because no news of it arrived";
}

/// All places of a family, in the order of lists.
pub fn all(family: &dyn Family) -> Vec<Place> {
    let errors = family.errors().iter().map(|error| error.place());
    let mut all: Vec<_> = ALL.iter().chain(family.places()).copied().chain(errors).collect();
    all.sort_unstable();
    all.dedup();
    all
}
