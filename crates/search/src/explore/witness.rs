//! An order as a scenario: plain `replay` takes its steps and delivers its items in this order.
//!
//! Each choice has a time of its own, a millisecond after the one before. A step has the time of its choice. An item has a
//! latency of its own, from the time at which it was sent to that of the choice at which it arrives; one that never arrives,
//! or where nobody hears it, is underway until all is over. What came before the exploration began keeps its times.

use super::ending::Ending;
use crate::link::{Direction, Incarnation, LaneId};
use crate::process::Monitor;
use crate::run::{self, Progress};
use crate::scenario::expectation::Expectations;
use crate::scenario::latency::Lists;
use crate::scenario::link::LinkOptions;
use crate::scenario::{Action, Catalog, Connect, DEFAULT_LATENCY, LinkId, Scenario, Step};
use crate::time::{Span, Time};
use crate::trace::Record;
use crate::world::{Change, Choice, SimulationError, Traffic, View, Watch, What};
use std::collections::BTreeMap;

/// The time between two choices.
const TICK: Span = Span::from_ms(1);

/// When items arrive that an order leaves on the wires.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum After {
    /// After everything else, and so do all later ones. Nobody hears them, as the order ends there.
    Never,
    /// Right after the order, and later ones after a millisecond each.
    Soon,
}

/// An order as a scenario.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Witness {
    /// The scenario.
    pub scenario: Scenario,
    /// For each of its events, the place of the step in the scenario that was explored.
    pub places: Vec<usize>,
    /// The order.
    pub order: Vec<Choice>,
}

/// The scenario that takes the choices of `order`, one after another, in any run. `from` is where the exploration began.
///
/// # Errors
/// As for the exploration.
pub fn witness(
    scenario: &Scenario,
    from: Option<Time>,
    order: &[Choice],
    after: After,
) -> Result<Witness, SimulationError> {
    let mut log = Log::default();
    if let Some(from) = from {
        let mut run = run::open(scenario, Watch::All);
        while let Progress::Event { .. } = run.step_up_to(1)? {
            if run.view().world.clock() >= from {
                break;
            }
            log.note(run.view(), run.view().world.clock());
        }
    }
    let start = from.unwrap_or(Time::ZERO);
    let tick = |choices: usize| {
        let ns = TICK.as_ns().saturating_mul(choices as u64).saturating_add(start.as_ns());
        Time::from_ns(ns)
    };
    let mut run = run::orders(scenario, from, Watch::All)?;
    for (place, choice) in order.iter().enumerate() {
        run.perform(*choice)?;
        log.note(run.view(), tick(place));
    }
    let mut catalog = Catalog::default();
    catalog.names = scenario.catalog.names.clone();
    let mut file = File { scenario, catalog, log, end: tick(order.len()), after };
    let (events, places) = file.events();
    let catalog = file.catalog;
    let plain = Scenario { events, catalog, contexts: Vec::new(), max_events: None, until: None, ..scenario.clone() };
    let expectations = Expectations::default();
    Ok(Witness { scenario: Scenario { expectations, ..plain }, places, order: order.to_vec() })
}

/// Whether a plain run of a witness ends so.
///
/// # Errors
/// See [`SimulationError`].
pub fn ends_as(witness: &Witness, ending: &Ending) -> Result<bool, SimulationError> {
    let mut run = run::open(&witness.scenario, Watch::Records);
    let mut calls = vec![];
    while let Progress::Event { .. } = run.step_up_to(1)? {
        let happened = run.view().world.happened();
        if let (Some(_), Some(What::Step(place))) = (happened.call, happened.what) {
            calls.push(witness.places[place]);
        }
    }
    let world = run.view().world;
    let open = world.open_calls().into_iter().map(|open| calls[open.call as usize - 1]);
    Ok(Ending::with_calls(run.view(), open.collect()) == *ending)
}

/// The choices of an order in words, each like `kill 2` or `DEL_ROUTE 3 from 1 arrives at 0`.
///
/// # Errors
/// See [`SimulationError`].
pub fn order_words(scenario: &Scenario, from: Option<Time>, order: &[Choice]) -> Result<Vec<String>, SimulationError> {
    let mut run = run::orders(scenario, from, Watch::Records)?;
    let mut words = Vec::with_capacity(order.len());
    for choice in order {
        run.perform(*choice)?;
        words.push(last_words(scenario, run.view()));
    }
    Ok(words)
}

