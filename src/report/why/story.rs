//! The story behind an answer: the moments that led to it, one per line, with the effects that matter.

use crate::link::{Direction, Incarnation, LaneId};
use crate::process::ContextId;
use crate::recording::{Cause, Change, MomentId, Recording, RouteTurn};
use crate::trace::Record;
use crate::why::{CallTrail, Event, EventKind, Why};
use crate::words::grouped;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// How many lines of a story are shown; the rest are folded.
const STORY_MAX: usize = 8;

/// A story of more lines is folded by and large first.
const MANY: usize = 1_000;

/// How many sentences follow the story: with it and the headline, a dozen lines.
const SENTENCES_MAX: usize = 3;

/// What a story is about.
#[derive(Clone, Copy)]
pub(super) struct Subject {
    /// Where it ends: lines of this context are not folded.
    context: Option<Incarnation>,
    /// The destination whose entries matter.
    route: Option<ContextId>,
    /// The call that matters, who made it, and who was called.
    call: Option<(u64, ContextId, ContextId)>,
    /// Whether the disconnect signals for that destination matter.
    has_signals: bool,
}

impl Subject {
    pub fn of_entry(why: &Why) -> Subject {
        Subject { context: Some(why.context), route: Some(why.route), call: None, has_signals: false }
    }

    pub fn of_event(event: &Event) -> Subject {
        let has_signals = matches!(event.kind, EventKind::SignalAgain(_));
        Subject { context: Some(event.context), route: event.route, call: None, has_signals }
    }

    pub fn of_call(recording: &Recording<'_>, trail: &CallTrail) -> Subject {
        let call = (trail.call, recording.life(trail.caller).id, trail.to);
        Subject { context: None, route: trail.reason.map(|reason| reason.route), call: Some(call), has_signals: false }
    }
}

/// Tells stories of one subject.
pub(super) struct Teller<'r> {
    recording: &'r Recording<'r>,
    subject: Subject,
    /// When each lane that was ever cut was, and delivered again.
    cuts: BTreeMap<LaneId, Vec<(MomentId, MomentId)>>,
}

/// A line of a story.
#[derive(Clone, Copy)]
enum Line {
    Moment(MomentId),
    Fold { first: MomentId, last: MomentId, count: u64, what: &'static str },
}

impl<'r> Teller<'r> {
    pub fn new(recording: &'r Recording<'r>, subject: Subject) -> Self {
        Teller { recording, subject, cuts: cuts(recording) }
    }

    /// A headline, the story, and sentences behind it: a dozen lines at most.
    pub fn text(&self, headline: &str, moments: &[MomentId], sentences: Vec<String>) -> String {
        let mut text = format!("{headline}\n");
        let lines = self.fold(moments);
        let times = lines.iter().map(|line| match line {
            Line::Moment(moment) => self.recording.time_of(*moment).to_string().len(),
            Line::Fold { .. } => 0,
        });
        let width = times.max().unwrap_or(0);
        for line in &lines {
            text.push_str(&match line {
                Line::Moment(moment) => {
                    let at = self.recording.time_of(*moment).to_string();
                    format!("  {at:>width$}  {}", self.words(*moment))
                }
                Line::Fold { first, last, count, what } => {
                    let (first, last) = (self.recording.time_of(*first), self.recording.time_of(*last));
                    format!("  {:>width$}  {} more {what}, {first} to {last}", "...", grouped(*count))
                }
            });
            text.push('\n');
        }
        for sentence in sentences.iter().chain(self.legend(moments).as_ref()).take(SENTENCES_MAX) {
            text.push_str(sentence);
            text.push('\n');
        }
        text
    }

    /// The story as JSON, with nothing folded.
    pub fn json(&self, moments: &[MomentId]) -> Vec<Value> {
        let moment = |moment: &MomentId| {
            let what = &self.recording.moments[*moment];
            json!({
                "moment": moment,
                "events": what.events,
                "at_ns": what.at.as_ns(),
                "context": self.recording.life(what.context).id.0,
                "what": self.recording.moment_words(*moment),
                "did": self.did(*moment),
            })
        };
        moments.iter().map(moment).collect()
    }

    fn words(&self, moment: MomentId) -> String {
        let words = self.recording.moment_words(moment);
        let did = self.did(moment);
        if did.is_empty() { words } else { format!("{words}: {}", did.join(", ")) }
    }

