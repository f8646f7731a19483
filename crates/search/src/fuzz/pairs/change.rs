//! What changes in a case from the first monitor to the second.
//!
//! A class of failures is compared without its monitor. Only where both fail in the same classes, or both pass, the
//! messages count, and only where these are as many, the time.

use super::pair::{Pair, Side};
use crate::fuzz::class::{Class, Kind};
use crate::process::Monitor;
use std::fmt;

/// One kind of change; those for the worse come first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Change {
    /// It fails in a class only under the second monitor.
    New(Class),
    /// It costs more messages.
    MoreMessages,
    /// Its slowest step takes longer to converge, or does not converge any more.
    Slower,
    /// It fails in a class only under the first monitor.
    Gone(Class),
    /// It costs fewer messages.
    FewerMessages,
    /// Its slowest step takes less time to converge, or converges now.
    Faster,
}

impl Change {
    /// The changes of a case; none if it ends the same way, at the same cost and in the same time.
    pub fn of(pair: &Pair) -> Vec<Change> {
        let Pair { first, second, .. } = pair;
        let new = second.beyond(first).map(Change::New);
        let changes: Vec<Change> = new.chain(first.beyond(second).map(Change::Gone)).collect();
        if changes.is_empty() { cost(first, second).into_iter().collect() } else { changes }
    }

    /// Whether it is for the worse.
    pub fn is_worse(self) -> bool {
        matches!(self, Change::New(_) | Change::MoreMessages | Change::Slower)
    }

    /// The class that it is about, if it is about one.
    pub fn class(self) -> Option<Class> {
        match self {
            Change::New(class) | Change::Gone(class) => Some(class),
            Change::MoreMessages | Change::Slower | Change::FewerMessages | Change::Faster => None,
        }
    }

    /// Which of two monitors shows it: the one whose run is to be looked at.
    pub fn shown_by(self, monitors: [Monitor; 2]) -> Monitor {
        if matches!(self, Change::Gone(_)) { monitors[0] } else { monitors[1] }
    }

    /// Whether a smaller form of a case keeps this change, and neither run has a failure that it did not have `before`.
    pub(super) fn is_kept(self, before: &Pair, now: &Pair) -> bool {
        let is_known = |now: &Side, before: &Side| now.beyond(before).next().is_none();
        Change::of(now).contains(&self) && is_known(&now.first, &before.first) && is_known(&now.second, &before.second)
    }
}

impl fmt::Display for Change {
    /// A name that can also be that of a file, as long as the name of a monitor is not in it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&match self {
            Change::New(class) => format!("new-{}", class.of_any_monitor()),
            Change::Gone(class) => format!("gone-{}", class.of_any_monitor()),
            Change::MoreMessages => "more-messages".to_owned(),
            Change::FewerMessages => "fewer-messages".to_owned(),
            Change::Slower => "slower".to_owned(),
            Change::Faster => "faster".to_owned(),
        })
    }
}

/// What changes in the cost, if anything.
fn cost(first: &Side, second: &Side) -> Option<Change> {
    // Both were stopped, at a moment that means nothing.
    if first.classes.iter().any(|class| matches!(class.kind, Kind::Storm | Kind::Stopped)) {
        return None;
    }
    // What had not converged took longer than anything that had.
    let time = |side: &Side| (side.converged.is_none(), side.converged);
    let (messages, times) = ([first.messages, second.messages], [time(first), time(second)]);
    if messages[0] != messages[1] {
        Some(if messages[1] > messages[0] { Change::MoreMessages } else { Change::FewerMessages })
    } else if times[0] != times[1] {
        Some(if times[1] > times[0] { Change::Slower } else { Change::Faster })
    } else {
        None
    }
}
