//! The convergence chart: how many route-table entries are wrong over virtual time, with the steps of the scenario, and
//! the messages on the wires.

mod draw;

pub use draw::{draw, draw_as};

use crate::link::Incarnation;
use crate::recording::{Cause, Change, FlightEnd, MomentId, Recording};
use crate::run::{Check, Outcome};
use crate::scenario::expectation::Verdict;
use crate::scenario::{Action, Role, StepKind, Ways};
use crate::time::{Span, Time};
use crate::words::number::short_time;
use crate::words::{counted, csv_field, grouped};
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// The maximum number of runs in one picture.
pub const PANELS_MAX: usize = 16;

/// The data for the chart of one run.
#[derive(Clone, Debug, PartialEq)]
pub struct Series {
    /// What was run: scenario, monitor, seed.
    pub title: String,
    /// How it ended, as a sentence.
    pub sentence: String,
    /// The state at every time at which something happened.
    pub points: Vec<Point>,
    /// The steps and give-ups, by time.
    pub faults: Vec<Fault>,
    /// The times at which all tables became right again.
    pub right_again: Vec<Time>,
    /// How it ended.
    pub ending: Ending,
    /// Three of four messages were on a wire no longer than this.
    pub latency: Span,
}

/// The state after an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Point {
    /// The time.
    pub at: Time,
    /// How many route-table entries were wrong; `None` if that was not followed.
    pub wrong: Option<u64>,
    /// How many messages were on the wires.
    pub on_wire: u64,
}

/// Something done to the tree: a step, or several steps of one kind at one time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// When it happened.
    pub at: Time,
    /// When it ended, if it lasts.
    pub until: Option<Time>,
    /// How it ended, if it lasts.
    pub end: End,
    /// Its kind.
    pub kind: Kind,
    /// How many steps it counts as.
    pub count: u64,
    /// Its description.
    pub words: String,
    /// The same without the name of the context and without how long it lasts.
    pub short: String,
    /// The labels of its steps: that of the first one, unless another one has a different label.
    pub label: Option<String>,
}

/// How a lasting fault ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum End {
    /// As the scenario says: the link is as it was before.
    #[default]
    Mended,
    /// The context below the link died, and nothing remained on the link.
    Died,
    /// One end gave up on the link, and nothing remained on it.
    GivenUp,
    /// After the recorded part of the run.
    Later,
    /// It never ended.
    Never,
}

/// A kind of fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A kind of step, as reports count steps.
    Step(StepKind),
    /// A context gives up on a silent link.
    Timeout,
}

impl Kind {
    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Kind::Step(kind) => kind.word(),
            Kind::Timeout => "timeout",
        }
    }

    fn of(action: Action) -> Option<Kind> {
        let kind = action.kind().counted();
        (kind.role() != Role::Traffic).then_some(Kind::Step(kind))
    }
}

/// The moment at which all tables were right again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Return {
    /// The time.
    pub at: Time,
    /// How long the last change of the tree or a link before it took to converge: the figure of reports.
    pub after: Span,
    /// Whether that change was a heal.
    pub is_after_heal: bool,
}

/// The beginning of a run, in which the tree joins: until all tables are right for the first time, before any fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Join {
    /// When it is over.
    pub until: Time,
    /// The most wrong entries in it.
    pub wrong: u64,
    /// The most messages on the wires in it.
    pub on_wire: u64,
}

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// All tables have been right since this moment; `None` if they were never wrong.
    Right(Option<Return>),
    /// Entries are wrong at the end.
    Wrong {
        /// How many.
        count: u64,
        /// Whether more may be wrong than were counted.
        is_least: bool,
        /// Whether they stay wrong; otherwise `until` ended the run.
        for_good: bool,
    },
    /// The run never ends. This many entries were wrong when it was stopped, if they were counted.
    Storm(Option<u64>),
    /// The run was stopped. This many entries were wrong then, if they were counted.
    Stopped(Option<u64>),
}

/// The chart data of a recording.
pub fn series(recording: &Recording<'_>) -> Series {
    let (points, faults) = (points(recording), faults(recording));
    let right_again = right_again(&points);
    let scenario = recording.scenario;
    Series {
        title: format!("{} under {}, seed {}", scenario.name, scenario.monitor, scenario.seed),
        sentence: sentence(&recording.outcome, recording.is_cut),
        ending: ending(recording, &points, &faults),
        points,
        faults,
        right_again,
        latency: latency(recording),
    }
}

impl Series {
    /// The join; `None` if nothing happens after it, or if it is not over before the first fault.
    pub fn join(&self) -> Option<Join> {
        let is_later = |fault: &&Fault| fault.at > Time::ZERO || fault.kind != Kind::Step(StepKind::Connect);
        let first = self.faults.iter().find(is_later)?.at;
        let until = self.right_again.first().copied().filter(|at| *at <= first && *at > Time::ZERO)?;
        let points = || self.points.iter().take_while(|point| point.at <= until);
        let wrong = points().filter_map(|point| point.wrong).max().unwrap_or(0);
        Some(Join { until, wrong, on_wire: points().map(|point| point.on_wire).max().unwrap_or(0) })
    }
}

