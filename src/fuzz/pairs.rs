//! Two monitors on the same seeds: the results of each case under one and under the other.

use super::class::Kind;
use super::examine::{Rules, kinds};
use super::generator::generate;
use super::profile::Profile;
use crate::metrics::Window;
use crate::process::Monitor;
use crate::run::{Options, RunError, Runner};
use crate::time::Span;

/// A case under two monitors.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pair {
    /// Its seed.
    pub seed: u64,
    /// Its result under the first monitor.
    pub first: Side,
    /// Its result under the second monitor.
    pub second: Side,
}

/// The result of a case under a monitor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Side {
    /// The most serious kind of failure, by the rules of a campaign that denies no warning; `None` if it passes.
    pub failure: Option<Kind>,
    /// The time until the slowest step had converged; `None` if a step had not.
    pub converged: Option<Span>,
    /// The messages that arrived.
    pub messages: u64,
}

impl Side {
    /// The result in a word: `ok`, or the kind of failure.
    pub fn result(&self) -> &'static str {
        self.failure.map_or("ok", Kind::name)
    }
}

/// Runs the case of a seed under two monitors.
///
/// # Errors
/// If the case cannot be run to its end.
pub fn pair(runner: &mut Runner, profile: &Profile, monitors: [Monitor; 2], seed: u64) -> Result<Pair, RunError> {
    let mut scenario = generate(profile, monitors[0], seed).scenario;
    let mut side = |monitor| -> Result<Side, RunError> {
        scenario.monitor = monitor;
        let outcome = runner.run(&scenario, Options::default())?;
        Ok(Side {
            failure: kinds(&scenario, &outcome, &Rules::default()).next(),
            converged: outcome.slowest().map_or(Some(Span::default()), Window::converged_after),
            messages: outcome.messages.total(),
        })
    };
    Ok(Pair { seed, first: side(monitors[0])?, second: side(monitors[1])? })
}
