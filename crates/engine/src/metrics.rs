//! What a run cost, and what was odd about it: messages by kind, warnings, and the figures of each step.

mod branch;
mod window;

pub use branch::{Branch, Branches};
pub use window::{Closed, Window};

use crate::link::Direction;
use crate::process::{ContextId, LoggedError, Message, MessageKind, News, Payload, Place, places};
use crate::scenario::expectation::WarningKind;
use crate::scenario::{Action, Role};
use crate::time::{Span, Time};
use crate::trace::{Record, Skip};
use crate::world::{What, World};
use rustc_hash::FxHashSet;
use serde::{Deserialize, Serialize, Serializer};
use std::collections::BTreeMap;
use std::fmt;
use std::ops::AddAssign;

/// How many messages arrived at a live context, by kind. A message that crosses three links counts three times. In
/// JSON, a kind is called by [`MessageKind::name`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Messages {
    /// Routes announced.
    #[serde(rename = "add_route")]
    pub announce: u64,
    /// Routes retracted.
    #[serde(rename = "del_route")]
    pub retract: u64,
    /// Data for the application: what `send` and `call` steps send.
    pub data: u64,
    /// Answers to calls, and orders of the protocol.
    pub reply: u64,
    /// Dead messages, which say that there will be no answer.
    pub dead: u64,
    /// Anything else that the protocol has to say. Not in JSON if there is none.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub other: u64,
}

fn is_zero(count: &u64) -> bool {
    *count == 0
}

impl Messages {
    /// All messages.
    pub fn total(&self) -> u64 {
        MessageKind::ALL.into_iter().fold(0, |sum, kind| u64::saturating_add(sum, self.of(kind)))
    }

    /// The messages of one kind.
    pub fn of(&self, kind: MessageKind) -> u64 {
        match kind {
            MessageKind::Announce => self.announce,
            MessageKind::Retract => self.retract,
            MessageKind::Data => self.data,
            MessageKind::Reply => self.reply,
            MessageKind::Dead => self.dead,
            MessageKind::Other => self.other,
        }
    }

    /// Counts a message of a kind that arrived this many times.
    #[inline]
    pub fn count(&mut self, kind: MessageKind, times: u64) {
        let kind = match kind {
            MessageKind::Announce => &mut self.announce,
            MessageKind::Retract => &mut self.retract,
            MessageKind::Data => &mut self.data,
            MessageKind::Reply => &mut self.reply,
            MessageKind::Dead => &mut self.dead,
            MessageKind::Other => &mut self.other,
        };
        *kind += times;
    }
}

impl AddAssign for Messages {
    fn add_assign(&mut self, other: Messages) {
        self.announce = self.announce.saturating_add(other.announce);
        self.retract = self.retract.saturating_add(other.retract);
        self.data = self.data.saturating_add(other.data);
        self.reply = self.reply.saturating_add(other.reply);
        self.dead = self.dead.saturating_add(other.dead);
        self.other = self.other.saturating_add(other.other);
    }
}

/// How often a warning came up, and its first occurrence.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Warning {
    /// How often.
    pub count: u64,
    /// The first occurrence.
    pub example: Example,
    /// The places of the protocol where it came up, each with the first occurrence there, in the order of time.
    #[serde(skip)]
    pub places: Vec<(Place, Example)>,
}

/// One occurrence of a warning. Its `Display` is a sentence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Example {
    at: Time,
    /// The context in which it happened.
    ctx: ContextId,
    what: Odd,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Odd {
    Signal { context: ContextId },
    Retraction { called: &'static str, target: ContextId, from: ContextId },
    Error(LoggedError),
    Skipped(Skip),
}

impl Example {
    /// When it happened.
    pub fn at(&self) -> Time {
        self.at
    }
}

impl fmt::Display for Example {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Example { at, ctx, what } = self;
        match what {
            Odd::Signal { context } => {
                write!(f, "at {at} the context object of {context} in {ctx} fires its disconnect signal again")
            }
            Odd::Retraction { called, target, from } => {
                write!(f, "at {at} {ctx} gets {called} for {target} from {from} again")
            }
            Odd::Error(error) => write!(f, "at {at} {ctx} logs {}", error.name()),
            Odd::Skipped(why) => write!(f, "at {at} {why}"),
        }
    }
}

