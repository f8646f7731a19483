//! A recording in words: contexts, items on wires, moments and records, each in a short phrase. Everything that shows a
//! run uses these.

use super::kept::{Cause, FlightEnd, FlightId, MomentId, Recording};
use super::state::State;
use crate::convergence::DIFFERENCES_MAX;
use crate::link::{Incarnation, Item};
use crate::process::Name;
use crate::scenario::Action;
use crate::trace::Record;
use crate::words::markup::on_one_line;
use crate::words::{counted, grouped};

/// If an id had more earlier lives than this, they are not marked by one prime each: an id may be reused a million
/// times.
const PRIMES_MAX: usize = PRIMES.len();
const PRIMES: &str = "'''";

/// The most characters of a protocol's own text in the words for a message.
const DETAILS_MAX: usize = 60;

impl State<'_> {
    /// How many entries of route tables are wrong: `every route is right`, `1 entry is wrong`.
    pub fn wrong_words(&self) -> String {
        match self.count_wrong() {
            None => "which entries are wrong is not known".to_owned(),
            Some(0) => "every route is right".to_owned(),
            Some(wrong) => {
                let least = if wrong < DIFFERENCES_MAX { "" } else { "at least " };
                least.to_owned() + &counted(wrong as u64, "entry is wrong", "entries are wrong")
            }
        }
    }

    /// The same, with how many tables these are in: `3 entries of 2 tables are wrong`.
    pub fn wrong_words_by_table(&self) -> String {
        let Some(wrong @ 2..DIFFERENCES_MAX) = self.count_wrong() else { return self.wrong_words() };
        let tables = self.contexts().filter(|context| self.wrong_count(*context) > 0).count();
        format!("{} entries of {} are wrong", grouped(wrong as u64), counted(tables as u64, "table", "tables"))
    }
}

