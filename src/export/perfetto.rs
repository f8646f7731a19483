//! The run as a trace in Chrome's JSON format, which Perfetto and chrome://tracing read: one track per context in tree
//! order, a slice for each event, an arrow for each message, and counters on top.
//!
//! Handlers take no time in the model. Slices have a length only to be visible; of several slices at the same time,
//! each begins where the one before ends. No slice reaches the next event of its context, or half the shortest latency,
//! so no arrow goes back in time. The arguments of each slice have the true time.

use super::{Extract, Remark};
use crate::layout::tree_order;
use crate::link::Incarnation;
use crate::process::ContextId;
use crate::recording::{FlightEnd, FlightId, MomentId, Recording};
use crate::time::Time;
use crate::words::grouped;
use crate::words::markup::turns;
use serde_json::{Value, json};
use std::io::{self, Write};

/// The longest slice, in nanoseconds.
const LENGTH_MAX: u64 = 100_000;

/// The most records or changes that the arguments of a slice list.
const LISTED_MAX: usize = 20;

/// The slice of an event on the track of one context. Times are in nanoseconds.
#[derive(Clone, Copy, Debug)]
struct Slice {
    moment: MomentId,
    actor: Incarnation,
    start: u64,
    length: u64,
}

/// The drawn begin and end of a life.
#[derive(Clone, Copy, Debug, Default)]
struct Bar {
    start: u64,
    end: Option<u64>,
}

/// Writes the trace, event by event.
///
/// # Errors
/// If `out` fails.
pub fn write(extract: &Extract<'_>, out: &mut dyn Write) -> io::Result<Remark> {
    let slices = slices(extract);
    let order = tree_order(extract.recording);
    let mut tracks = vec![0; order.len()];
    order.iter().zip(1..).for_each(|(context, track)| tracks[context.index()] = track);
    let last = slices.iter().map(|slice| slice.start.saturating_add(slice.length)).max().unwrap_or(0);
    let end = last.max(extract.time.as_ns().saturating_add(LENGTH_MAX));
    let mut writer = Writer { extract, tracks, end, out, is_first: true };
    writer.head()?;
    writer.tracks(&order, &bars(extract, &slices))?;
    let mut rest = slices.as_slice();
    let mut counters = Counters::default();
    for moment in 0..extract.count {
        let (of_moment, others) = rest.split_at(rest.partition_point(|slice| slice.moment == moment));
        rest = others;
        counters.follow(&mut writer, moment)?;
        writer.moment(moment, of_moment)?;
    }
    counters.write(&mut writer)?;
    writer.out.write_all(b"\n]}\n")?;
    Ok(None)
}

/// The slices of all events, in the order of moments.
fn slices(extract: &Extract<'_>) -> Vec<Slice> {
    let recording = extract.recording;
    let mut slices = Vec::with_capacity(extract.count);
    let mut tracks = vec![Vec::new(); recording.lives.len()];
    for moment in 0..extract.count {
        let start = recording.moments[moment].at.as_ns();
        for actor in extract.actors(moment) {
            tracks[actor.index()].push(slices.len());
            slices.push(Slice { moment, actor, start, length: 0 });
        }
    }
    let most = shortest_flight(recording) / 2;
    for track in tracks {
        spread(&mut slices, &track, most);
    }
    slices
}

fn shortest_flight(recording: &Recording<'_>) -> u64 {
    let latency = |flight: &crate::recording::Flight| {
        let end = flight.end.moment()?;
        Some(recording.moments[end].at.since(recording.moments[flight.sent].at).as_ns())
    };
    recording.flights.iter().filter_map(latency).min().unwrap_or(u64::MAX)
}

