//! A recording in columns: what the scripts of a run page read.
//!
//! A column has one number per row. A column of type `Deltas` has the difference to the row above (the first row: to
//! 0), which is small if neighbours are similar. Where a row has many of something, such as the flights of a moment,
//! those are a list of their own, and the row has their count. A text that occurs more than once is kept once, in
//! `words`, and referred to by its place there. An optional place in a list is the place plus one, or 0 for none. Times
//! are in nanoseconds.

mod chart;
mod columns;
mod findings;
mod reasons;
mod tree;

use crate::chart::Drawing;
use crate::chart::convergence::Series;
use crate::findings::findings;
use crate::layout::names;
use crate::link::{Incarnation, Item};
use crate::metrics::StepFigures;
use crate::process::{News, Payload, Truth};
use crate::recording::{Cause, Change, Flight, FlightEnd, MomentId, Recording};
use crate::report;
use crate::report::text::Headline;
use crate::run::Check;
use crate::scenario::Ways;
use crate::scenario::expectation::WarningKind;
use crate::time::silence::usual_pause;
use crate::trace::Record;
use crate::why::Past;
use chart::Chart;
use columns::{Deltas, Words};
use findings::{CallRow, Finding, Looker, Trail};
use reasons::{Reasons, reasons};
use rustc_hash::FxHashMap;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use tree::Tree;

/// A page holds at most this many rows of all lists together, about 30 MB. A longer run is cut: with 150 MB, a browser
/// takes minutes, or gives up.
pub const ROWS_MAX: usize = 1_000_000;

/// How many moments of a run are recorded for its page. Most have several rows, so that a page seldom has room for more.
pub const MOMENTS_RECORDED: usize = 1 << 18;

/// The most words for kinds of messages. A legend has room for few.
const NAMES_MAX: usize = 32;

/// A silence is longer than this many usual pauses.
const SILENCE_FACTOR: u64 = 20;

/// Everything that a run page knows.
#[derive(Debug, Serialize)]
pub struct Data {
    run: RunWords,
    words: Vec<String>,
    lives: Lives,
    moments: Moments,
    flights: Flights,
    items: Items,
    records: Records,
    routes: Routes,
    turns: Turns,
    changes: Changes,
    steps: Steps,
    findings: Vec<Finding>,
    calls: Vec<CallRow>,
    /// The ways of hung calls.
    trails: Vec<Trail>,
    reasons: Reasons,
    tree: Tree,
    chart: Chart,
}

