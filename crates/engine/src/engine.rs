//! One run of one protocol: the simulation, and the checks that judge it event by event. [`crate::run`] chooses the
//! protocol.
//!
//! [`Of`] turns a type of process into a [`Protocol`]. Everything generic is behind it, and is instantiated once for
//! each protocol.

use crate::convergence::{self, Convergence, Difference, Turn};
use crate::link::Incarnation;
use crate::metrics::{Call, Messages, Metrics, Status, StepFigures, Timeouts, Warning, Window};
use crate::process::{ContextId, Family, Monitor, Process, Shared, StateWriter};
use crate::scenario::Scenario;
use crate::scenario::expectation::{Verdict, WarningKind};
use crate::simulation::{Memory, Orders, Progress, Simulation};
use crate::time::{Span, Time};
use crate::trace::{Digest, Digester, Entry, Record, Writer};
use crate::words::{counted, io_error};
use crate::world::{OpenCall, SimulationError, Tables, View, Watch, World};
use std::any::Any;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::io::{self, Write};
use std::marker::PhantomData;
use std::ops::{ControlFlow, Range};

/// How many events share one digest, if a run keeps [blocks](Options::keep_blocks).
pub const BLOCK_EVENTS: u64 = 10_000;

/// Room is made in advance for the figures of at most this many steps.
const STEPS_FORESEEN: usize = 64;

/// When the route tables are compared with the truth.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Check {
    /// After every event, at a cost that depends on what changed. This gives the convergence time of each step.
    #[default]
    Always,
    /// Once, at the end. The verdict is the same, but the figures of convergence are missing.
    AtEnd,
    /// After every event, until there were more than [`convergence::DIFFERENCES_MAX`] differences at once, and then at
    /// the end. Only an outcome has this value.
    GaveUp,
}

/// What is known about an event besides what the world says, for a [`Watcher`].
#[derive(Debug)]
#[non_exhaustive]
pub struct Judged {
    /// How many events it was; all of them did the same.
    pub times: u64,
    /// How many entries differ from the truth after it; `None` if they are not counted.
    pub wrong: Option<u64>,
    /// The entries that came to differ, or ceased to.
    pub turns: Vec<Turn>,
}

/// Sees every event of a run, and [everything](Watch::All) that it did. It does not change the run.
pub trait Watcher {
    /// An event is over and has been judged.
    fn watch(&mut self, view: View<'_>, judged: Judged);
}

/// How many ADD_ROUTE and DEL_ROUTE a step may cost.
#[derive(Clone, Copy)]
pub struct CostMax<'c> {
    /// At least so many. Few steps cost more.
    pub least: u64,
    /// Exactly how many; only asked where a step costs more than the least.
    pub exact: &'c dyn Fn() -> u64,
}

/// How to run a scenario.
#[derive(Default)]
pub struct Options<'t, 'p> {
    /// When to compare the route tables with the truth.
    pub check: Check,
    /// Where to write the trace, if anywhere.
    pub trace: Option<&'t mut dyn Write>,
    /// Whether to keep the digest after every [`BLOCK_EVENTS`] events.
    pub keep_blocks: bool,
    /// Whether to handle equal copies of a message one by one, instead of counting them. The outcome is the same.
    pub one_by_one: bool,
    /// Whether not to find out if a run that was stopped would ever have ended: its verdict is never [`Verdict::Storm`] then.
    /// To find out takes a second run, unless the scenario draws latencies.
    pub skips_proof: bool,
    /// Stops the run in a step that costs more ADD_ROUTE and DEL_ROUTE than this, unless it is known by then that the run
    /// never ends: then it goes on to its limit.
    pub cost_max: Option<CostMax<'p>>,
    /// Called from time to time in a long run, with the number of events so far and the virtual time. If it breaks, the run
    /// is stopped right there.
    pub progress: Option<&'p mut dyn FnMut(u64, Time) -> ControlFlow<()>>,
    /// Sees every event, if set.
    pub watcher: Option<&'p mut dyn Watcher>,
}

