//! PHOLD against nexosim: `n` processes, each with one pending event, which on firing sets the next one at an
//! exponential distance.
//!
//! Both sides take the same distances, process by process, up to the same virtual time; so they must come to the same
//! number of events, and that is asserted. What is not alike: nexosim runs an asynchronous method of a model for each
//! event, behind a scheduler that other threads may use and whose arguments are of any type; ours is the event queue
//! alone, with the key that the simulation orders its events by. The ratio says what a general framework would cost in
//! the place of our queue, not that either simulates faster.
//!
//! This is nexosim's fastest form: one thread, which takes its executor without work stealing; the default features, without
//! its tracing and its server; events without a value where the model knows what to do; and the faster of two ways to divide
//! the processes among models.

use crate::measure::{self, Measured};
use nexosim::model::{Context, Model, schedulable};
use nexosim::simulation::{Mailbox, SimInit, Simulation};
use nexosim::time::MonotonicTime;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use treequake::draw::{self, Distribution};
use treequake::event_queue::{EventKey, EventQueue};
use treequake::process::ContextId;
use treequake::time::{Span, Time};

/// About how many events a turn has.
const EVENTS: u64 = 1_000_000;

/// The mean distance.
const MEAN: Span = Span::from_ms(1);

/// A way to write PHOLD in nexosim.
type Form = (&'static str, fn(u32, &Work) -> Simulation);

/// The two forms that were tried; the faster one at each `n` is the peer.
const FORMS: [Form; 2] = [("a model a process", model_a_process), ("one model of all", one_model)];

/// Prints the rows of nexosim.
pub fn measure() {
    let work = Work::default();
    for n in [1_024, 65_536] {
        // This is also the first turn, which warms up and does not count.
        let tried = FORMS.map(|(name, form)| (name, form, nexosim(n, form, &work)));
        let (name, form, first) = tried.into_iter().min_by_key(|(.., measured)| measured.time).expect("two forms");
        assert_eq!(first.operations, treequake(n, &work).operations, "both sides do the same");
        let what = format!("PHOLD, {n} processes; nexosim: {name}");
        measure::row(&what, || nexosim(n, form, &work), || treequake(n, &work));
    }
}

/// What all processes share.
#[derive(Clone)]
struct Work {
    /// 65,536 distances, drawn before anything is measured; each process walks them from a place of its own.
    distances: Arc<[u64]>,
    /// How many events have fired.
    fired: Arc<AtomicU64>,
}

impl Default for Work {
    fn default() -> Self {
        let mut rng = draw::stream(1, "phold", 0);
        let gap = Distribution::Exponential { min: Span::default(), mean: MEAN };
        Work { distances: (0..65_536).map(|_| gap.draw(&mut rng).as_ns()).collect(), fired: Arc::default() }
    }
}

impl Work {
    /// Where process number `process` begins to walk the distances.
    fn start(process: u32) -> u16 {
        process.wrapping_mul(40_503) as u16
    }

    /// The next distance of a process; 16 bits wrap where the distances do.
    fn next(&self, place: &mut u16) -> u64 {
        let distance = self.distances[usize::from(*place)];
        *place = place.wrapping_add(1);
        distance
    }
}

/// How long, in virtual time, `n` processes take for the events of a turn.
fn duration_ns(n: u32) -> u64 {
    EVENTS * MEAN.as_ns() / u64::from(n)
}

/// Runs a form; its models are made, and their first events set, before the clock starts.
fn nexosim(n: u32, form: fn(u32, &Work) -> Simulation, work: &Work) -> Measured {
    let mut simulation = form(n, work);
    let before = work.fired.load(Ordering::Relaxed);
    Measured::of(|| {
        simulation.step_until(Duration::from_nanos(duration_ns(n))).expect("no model fails");
        work.fired.load(Ordering::Relaxed) - before
    })
}

/// One of `n` models that schedule themselves.
#[derive(Serialize, Deserialize)]
struct Process {
    place: u16,
    #[serde(skip)]
    work: Work,
}

#[Model]
impl Process {
    #[nexosim(init)]
    async fn init(&mut self, context: &Context<Self>) {
        self.schedule(context);
    }

    #[nexosim(schedulable)]
    fn fire(&mut self, _: (), context: &Context<Self>) {
        self.work.fired.fetch_add(1, Ordering::Relaxed);
        self.schedule(context);
    }

    fn schedule(&mut self, context: &Context<Self>) {
        let distance = Duration::from_nanos(self.work.next(&mut self.place));
        context.schedule_event(distance, schedulable!(Self::fire), ()).expect("it is ahead");
    }
}

fn model_a_process(n: u32, work: &Work) -> Simulation {
    let mut bench = SimInit::with_num_threads(1);
    for process in 0..n {
        let model = Process { place: Work::start(process), work: work.clone() };
        bench = bench.add_model(model, Mailbox::new(), "process");
    }
    bench.init(MonotonicTime::EPOCH).expect("no model fails")
}

/// One model that is all processes; an event says which of them it is for.
#[derive(Serialize, Deserialize)]
struct Processes {
    places: Vec<u16>,
    #[serde(skip)]
    work: Work,
}

#[Model]
impl Processes {
    #[nexosim(init)]
    async fn init(&mut self, context: &Context<Self>) {
        (0..self.places.len() as u32).for_each(|process| self.schedule(process, context));
    }

    #[nexosim(schedulable)]
    fn fire(&mut self, process: u32, context: &Context<Self>) {
        self.work.fired.fetch_add(1, Ordering::Relaxed);
        self.schedule(process, context);
    }

    fn schedule(&mut self, process: u32, context: &Context<Self>) {
        let distance = Duration::from_nanos(self.work.next(&mut self.places[process as usize]));
        context.schedule_event(distance, schedulable!(Self::fire), process).expect("it is ahead");
    }
}

fn one_model(n: u32, work: &Work) -> Simulation {
    let model = Processes { places: (0..n).map(Work::start).collect(), work: work.clone() };
    let bench = SimInit::with_num_threads(1).add_model(model, Mailbox::new(), "processes");
    bench.init(MonotonicTime::EPOCH).expect("no model fails")
}

/// The same on our event queue; it is filled before the clock starts.
fn treequake(n: u32, work: &Work) -> Measured {
    let mut places: Vec<u16> = (0..n).map(Work::start).collect();
    let key = |time, process, fifo| EventKey::arrival(Time::from_ns(time), ContextId(process), ContextId::MASTER, fifo);
    let mut queue = EventQueue::default();
    for process in 0..n {
        let first = work.next(&mut places[process as usize]);
        queue.push(key(first, process, u64::from(process)), process);
    }
    let end = Time::from_ns(duration_ns(n));
    Measured::of(|| {
        let mut fired = 0;
        while let Some((first, process)) = queue.peek().filter(|(first, _)| first.time <= end) {
            let next = first.time.as_ns() + work.next(&mut places[process as usize]);
            queue.replace_first(key(next, process, u64::from(n) + fired), process);
            fired += 1;
        }
        fired
    })
}
