//! A case is drawn, and run under two monitors.

use super::error::PairError;
use super::pair::Pair;
use crate::fuzz::examine::{Examination, Rules, examine};
use crate::fuzz::generator::{Case, generate_for};
use crate::fuzz::profile::Profile;
use crate::process::Monitor;
use crate::run::Runner;
use crate::scenario::Scenario;

/// The case of a seed, which both monitors can run.
pub fn case(profile: &Profile, monitors: [Monitor; 2], seed: u64) -> Case {
    generate_for(profile, &monitors, seed)
}

/// Runs the case of a seed under two monitors.
///
/// # Errors
/// If the case cannot be run to its end.
pub fn pair(
    runner: &mut Runner,
    profile: &Profile,
    monitors: [Monitor; 2],
    rules: &Rules,
    seed: u64,
) -> Result<Pair, PairError> {
    let scenario = case(profile, monitors, seed).scenario;
    let [first, second] = examine_both(runner, &scenario, monitors, rules)?;
    Ok(Pair::of(&scenario, [&first, &second]))
}

/// Runs a scenario under two monitors, and judges both runs.
///
/// # Errors
/// If it cannot be run to its end.
pub fn examine_both(
    runner: &mut Runner,
    scenario: &Scenario,
    monitors: [Monitor; 2],
    rules: &Rules,
) -> Result<[Examination; 2], PairError> {
    let mut scenario = scenario.clone();
    let mut under = |monitor| {
        scenario.put_under(monitor);
        let run = examine(runner, &scenario, rules);
        run.map_err(|error| PairError::Run { seed: scenario.seed, monitor, error })
    };
    Ok([under(monitors[0])?, under(monitors[1])?])
}