/// The last choice in words.
fn last_words(scenario: &Scenario, view: View<'_>) -> String {
    let happened = view.world.happened();
    if let Some(What::Step(step)) = happened.what {
        let words = scenario.step_words(step).unwrap_or_default();
        let skipped = happened.skipped.map(|why| format!(" (skipped: {why})")).unwrap_or_default();
        return format!("{words}{skipped}");
    }
    match happened.records.first() {
        Some(Record::Message { ctx, from, message }) => {
            format!("{} from {from} arrives at {ctx}", view.world.family().message_words(message))
        }
        Some(Record::Eof { ctx, from }) => format!("EOF from {from} arrives at {ctx}"),
        _ => "an item arrives".to_owned(),
    }
}

/// What happened in an order, and when.
#[derive(Debug, Default)]
struct Log {
    /// When each step was taken, with the context that it connected.
    steps: Vec<(usize, Time, Option<Incarnation>)>,
    /// Each item that was put on a lane: when, and when it arrived.
    lanes: BTreeMap<LaneId, Vec<(Time, Option<Time>)>>,
    /// How many items of each lane have arrived.
    arrived: BTreeMap<LaneId, usize>,
}

impl Log {
    /// Notes what the last event did, at `now`.
    fn note(&mut self, view: View<'_>, now: Time) {
        let happened = view.world.happened();
        if let Some(What::Step(place)) = happened.what {
            let born = happened.changes.iter().find_map(|change| match change {
                Change::Born { context, .. } => Some(*context),
                _ => None,
            });
            self.steps.push((place, now, born));
        }
        for traffic in &happened.traffic {
            match *traffic {
                Traffic::Sent { lane, copies, .. } => {
                    self.lanes.entry(lane).or_default().extend((0..copies).map(|_| (now, None)));
                }
                Traffic::Arrived { lane, copies, .. } => {
                    let items = self.lanes.entry(lane).or_default();
                    let next = self.arrived.entry(lane).or_default();
                    for (_, arrival) in items.iter_mut().skip(*next).take(copies as usize) {
                        *arrival = Some(now);
                    }
                    *next += copies as usize;
                }
                Traffic::Dropped { .. } => {}
            }
        }
    }
}

/// The scenario in the making.
struct File<'s> {
    scenario: &'s Scenario,
    catalog: Catalog,
    log: Log,
    /// After everything.
    end: Time,
    after: After,
}

impl File<'_> {
    fn events(&mut self) -> (Vec<Step>, Vec<usize>) {
        let steps = std::mem::take(&mut self.log.steps);
        let (mut events, mut places) = (Vec::with_capacity(steps.len()), Vec::with_capacity(steps.len()));
        let contexts = self.scenario.contexts.len();
        for (place, at, born) in steps {
            let step = self.scenario.step(place).expect("it was taken");
            let action = match step.action {
                // Times are what the lists say.
                Action::Slow { .. } => continue,
                Action::Connect(connect) => {
                    let monitor = self.scenario.catalog.monitor(connect.link);
                    Action::Connect(Connect { link: self.link(born, monitor), ..connect })
                }
                action => action,
            };
            let label = step.label.map(|label| self.catalog.label(self.scenario.catalog.label_text(label)));
            places.push(place.saturating_sub(contexts));
            events.push(Step { label, ..Step::new(at, action) });
        }
        (events, places)
    }

    /// The link of a context, with the latencies of its items.
    fn link(&mut self, born: Option<Incarnation>, monitor: Option<Monitor>) -> LinkId {
        let mut options = LinkOptions::constant(DEFAULT_LATENCY);
        if let Some(child) = born {
            let [down, up] = Direction::BOTH.map(|direction| self.latencies(LaneId::new(child, direction)));
            options.latency = self.catalog.listed(Lists { down: &down, up: &up });
        }
        self.catalog.link_under(options, monitor)
    }

    /// The latency of each item of a lane, and that of items which nobody hears.
    fn latencies(&self, lane: LaneId) -> Vec<Span> {
        let never = Span::from_ns(self.end.as_ns() + 1);
        let items = self.log.lanes.get(&lane).into_iter().flatten();
        let (left, later) = match self.after {
            After::Never => (None, never),
            After::Soon => (Some(self.end), TICK),
        };
        let latency =
            |(sent, arrival): &(Time, Option<Time>)| arrival.or(left).map_or(never, |arrival| arrival.since(*sent));
        items.map(latency).chain([later]).collect()
    }
}
