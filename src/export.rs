//! A recording in the formats of other programs; `docs/export.md` describes them.
//!
//! Names in a scenario can be any text. Each format escapes them by its own rules, in one place in its file.

pub mod csv;
pub mod graphviz;
pub mod mermaid;
pub mod perfetto;
pub mod shiviz;

use crate::layout::fold::{Fold, Node};
use crate::layout::names::without_parent;
use crate::link::Incarnation;
use crate::process::ContextId;
use crate::recording::{Change, Condition, FlightEnd, FlightId, MomentId, Recording, State};
use crate::scenario::Role;
use crate::scenario::expectation::DifferenceKind;
use crate::time::Time;
use crate::words::counted;
use std::collections::BTreeMap;

/// The most destinations that are named of those with the same mistake.
const NAMED_MAX: usize = 6;

/// What a format had no room for, as a sentence for the user.
pub type Remark = Option<String>;

/// The part of a recording that is exported: its first moments, or all of them.
#[derive(Clone, Debug)]
pub struct Extract<'r> {
    recording: &'r Recording<'r>,
    /// The first moment that is exported; earlier ones still count.
    first: MomentId,
    /// The number of moments.
    count: usize,
    /// The time at the end of the extract.
    time: Time,
    /// The flights that arrived or vanished, by moment.
    arrivals: Vec<(MomentId, FlightId)>,
}

impl<'r> Extract<'r> {
    /// Everything up to a time, or the whole recording.
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

    /// The same extract from a time on; earlier moments are left out, but count.
    pub fn told_from(self, time: Time) -> Self {
        let first = self.recording.moments.partition_point(|moment| moment.at < time).min(self.count);
        Extract { first, ..self }
    }

    /// The state at its end.
    fn state(&self) -> State<'r> {
        self.recording.state(self.count.checked_sub(1))
    }

    /// Whether it is the whole run.
    fn is_whole(&self) -> bool {
        self.count == self.recording.moments.len() && !self.recording.is_cut
    }

    /// The contexts that act in a moment: first the context of the moment, then contexts that send, contexts whose
    /// tables change, and contexts that die.
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
            // A moment has few actors, mostly the same one again and again.
            if actors.last() != Some(&actor) && !actors.contains(&actor) {
                actors.push(actor);
            }
        }
        actors
    }

    /// The flights that arrive or vanish in a moment.
    fn arrivals(&self, moment: MomentId) -> impl Iterator<Item = FlightId> + '_ {
        let start = self.arrivals.partition_point(|(end, _)| *end < moment);
        self.arrivals[start..].iter().take_while(move |(end, _)| *end == moment).map(|(_, flight)| *flight)
    }

    /// The fate of a flight at the end of the extract.
    fn fate(&self, flight: FlightId) -> FlightEnd {
        match self.recording.flights[flight].end {
            end if end.moment().is_some_and(|moment| moment >= self.count) => FlightEnd::OnWire,
            end => end,
        }
    }

    /// Whether a moment is a fault, or the repair of one.
    fn is_fault(&self, moment: MomentId) -> bool {
        self.recording.action(moment).is_some_and(|action| !matches!(action.kind().role(), Role::Join | Role::Traffic))
    }

    /// The scenario, the monitor and the state at the end, which is given: `NAME under MONITOR at 20ms: 2 entries are
    /// wrong`.
    fn title(&self, state: &State<'_>) -> String {
        let Recording { scenario, outcome, .. } = self.recording;
        let verdict = if self.is_whole() { format!("{}, ", outcome.verdict) } else { String::new() };
        let wrong = state.wrong_words();
        format!("{} under {} at {}: {verdict}{wrong}", scenario.name, outcome.monitor, self.time)
    }
}

/// What is unusual about the link of a context to its parent: `cut upward x4`; empty for a normal link.
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
    let contexts = (contexts > 0).then(|| counted(contexts as u64, "context", "contexts"));
    let arrows = (arrows > 0).then(|| counted(arrows as u64, "arrow for wrong entries", "arrows for wrong entries"));
    let parts: Vec<_> = contexts.into_iter().chain(arrows).collect();
    (!parts.is_empty()).then(|| format!("... and {} more are left out", parts.join(" and ")))
}

/// The label of a node: its context, with what tells its name from that of its parent, or the ids of several. What is
/// said of several is behind `between`.
fn label(recording: &Recording<'_>, node: &Node, fold: &Fold, between: &str) -> String {
    let own = |context: Incarnation| {
        let label = recording.label(context);
        label.strip_prefix(recording.short_label(context).as_str()).unwrap_or_default().trim_start().to_owned()
    };
    let context = node.first();
    let label = match (node.count(), node.parent) {
        (2.., _) => node.ids(recording),
        (_, Some(parent)) if !fold.told.contains(&context) => {
            let name = own(context);
            let name = without_parent(&name, &own(fold.nodes[parent].first())).to_owned();
            format!("{} {name}", recording.short_label(context)).trim_end().to_owned()
        }
        _ => recording.label(context),
    };
    let words = node.words();
    if words.is_empty() { label } else { format!("{label}{between}{words}") }
}

/// Wrong entries of one table, with the same mistake.
struct WrongRoutes {
    context: Incarnation,
    /// The neighbour that they lead to or, if they are missing, should lead to.
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