impl Serialize for Example {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// How often an end of a link gave up after a silence, and which one did first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Timeouts {
    /// How often.
    pub count: u64,
    /// When the first one did.
    pub at: Time,
    /// The context that gave up first.
    pub context: ContextId,
    /// The neighbour that it had not heard from.
    pub from: ContextId,
}

/// A call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Call {
    /// The context that made it.
    pub from: ContextId,
    /// The context that it is for.
    pub to: ContextId,
    /// When it was made.
    pub at: Time,
    /// How it ended; `None` if it has not.
    pub end: Option<CallEnd>,
}

impl Call {
    /// How long it took, if it has ended.
    pub fn took(&self) -> Option<Span> {
        Some(self.end?.at.since(self.at))
    }
}

/// How a call ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct CallEnd {
    /// When it ended.
    pub at: Time,
    /// Whether it ended without a reply.
    pub dead: bool,
}

/// How a call ended, what matters most first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Status {
    /// It never ends, and its caller lives.
    Hung,
    /// It had not ended when the run was stopped, or when its `until` came.
    Open,
    /// Its caller died before it ended.
    CallerDied,
    /// Without a reply.
    Dead,
    /// With its reply.
    Ok,
}

impl Status {
    /// The word in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Status::Hung => "hung",
            Status::Open => "open",
            Status::CallerDied => "caller-died",
            Status::Dead => "dead",
            Status::Ok => "ok",
        }
    }

    /// The word in reports.
    pub fn word(self) -> &'static str {
        match self {
            Status::CallerDied => "caller died",
            status => status.name(),
        }
    }
}

/// The figures of a step. Steps at the same time share them.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct StepFigures {
    /// The place of the first step of that time, as in [`crate::scenario::Scenario::step`].
    pub first: usize,
    /// When the step was.
    pub at: Time,
    /// The steps of that time that were skipped, ascending by place.
    pub skipped: Vec<(usize, Skip)>,
    /// The place of the first step of that time that was done and changes the tree or a link: not a `send`, not a
    /// `call`. It opens the window.
    pub opener: Option<usize>,
    /// How the window ended; `None` if there is no opener.
    pub window: Option<Window>,
    /// The messages that arrived between the step and the next step of any kind, or the end.
    pub messages: Messages,
    /// The largest number of differences after any event of the window. Without a window: between the step and the
    /// next step of any kind, or the end.
    pub largest_difference: u64,
    /// The branches of the protocol that were taken between the step and the next step of any kind, or the end.
    pub branches: Branches,
}

impl StepFigures {
    /// Why the step at `place` was skipped, if it was.
    pub fn skipped_at(&self, place: usize) -> Option<Skip> {
        let found = self.skipped.binary_search_by_key(&place, |(skipped, _)| *skipped);
        found.ok().map(|index| self.skipped[index].1)
    }

    /// How long the step took to converge, if it has a window and converged in it.
    pub fn converged_after(&self) -> Option<Span> {
        self.window?.converged_after()
    }
}

/// What is counted from one step to the next step of any kind.
#[derive(Clone, Copy, Debug, Default)]
struct Since {
    messages: Messages,
    largest_difference: u64,
    branches: Branches,
}

/// Room for more retractions than this is given back after a run.
const LARGE: usize = 10_000;

/// The figures of a run, collected event by event.
#[derive(Debug, Default)]
pub struct Metrics {
    /// How many events are counted as one.
    times: u64,
    /// What arrived before the first step.
    before_steps: Messages,
    /// The figures of the steps so far. Those of the last one lack what is in `since`.
    steps: Vec<StepFigures>,
    since: Since,
    /// The place in `steps` of the step whose window is open.
    open: Option<usize>,
    /// Whether the differences after the last event were counted.
    is_counted: bool,
    /// Since when there has been no difference; `None` while there is one.
    clean_since: Option<Time>,
    /// By kind.
    warnings: [Option<Warning>; WarningKind::ALL.len()],
    timeouts: Option<Timeouts>,
    unrecorded: BTreeMap<&'static str, u64>,
    calls: Vec<Call>,
    /// The DEL_ROUTEs that have crossed a lane, each as the number of the lane and of the last life of the id. Only
    /// looked up, never walked.
    retracted: FxHashSet<u64>,
}