/// Puts the slices of one track one after the other, those of the same time within `most`.
fn spread(slices: &mut [Slice], track: &[usize], most: u64) {
    let mut rest = track;
    while let Some(first) = rest.first() {
        let time = slices[*first].start;
        let (group, others) = rest.split_at(rest.partition_point(|slice| slices[*slice].start == time));
        let gap = others.first().map_or(u64::MAX, |next| slices[*next].start - time);
        let length = (most.min(gap) / group.len() as u64).min(LENGTH_MAX);
        for (place, slice) in group.iter().enumerate() {
            slices[*slice].start = time.saturating_add(place as u64 * length);
            slices[*slice].length = length;
        }
        rest = others;
    }
}

/// The bar of each life that has begun, which holds its slices.
fn bars(extract: &Extract<'_>, slices: &[Slice]) -> Vec<Option<Bar>> {
    let lives = &extract.recording.lives;
    let mut bars = vec![None; lives.len()];
    bars[0] = Some(Bar::default());
    for slice in slices {
        let life = lives[slice.actor.index()];
        let bar = &mut bars[slice.actor.index()];
        if life.born == Some(slice.moment) {
            *bar = Some(Bar { start: slice.start, end: None });
        }
        if let Some(bar) = bar.as_mut().filter(|_| life.died == Some(slice.moment)) {
            bar.end = Some(slice.start.saturating_add(slice.length));
        }
    }
    bars
}

/// The counters, which are written when a time is over.
#[derive(Default)]
struct Counters {
    time: Time,
    now: [Option<u64>; 2],
    written: [Option<u64>; 2],
}

impl Counters {
    fn follow(&mut self, writer: &mut Writer<'_, '_>, moment: MomentId) -> io::Result<()> {
        let at = &writer.extract.recording.moments[moment];
        if at.at != self.time {
            self.write(writer)?;
            self.time = at.at;
        }
        self.now = [at.wrong, Some(at.on_wire)];
        Ok(())
    }

    fn write(&mut self, writer: &mut Writer<'_, '_>) -> io::Result<()> {
        for (place, name) in ["wrong entries", "on the wires"].into_iter().enumerate() {
            if let Some(value) = self.now[place].filter(|_| self.now[place] != self.written[place]) {
                writer.event("C", name, self.time.as_ns(), &format!(",\"args\":{{\"count\":{value}}}"))?;
            }
        }
        self.written = self.now;
        Ok(())
    }
}

struct Writer<'w, 'r> {
    extract: &'w Extract<'r>,
    /// The track number of each context.
    tracks: Vec<usize>,
    /// The end of the bars of live contexts, after all slices.
    end: u64,
    out: &'w mut dyn Write,
    is_first: bool,
}

impl Writer<'_, '_> {
    fn head(&mut self) -> io::Result<()> {
        let about = json!({
            "at": self.extract.time.to_string(),
            "digest": self.extract.recording.outcome.digest_text(),
            "note": "Handlers take no time in the model; the lengths of slices are not real.",
        });
        write!(self.out, "{{\"displayTimeUnit\":\"ns\",\"otherData\":{about},\"traceEvents\":[")?;
        let Recording { scenario, outcome, .. } = self.extract.recording;
        let name = quoted(&format!("{} under {}", scenario.name, outcome.monitor));
        self.line(&format!("{{\"ph\":\"M\",\"pid\":1,\"name\":\"process_name\",\"args\":{{\"name\":{name}}}}}"))
    }

    /// Writes the names of the tracks and the lives on them.
    fn tracks(&mut self, order: &[Incarnation], bars: &[Option<Bar>]) -> io::Result<()> {
        let recording = self.extract.recording;
        for (context, track) in order.iter().zip(1..) {
            let label = quoted(&recording.label(*context));
            let head = format!("{{\"ph\":\"M\",\"pid\":1,\"tid\":{track},\"name\"");
            self.line(&format!("{head}:\"thread_name\",\"args\":{{\"name\":{label}}}}}"))?;
            self.line(&format!("{head}:\"thread_sort_index\",\"args\":{{\"sort_index\":{track}}}}}"))?;
        }
        for context in order {
            let Some(Bar { start, end: own }) = bars[context.index()] else { continue };
            let length = micros(own.unwrap_or(self.end).saturating_sub(start));
            let rest = format!(",\"cat\":\"life\",\"tid\":{},\"dur\":{length}", self.tracks[context.index()]);
            self.event("X", &recording.label(*context), start, &rest)?;
        }
        Ok(())
    }

