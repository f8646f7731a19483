//! A recording in the formats of other programs: what they are is said in `docs/export.md`.
//!
//! Names in a scenario may be any text. Each format escapes them by its own rules, in one place in its file.

pub mod csv;
pub mod graphviz;
pub mod mermaid;
pub mod perfetto;
pub mod shiviz;

use crate::link::Incarnation;
use crate::process::ContextId;
use crate::recording::{Change, Condition, FlightEnd, FlightId, MomentId, Recording, State};
use crate::scenario::Role;
use crate::scenario::expectation::DifferenceKind;
use crate::time::Time;
use crate::words::counted;
use std::collections::BTreeMap;

/// Of several destinations with the same mistake so many are named.
const NAMED_MAX: usize = 6;

/// What a format could not hold, as a sentence for the user.
pub type Remark = Option<String>;

/// The part of a recording that is exported: its first moments, or all.
#[derive(Clone, Debug)]
pub struct Extract<'r> {
    recording: &'r Recording<'r>,
    /// The first moment that is told.
    first: MomentId,
    /// How many moments.
    count: usize,
    /// The time that it shows.
    time: Time,
    /// What came off a wire, by moment.
    arrivals: Vec<(MomentId, FlightId)>,
}

impl<'r> Extract<'r> {
    /// What happened up to a time, or all of it.
    pub fn new(recording: &'r Recording<'r>, until: Option<Time>) -> Self {
        let last = recording.last_until(until);
        let flights = recording.flights.iter().enumerate();
        let mut arrivals: Vec<_> =
            flights.filter_map(|(flight, kept)| kept.end.moment().map(|end| (end, flight))).collect();
        arrivals.sort_unstable();
        let end = recording.end();
        let time = until.map_or(end, |time| time.min(end));
        Extract { recording, first: 0, count: last.map_or(0, |last| last + 1), time, arrivals }
    }

    /// The same, told from a time on: what was before is not, but counts.
    pub fn told_from(self, time: Time) -> Self {
        let first = self.recording.moments.partition_point(|moment| moment.at < time).min(self.count);
        Extract { first, ..self }
    }

    /// What there is at its end.
    fn state(&self) -> State<'r> {
        self.recording.state(self.count.checked_sub(1))
    }

    /// Whether it is the whole run.
    fn is_whole(&self) -> bool {
        self.count == self.recording.moments.len() && !self.recording.is_cut
    }

    /// Who did something in a moment: first the one whom it is about, then who sent something, whose table changed, and
    /// who died.
    fn actors(&self, moment: MomentId) -> Vec<Incarnation> {
        let recording = self.recording;
        let senders = recording.sent(moment).map(|flight| recording.hop(recording.flights[flight].lane).from);
        let tables = recording.routes(moment).iter().map(|turn| turn.context);
        let dead = recording.changes(moment).iter().filter_map(|change| match change {
            Change::Died(context) => Some(*context),
            _ => None,
        });
        let mut actors = vec![recording.moments[moment].context];
        for actor in senders.chain(tables).chain(dead) {
            // Those of one moment are few, and mostly the same one again and again.
            if actors.last() != Some(&actor) && !actors.contains(&actor) {
                actors.push(actor);
            }
        }
        actors
    }

    /// What came off a wire in a moment.
    fn arrivals(&self, moment: MomentId) -> impl Iterator<Item = FlightId> + '_ {
        let start = self.arrivals.partition_point(|(end, _)| *end < moment);
        self.arrivals[start..].iter().take_while(move |(end, _)| *end == moment).map(|(_, flight)| *flight)
    }

    /// What has become of a flight by the end.
    fn fate(&self, flight: FlightId) -> FlightEnd {
        match self.recording.flights[flight].end {
            end if end.moment().is_some_and(|moment| moment >= self.count) => FlightEnd::OnWire,
            end => end,
        }
    }

    /// Whether a moment is a step that does harm, or mends it.
    fn is_fault(&self, moment: MomentId) -> bool {
        self.recording.action(moment).is_some_and(|action| !matches!(action.kind().role(), Role::Join | Role::Traffic))
    }

    /// What was run, and how it stands at the end, whose state is given: `NAME under MONITOR at 20ms: 2 entries are
    /// wrong`.
    fn title(&self, state: &State<'_>) -> String {
        let Recording { scenario, outcome, .. } = self.recording;
        let verdict = if self.is_whole() { format!("{}, ", outcome.verdict) } else { String::new() };
        let wrong = state.wrong().count();
        let wrong = match wrong {
            0 => "every route is right".to_owned(),
            wrong => counted(wrong as u64, "entry is wrong", "entries are wrong"),
        };
        format!("{} under {} at {}: {verdict}{wrong}", scenario.name, outcome.monitor, self.time)
    }
}

/// What is odd about the link of a context to its parent: `cut upward x4`; nothing of a plain one.
fn link_words(state: &State<'_>, child: Incarnation) -> String {
    let words = match state.condition(child) {
        Condition::Open => "",
        odd => odd.words(),
    };
    match (words, state.link(child).factor) {
        (words, 1) => words.to_owned(),
        ("", factor) => format!("x{factor}"),
        (words, factor) => format!("{words} x{factor}"),
    }
}

/// What a picture of the tree had no room for.
fn left_out_words(contexts: usize, arrows: usize) -> Remark {
    let contexts = (contexts > 0).then(|| format!("{contexts} contexts"));
    let arrows = (arrows > 0).then(|| format!("{arrows} arrows for wrong entries"));
    let parts: Vec<_> = contexts.into_iter().chain(arrows).collect();
    (!parts.is_empty()).then(|| format!("... and {} more, which are left out", parts.join(" and ")))
}

/// Entries of one table that are wrong in the same way.
struct WrongRoutes {
    context: Incarnation,
    /// Where they lead, or, if they are missing, should lead.
    hop: Incarnation,
    kind: DifferenceKind,
    destinations: Vec<ContextId>,
}

impl WrongRoutes {
    /// All wrong entries at a moment, by context.
    fn of(state: &State<'_>) -> Vec<WrongRoutes> {
        let mut all: Vec<WrongRoutes> = Vec::new();
        let mut places = BTreeMap::new();
        for (context, destination) in state.wrong() {
            let Some(difference) = state.difference(context, destination) else { continue };
            let via = state.table(context).get(&destination).copied();
            let Some(hop) = via.or_else(|| state.expected(context, destination)) else { continue };
            let kind = difference.kind;
            let place = *places.entry((context, hop, kind)).or_insert(all.len());
            match all.get_mut(place) {
                Some(routes) => routes.destinations.push(destination),
                None => all.push(WrongRoutes { context, hop, kind, destinations: vec![destination] }),
            }
        }
        all
    }

    /// `3, 4 and 12 more: stale`.
    fn words(&self) -> String {
        let named: Vec<_> = self.destinations.iter().take(NAMED_MAX).map(ToString::to_string).collect();
        let more = match self.destinations.len().saturating_sub(NAMED_MAX) {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        format!("{}{more}: {}", named.join(", "), self.kind.name())
    }
}