impl Recording<'_> {
    /// A context as people call it: `master`, `3`, or `3 ssh.web1` if it has a name. A later life of an id has a prime
    /// for each life before it, as in `3'`; from the fourth earlier life on it has their number, as in `3'12`.
    pub fn label(&self, context: Incarnation) -> String {
        let short = self.short_label(context);
        match self.life(context).name {
            Some(name) if name != Name::OF_CONTEXT => format!("{short} {}", self.name(context)),
            _ => short,
        }
    }

    /// The same without the name: `master`, `3`, `3'`.
    pub fn short_label(&self, context: Incarnation) -> String {
        if context == Incarnation::MASTER {
            return "master".to_owned();
        }
        let life = self.life(context);
        match life.earlier as usize {
            few @ ..=PRIMES_MAX => format!("{}{}", life.id, &PRIMES[..few]),
            many => format!("{}'{many}", life.id),
        }
    }

    /// Contexts as at most `most` ranges of ids: `1, 3..502, 7'`.
    pub fn ranges(&self, mut contexts: Vec<Incarnation>, most: usize) -> String {
        contexts.sort_unstable_by_key(|context| (self.life(*context).id, *context));
        let mut ranges: Vec<(Incarnation, Incarnation)> = Vec::new();
        for context in contexts {
            let life = self.life(context);
            let follows = |last: &&mut (Incarnation, Incarnation)| {
                let last = self.life(last.1);
                last.earlier == 0 && life.earlier == 0 && last.id.0 + 1 == life.id.0
            };
            match ranges.last_mut().filter(follows) {
                Some(last) => last.1 = context,
                None => ranges.push((context, context)),
            }
        }
        let word = |(first, last): &(Incarnation, Incarnation)| match first == last {
            true => self.short_label(*first),
            false => format!("{}..{}", self.short_label(*first), self.short_label(*last)),
        };
        let mut words: Vec<String> = ranges.iter().take(most).map(word).collect();
        if ranges.len() > most {
            words.push("...".to_owned());
        }
        words.join(", ")
    }

    /// The context that a moment is about. For a shutdown, that is the context that shuts down.
    pub fn whom(&self, moment: MomentId) -> Incarnation {
        let told = match self.action(moment) {
            Some(Action::Shutdown { id, .. }) => self.lives_until(id, Some(moment)).last().copied(),
            _ => None,
        };
        told.unwrap_or(self.moments[moment].context)
    }

    /// An item in words: `ADD_ROUTE 3`, `EOF`, `request to 5`; with what the protocol's own text says: `here about 2 (cost 4)`.
    pub fn flight_words(&self, flight: FlightId) -> String {
        let Item::Message(message) = self.flights[flight].item else { return "EOF".to_owned() };
        let words = self.family().message_words(&message);
        match self.family().details(&message, &self.scenario.catalog.names).trim() {
            "" => words,
            details => format!("{words} ({})", short_line(details)),
        }
    }

    /// A moment in words: `kill 1 [bastion-crash]`, `ADD_ROUTE 3 from 1 arrives at master`.
    pub fn moment_words(&self, moment: MomentId) -> String {
        self.words(moment, |place| self.scenario.step_words(place))
    }

    /// A moment in words, without the label of a step, for where that has a place of its own.
    pub fn unlabelled_words(&self, moment: MomentId) -> String {
        self.words(moment, |place| Some(self.scenario.step(place)?.action.to_string()))
    }

    fn words(&self, moment: MomentId, step: impl FnOnce(usize) -> Option<String>) -> String {
        let at = self.short_label(self.moments[moment].context);
        let words = match self.moments[moment].cause {
            Cause::Step(place) => {
                let step = step(place).expect("a step that was taken");
                match self.records(moment).iter().find_map(skipped) {
                    Some(why) => format!("{step} (skipped: {why})"),
                    None => step,
                }
            }
            Cause::Arrival(flight) => {
                let from = self.short_label(self.hop(self.flights[flight].lane).from);
                let what = self.flight_words(flight);
                match self.flights[flight].end {
                    FlightEnd::Vanished(_) => format!("{what} from {from} vanishes at {at}"),
                    _ => format!("{what} from {from} arrives at {at}"),
                }
            }
            Cause::Timeout => format!("{at} gives up on a silent link"),
            Cause::Timer(timer) => format!("{} of {at} is over", self.family().timer(timer)),
        };
        match self.moments[moment].times {
            1 => words,
            times => format!("{words}, {times} times"),
        }
    }

    /// A record in words, beyond what its moment was; `None` for the arrival itself.
    pub fn record_words(&self, record: &Record) -> Option<String> {
        Some(match record {
            Record::Message { .. } | Record::Eof { .. } | Record::Timeout { .. } | Record::Skipped { .. } => {
                return None;
            }
            Record::Signal { ctx, context, again } => {
                let again = if *again { " again" } else { "" };
                format!("in {ctx}, the disconnect signal of {context} fires{again}")
            }
            Record::Error { ctx, error } => format!("{ctx} logs {}", error.name()),
            Record::Reply { ctx, call, dead } => {
                format!("call {call} of {ctx} ends {}", if *dead { "dead" } else { "ok" })
            }
            Record::Exit { ctx } => format!("{ctx} dies"),
            Record::Shutdown { ctx } => format!("{ctx} begins to shut down"),
            Record::Detached { ctx } => format!("{ctx} has left its parent"),
            Record::Storm => "the run is stopped".to_owned(),
            Record::Table { ctx, .. } => format!("the route table of {ctx}"),
        })
    }
}

/// A text in one line, cut short.
fn short_line(text: &str) -> String {
    let mut characters = text.chars().map(on_one_line);
    let mut line: String = characters.by_ref().take(DETAILS_MAX).collect();
    if characters.next().is_some() {
        line.push_str("...");
    }
    line
}

fn skipped(record: &Record) -> Option<String> {
    match record {
        Record::Skipped { why } => Some(why.to_string()),
        _ => None,
    }
}