    fn moment(&mut self, moment: MomentId, slices: &[Slice]) -> io::Result<()> {
        let (extract, recording) = (self.extract, self.extract.recording);
        let words = recording.moment_words(moment);
        for (place, slice) in slices.iter().enumerate() {
            let args = if place == 0 { self.args(moment) } else { json!({ "time_ns": time_ns(recording, moment) }) };
            let rest = format!(
                ",\"cat\":\"event\",\"tid\":{},\"dur\":{},\"args\":{args}",
                self.tracks[slice.actor.index()],
                micros(slice.length)
            );
            self.event("X", &words, slice.start, &rest)?;
        }
        if extract.is_fault(moment) {
            let start = time_ns(recording, moment);
            self.event(
                "i",
                &words,
                start,
                &format!(",\"cat\":\"fault\",\"s\":\"g\",\"tid\":{}", self.track(slices, 0)),
            )?;
        }
        for flight in extract.arrivals(moment) {
            self.arrival(flight, slices)?;
        }
        let arrows = recording.sent(moment).filter(|flight| extract.fate(*flight).moment().is_some());
        for flight in arrows {
            self.sending(flight, slices)?;
        }
        // Marks come last, as an arrow would stick to them.
        for flight in recording.sent(moment) {
            self.loss(flight, slices)?;
        }
        Ok(())
    }

    fn track(&self, slices: &[Slice], place: usize) -> usize {
        self.tracks[slices[place].actor.index()]
    }

    /// Writes the end of an arrow, which sticks to the slice at its time.
    fn arrival(&mut self, flight: FlightId, slices: &[Slice]) -> io::Result<()> {
        let words = self.extract.recording.flight_words(flight);
        let rest = format!(",\"cat\":\"message\",\"id\":{flight},\"bp\":\"e\",\"tid\":{}", self.track(slices, 0));
        self.event("f", &words, slices[0].start, &rest)
    }

    /// Writes the start of an arrow.
    fn sending(&mut self, flight: FlightId, slices: &[Slice]) -> io::Result<()> {
        let (start, track) = self.sender(flight, slices);
        let words = self.extract.recording.flight_words(flight);
        self.event("s", &words, start, &format!(",\"cat\":\"message\",\"id\":{flight},\"tid\":{track}"))
    }

    /// Writes a mark for a lost message.
    fn loss(&mut self, flight: FlightId, slices: &[Slice]) -> io::Result<()> {
        let recording = self.extract.recording;
        let words = recording.flight_words(flight);
        let to = recording.short_label(recording.hop(recording.flights[flight].lane).to);
        let lost = match self.extract.fate(flight) {
            FlightEnd::Arrived(_) => return Ok(()),
            FlightEnd::Vanished(_) => format!("lost: {words} will vanish at {to}"),
            FlightEnd::Dropped => format!("lost: {words} to {to} is not sent: the end is closed"),
            FlightEnd::OnWire => format!("{words} to {to} has not arrived by the end"),
        };
        let (start, track) = self.sender(flight, slices);
        self.event("i", &lost, start, &format!(",\"cat\":\"lost\",\"s\":\"t\",\"tid\":{track}"))
    }

    /// The time and the track from which a flight is sent.
    fn sender(&self, flight: FlightId, slices: &[Slice]) -> (u64, usize) {
        let recording = self.extract.recording;
        let from = recording.hop(recording.flights[flight].lane).from;
        let place = slices.iter().position(|slice| slice.actor == from).expect("who sends is an actor");
        (slices[place].start, self.track(slices, place))
    }