impl Metrics {
    /// Counts the event that `world` has just processed. `differences` is how many there are after it, if anybody
    /// counts them. It was `times` events that did the same.
    #[inline]
    pub fn observe(&mut self, world: &World<'_>, times: u64, differences: Option<u64>) {
        self.times = times;
        let now = world.clock();
        let happened = world.happened();
        match happened.what {
            Some(What::Step(_)) if self.goes_on(world) => {}
            Some(What::Step(place)) => self.begin_step(place, world),
            Some(What::Arrival(_)) if happened.records.is_empty() => self.since.branches.add(Branch::VANISHED),
            _ => {}
        }
        for record in &happened.records {
            let branch = match record {
                Record::Message { ctx, from, message } => self.count_message(*ctx, *from, message, world),
                other => self.count(other, world),
            };
            if let Some(branch) = branch {
                self.since.branches.add(branch);
            }
        }
        if !happened.logged.is_empty() {
            self.count_logged(&happened.logged);
        }
        self.is_counted = differences.is_some();
        match differences {
            Some(0) => drop(self.clean_since.get_or_insert(now)),
            _ => self.clean_since = None,
        }
        self.since.largest_difference = self.since.largest_difference.max(differences.unwrap_or(0));
    }

    /// The messages of the whole run.
    pub fn messages(&self) -> Messages {
        let mut all = self.before_steps;
        self.steps.iter().for_each(|step| all += step.messages);
        all += self.since.messages;
        all
    }

    /// How many ADD_ROUTE and DEL_ROUTE have arrived since the last step of any kind.
    #[inline]
    pub fn cost_of_step(&self) -> u64 {
        self.since.messages.announce + self.since.messages.retract
    }

