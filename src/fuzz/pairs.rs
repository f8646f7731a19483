//! Two monitors on the same seeds: what each case came to under the one and under the other.

use super::class::Kind;
use super::examine::{Rules, kind};
use super::generator::generate;
use super::profile::Profile;
use crate::metrics::StepFigures;
use crate::process::Monitor;
use crate::run::{Options, RunError, Runner};
use crate::time::Span;

/// A case under two monitors.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pair {
    /// What it was made of.
    pub seed: u64,
    /// What it came to under the first.
    pub first: Side,
    /// What it came to under the second.
    pub second: Side,
}

/// What a case came to under a monitor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Side {
    /// What is wrong with it, by the rules of a campaign to which nothing is denied; `None` where it passes.
    pub failure: Option<Kind>,
    /// After how long the slowest step had converged; `None` where one had not.
    pub converged: Option<Span>,
    /// How many messages arrived.
    pub messages: u64,
}

impl Side {
    /// What it came to, in a word: `ok`, or the kind of failure.
    pub fn result(&self) -> &'static str {
        self.failure.map_or("ok", Kind::name)
    }
}

/// Runs the case of a seed under two monitors.
///
/// # Errors
/// Where it can not be run to its end.
pub fn pair(runner: &mut Runner, profile: &Profile, monitors: [Monitor; 2], seed: u64) -> Result<Pair, RunError> {
    let mut scenario = generate(profile, monitors[0], seed).scenario;
    let mut side = |monitor| -> Result<Side, RunError> {
        scenario.monitor = monitor;
        let outcome = runner.run(&scenario, Options::default())?;
        let longest = |longest: Span, step: &StepFigures| Some(longest.max(step.converged_after?));
        Ok(Side {
            failure: kind(&scenario, &outcome, &Rules::default()),
            converged: outcome.steps.iter().try_fold(Span::default(), longest),
            messages: outcome.messages.total(),
        })
    };
    Ok(Pair { seed, first: side(monitors[0])?, second: side(monitors[1])? })
}
