//! Contexts that nobody talks to, and what needs no other order because of that.
//!
//! Where no id is used twice, two choices can change places with all others that are possible before them:
//!
//! - The arrival at the master of the news that there is a *lonely* context: one that no step sends anything to or from. The
//!   master only notes a route, and sends nothing. What else arrives there does not look for this route: what concerns it comes
//!   behind the news, on the same lane. Only a step that cuts or closes this lane makes a difference.
//! - A connect below the master, if no earlier step names the id. The master sends nothing, and nothing is on its way
//!   to that id yet.

use crate::process::ContextId;
use crate::scenario::Action;
use std::collections::BTreeSet;

/// What is known of a scenario's ids.
#[derive(Debug, Default)]
pub(super) struct Lonely {
    /// The contexts that nobody talks to.
    ids: BTreeSet<ContextId>,
    /// The places of the connects that need no other order.
    connects: BTreeSet<u32>,
}

impl Lonely {
    /// What is known of the ids of a scenario that [is orderly](super::reduce::is_orderly).
    pub fn of(actions: &[Action]) -> Self {
        let mut lonely = Lonely::default();
        for (place, action) in (0..).zip(actions) {
            if let Action::Connect(connect) = *action {
                if !lonely.ids.insert(connect.id) {
                    return Lonely::default();
                }
                let is_named = actions[..place as usize].iter().any(|earlier| earlier.names(connect.id));
                if connect.parent == ContextId::MASTER && !is_named {
                    lonely.connects.insert(place);
                }
            }
        }
        for action in actions {
            if let Action::Send { from, to, .. } | Action::Call { from, to, .. } = *action {
                lonely.ids.remove(&from);
                lonely.ids.remove(&to);
            }
        }
        lonely
    }

    /// Whether nobody talks to a context.
    pub fn has(&self, id: ContextId) -> bool {
        self.ids.contains(&id)
    }

    /// Whether the step at a place is a connect that needs no other order.
    pub fn has_connect(&self, place: u32) -> bool {
        self.connects.contains(&place)
    }
}
