//! A status line on a terminal while a run takes long.

use crate::run::{Options, Outcome, RunError, run};
use crate::scenario::Scenario;
use crate::time::Time;
use indicatif::{ProgressBar, ProgressStyle};
use std::time::Duration;

/// Runs, and shows how far it is; `doing` is what the user is told that this is for.
pub fn run_shown(scenario: &Scenario, options: Options<'_, '_>, doing: &str) -> Result<Outcome, RunError> {
    let bar = ProgressBar::new_spinner();
    let style = "{spinner} {msg} {human_pos} events, {per_sec}, {elapsed}";
    bar.set_style(ProgressStyle::with_template(style).expect("a valid template"));
    bar.enable_steady_tick(Duration::from_millis(250));
    let mut progress = |events: u64, now: Time| {
        bar.set_position(events);
        bar.set_message(format!("{doing} {}, virtual time {now},", scenario.name));
    };
    let Options { check, trace, keep_blocks, progress: _ } = options;
    let outcome = run(scenario, Options { check, trace, keep_blocks, progress: Some(&mut progress) });
    bar.finish_and_clear();
    outcome
}
