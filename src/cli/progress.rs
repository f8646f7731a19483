//! A status line on a terminal while a run takes long.

use crate::run::{Options, Outcome, RunError, Watcher, run};
use crate::scenario::Scenario;
use crate::time::Time;
use indicatif::{ProgressBar, ProgressState, ProgressStyle};
use std::fmt::Write;

/// A line for a search that takes long, with a message and the time.
pub fn spinner() -> ProgressBar {
    let seconds = |state: &ProgressState, out: &mut dyn Write| {
        let _ = write!(out, "{:.1} s", state.elapsed().as_secs_f64());
    };
    let style = ProgressStyle::with_template("{spinner} {msg}, {seconds}").expect("a valid template");
    ProgressBar::new_spinner().with_style(style.with_key("seconds", seconds))
}

/// A line that counts up to `of` things.
pub fn counter(of: u64, things: &'static str) -> ProgressBar {
    let style = ProgressStyle::with_template("{spinner} {pos}/{len} {msg}, {elapsed}, ETA {eta}");
    ProgressBar::new(of).with_style(style.expect("a valid template")).with_message(things)
}

/// Runs, and shows how far it is; `doing` is what the user is told that this is for.
pub fn run_shown(scenario: &Scenario, options: Options<'_, '_>, doing: &str) -> Result<Outcome, RunError> {
    let bar = ProgressBar::new_spinner();
    let style = ProgressStyle::with_template("{spinner} {msg} {human_pos} events, {rate}, {elapsed}");
    let rate = |state: &ProgressState, out: &mut dyn Write| {
        let _ = write!(out, "{:.2} M events/s", state.per_sec() / 1e6);
    };
    bar.set_style(style.expect("a valid template").with_key("rate", rate));
    let mut progress = |events: u64, now: Time| {
        bar.set_position(events);
        bar.set_message(format!("{doing} {}, virtual time {now},", scenario.name));
    };
    let Options { check, trace, keep_blocks, one_by_one, watcher, progress: _ } = options;
    let watcher = watcher.map(|watcher| watcher as &mut dyn Watcher);
    let progress = Some(&mut progress as &mut dyn FnMut(u64, Time));
    let outcome = run(scenario, Options { check, trace, keep_blocks, one_by_one, watcher, progress });
    bar.finish_and_clear();
    outcome
}