/// Three of four messages were on a wire no longer than this. The others may have been held by a cut link.
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
        Verdict::Diverged => {
            let least = if outcome.lists_all_differences() { "" } else { "at least " };
            let count = counted(outcome.differences.len() as u64, "entry", "entries");
            let how_long = if outcome.met_until.is_some() { "when `until` ended the run" } else { "for good" };
            format!("diverged: {least}{count} wrong {how_long}")
        }
        Verdict::Storm => format!("storm: never ends; stopped after {} events", grouped(outcome.events)),
        Verdict::Stopped => format!("stopped after {} events with more pending", grouped(outcome.events)),
    };
    if !outcome.hung_calls.is_empty() {
        let _ = write!(sentence, "; {}", outcome.open_calls_in_words());
    }
    let contexts = counted(outcome.contexts, "context", "contexts");
    let _ = write!(sentence, "; {contexts}, {}", counted(outcome.events, "event", "events"));
    if outcome.check == Check::GaveUp {
        sentence.push_str("; too large to follow which entries are wrong");
    }
    if is_cut {
        sentence.push_str("; only the first events are shown");
    }
    sentence
}

fn ending(recording: &Recording<'_>, points: &[Point], faults: &[Fault]) -> Ending {
    let outcome = &recording.outcome;
    match outcome.verdict {
        Verdict::Storm => Ending::Storm(points.last().and_then(|point| point.wrong)),
        Verdict::Stopped => Ending::Stopped(points.last().and_then(|point| point.wrong)),
        Verdict::Diverged => Ending::Wrong {
            count: outcome.differences.len() as u64,
            is_least: !outcome.lists_all_differences(),
            for_good: outcome.met_until.is_none(),
        },
        Verdict::Converged => Ending::Right(last_return(recording, faults)),
    }
}

/// The last return, if the recording has it.
fn last_return(recording: &Recording<'_>, faults: &[Fault]) -> Option<Return> {
    let (step, after) = recording.outcome.last_return()?;
    let at = step.at.checked_add(after).filter(|at| !recording.is_cut || *at <= recording.end())?;
    let is_cause = |fault: &&Fault| fault.at == step.at && fault.kind != Kind::Timeout;
    let last = faults.iter().rfind(is_cause);
    Some(Return { at, after, is_after_heal: last.is_some_and(|fault| fault.kind == Kind::Step(StepKind::Heal)) })
}

/// The faults of a recording, in order. Equal faults at one time are merged.
fn faults(recording: &Recording<'_>) -> Vec<Fault> {
    let mut story = Story::default();
    for number in 0..recording.moments.len() {
        let changes = recording.changes(number);
        story.end(recording, changes, number);
        if let Some(kind) = kind(recording, number) {
            story.begin(recording, number, kind);
            story.go_on(changes);
        }
    }
    let outcome = &recording.outcome;
    let is_over = !outcome.verdict.is_stopped() && outcome.met_until.is_none() && !recording.is_cut;
    story.finish(recording.end(), if is_over { End::Never } else { End::Later })
}

/// The kind of fault that a moment is, if it is one.
fn kind(recording: &Recording<'_>, number: usize) -> Option<Kind> {
    match recording.moments[number].cause {
        Cause::Step(_) if recording.is_skipped(number) => None,
        Cause::Step(_) => match recording.action(number)? {
            // The link is back at full speed: the end of a fault is not a fault.
            Action::Slow { factor: 1, .. } => None,
            action => Kind::of(action),
        },
        Cause::Timeout => Some(Kind::Timeout),
        Cause::Arrival(_) | Cause::Timer(_) => None,
    }
}

/// The faults so far, and which of them still last.
#[derive(Default)]
struct Story {
    faults: Vec<Fault>,
    /// The faults that each link is under: those that cut it, and the one that slows it down.
    cuts: BTreeMap<Incarnation, Vec<usize>>,
    slows: BTreeMap<Incarnation, usize>,
    /// For each link that was cut, the moments at which a message on it was sent and arrived. Computed when first
    /// needed.
    held: Option<BTreeMap<Incarnation, Vec<(MomentId, MomentId)>>>,
}

impl Story {
    /// Ends the faults of links that are restored or gone. A cut that still holds messages lasts on.
    fn end(&mut self, recording: &Recording<'_>, changes: &[Change], number: MomentId) {
        let at = recording.moments[number].at;
        for change in changes {
            let (cut, slow, end) = match change {
                Change::Healed(link) => (Some(link), None, End::Mended),
                Change::Slowed { link, .. } => (None, Some(link), End::Mended),
                Change::Left(context) => {
                    let is_dead = recording.life(*context).died == Some(number);
                    let end = if is_dead { End::Died } else { End::GivenUp };
                    let is_cut = self.cuts.contains_key(context);
                    let is_holding = is_cut && self.is_holding(recording, *context, number);
                    (Some(context).filter(|_| !is_holding), Some(context), end)
                }
                _ => continue,
            };
            let cuts = cut.and_then(|link| self.cuts.remove(link)).into_iter().flatten();
            for fault in cuts.chain(slow.and_then(|link| self.slows.remove(link))) {
                self.faults[fault].end_at(at, end);
            }
        }
    }

