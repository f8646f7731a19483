//! A sequence diagram: lifelines in tree order, an arrow for each message when it arrives, a crossed arrow for a lost
//! message, and notes for everything else.

use super::TEXT_MAX;
use crate::export::{Extract, Remark};
use crate::layout::tree_order;
use crate::link::Incarnation;
use crate::recording::{Cause, FlightEnd, FlightId, MomentId};
use crate::scenario::Action;
use crate::time::Time;
use crate::time::silence::usual_pause;
use crate::trace::Record;
use crate::words::markup::mermaid as escaped;
use crate::words::{capitalised, counted, grouped};
use std::collections::BTreeSet;
use std::io::{self, Write};

/// The most lifelines.
const LIFELINES_MAX: usize = 50;

/// With at most this many contexts, each connect is drawn.
const FEW: usize = 16;

/// The most arrows and notes.
const LINES_MAX: usize = 300;

/// The most lines for the effects of one event.
const LED_TO_MAX: usize = 40;

/// A silence is longer than this many usual pauses.
const SILENCE_FACTOR: u64 = 10;

/// Writes the sequence diagram of the extract. The messages of the start are left out if everything is quiet and right
/// before the first step after it.
///
/// # Errors
/// If `out` fails.
pub fn sequence(extract: &Extract<'_>, out: &mut dyn Write) -> io::Result<Remark> {
    let mut diagram = Diagram {
        extract,
        lifelines: BTreeSet::from([Incarnation::MASTER]),
        lines: Vec::new(),
        len: 0,
        last: Time::ZERO,
        silence: silence(extract),
    };
    let start = diagram.start();
    let remark = (start..extract.count).find_map(|moment| diagram.add(moment));
    if let Some(remark) = &remark {
        diagram.note_over_all(remark);
    }
    out.write_all(diagram.text().as_bytes())?;
    Ok(remark)
}

/// The longest pause that is not noted as a silence.
fn silence(extract: &Extract<'_>) -> u64 {
    let times = extract.recording.moments[..extract.count].iter().map(|moment| moment.at);
    usual_pause(times).map_or(u64::MAX, |usual| usual.as_ns().saturating_mul(SILENCE_FACTOR))
}

/// A summary of everything up to a moment.
fn summary(extract: &Extract<'_>, moment: MomentId) -> String {
    let state = extract.recording.state(Some(moment));
    let at = &extract.recording.moments[moment];
    let contexts = counted(state.contexts().count() as u64 - 1, "context connects", "contexts connect");
    let steps = (0..=moment).filter(|earlier| extract.is_fault(*earlier)).count();
    let steps =
        if steps == 0 { String::new() } else { format!(", {} faults and heals are left out", grouped(steps as u64)) };
    let wrong = capitalised(&state.wrong_words());
    let on_wire = if at.on_wire == 0 { String::new() } else { format!(", {} on the wires", at.on_wire) };
    let until = if at.at == Time::ZERO { String::new() } else { format!(" to {}", at.at) };
    format!("0s{until}: {contexts}{steps}. {wrong}{on_wire}.")
}

/// A diagram in the making.
struct Diagram<'e, 'r> {
    extract: &'e Extract<'r>,
    lifelines: BTreeSet<Incarnation>,
    lines: Vec<Line>,
    len: usize,
    last: Time,
    silence: u64,
}

/// A line of the diagram.
enum Line {
    /// A complete line.
    Whole(String),
    /// A note over all lifelines, which are known only at the end.
    OverAll(String),
}

impl Diagram<'_, '_> {
    /// The first moment that is drawn; a note sums up earlier ones.
    fn start(&mut self) -> MomentId {
        let Extract { recording, first, .. } = *self.extract;
        let mut start = first;
        if start == 0 {
            start = self.skip_start();
            if start > 0 || recording.lives.len() <= FEW {
                return start;
            }
            // Many connects would hide everything else.
            let is_later = |moment: &MomentId| match recording.moments[*moment].cause {
                Cause::Step(_) => !matches!(recording.action(*moment), Some(Action::Connect(_))),
                _ => false,
            };
            start = (0..self.extract.count).find(is_later).unwrap_or(0);
        }
        if let Some(before) = start.checked_sub(1) {
            self.note_over_all(&summary(self.extract, before));
            self.last = recording.moments[before].at;
        }
        start
    }

    /// The first moment after a quiet start with right routes; 0 if the start is not like that.
    fn skip_start(&mut self) -> MomentId {
        let recording = self.extract.recording;
        let is_later = |moment: &MomentId| match recording.moments[*moment].cause {
            Cause::Step(place) => place >= recording.scenario.contexts.len(),
            _ => false,
        };
        let Some(first) = (0..self.extract.count).find(is_later) else { return 0 };
        let Some(before) = first.checked_sub(1) else { return 0 };
        let at = &recording.moments[before];
        if at.wrong != Some(0) || at.on_wire > 0 {
            return 0;
        }
        self.note_over_all(&summary(self.extract, before));
        self.last = at.at;
        first
    }

    /// Draws a moment, or returns why not.
    fn add(&mut self, moment: MomentId) -> Remark {
        let mut lifelines = self.lifelines.clone();
        lifelines.extend(self.extract.actors(moment));
        lifelines.extend(self.peers(moment));
        if lifelines.len() > LIFELINES_MAX || self.lines.len() > LINES_MAX || self.len > TEXT_MAX {
            let (left, at) = (self.extract.count - moment, self.extract.recording.moments[moment].at);
            return Some(format!(
                "... and {} from {at} on are left out: a diagram has limits",
                counted(left as u64, "more event", "more events")
            ));
        }
        self.lifelines = lifelines;
        let at = self.extract.recording.moments[moment].at;
        let silence = at.since(self.last);
        if silence.as_ns() > self.silence {
            self.note_over_all(&format!("nothing for {silence}"));
        }
        self.last = at;
        self.moment(moment);
        None
    }

