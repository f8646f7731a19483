//! Events per second against turmoil and stateright, on one churn of 16 contexts.
//!
//! All three run the same steps, and come to the same route tables after the same messages; that is asserted. What is counted
//! is the same, too: steps, and messages and ends of streams that have reached somebody.
//!
//! Not comparable: what else they do. treequake checks sources, fires signals, makes context objects, digests every event and,
//! with the check on, compares the tables with the truth after each. turmoil runs an asynchronous program for each host, on a
//! Tokio runtime of its own. stateright copies the whole state for each event, as a model checker must.

use crate::measure::{self, Measured};
use crate::scenario::{self, Reached, churn, reached};
use crate::{actors, hosts};
use treequake::run::Check;
use treequake::scenario::Scenario;

/// How many contexts there are, besides the master.
const CONTEXTS: u32 = 16;

/// One more than the highest id.
const IDS: usize = CONTEXTS as usize + 1;

/// How many rounds of deaths and connects a turn has.
const ROUNDS: u32 = 1_000;

/// Prints the rows of turmoil.
pub fn measure_turmoil() {
    rows("turmoil", hosts::simulate::<IDS>);
}

/// Prints the rows of stateright's actors.
pub fn measure_stateright() {
    rows("stateright", actors::simulate::<IDS>);
}

fn rows(name: &str, peer: fn(&Scenario) -> (Measured, Reached)) {
    let churn = churn(CONTEXTS, ROUNDS);
    let goal = reached(&churn);
    let ms = churn.events.last().map_or(0, |step| step.at.as_ns() / 1_000_000);
    println!("churn of {CONTEXTS} contexts: {} events in {ms} ms of virtual time", goal.events);
    // This is also the first turn, which warms up and does not count.
    assert_eq!(peer(&churn).1, goal, "{name} comes to what treequake comes to");
    for (check, words) in [(Check::AtEnd, "off"), (Check::Always, "on")] {
        let ours = || Measured { operations: goal.events, ..Measured::of(|| scenario::simulate(&churn, check).events) };
        measure::row(&format!("churn of {CONTEXTS} contexts, check {words}; {name}"), || peer(&churn).0, ours);
    }
}
