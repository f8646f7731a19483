//! The one entry: a scenario in, an outcome out. The command line, the tests and any other user call this.

use crate::convergence::{self, Convergence, Difference, Turn};
use crate::link::Incarnation;
use crate::metrics::{CallEnd, Messages, Metrics, StepFigures, Timeouts, Warning};
use crate::protocol::{ContextId, Revision};
use crate::scenario::Scenario;
use crate::scenario::expectation::{Verdict, WarningKind};
use crate::simulation::{Memory, OpenCall, Progress, Simulation, SimulationError, Watch};
use crate::time::Time;
use crate::trace::{Digest, Digester, Entry, Record, Writer};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::io::{self, Write};

/// How many events share one digest where a run is verified.
pub const BLOCK_EVENTS: u64 = 10_000;

/// How often [`Options::progress`] is called, in events.
const PROGRESS_EVENTS: u64 = 65_536;

/// For the figures of at most so many steps room is made beforehand.
const STEPS_FORESEEN: usize = 64;

/// When the route tables are compared with the truth.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Check {
    /// After every event, at a cost that follows what changed: gives the convergence time of each step.
    #[default]
    Always,
    /// Once, at the end: the verdict is the same, the figures of convergence are missing.
    AtEnd,
    /// After every event until there were more than [`convergence::DIFFERENCES_MAX`] differences at once, then at the
    /// end. Only an outcome says so.
    GaveUp,
}

/// What an event did, beside what the simulation says of it: for a [`Watcher`].
#[derive(Debug)]
pub struct Judged {
    /// The step that it was, by its place in [`Scenario::step`], if it was one.
    pub step: Option<usize>,
    /// How many events it was, all of which did the same.
    pub times: u64,
    /// How many entries differ from the truth after it; `None` where nobody counts them.
    pub wrong: Option<u64>,
    /// Which entries came to differ, or ceased to.
    pub turns: Vec<Turn>,
}

/// Who wants to see every event of a run, and [everything](Watch::All) that happened in it. It changes nothing of the run.
pub trait Watcher {
    /// An event is over, and has been judged.
    fn watch(&mut self, simulation: &Simulation<'_>, judged: Judged);
}

/// How to run.
#[derive(Default)]
pub struct Options<'t, 'p> {
    /// When to check.
    pub check: Check,
    /// Where the trace goes, if anywhere.
    pub trace: Option<&'t mut dyn Write>,
    /// Whether to keep the digest of every [`BLOCK_EVENTS`] events.
    pub keep_blocks: bool,
    /// Whether equal copies of a message are handled one by one, instead of counted; the outcome is the same.
    pub one_by_one: bool,
    /// Called now and then in a long run with the events so far and the virtual time.
    pub progress: Option<&'p mut dyn FnMut(u64, Time)>,
    /// Who watches, if anybody does.
    pub watcher: Option<&'p mut dyn Watcher>,
}

/// What a run came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// Which Mitogen it ran.
    pub revision: Revision,
    /// When the tables were compared with the truth.
    pub check: Check,
    /// How it ended.
    pub verdict: Verdict,
    /// How many events were processed.
    pub events: u64,
    /// The time of the last event.
    pub end: Time,
    /// How many contexts ever lived, but for the master; an id that lived twice counts twice.
    pub contexts: u64,
    /// How many of them are alive at the end.
    pub live: u64,
    /// How many messages arrived.
    pub messages: Messages,
    /// What is wrong in the route tables at the end, by context and destination; at most
    /// [`convergence::DIFFERENCES_MAX`] are listed.
    pub differences: Vec<Difference>,
    /// The calls that never ended.
    pub hung_calls: Vec<OpenCall>,
    /// What was odd.
    pub warnings: BTreeMap<WarningKind, Warning>,
    /// The ends of links that gave up after a silence, if any did.
    pub timeouts: Option<Timeouts>,
    /// The figures of each step.
    pub steps: Vec<StepFigures>,
    /// How many calls were made.
    pub calls_made: u64,
    /// How calls ended, by their numbers; one that is not here never did.
    pub calls: BTreeMap<u64, CallEnd>,
    /// The destinations that a route table was wrong about after the contexts of time 0 were there; of those that the
    /// scenario expects to be undisturbed.
    pub disturbed: BTreeSet<ContextId>,
    /// The digest of the trace.
    pub digest: Digest,
    /// The digest after every [`BLOCK_EVENTS`] events; empty unless asked for.
    pub blocks: Vec<Digest>,
}