/// Facts about the run as a whole.
#[derive(Debug, Serialize)]
struct RunWords {
    name: String,
    description: String,
    monitor: String,
    /// The first word of the headline, whether it is good news, and the rest of the headline.
    verdict: &'static str,
    is_good: bool,
    sentence: String,
    is_fine: bool,
    digest: String,
    seed: String,
    version: &'static str,
    file: String,
    /// What each command does, and the command.
    commands: Vec<(&'static str, String)>,
    /// What the run cost, in one line.
    cost: String,
    /// Whether the run went on after the last moment of the page.
    is_cut: bool,
    /// Whether too many routes were wrong at once to follow them.
    has_given_up: bool,
    /// Whether the protocol is held to reach: what is not below a context should go to its parent.
    is_held_to_reach: bool,
}

/// Every life; the first is the master.
#[derive(Debug, Default, Serialize)]
struct Lives {
    id: Deltas,
    /// The parent's place in this list, plus one; 0 for the master.
    parent: Deltas,
    /// Only for lives that reuse an id: which life, and how many lives of the id there were before.
    earlier: Vec<(usize, u32)>,
    /// Only for lives with a name of their own: which life, and the place in `words`.
    name: Vec<(usize, u32)>,
    /// Only for parents of children whose names begin alike: which life, and how many letters of the names that is.
    shared: Vec<(usize, usize)>,
}

/// The moments.
#[derive(Debug, Default, Serialize)]
struct Moments {
    at: Deltas,
    /// A sequence shows a longer pause as a silence; missing if no time passes.
    silence: Option<u64>,
    /// One letter each: `s` step, `a` arrival, `t` timeout, `g` timer.
    kind: String,
    /// For an arrival, its flight; for a step, its place in the scenario. The others have no row.
    cause: Deltas,
    /// What led to a moment. Nothing leads to a step, and the sending leads to an arrival; only where it is otherwise:
    /// which moment, and the one that led to it, plus one (0 for none).
    origins: Vec<(usize, usize)>,
    /// Where it happened. Arrivals have no row.
    context: Vec<u32>,
    /// What it was: places in `words`. Arrivals have no row.
    words: Vec<u32>,
    /// Only where a moment is more than one event: which moment, and how many events.
    times: Vec<(usize, u64)>,
    /// How many entries were wrong after it, plus one; 0 where that is unknown.
    wrong: Deltas,
    on_wire: Deltas,
    records: Vec<usize>,
    routes: Vec<usize>,
    turns: Vec<usize>,
    changes: Vec<usize>,
    flights: Vec<usize>,
}

/// The flights, in the order of sending.
#[derive(Debug, Default, Serialize)]
struct Flights {
    /// Twice the child of the link, plus one on the way up.
    lane: Deltas,
    item: Deltas,
    /// Only where there is more than one copy: which flight, and how many copies.
    copies: Vec<(usize, u64)>,
    /// One letter each: `a` arrived, `v` vanished, `w` on the wire, `d` dropped.
    end: String,
    /// How many moments after the sending it arrived or vanished. The others have no row.
    after: Deltas,
}

/// What the flights carry.
#[derive(Debug, Default, Serialize)]
struct Items {
    words: Vec<u32>,
    /// One letter each: `a` news of a route, such as ADD_ROUTE, `d` news that one is gone, `e` the end of a stream, `m` any
    /// other message.
    kind: String,
    /// The destination that it is about, plus one: that of the news, or that of a message. 0 is none.
    about: Vec<u64>,
    /// What the protocol calls the messages of each letter: letter and word, of those that were sent.
    names: BTreeSet<(char, String)>,
}

/// The records that say more than their moment does.
#[derive(Debug, Default, Serialize)]
struct Records {
    words: Vec<u32>,
    /// One letter each: `e` for a logged error, a dot for anything else.
    kind: String,
}

/// How route tables changed.
#[derive(Debug, Default, Serialize)]
struct Routes {
    context: Deltas,
    target: Deltas,
    /// The neighbour that the destination is reached through now, plus one; 0 for none.
    after: Deltas,
}

/// Which entries turned wrong or right.
#[derive(Debug, Default, Serialize)]
struct Turns {
    context: Deltas,
    /// Twice the destination, plus one if the entry is wrong now.
    destination: Deltas,
}

/// What happened to processes and links.
#[derive(Debug, Default, Serialize)]
struct Changes {
    /// One letter each: `b` born, `o` born as an orphan, `d` died, `l` left the tree, `c` end closed, `p` cut, `h`
    /// healed,
    /// `s` slowed.
    kind: String,
    /// A life; for a link, the life of its child. For an end that closed, its lane.
    subject: Deltas,
    /// For a slowed link, the factor; for a cut one, 1 down, 2 up, 3 both. The others have no row.
    amount: Vec<u32>,
}

/// What the scenario did.
#[derive(Debug, Default, Serialize)]
struct Steps {
    /// How many steps at the start are the `contexts` of the file.
    contexts: usize,
    /// Place and label.
    labels: Vec<(usize, String)>,
    /// For all steps of one time: the place of the first, and how many messages arrived until the next step.
    messages: Vec<(usize, u64)>,
    /// For all steps of one time that changed the tree or a link: the place of the first of them, and how its window
    /// ended, in words.
    windows: Vec<(usize, String)>,
}

/// The text in the head of a page.
#[derive(Debug)]
pub struct Head<'d> {
    pub name: &'d str,
    pub monitor: &'d str,
    pub verdict: &'static str,
    pub sentence: &'d str,
    pub cost: &'d str,
    pub commands: &'d [(&'static str, String)],
}

/// Makes columns of a recording.
struct Maker<'r> {
    recording: &'r Recording<'r>,
    past: &'r Past,
    /// How many moments the page has room for.
    kept: usize,
    words: Words,
    items: Items,
    places_of_items: FxHashMap<(u32, char, u64), usize>,
}

