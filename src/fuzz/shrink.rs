//! The shrinker: from a scenario that fails to the smallest that fails in the same way.

use super::class::Class;
use super::examine::Rules;
use crate::scenario::Scenario;
use std::ops::ControlFlow;

/// How far it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// Steps, contexts not counted: at first, and of the best so far.
    pub steps: (usize, usize),
    /// Contexts, those of steps included: at first, and of the best so far.
    pub contexts: (usize, usize),
    /// How many scenarios were tried.
    pub tried: u64,
}

/// What shrinking came to.
#[derive(Clone, Debug)]
pub struct Shrunk {
    /// The best.
    pub scenario: Scenario,
    /// How it got there.
    pub progress: Progress,
    /// Whether no single removal keeps the failure: it was not stopped before that was known.
    pub is_minimal: bool,
}

/// Shrinks a scenario that fails in `class`; `watch` is told now and then how far it is, and may stop it.
pub fn shrink(
    scenario: &Scenario,
    _class: Class,
    _rules: &Rules,
    _watch: &mut dyn FnMut(Progress) -> ControlFlow<()>,
) -> Shrunk {
    let size = (scenario.events.len(), scenario.contexts.len());
    let progress = Progress { steps: (size.0, size.0), contexts: (size.1, size.1), tried: 0 };
    Shrunk { scenario: scenario.clone(), progress, is_minimal: false }
}