/// The result of a run.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Outcome {
    /// The scenario's monitor.
    pub monitor: Monitor,
    /// When the route tables were compared with the truth.
    pub check: Check,
    /// How the run ended.
    pub verdict: Verdict,
    /// The scenario's `until`, if that ended the run with more to come.
    pub met_until: Option<Time>,
    /// How many events were processed.
    pub events: u64,
    /// The time of the last event.
    pub end: Time,
    /// How many contexts ever lived, not counting the master. An id that lived twice counts twice.
    pub contexts: u64,
    /// How many of them are alive at the end.
    pub live: u64,
    /// How many messages arrived.
    pub messages: Messages,
    /// What is wrong in the route tables at the end, by context and destination. At most
    /// [`convergence::DIFFERENCES_MAX`] differences: see [`lists_all_differences`](Self::lists_all_differences).
    pub differences: Vec<Difference>,
    /// The calls that never ended.
    pub hung_calls: Vec<OpenCall>,
    /// The warnings: what was odd.
    pub warnings: BTreeMap<WarningKind, Warning>,
    /// The ends of links that gave up after a silence, if any did.
    pub timeouts: Option<Timeouts>,
    /// The errors that the monitors logged and the trace does not record, by name: how many of each.
    pub unrecorded: BTreeMap<&'static str, u64>,
    /// How many steps of the scenario it took, those included that were skipped. A run that is stopped does not come to the
    /// others.
    pub steps_taken: usize,
    /// The figures of each step.
    pub steps: Vec<StepFigures>,
    /// How many calls were made.
    pub calls_made: u64,
    /// The calls, in the order of their numbers: the first is call 1.
    pub calls: Vec<Call>,
    /// The destinations that a route table was ever wrong about, once the contexts of time 0 were there. Only
    /// destinations that the scenario expects to be undisturbed are in here.
    pub disturbed: BTreeSet<ContextId>,
    /// The digest of the trace; `None` if [`Options::progress`] stopped the run, so that the trace ends anywhere.
    pub digest: Option<Digest>,
    /// The digest after every [`BLOCK_EVENTS`] events; empty unless the options ask for it.
    pub blocks: Vec<Digest>,
}

impl Outcome {
    /// The digest as text, `-` if there is none.
    pub fn digest_text(&self) -> String {
        self.digest.map_or_else(|| "-".to_owned(), |digest| digest.to_string())
    }

    /// Whether it is unknown how the run would have gone on, so that what is wrong or open at its end could still be mended or
    /// end. How a storm goes on is known.
    pub fn may_go_on(&self) -> bool {
        self.met_until.is_some() || self.verdict == Verdict::Stopped
    }

    /// How the call with this number ended.
    pub fn status_of(&self, number: u64, call: &Call) -> Status {
        match call.end {
            Some(end) if end.dead => Status::Dead,
            Some(_) => Status::Ok,
            None if self.hung_calls.binary_search_by_key(&number, |open| open.call).is_err() => Status::CallerDied,
            None if self.may_go_on() => Status::Open,
            None => Status::Hung,
        }
    }

    /// How many calls hang. Of a run that may go on, it is only known that they have not ended.
    pub fn open_calls_in_words(&self) -> String {
        let count = self.hung_calls.len() as u64;
        match self.may_go_on() {
            true => counted(count, "call has not ended", "calls have not ended"),
            false => format!("{} forever", counted(count, "call hangs", "calls hang")),
        }
    }

    /// What is known of a call that is open at the end, behind its name.
    pub fn open_call_in_words(&self) -> &'static str {
        if self.may_go_on() { "has not ended" } else { "never ends" }
    }

    /// The times at which steps were taken: their figures, and the places of the steps at that time.
    pub fn moments(&self) -> impl Iterator<Item = (&StepFigures, Range<usize>)> {
        let ends = self.steps.iter().skip(1).map(|figures| figures.first).chain([self.steps_taken]);
        self.steps.iter().zip(ends).map(|(figures, end)| (figures, figures.first..end))
    }

    /// The largest number of differences of a step's [figures](Self::steps); `None` if nobody counted them.
    pub fn largest_difference(&self, figures: &StepFigures) -> Option<u64> {
        (self.check == Check::Always).then_some(figures.largest_difference)
    }

    /// What is known about the slowest step; `None` if no step changed the tree or a link.
    pub fn slowest(&self) -> Option<Window> {
        Window::slowest(self.steps.iter().filter_map(|step| step.window))
    }

    /// The last step that changed the tree or a link, and how its window ended.
    pub fn last_change(&self) -> Option<(&StepFigures, Window)> {
        self.steps.iter().rev().find_map(|step| Some((step, step.window?)))
    }

    /// Whether [`differences`](Self::differences) are sure to be all that there are. Otherwise more entries may be wrong.
    pub fn lists_all_differences(&self) -> bool {
        self.differences.len() < convergence::DIFFERENCES_MAX
    }

    /// The last step after which tables were wrong and became right, and how long that took. If tables became right at
    /// once, that counts only where they were wrong before.
    pub fn last_return(&self) -> Option<(&StepFigures, Span)> {
        let (mut found, mut was_wrong) = (None, false);
        for (step, window) in self.steps.iter().filter_map(|step| Some((step, step.window?))) {
            let after = window.converged_after();
            if let Some(after) = after.filter(|after| was_wrong || *after > Span::default()) {
                found = Some((step, after));
            }
            was_wrong = after.is_none();
        }
        found
    }
}

