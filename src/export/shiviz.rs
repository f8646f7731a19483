//! The run as a log for ShiViz, with vector clocks that show which context knew of which events. The first line of the
//! log is the expression that reads it, ShiViz's default; the second line says that the log is a single execution.

use super::{Extract, Remark};
use crate::link::Incarnation;
use crate::recording::{Cause, FlightEnd, FlightId, MomentId};
use crate::scenario::Action;
use crate::words::counted;
use crate::words::markup::on_one_line;
use rustc_hash::FxHashMap;
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::io::{self, Write};
use std::rc::Rc;

/// The expression that reads the log.
pub const EXPRESSION: &str = r"(?<event>.*)\n(?<host>\S*) (?<clock>{.*})";

/// The most bytes of a log; ShiViz cannot show more. Each event names every context that its own has heard of.
const BYTES_MAX: usize = 8_000_000;

/// The longest name of a host.
const HOST_MAX: usize = 40;

/// The number of events of each context that one context knows of.
type Clock = BTreeMap<Incarnation, u64>;

/// Writes the log.
///
/// # Errors
/// If `out` fails.
pub fn write(extract: &Extract<'_>, out: &mut dyn Write) -> io::Result<Remark> {
    let mut clocks = Clocks::new(extract);
    writeln!(out, "{EXPRESSION}\n")?;
    let mut bytes = 0;
    for moment in 0..extract.count {
        if extract.recording.is_skipped(moment) {
            continue;
        }
        if bytes > BYTES_MAX {
            let time = extract.recording.moments[moment].at;
            let left = extract.count - moment;
            return Ok(Some(format!(
                "the log ends at {time}, before the last {}: ShiViz cannot show more",
                counted(left as u64, "event", "events")
            )));
        }
        for event in clocks.events(moment) {
            out.write_all(event.as_bytes())?;
            bytes += event.len();
        }
    }
    Ok(None)
}

struct Clocks<'e, 'r> {
    extract: &'e Extract<'r>,
    clocks: Vec<Rc<Clock>>,
    /// The clocks of messages on the wires.
    sent: FxHashMap<FlightId, Rc<Clock>>,
    hosts: Vec<String>,
}

impl<'e, 'r> Clocks<'e, 'r> {
    fn new(extract: &'e Extract<'r>) -> Self {
        let recording = extract.recording;
        let lives = 0..recording.lives.len() as u32;
        let hosts = lives.clone().map(|life| host(&recording.label(Incarnation(life)))).collect();
        Clocks { extract, clocks: lives.map(|_| Rc::default()).collect(), sent: FxHashMap::default(), hosts }
    }

    /// The events of a moment as text. No context sees a message that vanishes.
    fn events(&mut self, moment: MomentId) -> Vec<String> {
        let recording = self.extract.recording;
        let flights: Vec<_> = self.extract.arrivals(moment).collect();
        let is_lost = |flight: &FlightId| matches!(recording.flights[*flight].end, FlightEnd::Vanished(_));
        if matches!(recording.moments[moment].cause, Cause::Arrival(_)) && flights.iter().all(is_lost) {
            flights.iter().for_each(|flight| drop(self.sent.remove(flight)));
            return Vec::new();
        }
        let mut actors = self.extract.actors(moment);
        let mut heard = Vec::new();
        if let Some(Action::Connect(_)) = recording.action(moment) {
            // A child knows everything that its parent knows.
            let (child, parent) = (actors[0], recording.life(actors[0]).parent);
            let parent = parent.expect("who connects has a parent");
            actors.retain(|actor| ![child, parent].contains(actor));
            actors.splice(0..0, [parent, child]);
        } else {
            heard = flights.iter().filter_map(|flight| self.sent.remove(flight)).collect();
        }
        actors.iter().enumerate().for_each(|(place, actor)| {
            if place == 0 {
                heard.drain(..).for_each(|clock| self.hear(*actor, &clock));
            } else if recording.life(*actor).born == Some(moment) {
                let parent = Rc::clone(&self.clocks[actors[0].index()]);
                self.hear(*actor, &parent);
            }
            *Rc::make_mut(&mut self.clocks[actor.index()]).entry(*actor).or_default() += 1;
        });
        self.send(moment);
        actors.iter().map(|actor| self.event(moment, *actor)).collect()
    }

    fn hear(&mut self, actor: Incarnation, heard: &Clock) {
        let clock = Rc::make_mut(&mut self.clocks[actor.index()]);
        for (context, events) in heard {
            let known = clock.entry(*context).or_default();
            *known = (*known).max(*events);
        }
    }

    fn send(&mut self, moment: MomentId) {
        let recording = self.extract.recording;
        for flight in recording.sent(moment) {
            if self.extract.fate(flight).moment().is_some() {
                let from = recording.hop(recording.flights[flight].lane).from;
                self.sent.insert(flight, Rc::clone(&self.clocks[from.index()]));
            }
        }
    }

    fn event(&self, moment: MomentId, actor: Incarnation) -> String {
        let recording = self.extract.recording;
        let clock = self.clocks[actor.index()].iter();
        let clock: Map<_, _> =
            clock.map(|(context, events)| (self.hosts[context.index()].clone(), Value::from(*events))).collect();
        let time = recording.moments[moment].at;
        let words: String = recording.moment_words(moment).chars().map(on_one_line).collect();
        format!("{time} {words}\n{} {}\n", self.hosts[actor.index()], Value::Object(clock))
    }
}

/// A label as one word. It begins with the id, so all words differ.
fn host(label: &str) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() || "._'-".contains(c) { c } else { '_' };
    label.chars().map(plain).take(HOST_MAX).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Proves that any name is one word.
    #[test]
    fn hosts_are_words() {
        assert_eq!(host("3' ssh.web1"), "3'_ssh.web1");
        assert_eq!(host("7 <script> {\"a\": 1}\n"), "7__script____a___1__");
    }
}