impl Data {
    /// The columns of a recording. `series` and `drawing` are its convergence chart, `path` names the scenario file in
    /// commands.
    pub fn of(
        recording: &Recording<'_>,
        (series, drawing): (&Series, &Drawing),
        path: &str,
        denied: &[WarningKind],
    ) -> Data {
        let kept = moments_within(recording, ROWS_MAX);
        let past = Past::of(recording);
        let looker = Looker { recording, past: &past, kept };
        let (words, items) = (Words::default(), Items::default());
        let mut maker = Maker { recording, past: &past, kept, words, items, places_of_items: FxHashMap::default() };
        let moments = maker.moments();
        let flights = maker.flights();
        Data {
            run: maker.run(path, denied),
            lives: maker.lives(),
            moments,
            flights,
            records: maker.records(),
            routes: maker.routes(),
            turns: maker.turns(),
            changes: maker.changes(),
            steps: maker.steps(),
            findings: looker.findings(denied),
            calls: looker.calls(),
            trails: looker.trails(),
            reasons: reasons(recording, &past, kept, &mut maker.words),
            tree: Tree::of(recording),
            chart: Chart::of(series, drawing),
            words: maker.words.texts,
            items: maker.items,
        }
    }

    /// The text in the head of the page.
    pub fn head(&self) -> Head<'_> {
        let RunWords { name, monitor, verdict, sentence, cost, commands, .. } = &self.run;
        Head { name, monitor, verdict, sentence, cost, commands }
    }
}

/// How many moments fit, with all their parts, in `rows` rows.
pub(super) fn moments_within(recording: &Recording<'_>, rows: usize) -> usize {
    let mut count = 0;
    let is_within = |moment: &MomentId| {
        let parts = [recording.routes(*moment).len(), recording.turns(*moment).len(), recording.records(*moment).len()];
        count += 1 + parts.iter().sum::<usize>() + recording.changes(*moment).len() + recording.sent(*moment).len();
        count <= rows
    };
    (0..recording.moments.len()).take_while(is_within).count()
}