/// Why a run has no outcome.
#[derive(Debug)]
#[non_exhaustive]
pub enum RunError {
    /// The scenario cannot be run to its end.
    Simulation(SimulationError),
    /// The trace could not be written.
    Trace(io::Error),
}

impl fmt::Display for RunError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            RunError::Simulation(error) => error.fmt(f),
            RunError::Trace(error) => write!(f, "the trace cannot be written: {}", io_error(error)),
        }
    }
}

impl std::error::Error for RunError {}

impl From<SimulationError> for RunError {
    fn from(error: SimulationError) -> Self {
        RunError::Simulation(error)
    }
}

/// A protocol, as the rest of the program knows it: what it can run, with everything generic erased.
pub trait Protocol: Sync {
    /// The protocol's family.
    fn family(&self) -> &'static dyn Family;

    /// Runs a scenario to its end, in `memory`. What was run in the memory before does not influence the outcome.
    fn run(&self, memory: &mut RunMemory, scenario: &Scenario, options: Options<'_, '_>) -> Result<Outcome, RunError>;

    /// Begins a run that is taken event by event.
    fn open<'s>(&self, scenario: &'s Scenario, watch: Watch) -> Box<dyn Stepper + 's>;

    /// Begins a run whose times are ignored. What is due before `from` happens first, as in any run.
    ///
    /// # Errors
    /// See [`SimulationError`].
    fn orders<'s>(
        &self,
        scenario: &'s Scenario,
        from: Option<Time>,
        watch: Watch,
    ) -> Result<Box<dyn Orders<'s> + 's>, SimulationError>;
}

/// A run that is taken event by event.
pub trait Stepper {
    /// Goes on by one event, or by up to `most` equal ones.
    fn step_up_to(&mut self, most: u64) -> Result<Progress, SimulationError>;

    /// The run, right after the last event.
    fn view(&self) -> View<'_>;

    /// Writes all that decides what the rest of the run does: see [`Simulation::write_state`].
    fn write_state(&self, state: &mut StateWriter<'_>);
}

impl<P: Process> Stepper for Simulation<'_, P> {
    fn step_up_to(&mut self, most: u64) -> Result<Progress, SimulationError> {
        Simulation::step_up_to(self, most)
    }

    fn view(&self) -> View<'_> {
        Simulation::view(self)
    }

    fn write_state(&self, state: &mut StateWriter<'_>) {
        Simulation::write_state(self, state);
    }
}

/// The protocol whose processes are of type `P`.
pub struct Of<P>(PhantomData<fn() -> P>);

impl<P> Of<P> {
    /// The protocol.
    pub const PROTOCOL: Of<P> = Of(PhantomData);
}

impl<P: Process> Protocol for Of<P> {
    fn family(&self) -> &'static dyn Family {
        P::family()
    }

    fn run(&self, memory: &mut RunMemory, scenario: &Scenario, options: Options<'_, '_>) -> Result<Outcome, RunError> {
        memory.run::<P>(scenario, options)
    }

    fn open<'s>(&self, scenario: &'s Scenario, watch: Watch) -> Box<dyn Stepper + 's> {
        Box::new(Simulation::<P>::in_memory(Memory::default(), scenario, watch))
    }

    fn orders<'s>(
        &self,
        scenario: &'s Scenario,
        from: Option<Time>,
        watch: Watch,
    ) -> Result<Box<dyn Orders<'s> + 's>, SimulationError> {
        let mut simulation = Simulation::<Shared<P>>::in_memory(Memory::default(), scenario, watch);
        simulation.ignore_times(from)?;
        Ok(Box::new(simulation))
    }
}

/// Memory for one run after another. Many small runs would otherwise spend most of their time on allocations.
#[derive(Debug, Default)]
pub struct RunMemory {
    /// The [`Memory`] of the protocol that was run last, as an `Option`, so that nothing is made in its place when it is taken.
    simulation: Option<Box<dyn Any + Send>>,
    convergence: Convergence,
    metrics: Metrics,
    digester: Digester,
}