/// Why there is no outcome.
#[derive(Debug)]
pub enum RunError {
    /// The scenario can not be run to its end.
    Simulation(SimulationError),
    /// The trace could not be written.
    Trace(io::Error),
}

impl fmt::Display for RunError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            RunError::Simulation(error) => error.fmt(f),
            RunError::Trace(error) => write!(f, "the trace can not be written: {error}"),
        }
    }
}

impl std::error::Error for RunError {}

impl From<SimulationError> for RunError {
    fn from(error: SimulationError) -> Self {
        RunError::Simulation(error)
    }
}

/// Runs a scenario to its end.
///
/// # Errors
/// See [`RunError`].
pub fn run(scenario: &Scenario, options: Options<'_, '_>) -> Result<Outcome, RunError> {
    Runner::default().run(scenario, options)
}

/// Runs scenarios, one after the other, in the same memory: for many small ones, most of whose time would go into
/// allocating it. An outcome does not depend on what was run before.
#[derive(Debug, Default)]
pub struct Runner {
    memory: Memory,
    convergence: Convergence,
    metrics: Metrics,
    digester: Digester,
}

impl Runner {
    /// Runs a scenario to its end.
    ///
    /// # Errors
    /// See [`RunError`].
    pub fn run(&mut self, scenario: &Scenario, options: Options<'_, '_>) -> Result<Outcome, RunError> {
        let Options { check, trace, keep_blocks, one_by_one, mut progress, watcher } = options;
        self.metrics.restart((scenario.events.len() + 1).min(STEPS_FORESEEN));
        self.digester.clear();
        if check == Check::Always {
            let watched = scenario.expectations.under(scenario.revision).undisturbed;
            self.convergence.restart(watched.into_iter().collect());
            if watcher.is_some() {
                self.convergence.keep_turns();
            }
        }
        let watch = match (check, &watcher) {
            (_, Some(_)) => Watch::All,
            (Check::Always, None) => Watch::Routes,
            (Check::AtEnd | Check::GaveUp, None) => Watch::Records,
        };
        let mut observers = Observers {
            convergence: (check == Check::Always).then_some(&mut self.convergence),
            metrics: &mut self.metrics,
            recorder: Recorder { writer: trace.map(Writer::new), digester: &mut self.digester },
            watcher,
        };
        let memory = std::mem::take(&mut self.memory);
        let mut simulation = Simulation::in_memory(memory, scenario, watch);
        let mut blocks = Vec::new();
        let mut next_progress = PROGRESS_EVENTS;
        let is_storm = loop {
            let most = match (one_by_one, keep_blocks) {
                (true, _) => 1,
                (false, true) => BLOCK_EVENTS - simulation.events() % BLOCK_EVENTS,
                (false, false) => u64::MAX,
            };
            let (step, times) = match simulation.step_up_to(most)? {
                Progress::Event { step, times } => (step, times),
                Progress::Quiescent => break false,
                Progress::Storm => break true,
            };
            observers.observe(&simulation, step, times)?;
            if keep_blocks && simulation.events().is_multiple_of(BLOCK_EVENTS) {
                blocks.push(observers.recorder.digester.digest());
            }
            if simulation.events() >= next_progress {
                next_progress = simulation.events().saturating_add(PROGRESS_EVENTS);
                if let Some(progress) = &mut progress {
                    progress(simulation.events(), simulation.clock());
                }
            }
        };
        let outcome = Outcome { blocks, ..observers.finish(&simulation, scenario, check, is_storm)? };
        self.memory = simulation.into_memory();
        Ok(outcome)
    }
}

/// Who looks at a run, event by event.
struct Observers<'r, 't, 'p> {
    convergence: Option<&'r mut Convergence>,
    metrics: &'r mut Metrics,
    recorder: Recorder<'r, 't>,
    watcher: Option<&'p mut dyn Watcher>,
}

