//! The convergence chart: how many entries of route tables are wrong over virtual time, with what was done to the tree,
//! and what is on the wires.

mod draw;

pub use draw::draw;

use super::axis::short_time;
use crate::link::Incarnation;
use crate::recording::{Cause, Change, Recording};
use crate::run::{Check, Outcome};
use crate::scenario::expectation::Verdict;
use crate::scenario::{Action, Ways};
use crate::time::{Span, Time};
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// So many runs are in one picture at most.
pub const PANELS_MAX: usize = 12;

/// What the chart of one run is drawn of.
#[derive(Clone, Debug, PartialEq)]
pub struct Series {
    /// What was run: scenario, monitor, seed.
    pub title: String,
    /// How it ended, as a sentence.
    pub sentence: String,
    /// What there was, at every time at which something happened.
    pub points: Vec<Point>,
    /// What was done to the tree, by time.
    pub faults: Vec<Fault>,
    /// When the tables were all right again after they had not been.
    pub right_again: Vec<Time>,
    /// How it ended.
    pub ending: Ending,
    /// How long three of four messages were on a wire, at most.
    pub latency: Span,
}

/// What there was after an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Point {
    /// When.
    pub at: Time,
    /// How many entries of route tables were wrong; `None` where there were too many to follow.
    pub wrong: Option<u64>,
    /// How many messages were on all wires.
    pub on_wire: u64,
}

/// What was done to the tree: a step, or several of a kind at one time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// When.
    pub at: Time,
    /// When it ended, of one that lasts.
    pub until: Option<Time>,
    /// What kind.
    pub kind: Kind,
    /// As how many steps it counts.
    pub count: u64,
    /// What it was.
    pub words: String,
}

/// A kind of fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// Contexts connect.
    Connect,
    /// A process dies.
    Kill,
    /// A parent closes its stream.
    Disconnect,
    /// A link does not deliver.
    Partition,
    /// A link does not deliver in one direction.
    HalfOpen,
    /// A link delivers again.
    Heal,
    /// A link is slow.
    Slow,
    /// A context shuts down.
    Shutdown,
    /// A context leaves its parent.
    Detach,
    /// A context gives up on a silent link.
    Timeout,
}

impl Kind {
    /// The word for it.
    pub fn name(self) -> &'static str {
        match self {
            Kind::Connect => "connect",
            Kind::Kill => "kill",
            Kind::Disconnect => "disconnect",
            Kind::Partition => "partition",
            Kind::HalfOpen => "half-open",
            Kind::Heal => "heal",
            Kind::Slow => "slow",
            Kind::Shutdown => "shutdown",
            Kind::Detach => "detach",
            Kind::Timeout => "timeout",
        }
    }

    fn of(action: Action) -> Option<Kind> {
        Some(match action {
            Action::Connect(_) => Kind::Connect,
            Action::Kill { .. } => Kind::Kill,
            Action::Disconnect { .. } => Kind::Disconnect,
            Action::Partition { ways: Ways::Both, .. } => Kind::Partition,
            Action::Partition { .. } => Kind::HalfOpen,
            Action::Heal { .. } => Kind::Heal,
            Action::Slow { .. } => Kind::Slow,
            Action::Shutdown { .. } => Kind::Shutdown,
            Action::Detach { .. } => Kind::Detach,
            Action::Send { .. } | Action::Call { .. } => return None,
        })
    }
}

/// When all tables were right again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Return {
    /// When.
    pub at: Time,
    /// How long that was after the last fault before it. That a context gave up is none: it is what a fault leads to.
    pub after: Span,
    /// Whether that was a heal.
    pub is_after_heal: bool,
}

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// All tables are right since then. `None` where they never were wrong.
    Right(Option<Return>),
    /// So many entries are wrong for good.
    Wrong(u64),
    /// It was ended as a storm, with so many entries wrong if anybody counted.
    Storm(Option<u64>),
}

/// What the chart of a recording is drawn of.
pub fn series(recording: &Recording<'_>) -> Series {
    let (points, faults) = (points(recording), faults(recording));
    let right_again = right_again(&points);
    let scenario = recording.scenario;
    Series {
        title: format!("{} under {}, seed {}", scenario.name, scenario.revision, scenario.seed),
        sentence: sentence(&recording.outcome, recording.is_cut),
        ending: ending(&recording.outcome, &points, &faults, &right_again),
        points,
        faults,
        right_again,
        latency: latency(recording),
    }
}

