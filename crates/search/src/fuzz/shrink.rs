//! The shrinker: from a scenario that fails to the smallest one that shows the same class of failures.
//!
//! Candidates are tried in a fixed order, the biggest cuts first: `removals` of steps and of contexts, then what
//! `simpler` makes of the rest, again and again until nothing helps. A candidate is kept only if its `weight` is
//! smaller; so there is an end, and the result depends on nothing but the scenario. The last round has tried every
//! single removal on the result: that proves that it is a local minimum.

mod free;
mod lists;
mod parts;
mod removals;
mod search;
mod simpler;
mod weight;

pub use search::{Progress, TRIED_MAX};

use super::class::Class;
use super::examine::Rules;
use crate::scenario::Scenario;
pub(super) use search::Goal;
use search::{SameClass, Search};
use std::ops::ControlFlow;

/// The result of shrinking.
#[derive(Clone, Debug)]
pub struct Shrunk {
    /// The best scenario.
    pub scenario: Scenario,
    /// How the search got there.
    pub progress: Progress,
    /// Whether it is known that no single removal keeps the failure. A search that is stopped does not know.
    pub is_minimal: bool,
    /// Values that can change without changing the class, each in a sentence.
    pub free: Vec<String>,
}

/// Shrinks a scenario that shows `class`. After each try, `watch` gets the progress and can stop the search.
///
/// The result has no expectations and no labels.
pub fn shrink(
    scenario: &Scenario,
    class: Class,
    rules: &Rules,
    watch: &mut dyn FnMut(Progress) -> ControlFlow<()>,
) -> Shrunk {
    let mut goal = SameClass::new(class, rules);
    let mut search = Search::new(scenario, &mut goal, watch);
    let is_minimal = finish(&mut search);
    let free = if is_minimal { free::values(&mut search) } else { Vec::new() };
    shrunk(&search, is_minimal, free)
}

/// Shrinks a scenario that keeps `goal`, as [`shrink`] does, but looks for no free values.
pub(super) fn shrink_to(
    scenario: &Scenario,
    goal: &mut dyn Goal,
    watch: &mut dyn FnMut(Progress) -> ControlFlow<()>,
) -> Shrunk {
    let mut search = Search::new(scenario, goal, watch);
    let is_minimal = finish(&mut search);
    shrunk(&search, is_minimal, Vec::new())
}

fn shrunk(search: &Search<'_>, is_minimal: bool, free: Vec<String>) -> Shrunk {
    let scenario = parts::with_small_catalog(&search.best);
    Shrunk { scenario, progress: search.progress, is_minimal, free }
}

/// Searches until nothing helps. Returns whether it got that far.
fn finish(search: &mut Search<'_>) -> bool {
    // A storm runs up to its limit of events, so that limit is lowered first.
    simpler::most_events(search);
    while !search.is_over {
        let before = search.weight;
        removals::all(search);
        simpler::all(search);
        if search.weight == before {
            return !search.is_over;
        }
    }
    false
}
