//! The smallest form of a case that still changes in the same way from one monitor to the other.

use super::change::Change;
use super::error::PairError;
use super::pair::{Pair, Side};
use super::run::{case, examine_both};
use crate::fuzz::class::Kind;
use crate::fuzz::examine::{Examination, Rules, examine_until};
use crate::fuzz::mix::Mix;
use crate::fuzz::profile::Profile;
use crate::fuzz::shrink::{Goal, shrink_to};
use crate::process::Monitor;
use crate::run::Runner;
use crate::scenario::Scenario;
use std::ops::ControlFlow;

/// The most scenarios that are tried for one change, each under both monitors: a count, not a time, so that the result is
/// the same everywhere.
pub const TRIED_MAX: u64 = 5_000;

/// A case that was made small, and both its runs.
#[derive(Clone, Debug)]
pub struct Smallest {
    /// The change that it was made small for.
    pub change: Change,
    /// The case, under the monitor whose run is to be looked at.
    pub scenario: Scenario,
    /// What its seed has drawn.
    pub mix: Mix,
    /// Both its runs.
    pub examinations: [Examination; 2],
    /// Whether it is known that no single removal keeps the change.
    pub is_minimal: bool,
}

impl Smallest {
    /// The change in this case, as a sentence without its full stop.
    pub fn sentence(&self) -> String {
        let [first, second] = self.examinations.each_ref().map(|run| run.outcome.monitor);
        let sides = self.examinations.each_ref().map(Side::of);
        let failure = |place: usize| {
            let class = self.change.class()?;
            self.examinations[place]
                .failures
                .iter()
                .find(|failure| (failure.class.kind, failure.class.place) == (class.kind, class.place))
        };
        let sentence = |place: usize| failure(place).map(|failure| failure.sentence.clone()).unwrap_or_default();
        let time = |side: &Side| side.converged.map_or("not in time".to_owned(), |span| format!("after {span}"));
        match self.change {
            Change::New(_) => format!("under {second}, and not under {first}, {}", sentence(1)),
            Change::Gone(_) => format!("under {first}, and not under {second}, {}", sentence(0)),
            Change::MoreMessages | Change::FewerMessages => {
                format!("{} messages under {first}, {} under {second}", sides[0].messages, sides[1].messages)
            }
            Change::Slower | Change::Faster => {
                let [before, now] = sides.each_ref().map(time);
                format!("the slowest step converged {before} under {first}, {now} under {second}")
            }
        }
    }
}

/// Makes the case of a seed small, as long as it still has `change`, and neither run fails in a class in which it did not
/// fail before.
///
/// # Errors
/// If the case cannot be run to its end, or does not have the change.
pub fn smallest(
    profile: &Profile,
    monitors: [Monitor; 2],
    rules: &Rules,
    change: Change,
    seed: u64,
) -> Result<Smallest, PairError> {
    let mut runner = Runner::default();
    let drawn = case(profile, monitors, seed);
    let [first, second] = examine_both(&mut runner, &drawn.scenario, monitors, rules)?;
    let before = Pair::of(&drawn.scenario, [&first, &second]);
    if !Change::of(&before).contains(&change) {
        return Err(PairError::NotAgain { seed, change });
    }
    let mut scenario = drawn.scenario;
    scenario.put_under(change.shown_by(monitors));
    let mut goal = SameChange { runner, monitors, rules, change, before };
    let shrunk = shrink_to(&scenario, &mut goal, &mut |progress| {
        if progress.tried < TRIED_MAX { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    });
    let examinations = examine_both(&mut goal.runner, &shrunk.scenario, monitors, rules)?;
    let now = Pair::of(&shrunk.scenario, examinations.each_ref());
    if !change.is_kept(&goal.before, &now) {
        return Err(PairError::NotAgain { seed, change });
    }
    Ok(Smallest { change, scenario: shrunk.scenario, mix: drawn.mix, examinations, is_minimal: shrunk.is_minimal })
}

/// The goal to keep a change.
struct SameChange<'a> {
    runner: Runner,
    monitors: [Monitor; 2],
    rules: &'a Rules,
    change: Change,
    /// The case as drawn.
    before: Pair,
}

impl Goal for SameChange<'_> {
    fn kind(&self) -> Option<Kind> {
        self.change.class().map(|class| class.kind)
    }

    fn is_kept_by(&mut self, scenario: &Scenario, watch: &mut dyn FnMut(u64) -> ControlFlow<()>) -> (bool, u64) {
        let mut events = 0;
        let is_kept = self.both(scenario, &mut events, watch).is_some_and(|runs| {
            let now = Pair::of(scenario, runs.each_ref());
            self.change.is_kept(&self.before, &now)
        });
        (is_kept, events.max(1))
    }
}

impl SameChange<'_> {
    /// Both runs of a candidate; `None` if the first that is looked at, that of the monitor that has the failure, has lost
    /// it, as in most candidates.
    fn both(
        &mut self,
        scenario: &Scenario,
        events: &mut u64,
        watch: &mut dyn FnMut(u64) -> ControlFlow<()>,
    ) -> Option<[Examination; 2]> {
        let shown_by = self.change.shown_by(self.monitors);
        let shown = self.under(shown_by, scenario, events, watch)?;
        if self.change.class().is_some_and(|class| !Side::of(&shown).shows(class)) {
            return None;
        }
        let [first, second] = self.monitors;
        if shown_by == second {
            return Some([self.under(first, scenario, events, watch)?, shown]);
        }
        Some([shown, self.under(second, scenario, events, watch)?])
    }

    /// The run of a candidate. One that cannot be run to its end is no smaller form of one that can, and one that was
    /// stopped shows nothing.
    fn under(
        &mut self,
        monitor: Monitor,
        scenario: &Scenario,
        events: &mut u64,
        watch: &mut dyn FnMut(u64) -> ControlFlow<()>,
    ) -> Option<Examination> {
        let mut scenario = scenario.clone();
        scenario.put_under(monitor);
        let run = examine_until(&mut self.runner, &scenario, self.rules, &mut || watch(*events)).ok()?;
        *events += run.outcome.events;
        run.outcome.digest.is_some().then_some(run)
    }
}