/// How long three of four messages were on a wire, at most: the rest may have been held by a cut link.
fn latency(recording: &Recording<'_>) -> Span {
    let at = |moment: usize| recording.moments[moment].at;
    let arrived = recording.flights.iter().filter_map(|flight| Some(at(flight.end.moment()?).since(at(flight.sent))));
    let mut spans: Vec<Span> = arrived.collect();
    if spans.is_empty() {
        return Span::default();
    }
    let rank = spans.len() * 3 / 4;
    *spans.select_nth_unstable(rank).1
}

fn points(recording: &Recording<'_>) -> Vec<Point> {
    let mut points: Vec<Point> = Vec::new();
    for moment in &recording.moments {
        let point = Point { at: moment.at, wrong: moment.wrong, on_wire: moment.on_wire };
        if points.last() != Some(&point) {
            points.push(point);
        }
    }
    points
}

fn right_again(points: &[Point]) -> Vec<Time> {
    let pairs = points.windows(2);
    pairs
        .filter(|pair| pair[0].wrong.is_some_and(|wrong| wrong > 0) && pair[1].wrong == Some(0))
        .map(|pair| pair[1].at)
        .collect()
}

fn sentence(outcome: &Outcome, is_cut: bool) -> String {
    let mut sentence = match outcome.verdict {
        Verdict::Converged => "converged: every route is right at the end".to_owned(),
        Verdict::Diverged => format!("diverged: {} wrong for good", entries(outcome.differences.len() as u64)),
        Verdict::Storm => format!("storm: ended after {} events with more to come", outcome.events),
    };
    match outcome.hung_calls.len() {
        0 => {}
        1 => sentence.push_str("; 1 call hangs for ever"),
        many => sentence.push_str(&format!("; {many} calls hang for ever")),
    }
    let plural = |count: u64| if count == 1 { "" } else { "s" };
    let (contexts, events) = (outcome.contexts, outcome.events);
    let _ = write!(sentence, "; {contexts} context{}, {events} event{}", plural(contexts), plural(events));
    if outcome.check == Check::GaveUp {
        sentence.push_str("; too many entries were wrong at once to follow");
    }
    if is_cut {
        sentence.push_str("; only the first events are shown");
    }
    sentence
}

fn entries(count: u64) -> String {
    if count == 1 { "1 entry".to_owned() } else { format!("{count} entries") }
}

fn ending(outcome: &Outcome, points: &[Point], faults: &[Fault], right_again: &[Time]) -> Ending {
    match outcome.verdict {
        Verdict::Storm => Ending::Storm(points.last().and_then(|point| point.wrong)),
        Verdict::Diverged => Ending::Wrong(outcome.differences.len() as u64),
        Verdict::Converged => Ending::Right(right_again.last().map(|at| return_at(*at, faults))),
    }
}

fn return_at(at: Time, faults: &[Fault]) -> Return {
    let is_cause = |fault: &&Fault| fault.at <= at && fault.kind != Kind::Timeout;
    let last = faults.iter().rfind(is_cause);
    Return {
        at,
        after: at.since(last.map_or(Time::ZERO, |fault| fault.at)),
        is_after_heal: last.is_some_and(|fault| fault.kind == Kind::Heal),
    }
}

/// The faults of a recording, in order; equal ones at one time are one.
fn faults(recording: &Recording<'_>) -> Vec<Fault> {
    let mut story = Story::default();
    for (number, moment) in recording.moments.iter().enumerate() {
        let changes = recording.changes(number);
        story.end(changes, moment.at);
        if let Some(kind) = kind(recording, number) {
            story.begin(recording, number, kind);
            story.go_on(changes);
        }
    }
    story.finish(recording.end())
}

/// What kind of fault a moment is, if it is one.
fn kind(recording: &Recording<'_>, number: usize) -> Option<Kind> {
    match recording.moments[number].cause {
        Cause::Step(_) if recording.is_skipped(number) => None,
        Cause::Step(_) => match recording.action(number)? {
            // As fast again as it was: what ends is no fault.
            Action::Slow { factor: 1, .. } => None,
            action => Kind::of(action),
        },
        Cause::Timeout => Some(Kind::Timeout),
        Cause::Arrival(_) | Cause::Grace => None,
    }
}

/// The faults so far, and which of them last.
#[derive(Default)]
struct Story {
    faults: Vec<Fault>,
    /// The faults that each link is under: those that cut it, and that which slows it.
    cuts: BTreeMap<Incarnation, Vec<usize>>,
    slows: BTreeMap<Incarnation, usize>,
}

