//! How an order ends.

use crate::convergence::{self, Difference};
use crate::link::Incarnation;
use crate::process::ContextId;
use crate::world::View;
use std::collections::BTreeMap;
use std::convert::Infallible;

/// How an order ends. Two orders end alike if all of this is equal.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Ending {
    /// The route table of each live context: destination to next hop.
    pub tables: BTreeMap<ContextId, BTreeMap<ContextId, ContextId>>,
    /// The calls that are open in live contexts: the places of their steps among the scenario's `events`, from 0.
    pub open_calls: Vec<usize>,
    /// How the tables differ from the truth.
    pub differences: Vec<Difference>,
}

impl Ending {
    /// How a run ends that is over.
    pub fn of(view: View<'_>) -> Ending {
        let contexts = view.world.scenario().contexts.len();
        let open = view.world.open_call_places().into_iter();
        Ending::with_calls(view, open.map(|place| place - contexts).collect())
    }

    /// How a run ends that is over, with these calls open.
    pub(super) fn with_calls(view: View<'_>, mut open_calls: Vec<usize>) -> Ending {
        open_calls.sort_unstable();
        let mut tables = BTreeMap::new();
        let table = |context: Incarnation| {
            let mut hops = BTreeMap::new();
            let routes = view.table(context).expect("the context is alive");
            routes.each_hop(|destination, next_hop| {
                hops.insert(destination, next_hop);
            });
            tables.insert(view.world.id(context), hops);
            Ok::<(), Infallible>(())
        };
        let Ok(()) = view.world.each_live(table);
        let truth = view.world.family().truth();
        let differences = convergence::compare_all(view, truth, convergence::DIFFERENCES_MAX);
        Ending { tables, open_calls, differences }
    }

    /// Whether this is a failure: an entry is wrong, or a call is open for ever.
    pub fn fails(&self) -> bool {
        !self.is_right() || !self.open_calls.is_empty()
    }

    /// `converged` or `diverged`.
    pub fn verdict(&self) -> &'static str {
        if self.is_right() { "converged" } else { "diverged" }
    }

    /// Whether no entry differs from the truth.
    pub fn is_right(&self) -> bool {
        self.differences.is_empty()
    }
}
