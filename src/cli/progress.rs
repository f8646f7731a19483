//! What shows that something long goes on: a status line on a terminal, and a line a minute elsewhere, such as in the log of
//! a CI server.

use super::output;
use crate::fuzz::campaign::Progress;
use crate::recording::{Recording, record_within};
use crate::run::{Options, Outcome, RunError, Watcher, run};
use crate::scenario::Scenario;
use crate::stop::Stop;
use crate::time::Time;
use crate::words::number::{clock, rate};
use crate::words::terminal::plain;
use crate::words::{counted, grouped};
use clap::{Args, ValueEnum};
use indicatif::{ProgressBar, ProgressState, ProgressStyle};
use std::cell::Cell;
use std::fmt;
use std::ops::ControlFlow;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::thread;
use std::time::{Duration, Instant};

/// How often there is a line where there is no terminal.
const PLAIN_EVERY: Duration = Duration::from_secs(60);

#[derive(Args, Clone, Copy, Debug, Default)]
pub struct ProgressArgs {
    /// How standard error shows progress
    #[arg(long, value_enum, default_value_t = Mode::Auto, value_name = "HOW")]
    pub progress: Mode,
}

/// How progress is shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Mode {
    /// A status line on a terminal, otherwise a line a minute
    #[default]
    Auto,
    /// A line a minute
    Plain,
    /// Nothing
    None,
}

/// A status line, or a line a minute.
pub struct Line {
    bar: ProgressBar,
    minutes: Option<Minutes>,
    start: Instant,
}

impl Line {
    /// A line without text.
    pub fn new(mode: Mode) -> Self {
        let start = Instant::now();
        let bar = if mode == Mode::Auto { ProgressBar::new_spinner() } else { ProgressBar::hidden() };
        bar.set_style(ProgressStyle::with_template("{spinner} {msg}").expect("a valid template"));
        let is_plain = mode != Mode::None && bar.is_hidden();
        Line { bar, minutes: is_plain.then(|| Minutes::new(start)), start }
    }

    /// Shows a text, if it is time for it. `text` gets the time so far.
    pub fn show(&self, text: impl FnOnce(Duration) -> String) {
        let elapsed = self.start.elapsed();
        match &self.minutes {
            Some(minutes) if minutes.is_due(Instant::now()) => remark(&text(elapsed), elapsed),
            Some(_) => {}
            None if self.bar.is_hidden() => {}
            None => {
                self.bar.set_message(format!("{}, {}", text(elapsed), clock(elapsed)));
                self.bar.tick();
            }
        }
    }

    /// Shows what is done while `work` runs, which says nothing itself.
    pub fn during<T>(&self, doing: &str, work: impl FnOnce() -> T) -> T {
        if self.minutes.is_none() {
            self.show(|_| doing.to_owned());
            return work();
        }
        let (start, (done, is_done)) = (self.start, channel::<()>());
        thread::scope(|scope| {
            scope.spawn(move || {
                while is_done.recv_timeout(PLAIN_EVERY) == Err(RecvTimeoutError::Timeout) {
                    remark(doing, start.elapsed());
                }
            });
            let worked = work();
            drop(done);
            worked
        })
    }

    /// Removes the line.
    pub fn clear(&self) {
        self.bar.finish_and_clear();
    }
}

/// Says how far something is, where there is no terminal.
fn remark(text: &str, elapsed: Duration) {
    output::remark(&format!("progress: {text}, {}\n", clock(elapsed)));
}

/// When the next line is due.
struct Minutes(Cell<Instant>);

impl Minutes {
    /// The first is due after a minute: what takes less says nothing.
    fn new(start: Instant) -> Self {
        Minutes(Cell::new(start + PLAIN_EVERY))
    }

    /// Whether a line is due. The next is due a minute after it.
    fn is_due(&self, now: Instant) -> bool {
        let is_due = now >= self.0.get();
        if is_due {
            self.0.set(now + PLAIN_EVERY);
        }
        is_due
    }
}

/// A line that counts things up to `of`, on a terminal.
pub fn counter(of: u64, things: &'static str) -> ProgressBar {
    let style = ProgressStyle::with_template("{spinner} {done} of {all} {msg}, {passed}, ETA {left}");
    let style = style
        .expect("a valid template")
        .with_key("done", |state: &ProgressState, out: &mut dyn fmt::Write| say(out, grouped(state.pos())))
        .with_key("all", |state: &ProgressState, out: &mut dyn fmt::Write| say(out, grouped(state.len().unwrap_or(0))))
        .with_key("passed", |state: &ProgressState, out: &mut dyn fmt::Write| say(out, clock(state.elapsed())))
        .with_key("left", |state: &ProgressState, out: &mut dyn fmt::Write| say(out, clock(state.eta())));
    ProgressBar::new(of).with_style(style).with_message(things)
}