impl Story {
    /// Ends the faults of links that deliver again, or are no more.
    fn end(&mut self, changes: &[Change], at: Time) {
        for change in changes {
            let (cut, slow) = match change {
                Change::Healed(link) => (Some(link), None),
                Change::Slowed { link, .. } => (None, Some(link)),
                Change::Left(context) => (Some(context), Some(context)),
                _ => continue,
            };
            let cuts = cut.and_then(|link| self.cuts.remove(link)).into_iter().flatten();
            for fault in cuts.chain(slow.and_then(|link| self.slows.remove(link))) {
                self.faults[fault].until = self.faults[fault].until.max(Some(at));
            }
        }
    }

    fn begin(&mut self, recording: &Recording<'_>, number: usize, kind: Kind) {
        let at = recording.moments[number].at;
        match self.faults.last_mut() {
            Some(last) if last.at == at && last.kind == kind => last.count += 1,
            _ => {
                let words = words(recording.action(number), kind, &whom(recording, number));
                self.faults.push(Fault { at, until: None, kind, count: 1, words });
            }
        }
    }

    /// Notes which links the last fault goes on with.
    fn go_on(&mut self, changes: &[Change]) {
        let fault = self.faults.len() - 1;
        for change in changes {
            match change {
                Change::Partitioned { link, .. } => self.cuts.entry(*link).or_default().push(fault),
                Change::Slowed { link, .. } => drop(self.slows.insert(*link, fault)),
                _ => {}
            }
        }
    }

    fn finish(mut self, end: Time) -> Vec<Fault> {
        for fault in self.cuts.values().flatten().chain(self.slows.values()) {
            self.faults[*fault].until = Some(end);
        }
        self.faults.iter_mut().for_each(say_count);
        self.faults
    }
}

/// Whom a fault is about; of a shutdown that is not who tells it.
fn whom(recording: &Recording<'_>, number: usize) -> String {
    let at = recording.moments[number].context;
    let told = match recording.action(number) {
        Some(Action::Shutdown { id, .. }) => recording.lives_until(id, Some(number)).last().copied(),
        _ => None,
    };
    recording.label(told.unwrap_or(at))
}

fn words(action: Option<Action>, kind: Kind, who: &str) -> String {
    match action {
        Some(Action::Slow { factor, .. }) => format!("slow {who} by {factor}"),
        Some(Action::Partition { ways: Ways::Down, .. }) => format!("partition {who}, downward"),
        Some(Action::Partition { ways: Ways::Up, .. }) => format!("partition {who}, upward"),
        None => format!("{who} gives up"),
        Some(_) => format!("{} {who}", kind.name()),
    }
}

/// Several are not named, but counted.
fn say_count(fault: &mut Fault) {
    if fault.count > 1 {
        fault.words = match fault.kind {
            Kind::Connect if fault.at == Time::ZERO => format!("{} contexts connect", fault.count),
            kind => super::labels::counted(kind.name(), fault.count),
        };
    }
    // One that a crash ends at the same time does not last.
    if let Some(until) = fault.until.filter(|until| *until > fault.at) {
        let _ = write!(fault.words, " for {}", short_time(until.since(fault.at).as_ns() as f64));
    }
}

/// The series as CSV: a row a point, then a row a fault.
pub fn csv(series: &[Series]) -> String {
    let mut out = String::from("run,what,at_ns,until_ns,wrong,on_wire,count,words\n");
    for run in series {
        let name = field(&run.title);
        for point in &run.points {
            let wrong = point.wrong.map(|wrong| wrong.to_string()).unwrap_or_default();
            let _ = writeln!(out, "{name},point,{},,{wrong},{},,", point.at.as_ns(), point.on_wire);
        }
        for fault in &run.faults {
            let until = fault.until.map(|until| until.as_ns().to_string()).unwrap_or_default();
            let (kind, words) = (fault.kind.name(), field(&fault.words));
            let _ = writeln!(out, "{name},{kind},{},{until},,,{},{words}", fault.at.as_ns(), fault.count);
        }
    }
    out
}

/// A field of CSV, in quotes where it needs them.
pub(super) fn field(text: &str) -> String {
    if text.contains([',', '"', '\n', '\r']) { format!("\"{}\"", text.replace('"', "\"\"")) } else { text.to_owned() }
}