impl Maker<'_> {
    fn moments(&mut self) -> Moments {
        let usual = usual_pause(self.recording.moments[..self.kept].iter().map(|moment| moment.at));
        let silence = usual.map(|usual| usual.as_ns().saturating_mul(SILENCE_FACTOR));
        let mut columns = Moments { silence, ..Moments::default() };
        for moment in 0..self.kept {
            self.push_moment(&mut columns, moment);
        }
        columns
    }

    fn push_moment(&mut self, columns: &mut Moments, number: MomentId) {
        let recording = self.recording;
        let moment = &recording.moments[number];
        columns.at.push(moment.at.as_ns());
        columns.kind.push(match moment.cause {
            Cause::Step(_) => 's',
            Cause::Arrival(_) => 'a',
            Cause::Timeout => 't',
            Cause::Timer(_) => 'g',
        });
        match moment.cause {
            Cause::Arrival(flight) => columns.cause.push(flight as i128),
            Cause::Step(place) => columns.cause.push(place as i128),
            Cause::Timeout | Cause::Timer(_) => {}
        }
        if !matches!(moment.cause, Cause::Arrival(_)) {
            columns.context.push(moment.context.0);
            columns.words.push(self.words.place(recording.unlabelled_words(number)));
        }
        let known = match moment.cause {
            Cause::Arrival(flight) => Some(recording.flights[flight].sent),
            _ => None,
        };
        let origin = self.past.origin(number);
        if origin != known {
            columns.origins.push((number, origin.map_or(0, |origin| origin + 1)));
        }
        if moment.times != 1 {
            columns.times.push((number, moment.times));
        }
        columns.wrong.push(moment.wrong.map_or(0, |wrong| i128::from(wrong) + 1));
        columns.on_wire.push(moment.on_wire);
        columns.records.push(self.recorded(number).count());
        columns.routes.push(recording.routes(number).len());
        columns.turns.push(recording.turns(number).len());
        columns.changes.push(recording.changes(number).len());
        columns.flights.push(recording.sent(number).len());
    }

    /// What records say that their moment does not.
    fn recorded(&self, moment: MomentId) -> impl Iterator<Item = String> + use<'_> {
        self.recording.records(moment).iter().filter_map(|record| self.recording.record_words(record))
    }

    fn records(&mut self) -> Records {
        let recording = self.recording;
        let mut columns = Records::default();
        for record in (0..self.kept).flat_map(|moment| recording.records(moment)) {
            let Some(words) = recording.record_words(record) else { continue };
            columns.words.push(self.words.place(words));
            columns.kind.push(match record {
                Record::Error { .. } => 'e',
                _ => '.',
            });
        }
        columns
    }

    /// The flights that began in a moment that is kept.
    fn sent(&self) -> Range<usize> {
        0..self.kept.checked_sub(1).map_or(0, |last| self.recording.sent(last).end)
    }

    fn flights(&mut self) -> Flights {
        let mut columns = Flights::default();
        for number in self.sent() {
            let flight = &self.recording.flights[number];
            columns.lane.push(flight.lane.raw());
            let item = self.item(number, flight);
            columns.item.push(item as i128);
            if flight.copies != 1 {
                columns.copies.push((number, flight.copies));
            }
            let end = flight.end.moment().filter(|end| *end < self.kept);
            columns.end.push(match flight.end {
                FlightEnd::Dropped => 'd',
                FlightEnd::Arrived(_) if end.is_some() => 'a',
                FlightEnd::Vanished(_) if end.is_some() => 'v',
                _ => 'w',
            });
            if let Some(end) = end {
                columns.after.push((end - flight.sent) as i128);
            }
        }
        columns
    }

    fn item(&mut self, number: usize, flight: &Flight) -> usize {
        let (kind, about) = match flight.item {
            Item::Eof => ('e', None),
            Item::Message(message) => match self.recording.news(&message) {
                Some(News::Announce(destination)) => ('a', Some(destination)),
                Some(News::Retract(destination)) => ('d', Some(destination)),
                None => ('m', Some(message.dst)),
            },
        };
        let about = about.map_or(0, |destination| u64::from(destination.0) + 1);
        let text = self.recording.flight_words(number);
        let name = match flight.item {
            Item::Message(message) if matches!(message.payload, Payload::Data(_)) && !message.is_order() => "calls",
            _ => text.split(' ').next().unwrap_or_default(),
        };
        let is_known = |(letter, known): &(char, String)| (*letter, known.as_str()) == (kind, name);
        if self.items.names.len() < NAMES_MAX && !self.items.names.iter().any(is_known) {
            self.items.names.insert((kind, name.to_owned()));
        }
        let words = self.words.place(text);
        let items = &mut self.items;
        *self.places_of_items.entry((words, kind, about)).or_insert_with(|| {
            items.words.push(words);
            items.kind.push(kind);
            items.about.push(about);
            items.words.len() - 1
        })
    }

    fn lives(&mut self) -> Lives {
        let mut columns = Lives::default();
        for (number, life) in self.recording.lives.iter().enumerate() {
            columns.id.push(life.id.0);
            columns.parent.push_place(life.parent.map(Incarnation::index));
            if life.earlier > 0 {
                columns.earlier.push((number, life.earlier));
            }
            let context = Incarnation(number as u32);
            let (label, short) = (self.recording.label(context), self.recording.short_label(context));
            if let Some(name) = label.strip_prefix(&short).and_then(|rest| rest.strip_prefix(' ')) {
                columns.name.push((number, self.words.place(name.to_owned())));
            }
        }
        columns.shared = self.shared(&columns.name);
        columns
    }

    /// How far the names of siblings begin alike, in UTF-16, as scripts count.
    fn shared(&self, names: &[(usize, u32)]) -> Vec<(usize, usize)> {
        let mut below: BTreeMap<usize, Vec<&str>> = BTreeMap::new();
        for (life, place) in names {
            if let Some(parent) = self.recording.lives[*life].parent {
                below.entry(parent.index()).or_default().push(&self.words.texts[*place as usize]);
            }
        }
        let shared = below.into_iter().map(|(parent, names)| {
            let beginning = &names[0][..names::shared(&names)];
            (parent, beginning.encode_utf16().count())
        });
        shared.filter(|(_, letters)| *letters > 0).collect()
    }

    fn routes(&self) -> Routes {
        let mut columns = Routes::default();
        for turn in (0..self.kept).flat_map(|moment| self.recording.routes(moment)) {
            columns.context.push(turn.context.0);
            columns.target.push(turn.target.0);
            columns.after.push_place(turn.after.map(Incarnation::index));
        }
        columns
    }

    fn turns(&self) -> Turns {
        let mut columns = Turns::default();
        for turn in (0..self.kept).flat_map(|moment| self.recording.turns(moment)) {
            columns.context.push(turn.context.0);
            columns.destination.push(i128::from(turn.destination.0) * 2 + i128::from(turn.is_wrong));
        }
        columns
    }

    fn changes(&self) -> Changes {
        let mut columns = Changes::default();
        for change in (0..self.kept).flat_map(|moment| self.recording.changes(moment)) {
            let (kind, subject) = match *change {
                Change::Born { context, is_attached: true } => ('b', context.0),
                Change::Born { context, is_attached: false } => ('o', context.0),
                Change::Died(context) => ('d', context.0),
                Change::Left(context) => ('l', context.0),
                Change::Closed(lane) => ('c', lane.raw()),
                Change::Partitioned { link, .. } => ('p', link.0),
                Change::Healed(link) => ('h', link.0),
                Change::Slowed { link, .. } => ('s', link.0),
            };
            columns.kind.push(kind);
            columns.subject.push(subject);
            columns.amount.extend(match *change {
                Change::Partitioned { ways: Ways::Down, .. } => Some(1),
                Change::Partitioned { ways: Ways::Up, .. } => Some(2),
                Change::Partitioned { ways: Ways::Both, .. } => Some(3),
                Change::Slowed { factor, .. } => Some(factor),
                _ => None,
            });
        }
        columns
    }

    fn steps(&self) -> Steps {
        let scenario = self.recording.scenario;
        let label = |place| Some((place, scenario.label(place)?.to_owned()));
        let steps = &self.recording.outcome.steps;
        let window = |figures: &StepFigures| Some((figures.opener?, figures.window?.in_words()));
        Steps {
            contexts: scenario.contexts.len(),
            labels: (scenario.contexts.len()..scenario.step_count()).filter_map(label).collect(),
            messages: steps.iter().map(|figures| (figures.first, figures.messages.total())).collect(),
            windows: steps.iter().filter_map(window).collect(),
        }
    }

    fn run(&self, path: &str, denied: &[WarningKind]) -> RunWords {
        let Recording { scenario, outcome, .. } = self.recording;
        let findings = findings(scenario, outcome, denied);
        let is_fine = findings.is_empty();
        let Headline { word, is_good, sentence } = Headline::of(scenario, outcome, &findings);
        let mut commands = report::Run { path, scenario, outcome, denied, findings: &[] }.commands();
        // A run without findings has nothing to shrink.
        commands.retain(|(what, _)| *what != "shrink" || !is_fine);
        RunWords {
            name: scenario.name.clone(),
            description: scenario.description.clone(),
            monitor: outcome.monitor.to_string(),
            verdict: word,
            is_good,
            sentence,
            is_fine,
            digest: outcome.digest_text(),
            seed: scenario.seed.to_string(),
            version: env!("CARGO_PKG_VERSION"),
            file: path.to_owned(),
            commands,
            cost: report::text::cost(outcome),
            is_cut: self.recording.is_cut || self.kept < self.recording.moments.len(),
            has_given_up: outcome.check == Check::GaveUp,
            is_held_to_reach: outcome.monitor.family().truth() == Truth::Reach,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::process::ContextId;
    use crate::recording::record;
    use crate::scenario::link::LinkOptions;
    use crate::scenario::{Catalog, Connect, Scenario};
    use crate::time::Span;

    /// Proves that a run with too many rows is cut between two moments, and that its page says so.
    #[test]
    fn a_long_run_is_cut() {
        let mut catalog = Catalog::default();
        let link = catalog.link(LinkOptions::constant(Span::from_ms(1)));
        let connect = |id| Connect { id: ContextId(id), parent: ContextId(id - 1), name: None, link };
        let scenario = Scenario::new(catalog, (1..20).map(connect).collect(), Vec::new());
        let recording = record(&scenario).unwrap();
        let all = recording.moments.len();
        assert_eq!(moments_within(&recording, ROWS_MAX), all);
        assert_eq!(moments_within(&recording, 0), 0);
        let some = moments_within(&recording, 60);
        assert!(0 < some && some < all, "{some} of {all}");
        let past = Past::of(&recording);
        let mut maker = Maker {
            recording: &recording,
            past: &past,
            kept: some,
            words: Words::default(),
            items: Items::default(),
            places_of_items: FxHashMap::default(),
        };
        let (moments, flights) = (maker.moments(), maker.flights());
        assert_eq!(moments.flights.iter().sum::<usize>(), flights.end.len());
        assert!(flights.end.contains('w'), "what arrives later is on the wire still");
        assert!(maker.run("x.json", &[]).is_cut);
    }
}
