//! Runs a scenario and keeps what each event did.

use super::descent::Descent;
use super::kept::{
    Cause, Ends, Flight, FlightEnd, FlightId, Life, MOMENTS_MAX, Moment, MomentId, Recording, RouteTurn,
};
use crate::convergence::Turn;
use crate::link::{Incarnation, LaneId};
use crate::process::{ContextId, RouteChange, StreamId};
use crate::run::{self, Judged, Options, Outcome, Progress, RunError, Watcher};
use crate::scenario::{Action, Scenario};
use crate::time::Time;
use crate::trace::Record;
use crate::world::{Change, Made, Traffic, View, Watch, What, World};
use rustc_hash::FxHashMap;
use std::collections::VecDeque;
use std::ops::ControlFlow;

/// Runs a scenario and keeps what each event did. Of a run that is too long, it keeps about the first [`MOMENTS_MAX`]
/// events.
///
/// # Errors
/// If the scenario cannot be run to its end.
pub fn record(scenario: &Scenario) -> Result<Recording<'_>, RunError> {
    record_with(scenario, Options::default())
}

/// Records a run with other options, such as a trace. The recorder takes the place of the watcher.
///
/// # Errors
/// As for [`record`], and if the trace cannot be written.
pub fn record_with<'s>(scenario: &'s Scenario, options: Options<'_, '_>) -> Result<Recording<'s>, RunError> {
    record_within(scenario, options, MOMENTS_MAX)
}

/// Records only about the first `most` moments of a run, at most [`MOMENTS_MAX`]. The rest of the run takes no memory.
///
/// # Errors
/// As for [`record_with`].
pub fn record_within<'s>(
    scenario: &'s Scenario,
    options: Options<'_, '_>,
    most: usize,
) -> Result<Recording<'s>, RunError> {
    let mut recorder = Recorder { most: most.min(MOMENTS_MAX), ..Recorder::new() };
    let Options { check, trace, keep_blocks, one_by_one, skips_proof, cost_max, progress, watcher: _ } = options;
    let progress = progress.map(|progress| progress as &mut dyn FnMut(u64, Time) -> ControlFlow<()>);
    let watcher = Some(&mut recorder as &mut dyn Watcher);
    let outcome = run::run(
        scenario,
        Options { check, trace, keep_blocks, one_by_one, skips_proof, cost_max, progress, watcher },
    )?;
    Ok(recorder.finish(scenario, outcome))
}

/// Records a run whose outcome is known: up to and including a time, or to its end. The run is not judged again, because
/// that costs more than the run itself: the moments do not say how many entries are wrong, and no entry turns wrong.
///
/// # Errors
/// As for [`record`].
pub fn record_again(scenario: &Scenario, outcome: Outcome, until: Option<Time>) -> Result<Recording<'_>, RunError> {
    let mut recorder = Recorder::new();
    let mut run = run::open(scenario, Watch::All);
    while let Progress::Event { times } = run.step_up_to(u64::MAX)? {
        let world = run.view().world;
        recorder.is_cut = recorder.is_full() || until.is_some_and(|until| world.clock() > until);
        if recorder.is_cut {
            break;
        }
        recorder.keep(world, Judged { times, wrong: None, turns: Vec::new() });
    }
    Ok(recorder.finish(scenario, outcome))
}

/// What is kept so far, as in [`Recording`], and what it takes to go on.
struct Recorder {
    /// How many moments are kept at most.
    most: usize,
    moments: Vec<Moment>,
    lives: Vec<Life>,
    flights: Vec<Flight>,
    is_cut: bool,
    records: Vec<Record>,
    routes: Vec<RouteTurn>,
    turns: Vec<Turn>,
    changes: Vec<Change>,
    calls: Vec<(MomentId, Made)>,
    lives_of: FxHashMap<ContextId, Vec<Incarnation>>,
    /// What is on each wire, first in, first out, with the copies that are left.
    wires: FxHashMap<LaneId, VecDeque<(FlightId, u64)>>,
    on_wire: u64,
    /// The child that each stream of a context leads to.
    children: FxHashMap<(Incarnation, StreamId), Incarnation>,
    /// The neighbour that each entry of a route table leads to.
    entries: FxHashMap<(Incarnation, ContextId), Incarnation>,
}