    /// What a moment did that matters.
    fn did(&self, moment: MomentId) -> Vec<String> {
        let mut did: Vec<String> = self.held(moment).into_iter().collect();
        if let Some(route) = self.subject.route {
            let turns = self.recording.routes(moment).iter().filter(|turn| turn.target == route);
            did.extend(turns.map(|turn| self.turn(moment, turn)));
        }
        did.extend(self.recording.records(moment).iter().filter_map(|record| self.record(moment, record)));
        did.dedup();
        did
    }

    fn turn(&self, moment: MomentId, turn: &RouteTurn) -> String {
        let label = |context: Incarnation| self.recording.short_label(context);
        let (who, route) = (label(turn.context), turn.target);
        match (turn.before, turn.after) {
            (None, Some(after)) => format!("{who} learns {route} via {}", label(after)),
            (Some(before), Some(after)) => {
                format!("{who} learns {route} via {}, no longer via {}", label(after), label(before))
            }
            (Some(before), None) if self.from(moment).is_some_and(|from| from != before) => {
                format!("{who} forgets {route}, which led to {}", label(before))
            }
            (_, None) => format!("{who} forgets {route}"),
        }
    }

    fn record(&self, moment: MomentId, record: &Record) -> Option<String> {
        let is_kill = matches!(self.recording.moments[moment].cause, Cause::Step(_));
        match record {
            Record::Error { ctx, error } => Some(self.recording.family().error_words(*error, &name(*ctx))),
            Record::Detached { ctx } => Some(format!("{} leaves its parent", name(*ctx))),
            Record::Exit { ctx } if !is_kill => Some(format!("{} dies", name(*ctx))),
            // The step names an id, not a life.
            Record::Exit { .. } => {
                let who = self.recording.moments[moment].context;
                let is_again = self.recording.life(who).earlier > 0;
                is_again.then(|| format!("{} dies", self.recording.short_label(who)))
            }
            Record::Signal { ctx, context, again }
                if self.subject.has_signals && Some(*context) == self.subject.route =>
            {
                let again = if *again { " again" } else { "" };
                Some(format!("the disconnect signal of {context} in {} fires{again}", name(*ctx)))
            }
            _ => self.of_call(record),
        }
    }

    /// What a record says of the call that matters.
    fn of_call(&self, record: &Record) -> Option<String> {
        let (number, caller, to) = self.subject.call?;
        match record {
            Record::Reply { call, .. } if *call == number => self.recording.record_words(record),
            Record::Signal { ctx, context, .. } if *ctx == caller && *context == to => {
                Some(format!("the disconnect signal of {context} fires"))
            }
            _ => None,
        }
    }

    /// Who sent what arrived.
    fn from(&self, moment: MomentId) -> Option<Incarnation> {
        match self.recording.moments[moment].cause {
            Cause::Arrival(flight) => Some(self.recording.hop(self.recording.flights[flight].lane).from),
            _ => None,
        }
    }

    /// That a link had held what arrived, if so.
    fn held(&self, moment: MomentId) -> Option<String> {
        let Cause::Arrival(flight) = self.recording.moments[moment].cause else { return None };
        let flight = self.recording.flights[flight];
        let cuts = self.cuts.get(&flight.lane)?;
        let (_, healed) =
            cuts.iter().rfind(|(cut, healed)| *cut < moment && flight.sent < *healed && *healed < moment)?;
        let (sent, healed) = (self.recording.time_of(flight.sent), self.recording.time_of(*healed));
        Some(format!("sent at {sent}, held by a cut link until {healed}"))
    }

    /// Folds the hops in the middle where there are too many lines.
    fn fold(&self, moments: &[MomentId]) -> Vec<Line> {
        let mut lines: Vec<Line> = moments.iter().map(|moment| Line::Moment(*moment)).collect();
        if lines.len() > MANY {
            lines = self.fold_all(&lines);
        }
        while lines.len() > STORY_MAX {
            let surplus = lines.len() - STORY_MAX + 1;
            let (start, end, what) = match self.longest_run(&lines) {
                Some((start, end)) => {
                    // The ends of a run that is long enough stay.
                    let spare = (end - start).saturating_sub(surplus);
                    (start + spare.min(1), end - usize::from(spare > 1), "hops")
                }
                None => (3, 3 + surplus, "events"),
            };
            let folded: Vec<Line> = lines.drain(start..end).collect();
            lines.insert(start, join(&folded, what));
        }
        lines
    }