    /// Whether any message on the link leaves it after this moment, or never.
    fn is_holding(&mut self, recording: &Recording<'_>, link: Incarnation, number: MomentId) -> bool {
        let held = self.held.get_or_insert_with(|| {
            let mut held: BTreeMap<Incarnation, Vec<(MomentId, MomentId)>> = BTreeMap::new();
            for flight in recording.flights.iter().filter(|flight| flight.end != FlightEnd::Dropped) {
                let span = (flight.sent, flight.end.moment().unwrap_or(MomentId::MAX));
                held.entry(flight.lane.child()).or_default().push(span);
            }
            held
        });
        let spans = held.get(&link).map_or(&[][..], Vec::as_slice);
        spans.iter().any(|(sent, off)| *sent <= number && *off > number)
    }

    fn begin(&mut self, recording: &Recording<'_>, number: usize, kind: Kind) {
        let at = recording.moments[number].at;
        let label = recording.step(number).and_then(|place| recording.scenario.label(place)).map(str::to_owned);
        match self.faults.last_mut() {
            Some(last) if last.at == at && last.kind == kind => {
                last.count += 1;
                // Of the steps that a file makes of one step with many `ids`, only the first has its label.
                if label.is_some() && label != last.label {
                    last.label = None;
                }
            }
            _ => {
                let whom = recording.whom(number);
                let action = recording.action(number);
                let short = words(action, kind, &recording.short_label(whom));
                let words = words(action, kind, &recording.label(whom)) + &in_brackets(label.as_deref());
                self.faults.push(Fault { at, until: None, end: End::default(), kind, count: 1, words, short, label });
            }
        }
    }

    /// Notes the links on which the last fault lasts.
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

    fn finish(mut self, at: Time, end: End) -> Vec<Fault> {
        for fault in self.cuts.values().flatten().chain(self.slows.values()) {
            self.faults[*fault].end_at(at, end);
        }
        self.faults.iter_mut().for_each(say_count);
        self.faults
    }
}

/// ` [label]`, or nothing.
fn in_brackets(label: Option<&str>) -> String {
    label.map(|label| format!(" [{label}]")).unwrap_or_default()
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

impl Fault {
    /// Notes that the fault is over on one of its links. The latest end counts; among ends at the same time, the
    /// most serious.
    fn end_at(&mut self, at: Time, end: End) {
        (self.until, self.end) = (self.until, self.end).max((Some(at), end));
    }

    /// How long it lasts, in a word or two: `5m`, `for good`; `None` if it does not last.
    pub fn lasts(&self) -> Option<String> {
        // A fault that a crash ends at the same time does not last.
        let until = self.until.filter(|until| *until > self.at || self.end > End::GivenUp)?;
        Some(match self.end {
            End::Mended | End::Died | End::GivenUp => short_time(until.since(self.at).as_ns() as f64),
            End::Later => "to the end".to_owned(),
            End::Never => "for good".to_owned(),
        })
    }
}

/// Replaces the names by a count if the fault stands for several, and says how long it lasts.
fn say_count(fault: &mut Fault) {
    if fault.count > 1 {
        fault.short = match fault.kind {
            Kind::Step(StepKind::Connect) if fault.at == Time::ZERO => {
                format!("{} contexts connect", grouped(fault.count))
            }
            kind => super::labels::counted(kind.name(), fault.count),
        };
        fault.words = format!("{}{}", fault.short, in_brackets(fault.label.as_deref()));
    }
    let Some(lasts) = fault.lasts() else { return };
    let _ = match fault.end {
        End::Mended => write!(fault.words, " for {lasts}"),
        End::Died => write!(fault.words, " for {lasts}, until it dies"),
        End::GivenUp => write!(fault.words, " for {lasts}, until given up"),
        End::Later => write!(fault.words, ", {lasts}"),
        End::Never => write!(fault.words, " {lasts}"),
    };
}

/// The series as CSV: one row per point, then one row per fault.
pub fn csv(series: &[Series]) -> String {
    let mut out = String::from("run,what,at_ns,until_ns,wrong,on_wire,count,words\n");
    for run in series {
        let name = csv_field(&run.title);
        for point in &run.points {
            let wrong = point.wrong.map(|wrong| wrong.to_string()).unwrap_or_default();
            let _ = writeln!(out, "{name},point,{},,{wrong},{},,", point.at.as_ns(), point.on_wire);
        }
        for fault in &run.faults {
            let until = fault.until.map(|until| until.as_ns().to_string()).unwrap_or_default();
            let (kind, words) = (fault.kind.name(), csv_field(&fault.words));
            let _ = writeln!(out, "{name},{kind},{},{until},,,{},{words}", fault.at.as_ns(), fault.count);
        }
    }
    out
}