impl Watcher for Recorder {
    fn watch(&mut self, view: View<'_>, judged: Judged) {
        self.is_cut |= self.is_full();
        if !self.is_cut {
            self.keep(view.world, judged);
        }
    }
}

impl Recorder {
    /// The master alone.
    fn new() -> Self {
        let master = Life {
            id: ContextId::MASTER,
            parent: None,
            depth: 0,
            earlier: 0,
            name: None,
            link: None,
            born: None,
            died: None,
        };
        Recorder {
            most: MOMENTS_MAX,
            moments: Vec::new(),
            lives: vec![master],
            flights: Vec::new(),
            is_cut: false,
            records: Vec::new(),
            routes: Vec::new(),
            turns: Vec::new(),
            changes: Vec::new(),
            calls: Vec::new(),
            lives_of: FxHashMap::from_iter([(ContextId::MASTER, vec![Incarnation::MASTER])]),
            wires: FxHashMap::default(),
            on_wire: 0,
            children: FxHashMap::default(),
            entries: FxHashMap::default(),
        }
    }

    fn finish(self, scenario: &Scenario, outcome: Outcome) -> Recording<'_> {
        let Recorder { moments, lives, flights, is_cut, records, routes, turns, changes, calls, lives_of, .. } = self;
        let descent = Descent::of(&lives.iter().map(|life| life.parent).collect::<Vec<_>>());
        Recording {
            scenario,
            outcome,
            moments,
            lives,
            flights,
            is_cut,
            records,
            routes,
            turns,
            changes,
            calls,
            lives_of,
            descent,
        }
    }

    fn is_full(&self) -> bool {
        let Recorder { most, moments, flights, records, routes, turns, changes, .. } = self;
        let kept = flights.len() + records.len() + routes.len() + turns.len() + changes.len();
        moments.len() >= *most || kept >= 16 * *most
    }

    fn keep(&mut self, world: &World<'_>, judged: Judged) {
        let Judged { times, wrong, turns } = judged;
        let moment = self.moments.len();
        let happened = world.happened();
        for change in &happened.changes {
            self.change(world, moment, *change);
        }
        for (context, change) in &happened.route_changes {
            self.route(*context, *change);
        }
        let mut arrived = None;
        for traffic in &happened.traffic {
            arrived = arrived.or(self.traffic(moment, *traffic));
        }
        let cause = match (happened.what, arrived) {
            (Some(What::Step(place)), _) => Cause::Step(place),
            (Some(What::Arrival(_)), Some(flight)) => Cause::Arrival(flight),
            (Some(What::Timeout(_)), _) => Cause::Timeout,
            (Some(What::Timer(timer)), _) => Cause::Timer(timer),
            (Some(What::Arrival(_)), None) | (None, _) => unreachable!("there was an event, and what arrives was sent"),
        };
        self.name_newborn(world, happened.step());
        self.calls.extend(happened.call.map(|made| (moment, made)));
        self.records.extend(happened.records.iter().cloned());
        self.turns.extend(turns);
        let end = |len: usize| u32::try_from(len).expect("a recording is cut before that");
        let before = self.moments.last().map_or(0, |last| last.events);
        self.moments.push(Moment {
            at: world.clock(),
            cause,
            context: happened.context,
            times,
            events: before + times,
            wrong,
            on_wire: self.on_wire,
            ends: Ends {
                records: end(self.records.len()),
                routes: end(self.routes.len()),
                turns: end(self.turns.len()),
                changes: end(self.changes.len()),
                flights: end(self.flights.len()),
            },
        });
    }

    fn change(&mut self, world: &World<'_>, moment: MomentId, change: Change) {
        self.changes.push(change);
        match change {
            Change::Born { context, .. } => self.be_born(world, moment, context),
            Change::Died(context) => self.lives[context.index()].died = Some(moment),
            _ => {}
        }
    }

    fn be_born(&mut self, world: &World<'_>, moment: MomentId, context: Incarnation) {
        let topology = world.topology();
        let (id, parent) = (topology.id(context), topology.parent_of(context));
        assert_eq!(context.index(), self.lives.len(), "lives are numbered as they begin");
        let depth = self.lives[parent.index()].depth + 1;
        let lives = self.lives_of.entry(id).or_default();
        let earlier = lives.len() as u32;
        lives.push(context);
        let link = topology.link(context);
        let (options, stream) = (link.options, link.parent_stream);
        self.lives.push(Life {
            id,
            parent: Some(parent),
            depth,
            earlier,
            name: None,
            link: Some(options),
            born: Some(moment),
            died: None,
        });
        self.children.insert((parent, stream), context);
        let parent_id = topology.id(parent);
        let change = RouteChange { target: parent_id, before: None, after: Some(StreamId::PARENT) };
        self.route(context, change);
    }

    fn route(&mut self, context: Incarnation, change: RouteChange) {
        let after = change.after.map(|stream| match stream {
            StreamId::PARENT => self.lives[context.index()].parent.expect("the master has no stream to a parent"),
            child => self.children[&(context, child)],
        });
        let place = (context, change.target);
        let before = match after {
            Some(after) => self.entries.insert(place, after),
            None => self.entries.remove(&place),
        };
        if before != after {
            self.routes.push(RouteTurn { context, target: change.target, before, after });
        }
    }

    /// Follows what is put on a wire or comes off it. Returns the flight that came off.
    fn traffic(&mut self, moment: MomentId, traffic: Traffic) -> Option<FlightId> {
        match traffic {
            Traffic::Sent { lane, item, copies } => {
                let flight = self.flights.len();
                let is_again = |flight: &&mut Flight| {
                    flight.sent == moment
                        && flight.lane == lane
                        && flight.item == item
                        && flight.end == FlightEnd::OnWire
                };
                // These copies were put on the wire one by one.
                match self.flights.last_mut().filter(is_again) {
                    Some(last) => {
                        last.copies = last.copies.saturating_add(copies);
                        let wire = self.wires.get_mut(&lane).and_then(VecDeque::back_mut);
                        let (_, left) = wire.expect("it is on the wire");
                        *left = left.saturating_add(copies);
                    }
                    None => {
                        self.flights.push(Flight { lane, item, copies, sent: moment, end: FlightEnd::OnWire });
                        self.wires.entry(lane).or_default().push_back((flight, copies));
                    }
                }
                self.on_wire = self.on_wire.saturating_add(copies);
                None
            }
            Traffic::Dropped { lane, item, copies } => {
                self.flights.push(Flight { lane, item, copies, sent: moment, end: FlightEnd::Dropped });
                None
            }
            Traffic::Arrived { lane, copies, vanished } => {
                let end = if vanished { FlightEnd::Vanished(moment) } else { FlightEnd::Arrived(moment) };
                Some(self.take(lane, copies, end))
            }
        }
    }

    /// Takes copies off a wire: of the first flight on it, and of those behind it with the same item. Returns the
    /// first.
    fn take(&mut self, lane: LaneId, mut copies: u64, end: FlightEnd) -> FlightId {
        self.on_wire = self.on_wire.saturating_sub(copies);
        let wire = self.wires.get_mut(&lane).expect("what arrives was sent");
        let (first, _) = *wire.front().expect("what arrives was sent");
        while let Some((flight, left)) = wire.front_mut().filter(|_| copies > 0) {
            let taken = copies.min(*left);
            *left -= taken;
            copies -= taken;
            if *left == 0 {
                self.flights[*flight].end = end;
                wire.pop_front();
            }
        }
        first
    }

    /// Names a context that was born by a step.
    fn name_newborn(&mut self, world: &World<'_>, step: Option<usize>) {
        let Some(Action::Connect(connect)) = step.map(|place| world.action(place)) else { return };
        let life = &mut self.lives[world.happened().context.index()];
        if life.born == Some(self.moments.len()) {
            life.name = connect.name;
        }
    }
}