    /// The contexts at the other ends of the arrows of a moment.
    fn peers(&self, moment: MomentId) -> Vec<Incarnation> {
        let recording = self.extract.recording;
        let arrivals = self.extract.arrivals(moment).map(|flight| recording.hop(recording.flights[flight].lane).from);
        let lost = recording.sent(moment).filter(|flight| self.extract.fate(*flight).moment().is_none());
        arrivals.chain(lost.map(|flight| recording.hop(recording.flights[flight].lane).to)).collect()
    }

    fn moment(&mut self, moment: MomentId) {
        let recording = self.extract.recording;
        let context = recording.moments[moment].context;
        let said = format!("{}: {}", recording.moments[moment].at, recording.moment_words(moment));
        match recording.moments[moment].cause {
            Cause::Arrival(_) => {
                let arrivals: Vec<_> = self.extract.arrivals(moment).collect();
                arrivals.into_iter().for_each(|flight| self.arrival(flight));
            }
            Cause::Step(_) if self.extract.is_fault(moment) => self.note_over_all(&said),
            Cause::Step(_) if matches!(recording.action(moment), Some(Action::Connect(_))) => {
                let parent = recording.life(context).parent.unwrap_or(Incarnation::MASTER);
                self.push(format!("Note over c{},c{}: {}", parent.0, context.0, escaped(&said)));
            }
            _ => self.push(format!("Note over c{}: {}", context.0, escaped(&said))),
        }
        let actors = self.extract.actors(moment);
        let records = recording.records(moment).iter().filter_map(|record| self.record(&actors, record));
        let lost = recording.sent(moment).filter_map(|flight| self.lost(flight));
        let lines: Vec<String> = records.chain(lost).collect();
        let more = lines.len().saturating_sub(LED_TO_MAX);
        lines.into_iter().take(LED_TO_MAX).for_each(|line| self.push(line));
        if more > 0 {
            self.push(format!("Note right of c{}: ... and {} more", context.0, grouped(more as u64)));
        }
    }

    fn arrival(&mut self, flight: FlightId) {
        let recording = self.extract.recording;
        let kept = recording.flights[flight];
        let hop = recording.hop(kept.lane);
        let (FlightEnd::Arrived(end) | FlightEnd::Vanished(end)) = kept.end else { return };
        let (sent, end) = (recording.moments[kept.sent].at, recording.moments[end].at);
        let copies = if kept.copies == 1 { String::new() } else { format!(", {} times", kept.copies) };
        let (arrow, vanishes) = match kept.end {
            FlightEnd::Vanished(_) => ("-x", ", vanishes"),
            _ => ("->>", ""),
        };
        let said = format!("{sent} to {end}: {}{copies}{vanishes}", recording.flight_words(flight));
        self.push(format!("c{}{arrow}c{}: {}", hop.from.0, hop.to.0, escaped(&said)));
    }

    /// The line of a message that never arrives.
    fn lost(&self, flight: FlightId) -> Option<String> {
        let recording = self.extract.recording;
        let why = match self.extract.fate(flight) {
            FlightEnd::Dropped => "is not sent: the end is closed",
            FlightEnd::OnWire => "has not arrived",
            FlightEnd::Arrived(_) | FlightEnd::Vanished(_) => return None,
        };
        let kept = recording.flights[flight];
        let (hop, at) = (recording.hop(kept.lane), recording.moments[kept.sent].at);
        let said = format!("{at}: {} {why}", recording.flight_words(flight));
        Some(format!("c{}--xc{}: {}", hop.from.0, hop.to.0, escaped(&said)))
    }

    /// The line of an effect that is not a message.
    fn record(&self, actors: &[Incarnation], record: &Record) -> Option<String> {
        let recording = self.extract.recording;
        let ctx = match record {
            Record::Error { ctx, .. }
            | Record::Reply { ctx, .. }
            | Record::Exit { ctx }
            | Record::Shutdown { ctx }
            | Record::Detached { ctx } => *ctx,
            _ => return None,
        };
        let words = recording.record_words(record)?;
        let context = actors.iter().find(|actor| recording.life(**actor).id == ctx).unwrap_or(&actors[0]);
        Some(format!("Note right of c{}: {}", context.0, escaped(&words)))
    }

    fn push(&mut self, line: String) {
        self.len += line.len() + 5;
        self.lines.push(Line::Whole(line));
    }

    fn note_over_all(&mut self, text: &str) {
        let text = escaped(text);
        self.len += text.len() + 25;
        self.lines.push(Line::OverAll(text));
    }

    fn text(&self) -> String {
        let recording = self.extract.recording;
        let order: Vec<_> =
            tree_order(recording).into_iter().filter(|context| self.lifelines.contains(context)).collect();
        let (first, last) = (order.first().map_or(0, |first| first.0), order.last().map_or(0, |last| last.0));
        let all = if first == last { format!("c{first}") } else { format!("c{first},c{last}") };
        let title = escaped(&self.extract.title(&self.extract.state()));
        let mut text = format!("sequenceDiagram\n    accTitle: {title}\n");
        for context in &order {
            text.push_str(&format!("    participant c{} as {}\n", context.0, escaped(&recording.label(*context))));
        }
        for line in &self.lines {
            text.push_str(&match line {
                Line::Whole(line) => format!("    {line}\n"),
                Line::OverAll(note) => format!("    Note over {all}: {note}\n"),
            });
        }
        text.push_str(&format!("    Note over {all}: {title}\n"));
        text
    }
}
