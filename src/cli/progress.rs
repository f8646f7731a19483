//! Status lines on a terminal, for what takes long.

use crate::fuzz::campaign::Progress;
use crate::recording::{Recording, record_within};
use crate::run::{Options, Outcome, RunError, Watcher, run};
use crate::scenario::Scenario;
use crate::stop::Stop;
use crate::time::Time;
use crate::words::counted;
use indicatif::{HumanDuration, ProgressBar, ProgressState, ProgressStyle};
use std::fmt::Write;
use std::ops::ControlFlow;
use std::time::Instant;

/// A line for a long search, with a message and the time.
pub fn spinner() -> ProgressBar {
    let seconds = |state: &ProgressState, out: &mut dyn Write| {
        let _ = write!(out, "{:.1} s", state.elapsed().as_secs_f64());
    };
    let style = ProgressStyle::with_template("{spinner} {msg}, {seconds}").expect("a valid template");
    ProgressBar::new_spinner().with_style(style.with_key("seconds", seconds))
}

/// A line that counts things up to `of`.
pub fn counter(of: u64, things: &'static str) -> ProgressBar {
    let style = ProgressStyle::with_template("{spinner} {pos}/{len} {msg}, {elapsed}, ETA {eta}");
    ProgressBar::new(of).with_style(style.expect("a valid template")).with_message(things)
}

/// Runs a scenario and shows its progress; `doing` is the word for it.
pub fn run_shown(scenario: &Scenario, options: Options<'_, '_>, doing: &str, stop: &Stop) -> Result<Outcome, RunError> {
    let Options { check, trace, keep_blocks, one_by_one, skips_proof, watcher, progress: _ } = options;
    shown(scenario, doing, stop, |progress| {
        let watcher = watcher.map(|watcher| watcher as &mut dyn Watcher);
        let progress = Some(progress as &mut dyn FnMut(u64, Time) -> ControlFlow<()>);
        run(scenario, Options { check, trace, keep_blocks, one_by_one, skips_proof, watcher, progress })
    })
}

/// Records at most the first `most` moments of a run, and shows its progress.
pub fn record_shown<'s>(
    scenario: &'s Scenario,
    options: Options<'_, '_>,
    most: usize,
    stop: &Stop,
) -> Result<Recording<'s>, RunError> {
    let Options { check, trace, keep_blocks, one_by_one, skips_proof, watcher: _, progress: _ } = options;
    shown(scenario, "running", stop, |progress| {
        let progress = Some(progress as &mut dyn FnMut(u64, Time) -> ControlFlow<()>);
        let options = Options { check, trace, keep_blocks, one_by_one, skips_proof, watcher: None, progress };
        record_within(scenario, options, most)
    })
}

type OnProgress<'p> = dyn FnMut(u64, Time) -> ControlFlow<()> + 'p;

/// Runs something with a line for its progress.
fn shown<T>(scenario: &Scenario, doing: &str, stop: &Stop, run: impl FnOnce(&mut OnProgress<'_>) -> T) -> T {
    let bar = ProgressBar::new_spinner();
    let style = ProgressStyle::with_template("{spinner} {msg} {human_pos} events, {rate}, {elapsed}");
    let rate = |state: &ProgressState, out: &mut dyn Write| {
        let _ = write!(out, "{:.2} M events/s", state.per_sec() / 1e6);
    };
    bar.set_style(style.expect("a valid template").with_key("rate", rate));
    let ended = run(&mut |events, now| {
        bar.set_position(events);
        bar.set_message(format!("{doing} {}, virtual time {now},", scenario.name));
        stop.look()
    });
    bar.finish_and_clear();
    ended
}

/// The status line of a campaign; hidden if standard error is not a terminal.
pub struct Status {
    bar: ProgressBar,
    start: Instant,
}

impl Status {
    /// A line without text.
    pub fn new() -> Self {
        let bar = ProgressBar::new_spinner();
        bar.set_style(ProgressStyle::with_template("{msg}").expect("a valid template"));
        Status { bar, start: Instant::now() }
    }

    /// Shows the progress of the seeds.
    pub fn show(&self, progress: Progress) {
        if self.bar.is_hidden() {
            return;
        }
        let seconds = self.start.elapsed().as_secs_f64().max(1e-3);
        let rate = progress.events as f64 / seconds / 1e6;
        let classes = counted(progress.classes as u64, "class", "classes");
        let of = progress.of.map(|of| format!("/{of}")).unwrap_or_default();
        self.bar.set_message(format!("seed {}{of}  {classes}  {rate:.1} M ev/s{}", progress.done, self.eta(progress)));
        self.bar.tick();
    }

    /// The time that is left, at the rate so far.
    fn eta(&self, progress: Progress) -> String {
        let (Some(of), true) = (progress.of, progress.here > 0) else { return String::new() };
        let left = self.start.elapsed().mul_f64((of - progress.done) as f64 / progress.here as f64);
        format!("  ETA {}:{:02}", left.as_secs() / 60, left.as_secs() % 60)
    }

    /// Shows that the seeds are done and the rest follows.
    pub fn rest(&self) {
        let elapsed = HumanDuration(self.start.elapsed());
        self.bar.set_message(format!("seeds done in {elapsed}; shrinking, and writing the results"));
        self.bar.tick();
    }

    /// Removes the line.
    pub fn clear(&self) {
        self.bar.finish_and_clear();
    }
}