impl RunMemory {
    /// Runs a scenario whose processes are of type `P`.
    pub(crate) fn run<P: Process>(
        &mut self,
        scenario: &Scenario,
        options: Options<'_, '_>,
    ) -> Result<Outcome, RunError> {
        let Options { check, trace, keep_blocks, one_by_one, skips_proof, cost_max, mut progress, watcher } = options;
        self.metrics.restart((scenario.events.len() + 1).min(STEPS_FORESEEN));
        self.digester.clear();
        if check == Check::Always {
            let watched = scenario.expectations.under(scenario.monitor).undisturbed;
            self.convergence.restart(watched.into_iter().collect(), scenario.monitor.family().truth());
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
        let kept = self.simulation.take().and_then(|memory| memory.downcast::<Option<Memory<P>>>().ok());
        let mut kept = kept.unwrap_or_default();
        let memory = kept.take().unwrap_or_default();
        let mut simulation = Simulation::<P>::in_memory(memory, scenario, watch);
        if cost_max.is_some() {
            simulation.note_glimpses();
        }
        let mut exact_max = cost_max.map(|max| max.exact);
        let mut cost_max = cost_max.map_or(u64::MAX, |max| max.least);
        let mut blocks = Vec::new();
        let mut next_progress = P::LOOK_AFTER;
        // What the current step has cost so far.
        let mut cost = 0;
        let end = loop {
            let most = match (one_by_one, keep_blocks) {
                (true, _) => 1,
                (false, true) => BLOCK_EVENTS - simulation.world().events() % BLOCK_EVENTS,
                (false, false) => u64::MAX,
            };
            let most = most.min((cost_max - cost).saturating_add(1));
            let times = match simulation.step_up_to(most)? {
                Progress::Event { times } => times,
                Progress::Quiescent => break End::Quiet,
                Progress::Until => break End::Until,
                Progress::Endless => break End::Endless,
                Progress::Stopped if skips_proof => break End::Limit,
                Progress::Stopped => {
                    let goes_on = |events, now| match &mut progress {
                        Some(progress) => progress(events, now),
                        None => ControlFlow::Continue(()),
                    };
                    break if simulation.comes_back(goes_on)? { End::Endless } else { End::Limit };
                }
            };
            observers.observe(simulation.world(), &simulation, times)?;
            cost = observers.metrics.cost_of_step();
            if cost > cost_max {
                if let Some(exact) = exact_max.take() {
                    cost_max = exact();
                }
                if cost > cost_max {
                    if skips_proof || !simulation.comes_back(|_, _| ControlFlow::Continue(()))? {
                        break End::Cut;
                    }
                    cost_max = u64::MAX;
                }
            }
            let world = simulation.world();
            if keep_blocks && world.events().is_multiple_of(BLOCK_EVENTS) {
                blocks.push(observers.recorder.digester.digest());
            }
            if world.events() >= next_progress {
                next_progress = world.events().saturating_add(P::LOOK_AFTER);
                if let Some(progress) = &mut progress
                    && progress(world.events(), world.clock()).is_break()
                {
                    break End::Watch;
                }
            }
        };
        let outcome = observers.finish(simulation.view(), check, end, blocks)?;
        *kept = Some(simulation.into_memory());
        self.simulation = Some(kept);
        Ok(outcome)
    }
}

/// Why a run is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    /// Nothing is left to happen.
    Quiet,
    /// `until` has come, and more was to come.
    Until,
    /// It was stopped, and it is known that it would never end.
    Endless,
    /// It has met its limit.
    Limit,
    /// A step has cost more than it may.
    Cut,
    /// Somebody stopped it.
    Watch,
}

/// What observes a run, event by event.
struct Observers<'r, 't, 'p> {
    convergence: Option<&'r mut Convergence>,
    metrics: &'r mut Metrics,
    recorder: Recorder<'r, 't>,
    watcher: Option<&'p mut dyn Watcher>,
}

