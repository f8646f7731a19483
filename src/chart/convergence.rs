//! The convergence chart: how many entries of route tables are wrong over virtual time, with what was done to the tree,
//! and what is on the wires.

mod draw;

pub use draw::draw;

use crate::link::Incarnation;
use crate::recording::{Cause, Change, Recording};
use crate::run::Outcome;
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

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// All tables are right since then; so long after the last fault before it. `None` where they never were wrong.
    Right(Option<(Time, Span)>),
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
    let plural = |count: u64| if count == 1 { "" } else { "s" };
    let (contexts, events) = (outcome.contexts, outcome.events);
    let _ = write!(sentence, "; {contexts} context{}, {events} event{}", plural(contexts), plural(events));
    if is_cut {
        sentence.push_str(", of which the first are shown");
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
        Verdict::Converged => Ending::Right(right_again.last().map(|right| {
            let last = faults.iter().rev().find(|fault| fault.at <= *right);
            (*right, right.since(last.map_or(Time::ZERO, |fault| fault.at)))
        })),
    }
}

/// The faults of a recording, in order; equal ones at one time are one.
fn faults(recording: &Recording<'_>) -> Vec<Fault> {
    let mut faults: Vec<Fault> = Vec::new();
    // The fault that each link is under, by kind of state: cut, or slow.
    let mut cut: BTreeMap<Incarnation, usize> = BTreeMap::new();
    let mut slow: BTreeMap<Incarnation, usize> = BTreeMap::new();
    for (number, moment) in recording.moments.iter().enumerate() {
        let changes = recording.changes(number);
        end_faults(&mut faults, (&mut cut, &mut slow), changes, moment.at);
        let kind = match moment.cause {
            Cause::Step(_) if is_skipped(recording, number) => continue,
            Cause::Step(_) => recording.action(number).and_then(Kind::of),
            Cause::Timeout => Some(Kind::Timeout),
            Cause::Arrival(_) | Cause::Grace => None,
        };
        let Some(kind) = kind else { continue };
        if matches!(recording.action(number), Some(Action::Slow { factor: 1, .. })) {
            continue;
        }
        let who = whom(recording, number);
        match faults.last_mut() {
            Some(last) if last.at == moment.at && last.kind == kind => last.count += 1,
            _ => {
                let words = words(recording.action(number), kind, &who);
                faults.push(Fault { at: moment.at, until: None, kind, count: 1, words });
            }
        }
        let place = faults.len() - 1;
        for change in changes {
            match change {
                Change::Partitioned { link, .. } => drop(cut.insert(*link, place)),
                Change::Slowed { link, .. } => drop(slow.insert(*link, place)),
                _ => {}
            }
        }
    }
    for fault in cut.values().chain(slow.values()) {
        faults[*fault].until = Some(recording.end());
    }
    for fault in &mut faults {
        say_count(fault);
    }
    faults
}

type Under<'m> = (&'m mut BTreeMap<Incarnation, usize>, &'m mut BTreeMap<Incarnation, usize>);

/// Ends the faults of links that deliver again, or are no more.
fn end_faults(faults: &mut [Fault], (cut, slow): Under<'_>, changes: &[Change], at: Time) {
    let mut end = |fault: Option<usize>| {
        if let Some(fault) = fault {
            faults[fault].until = faults[fault].until.max(Some(at));
        }
    };
    for change in changes {
        match change {
            Change::Healed(link) => end(cut.remove(link)),
            Change::Slowed { link, .. } => end(slow.remove(link)),
            Change::Left(context) => {
                end(cut.remove(context));
                end(slow.remove(context));
            }
            _ => {}
        }
    }
}

/// Whom a fault is about; of a shutdown that is not who tells it.
fn whom(recording: &Recording<'_>, number: usize) -> String {
    let at = recording.moments[number].context;
    let told = match recording.action(number) {
        Some(Action::Shutdown { id, .. }) => {
            let was_born = |context: &Incarnation| recording.life(*context).born.is_none_or(|born| born <= number);
            recording.lives_of(id).rfind(was_born)
        }
        _ => None,
    };
    recording.label(told.unwrap_or(at))
}

fn is_skipped(recording: &Recording<'_>, number: usize) -> bool {
    recording.records(number).iter().any(|record| matches!(record, crate::trace::Record::Skipped { .. }))
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
        let _ = write!(fault.words, " for {}", until.since(fault.at));
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