impl Observers<'_, '_, '_> {
    fn observe(&mut self, simulation: &Simulation<'_>, step: Option<usize>, times: u64) -> Result<(), RunError> {
        if let Some(convergence) = &mut self.convergence {
            convergence.observe(simulation);
        }
        let wrong = self.convergence.as_deref().and_then(Convergence::count);
        self.metrics.observe(simulation, step, times, wrong);
        if let Some(watcher) = &mut self.watcher {
            let turns = self.convergence.as_deref_mut().map(Convergence::take_turns).unwrap_or_default();
            watcher.watch(simulation, Judged { step, times, wrong, turns });
        }
        self.recorder.record_events(simulation, times)
    }

    fn finish(
        mut self,
        simulation: &Simulation<'_>,
        scenario: &Scenario,
        check: Check,
        is_storm: bool,
    ) -> Result<Outcome, RunError> {
        // The record of a storm, if it was one.
        self.recorder.record_events(simulation, 1)?;
        simulation.each_live(|context| self.recorder.record_table(simulation, context))?;
        let check = match &self.convergence {
            Some(convergence) if convergence.count().is_none() => Check::GaveUp,
            _ => check,
        };
        let (differences, disturbed) = match &self.convergence {
            Some(convergence) if check == Check::Always => {
                (convergence.differences(simulation), convergence.disturbed().clone())
            }
            _ => (convergence::compare_all(simulation), BTreeSet::new()),
        };
        let (messages, timeouts) = (self.metrics.messages(), self.metrics.timeouts());
        let (warnings, steps, calls) = self.metrics.finish();
        Ok(Outcome {
            revision: scenario.revision,
            check,
            verdict: match (is_storm, differences.is_empty()) {
                (true, _) => Verdict::Storm,
                (false, true) => Verdict::Converged,
                (false, false) => Verdict::Diverged,
            },
            events: simulation.events(),
            end: simulation.clock(),
            contexts: simulation.topology().contexts().count() as u64 - 1,
            live: simulation.live_count() as u64 - 1,
            messages,
            differences,
            hung_calls: simulation.open_calls(),
            warnings,
            timeouts,
            steps,
            calls_made: simulation.calls_made(),
            calls,
            disturbed,
            digest: self.recorder.finish()?,
            blocks: Vec::new(),
        })
    }
}

/// The record of the route table of a context, which is live: what a trace ends with.
pub(crate) fn table(simulation: &Simulation<'_>, context: Incarnation) -> Record {
    let table = simulation.table(context).expect("it is live");
    let mut routes = Vec::with_capacity(table.route_count());
    table.each_route(|target, next_hop| routes.push((target, next_hop)));
    Record::Table { ctx: simulation.id(context), routes }
}

/// Where records go: into the digest, and into the trace if there is one.
struct Recorder<'r, 't> {
    writer: Option<Writer<'t>>,
    digester: &'r mut Digester,
}

impl Recorder<'_, '_> {
    /// The written trace has every record of every event; the digest counts equal events.
    fn record_events(&mut self, simulation: &Simulation<'_>, times: u64) -> Result<(), RunError> {
        let records = &simulation.happened().records;
        for record in records {
            self.digester.record(entry(record, simulation));
        }
        self.digester.end_events(times);
        if let Some(writer) = &mut self.writer {
            for record in (0..times).flat_map(|_| records) {
                writer.write(entry(record, simulation)).map_err(RunError::Trace)?;
            }
        }
        Ok(())
    }

    fn record_table(&mut self, simulation: &Simulation<'_>, context: Incarnation) -> Result<(), RunError> {
        let routes = simulation.table(context).expect("it is live");
        let (time, ctx) = (simulation.clock(), simulation.id(context));
        self.digester.table(time, ctx, routes.route_count(), |put| routes.each_route(put));
        match &mut self.writer {
            Some(writer) => writer.write(entry(&table(simulation, context), simulation)).map_err(RunError::Trace),
            None => Ok(()),
        }
    }

    fn finish(mut self) -> Result<Digest, RunError> {
        if let Some(writer) = &mut self.writer {
            writer.flush().map_err(RunError::Trace)?;
        }
        Ok(self.digester.digest())
    }
}

fn entry<'a>(record: &'a Record, simulation: &'a Simulation<'_>) -> Entry<'a> {
    Entry { time: simulation.clock(), record, names: simulation.names() }
}