    /// Folds every run of hops, at once.
    fn fold_all(&self, lines: &[Line]) -> Vec<Line> {
        let are_plain: Vec<bool> = lines.iter().map(|line| self.is_plain(line)).collect();
        let mut folded = Vec::new();
        let mut start = 0;
        for end in 1..=lines.len() {
            if end < lines.len() && are_plain[end - 1] && are_plain[end] {
                continue;
            }
            let run = &lines[start..end];
            folded.push(if let [one] = run { *one } else { join(run, "hops") });
            start = end;
        }
        folded
    }

    /// The longest run of two hops or more that tell nothing new.
    fn longest_run(&self, lines: &[Line]) -> Option<(usize, usize)> {
        let mut longest: Option<(usize, usize)> = None;
        let mut start = 0;
        for place in 0..=lines.len() {
            if place < lines.len() && place > 0 && place + 1 < lines.len() && self.is_plain(&lines[place]) {
                continue;
            }
            if place - start >= 2 && longest.is_none_or(|(from, to)| place - start > to - from) {
                longest = Some((start, place));
            }
            start = place + 1;
        }
        longest
    }

    /// Whether a line is a hop on the way, of which there are others like it.
    fn is_plain(&self, line: &Line) -> bool {
        let Line::Moment(moment) = *line else { return false };
        if self.from(moment).is_none() || self.held(moment).is_some() {
            return false;
        }
        match self.subject.call {
            Some(_) => self.did(moment).is_empty(),
            None => {
                let is_error = |record: &Record| matches!(record, Record::Error { .. });
                let is_elsewhere = self.subject.context != Some(self.recording.moments[moment].context);
                is_elsewhere && !self.recording.records(moment).iter().any(is_error)
            }
        }
    }

    /// What the primes mean, if there are any.
    fn legend(&self, moments: &[MomentId]) -> Option<String> {
        let mut first: Option<Incarnation> = None;
        for moment in moments {
            self.each_named(*moment, |context| {
                if first.is_none_or(|first| context < first) && self.recording.life(context).earlier > 0 {
                    first = Some(context);
                }
            });
        }
        let first = first?;
        let (label, life) = (self.recording.short_label(first), self.recording.life(first));
        let how = if life.earlier > 3 { "the number counts earlier lives" } else { "one prime for each earlier life" };
        Some(format!("({label} is life {} of id {}: {how}.)", life.earlier + 1, life.id))
    }

    /// Calls `see` with each context that a line names by its label.
    fn each_named(&self, moment: MomentId, mut see: impl FnMut(Incarnation)) {
        if let Some(from) = self.from(moment) {
            see(from);
            see(self.recording.moments[moment].context);
        }
        if let Some(route) = self.subject.route {
            let turns = self.recording.routes(moment).iter().filter(|turn| turn.target == route);
            turns.flat_map(|turn| [Some(turn.context), turn.before, turn.after]).flatten().for_each(see);
        }
    }
}

/// Several lines as one.
fn join(lines: &[Line], what: &'static str) -> Line {
    let ends = |line: &Line| match line {
        Line::Moment(moment) => (*moment, *moment, 1),
        Line::Fold { first, last, count, .. } => (*first, *last, *count),
    };
    let (first, ..) = ends(lines.first().expect("a run has lines"));
    let (_, last, _) = ends(lines.last().expect("a run has lines"));
    Line::Fold { first, last, count: lines.iter().map(|line| ends(line).2).sum(), what }
}

/// When each lane was cut, and delivered again.
fn cuts(recording: &Recording<'_>) -> BTreeMap<LaneId, Vec<(MomentId, MomentId)>> {
    let mut cuts: BTreeMap<LaneId, Vec<_>> = BTreeMap::new();
    let mut open: BTreeMap<LaneId, MomentId> = BTreeMap::new();
    for moment in 0..recording.moments.len() {
        for change in recording.changes(moment) {
            match change {
                Change::Partitioned { link, ways } => {
                    for direction in Direction::of(*ways) {
                        open.entry(LaneId::new(*link, *direction)).or_insert(moment);
                    }
                }
                Change::Healed(link) => {
                    for lane in Direction::BOTH.map(|direction| LaneId::new(*link, direction)) {
                        if let Some(cut) = open.remove(&lane) {
                            cuts.entry(lane).or_default().push((cut, moment));
                        }
                    }
                }
                _ => {}
            }
        }
    }
    cuts
}

fn name(ctx: ContextId) -> String {
    if ctx == ContextId::MASTER { "master".to_owned() } else { ctx.to_string() }
}