impl Observers<'_, '_, '_> {
    #[inline(always)]
    fn observe(&mut self, world: &World<'_>, tables: &dyn Tables, times: u64) -> Result<(), RunError> {
        // Put together here, and not by the caller: a view that was passed would be read before it is in memory.
        let view = View { world, tables };
        if let Some(convergence) = &mut self.convergence {
            convergence.observe(view);
        }
        let wrong = self.convergence.as_deref().and_then(Convergence::count);
        self.metrics.observe(world, times, wrong);
        if let Some(watcher) = &mut self.watcher {
            let turns = self.convergence.as_deref_mut().map(Convergence::take_turns).unwrap_or_default();
            watcher.watch(view, Judged { times, wrong, turns });
        }
        self.recorder.record_events(world, times)
    }

    fn finish(mut self, view: View<'_>, check: Check, end: End, blocks: Vec<Digest>) -> Result<Outcome, RunError> {
        let world = view.world;
        let scenario = world.scenario();
        // The record that says that the run was stopped, if it was.
        if !matches!(end, End::Cut | End::Watch) {
            self.recorder.record_events(world, 1)?;
        }
        world.each_live(|context| self.recorder.record_table(view, context))?;
        let check = match &self.convergence {
            Some(convergence) if convergence.count().is_none() => Check::GaveUp,
            _ => check,
        };
        let (differences, disturbed) = match &self.convergence {
            Some(convergence) if check == Check::Always => {
                (convergence.differences(view), convergence.disturbed().clone())
            }
            _ => {
                let differences = convergence::compare_all(view, world.family().truth(), convergence::DIFFERENCES_MAX);
                (differences, BTreeSet::new())
            }
        };
        let (messages, timeouts) = (self.metrics.messages(), self.metrics.timeouts());
        let unrecorded = self.metrics.unrecorded().clone();
        let met_until = scenario.until.filter(|_| end == End::Until);
        // Nothing changes between the last event and `until`.
        let judged_at = met_until.unwrap_or(world.clock());
        let (warnings, steps, calls) = self.metrics.finish(judged_at, end == End::Quiet);
        Ok(Outcome {
            monitor: scenario.monitor,
            check,
            verdict: match (end, differences.is_empty()) {
                (End::Endless, _) => Verdict::Storm,
                (End::Limit | End::Cut | End::Watch, _) => Verdict::Stopped,
                (End::Quiet | End::Until, true) => Verdict::Converged,
                (End::Quiet | End::Until, false) => Verdict::Diverged,
            },
            met_until,
            events: world.events(),
            end: world.clock(),
            contexts: world.topology().len() as u64 - 1,
            live: world.live_count() as u64 - 1,
            messages,
            differences,
            hung_calls: world.open_calls(),
            warnings,
            timeouts,
            unrecorded,
            steps_taken: world.next_step(),
            steps,
            calls_made: world.calls_made(),
            calls,
            disturbed,
            digest: Some(self.recorder.finish()?).filter(|_| end != End::Watch),
            blocks,
        })
    }
}

/// The record of a live context's route table. A trace ends with these.
pub(crate) fn table(view: View<'_>, context: Incarnation) -> Record {
    let table = view.table(context).expect("the context is alive");
    let mut routes = Vec::with_capacity(table.route_count());
    table.each_hop(|target, next_hop| routes.push((target, next_hop)));
    Record::Table { ctx: view.world.id(context), routes }
}

/// A record, with what it takes to write it.
pub(crate) fn entry<'a>(record: &'a Record, world: &World<'a>) -> Entry<'a> {
    Entry { time: world.clock(), record, names: world.names(), family: world.family() }
}

/// Where records go: into the digest, and into the trace if there is one.
struct Recorder<'r, 't> {
    writer: Option<Writer<'t>>,
    digester: &'r mut Digester,
}

impl Recorder<'_, '_> {
    /// The written trace has every record of every event; the digest counts equal events.
    #[inline(always)]
    fn record_events(&mut self, world: &World<'_>, times: u64) -> Result<(), RunError> {
        let records = &world.happened().records;
        if records.is_empty() {
            return Ok(());
        }
        self.digester.events(world.clock(), records, world.names(), times);
        if let Some(writer) = &mut self.writer {
            for record in (0..times).flat_map(|_| records) {
                writer.write(entry(record, world)).map_err(RunError::Trace)?;
            }
        }
        Ok(())
    }

    fn record_table(&mut self, view: View<'_>, context: Incarnation) -> Result<(), RunError> {
        let (world, time, ctx) = (view.world, view.world.clock(), view.world.id(context));
        if world.is_newborn(context) {
            let parent = world.id(world.topology().parent_of(context));
            self.digester.table_of_newborn(time, ctx, parent);
        } else {
            let tables = view.tables;
            self.digester.table(time, ctx, tables.route_count(context), |put| tables.each_hop(context, put));
        }
        match &mut self.writer {
            Some(writer) => writer.write(entry(&table(view, context), view.world)).map_err(RunError::Trace),
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