/// Writes a part of a line. A terminal that cannot show it shows less.
fn say(out: &mut dyn fmt::Write, text: String) {
    let _ = out.write_str(&text);
}

/// Shows progress while `work` runs, which says whenever one of the `things` is done: a count on a terminal, otherwise what
/// is being done to them, a line a minute.
pub fn during_count<T>(
    mode: Mode,
    of: u64,
    things: &'static str,
    doing: &str,
    work: impl FnOnce(&(dyn Fn() + Sync)) -> T,
) -> T {
    let bar = if mode == Mode::Auto { counter(of, things) } else { ProgressBar::hidden() };
    let line = Line::new(if bar.is_hidden() { mode } else { Mode::None });
    let worked = line.during(&format!("{doing} {} {things}", grouped(of)), || work(&|| bar.inc(1)));
    line.clear();
    bar.finish_and_clear();
    worked
}

/// Runs a scenario and shows its progress; `doing` is the word for it.
pub fn run_shown(
    scenario: &Scenario,
    options: Options<'_, '_>,
    doing: &str,
    stop: &Stop,
    mode: Mode,
) -> Result<Outcome, RunError> {
    let Options { check, trace, keep_blocks, one_by_one, skips_proof, cost_max, watcher, progress: _ } = options;
    shown(scenario, doing, stop, mode, |progress| {
        let watcher = watcher.map(|watcher| watcher as &mut dyn Watcher);
        let progress = Some(progress as &mut dyn FnMut(u64, Time) -> ControlFlow<()>);
        run(scenario, Options { check, trace, keep_blocks, one_by_one, skips_proof, cost_max, watcher, progress })
    })
}

/// Records at most the first `most` moments of a run, and shows its progress.
pub fn record_shown<'s>(
    scenario: &'s Scenario,
    options: Options<'_, '_>,
    most: usize,
    stop: &Stop,
    mode: Mode,
) -> Result<Recording<'s>, RunError> {
    let Options { check, trace, keep_blocks, one_by_one, skips_proof, cost_max, watcher: _, progress: _ } = options;
    shown(scenario, "running", stop, mode, |progress| {
        let progress = Some(progress as &mut dyn FnMut(u64, Time) -> ControlFlow<()>);
        let options = Options { check, trace, keep_blocks, one_by_one, skips_proof, cost_max, watcher: None, progress };
        record_within(scenario, options, most)
    })
}

type OnProgress<'p> = dyn FnMut(u64, Time) -> ControlFlow<()> + 'p;

/// Runs something with a line for its progress.
fn shown<T>(
    scenario: &Scenario,
    doing: &str,
    stop: &Stop,
    mode: Mode,
    run: impl FnOnce(&mut OnProgress<'_>) -> T,
) -> T {
    let line = Line::new(mode);
    let ended = run(&mut |events, now| {
        line.show(|elapsed| {
            let (name, rate) = (plain(&scenario.name), rate(events, "events", elapsed));
            format!("{doing} {name}, virtual time {now}, {}, {rate}", counted(events, "event", "events"))
        });
        stop.look()
    });
    line.clear();
    ended
}

/// How far a campaign is, in words; `elapsed` is the time that it has run here.
pub fn of_campaign(progress: Progress, elapsed: Duration) -> String {
    let rate = rate(progress.events, "events", elapsed);
    let classes = counted(progress.classes as u64, "class", "classes");
    let cases = match progress.of {
        Some(of) => format!("{} of {}", grouped(progress.done), counted(of, "case", "cases")),
        None => counted(progress.done, "case", "cases"),
    };
    format!("{cases}, {classes}, {rate}{}", left(progress, elapsed))
}

/// The time that is left, at the rate so far.
fn left(progress: Progress, elapsed: Duration) -> String {
    let (Some(of), true) = (progress.of, progress.here > 0) else { return String::new() };
    let left = elapsed.mul_f64((of - progress.done) as f64 / progress.here as f64);
    format!(", ETA {}", clock(left))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Proves that a short run says nothing, and a long one a line a minute, however often it could.
    #[test]
    fn a_line_a_minute() {
        let start = Instant::now();
        let minutes = Minutes::new(start);
        let due: Vec<u64> = (0..200).filter(|second| minutes.is_due(start + Duration::from_secs(*second))).collect();
        assert_eq!(due, [60, 120, 180]);
    }

    /// Proves what a line says of a campaign.
    #[test]
    fn a_line_says_how_far_a_campaign_is() {
        let progress = Progress { done: 812, of: Some(10_000), here: 812, classes: 3, events: 9_000_000 };
        let text = of_campaign(progress, Duration::from_secs(10));
        assert_eq!(text, "812 of 10,000 cases, 3 classes, 900k events/s, ETA 1m53s");
        let endless = Progress { of: None, classes: 1, ..progress };
        assert_eq!(of_campaign(endless, Duration::from_secs(10)), "812 cases, 1 class, 900k events/s");
    }
}