    /// The errors that were logged and have no record, by name.
    pub fn unrecorded(&self) -> &BTreeMap<&'static str, u64> {
        &self.unrecorded
    }

    /// The ends of links that gave up, if any did.
    pub fn timeouts(&self) -> Option<Timeouts> {
        self.timeouts
    }

    /// Starts over, with room for the figures of this many steps. Keeps allocations that are not large.
    pub fn restart(&mut self, steps: usize) {
        if self.retracted.capacity() > LARGE {
            self.retracted = FxHashSet::default();
        }
        self.retracted.clear();
        let steps = Vec::with_capacity(steps);
        *self = Metrics { retracted: std::mem::take(&mut self.retracted), steps, ..Metrics::default() };
    }

    /// Takes the warnings of the whole run, the figures of its steps, and its calls in the order of their numbers. `now`
    /// is when the run ends, and `is_over` says that nothing is left to happen.
    pub fn finish(
        &mut self,
        now: Time,
        is_over: bool,
    ) -> (BTreeMap<WarningKind, Warning>, Vec<StepFigures>, Vec<Call>) {
        let unconverged = |after| if is_over { Window::Never } else { Window::Open { after, by: Closed::Stop } };
        self.close_window(now, unconverged);
        self.end_step();
        // The largest difference of a window may come after later steps that do not close it.
        let mut largest = 0;
        for step in self.steps.iter_mut().rev() {
            largest = step.largest_difference.max(largest);
            if step.window.is_some() {
                step.largest_difference = std::mem::take(&mut largest);
            }
        }
        let mut warnings = BTreeMap::new();
        for (kind, warning) in WarningKind::ALL.into_iter().zip(std::mem::take(&mut self.warnings)) {
            if let Some(warning) = warning {
                warnings.insert(kind, warning);
            }
        }
        (warnings, std::mem::take(&mut self.steps), std::mem::take(&mut self.calls))
    }

    /// What was counted since the last step is complete.
    fn end_step(&mut self) {
        let Since { messages, largest_difference, branches } = std::mem::take(&mut self.since);
        match self.steps.last_mut() {
            Some(step) => {
                step.messages = messages;
                step.largest_difference = largest_difference;
                step.branches = branches;
            }
            None => self.before_steps = messages,
        }
    }

    #[cold]
    fn count_logged(&mut self, names: &[&'static str]) {
        for name in names {
            *self.unrecorded.entry(name).or_default() += self.times;
        }
    }

    /// Whether a step has nothing to add to the figures of those before it at this time: its window is open, and there is
    /// no call to note. So it is for all but the first of the contexts of time 0.
    #[inline]
    fn goes_on(&self, world: &World<'_>) -> bool {
        let step = self.steps.last().filter(|step| step.at == world.clock() && step.opener.is_some());
        step.is_some() && world.happened().call.is_none()
    }

    /// A step has been taken, or skipped. What it did to the route tables is not counted yet.
    #[inline(never)]
    fn begin_step(&mut self, place: usize, world: &World<'_>) {
        let now = world.clock();
        match self.steps.last() {
            Some(step) if step.at == now => {}
            _ => {
                self.end_step();
                self.steps.push(StepFigures {
                    first: place,
                    at: now,
                    skipped: Vec::new(),
                    opener: None,
                    window: None,
                    messages: Messages::default(),
                    largest_difference: 0,
                    branches: Branches::default(),
                });
            }
        }
        let action = world.action(place);
        if let (Some(made), Action::Call { from, to, .. }) = (world.happened().call, action) {
            self.calls.push(Call { from, to, at: now, end: None });
            assert_eq!(self.calls.len() as u64, made.call, "calls count from 1");
        }
        let row = self.steps.len() - 1;
        let is_change = action.kind().role() != Role::Traffic && world.happened().skipped.is_none();
        if is_change && self.steps[row].opener.is_none() {
            self.close_window(now, |after| Window::Open { after, by: Closed::Change });
            self.steps[row].opener = Some(place);
            self.open = Some(row);
        }
    }

    /// Closes the open window, if there is one. `unconverged` is how it ends after a span if a difference is left.
    fn close_window(&mut self, now: Time, unconverged: impl FnOnce(Span) -> Window) {
        let Some(row) = self.open.take() else { return };
        let step = &mut self.steps[row];
        step.window = Some(match self.clean_since {
            _ if !self.is_counted => Window::Unchecked,
            Some(clean_since) => Window::Converged(clean_since.max(step.at).since(step.at)),
            None => unconverged(now.since(step.at)),
        });
    }

    /// A message has arrived. Returns the branch that this shows.
    #[inline]
    fn count_message(
        &mut self,
        ctx: ContextId,
        from: ContextId,
        message: &Message,
        world: &World<'_>,
    ) -> Option<Branch> {
        let kind = world.family().kind_of(message);
        self.since.messages.count(kind, self.times);
        let is_down = || world.happened().lane().is_some_and(|lane| lane.direction() == Direction::Down);
        if kind == MessageKind::Retract
            && let Some(News::Retract(target)) = news(message, world)
        {
            self.retract(ctx, from, target, world);
        }
        if let Payload::Text(text) = message.payload {
            return Branch::of_kind(world.family(), text.kind);
        }
        match kind {
            MessageKind::Announce => Some(Branch::ANNOUNCED),
            MessageKind::Retract if is_down() => Some(Branch::DEL_FROM_ABOVE),
            MessageKind::Retract => Some(Branch::DEL_FROM_BELOW),
            MessageKind::Dead => Some(Branch::DEAD),
            MessageKind::Data => Some(Branch::DATA),
            MessageKind::Reply if !message.is_order() => Some(Branch::REPLY),
            MessageKind::Reply | MessageKind::Other => None,
        }
    }

    /// Anything but a message has been recorded. Returns the branch that this shows.
    #[inline(never)]
    fn count(&mut self, record: &Record, world: &World<'_>) -> Option<Branch> {
        let now = world.clock();
        Some(match record {
            Record::Eof { .. } => Branch::STREAM_LOST,
            Record::Shutdown { .. } => Branch::ENDING,
            Record::Detached { .. } => Branch::DETACHED,
            Record::Exit { .. } => Branch::EXIT,
            Record::Signal { again: false, .. } => Branch::SIGNAL,
            Record::Signal { ctx, context, again: true } => {
                let what = Odd::Signal { context: *context };
                let example = || Example { at: now, ctx: *ctx, what };
                self.warn(WarningKind::DuplicateSignal, self.times, world.handler(), example);
                Branch::SIGNAL_AGAIN
            }
            Record::Timeout { ctx, from } => {
                let first = Timeouts { count: 0, at: now, context: *ctx, from: *from };
                self.timeouts.get_or_insert(first).count += self.times;
                Branch::TIMEOUT
            }
            Record::Error { ctx, error } => {
                let example = || Example { at: now, ctx: *ctx, what: Odd::Error(*error) };
                self.warn(WarningKind::LoggedError, self.times, error.place(), example);
                Branch::of_error(*error)
            }
            Record::Reply { call, dead, .. } => {
                let call = usize::try_from(*call - 1).ok().and_then(|place| self.calls.get_mut(place));
                call.expect("it was made").end = Some(CallEnd { at: now, dead: *dead });
                if *dead { Branch::CALL_DEAD } else { Branch::CALL_OK }
            }
            Record::Skipped { why } => {
                let example = || Example { at: now, ctx: ContextId::MASTER, what: Odd::Skipped(*why) };
                self.warn(WarningKind::Skipped, 1, world.handler(), example);
                if let (Some(figures), Some(place)) = (self.steps.last_mut(), world.happened().step()) {
                    figures.skipped.push((place, *why));
                }
                Branch::SKIPPED
            }
            Record::Message { .. } | Record::Storm | Record::Table { .. } => return None,
        })
    }

    /// A DEL_ROUTE has arrived, `times` in a row. If it crosses this lane for the first time, all but the first are
    /// repeats; otherwise all are.
    #[inline(never)]
    fn retract(&mut self, ctx: ContextId, from: ContextId, target: ContextId, world: &World<'_>) {
        let lane = world.happened().lane().expect("a message arrives on a lane");
        // Only what was connected is retracted, unless a protocol retracts what it does not know.
        let Some(life) = world.last_incarnation(target) else { return };
        let is_first = self.retracted.insert(u64::from(lane.raw()) << 32 | u64::from(life.0));
        let again = if is_first { self.times - 1 } else { self.times };
        if again == 0 {
            return;
        }
        self.since.branches.add(Branch::DEL_AGAIN);
        let place = match lane.direction() {
            Direction::Down => places::ON_PROPAGATE_DOWN,
            Direction::Up => places::ON_PROPAGATE_UP,
        };
        self.warn(WarningKind::DuplicateDel, again, place, || {
            let what = Odd::Retraction { called: world.family().retraction(), target, from };
            Example { at: world.clock(), ctx, what }
        });
    }

    /// Counts a warning that came up so many times. `example` is only asked where none came up at this place before.
    #[inline]
    fn warn(&mut self, kind: WarningKind, times: u64, place: Place, example: impl Fn() -> Example) {
        let new = || Warning { count: 0, example: example(), places: Vec::new() };
        let warning = self.warnings[kind as usize].get_or_insert_with(new);
        warning.count += times;
        if !warning.places.iter().any(|(known, _)| *known == place) {
            warning.places.push((place, example()));
        }
    }
}

/// What a message says about a route. The family is only asked about messages of its own.
fn news(message: &Message, world: &World<'_>) -> Option<News> {
    match message.payload {
        Payload::Announce { target, .. } => Some(News::Announce(target)),
        Payload::Retract { target } => Some(News::Retract(target)),
        Payload::Data(_) => None,
        Payload::Other(_) | Payload::Text(_) => world.family().news(message),
    }
}