    /// The arguments of an event.
    fn args(&self, moment: MomentId) -> Value {
        let recording = self.extract.recording;
        let records = recording.records(moment).iter().filter_map(|record| recording.record_words(record));
        let hop = |hop: Option<Incarnation>| hop.map_or("none".to_owned(), |hop| recording.short_label(hop));
        let routes = recording.routes(moment).iter().map(|turn| {
            let (context, target) = (recording.short_label(turn.context), ContextId(turn.target.0));
            format!("in {context}, route to {target}: {} -> {}", hop(turn.before), hop(turn.after))
        });
        let mut args = json!({ "time_ns": time_ns(recording, moment), "times": recording.moments[moment].times });
        for (name, list) in [("records", listed(records)), ("routes", listed(routes))] {
            if !list.is_empty() {
                args[name] = list.into();
            }
        }
        args
    }

    fn event(&mut self, phase: &str, name: &str, ns: u64, rest: &str) -> io::Result<()> {
        let name = quoted(name);
        self.line(&format!("{{\"ph\":\"{phase}\",\"pid\":1,\"name\":{name},\"ts\":{}{rest}}}", micros(ns)))
    }

    fn line(&mut self, line: &str) -> io::Result<()> {
        self.out.write_all(if self.is_first { b"\n" } else { b",\n" })?;
        self.is_first = false;
        self.out.write_all(line.as_bytes())
    }
}

fn time_ns(recording: &Recording<'_>, moment: MomentId) -> u64 {
    recording.moments[moment].at.as_ns()
}

fn listed(mut all: impl Iterator<Item = String>) -> Vec<String> {
    let mut list: Vec<_> = all.by_ref().take(LISTED_MAX).collect();
    match all.count() {
        0 => {}
        more => list.push(format!("... and {} more", grouped(more as u64))),
    }
    list
}

/// A text in JSON. Perfetto (seen in version 52) takes the quote after a text that ends in a backslash for a part of
/// the text, even if the backslash is escaped; so a backslash is written as its code.
fn quoted(text: &str) -> String {
    // JSON escapes the other control characters itself.
    let is_unsafe = |c: char| turns(c) || matches!(c, '\u{7f}'..='\u{9f}');
    Value::from(text.replace(is_unsafe, "\u{fffd}")).to_string().replace("\\\\", "\\u005c")
}

/// Nanoseconds as a decimal number of microseconds, exactly.
fn micros(ns: u64) -> String {
    match ns % 1000 {
        0 => (ns / 1000).to_string(),
        rest => format!("{}.{rest:03}", ns / 1000),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Proves that a text keeps a backslash at its end.
    #[test]
    fn texts_are_quoted() {
        let text = quoted("a\\n \"b\"\n\\");
        assert_eq!(text, r#""a\u005cn \"b\"\n\u005c""#);
        assert_eq!(serde_json::from_str::<String>(&text).unwrap(), "a\\n \"b\"\n\\");
    }

    /// Proves that microseconds keep every nanosecond.
    #[test]
    fn microseconds_are_exact() {
        let all = [0, 1, 999, 1000, 1_234_567_890_123, u64::MAX].map(micros);
        assert_eq!(all, ["0", "0.001", "0.999", "1", "1234567890.123", "18446744073709551.615"]);
    }

    /// Proves that slices of one track never overlap, never start before their true time, and end before the next
    /// event.
    #[test]
    fn slices_are_spread() {
        let slice = |start| Slice { moment: 0, actor: Incarnation::MASTER, start, length: 0 };
        let mut slices = [0, 0, 7, 7, 7, 2_000_000, 2_000_000, u64::MAX].map(slice);
        spread(&mut slices, &[0, 1, 2, 3, 4, 5, 6, 7], 1_000_000);
        let drawn = slices.map(|slice| (slice.start, slice.length));
        assert_eq!(drawn[..5], [(0, 3), (3, 3), (7, 100_000), (100_007, 100_000), (200_007, 100_000)]);
        assert_eq!(drawn[5..], [(2_000_000, 100_000), (2_100_000, 100_000), (u64::MAX, 100_000)]);
    }
}
