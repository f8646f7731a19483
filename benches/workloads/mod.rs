//! What is measured: the yardstick, and the work that is compared with it. Nothing is judged or printed here.
//!
//! Whatever a workload needs is built before its time begins.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::env;
use std::hint::black_box;
use std::iter;
use std::ops::Range;
use std::sync::LazyLock;
use std::thread;
use std::time::{Duration, Instant};
use treequake::draw::{self, Distribution};
use treequake::event_queue::{EventKey, EventQueue};
use treequake::process::{ContextId, Data, Name};
use treequake::run::{Check, Options, Progress, Runner, Stepper, open, run};
use treequake::scenario::link::LinkOptions;
use treequake::scenario::{Action, Catalog, Connect, LinkId, Scenario, Step, Ways};
use treequake::time::{Span, Time};
use treequake::world::Watch;

/// How many times an event queue is popped and pushed in one turn.
const HOLDS: usize = 1_000_000;

/// When contexts call each other, if they do: every route is there.
pub const TALK: Time = Time::from_ns(30_000_000_000);

/// When what is measured begins: every call is over.
pub const BEGIN: Time = Time::from_ns(60_000_000_000);

/// Whether this is `cargo bench`. `cargo test --benches` runs the same programs, and there is nothing to test in them.
pub fn are_wanted() -> bool {
    let has = |argument: &str| env::args().any(|given| given == argument);
    has("--bench") && !has("--test")
}

/// Work that was done, and the time that it took.
#[derive(Clone, Copy, Default)]
pub struct Measured {
    /// How often all of it was done.
    pub runs: u64,
    /// Of how many operations, over all runs.
    pub operations: u64,
    /// In how long, over all runs.
    pub time: Duration,
}

impl Measured {
    /// One run of `work`, which returns its operations.
    pub fn once(work: impl FnOnce() -> u64) -> Self {
        let start = Instant::now();
        let operations = black_box(work());
        Measured { runs: 1, operations, time: start.elapsed() }
    }

    /// Operations a second.
    pub fn rate(self) -> f64 {
        self.operations as f64 / self.time.as_secs_f64()
    }

    /// The seconds of a run.
    pub fn seconds(self) -> f64 {
        self.time.as_secs_f64() / self.runs as f64
    }

    /// The operations of a run.
    pub fn operations_each(self) -> f64 {
        self.operations as f64 / self.runs as f64
    }
}

/// Exponential distances of a mean of a millisecond, in nanoseconds.
static DISTANCES: LazyLock<Vec<u64>> = LazyLock::new(|| {
    let mut rng = draw::stream(1, "bench", 0);
    let gap = Distribution::Exponential { min: Span::default(), mean: Span::from_ms(1) };
    (0..65_536).map(|_| gap.draw(&mut rng).as_ns()).collect()
});

/// Distances for the entries from number `first` on, which are numbered.
fn distances(first: usize, count: usize) -> impl Iterator<Item = (u64, u64)> {
    (first as u64..).zip(DISTANCES.iter().copied().cycle()).take(count)
}

/// The yardstick H(n): the hold model on a plain binary heap of n entries of 24 bytes, ordered by time and number.
pub fn yardstick(n: usize) -> Measured {
    let mut heap: BinaryHeap<Reverse<(u64, u64, u64)>> = BinaryHeap::with_capacity(n);
    heap.extend(distances(0, n).map(|(seq, time)| Reverse((time, seq, 0))));
    Measured::once(|| {
        for (seq, distance) in distances(n, HOLDS) {
            let Reverse((time, ..)) = heap.pop().expect("it holds n");
            heap.push(Reverse((time + distance, seq, 0)));
        }
        black_box(heap.len());
        HOLDS as u64
    })
}

/// PHOLD on our own event queue of n entries with 8 bytes of value: a process of n hears, and tells another one later.
pub fn queue(n: usize) -> Measured {
    let process = |distance: u64| ContextId((distance % n as u64) as u32);
    let key = |time, seq, distance| EventKey::arrival(Time::from_ns(time), process(distance), ContextId(0), seq);
    let mut queue = EventQueue::default();
    distances(0, n).for_each(|(seq, time)| queue.push(key(time, seq, time), seq));
    Measured::once(|| {
        for (seq, distance) in distances(n, HOLDS) {
            let (first, _) = queue.peek().expect("it holds n");
            queue.replace_first(key(first.time.as_ns() + distance, seq, distance), seq);
        }
        black_box(queue.len());
        HOLDS as u64
    })
}

/// A context below a parent, over the one link that there is.
pub fn connect(id: u32, parent: u32) -> Connect {
    Connect { id: ContextId(id), parent: ContextId(parent), name: Some(Name::OF_CONTEXT), link: LinkId(0) }
}

/// All links are of one millisecond; nothing is called a storm.
pub fn scenario(contexts: Vec<Connect>, events: Vec<Step>) -> Scenario {
    let mut catalog = Catalog::default();
    catalog.link(LinkOptions::constant(Span::from_ms(1)));
    Scenario { max_events: Some(u64::MAX), ..Scenario::new(catalog, contexts, events) }
}

/// The parent of a context of a tree in which every context has so many children, numbered from the top.
fn parent(id: u32, fanout: u32) -> u32 {
    (id - 1) / fanout
}

/// A context dies.
pub fn kill(at: Time, id: u32) -> Step {
    Step::new(at, Action::Kill { id: ContextId(id) })
}

/// The step that what is measured begins with, since a simulation can only say what it has done. No link is held.
fn begin() -> Step {
    Step::new(BEGIN, Action::Heal { id: ContextId(1) })
}

/// A context calls another one.
pub fn call(at: Time, from: u32, to: u32) -> Step {
    Step::new(at, Action::Call { from: ContextId(from), to: ContextId(to), data: Data::default() })
}

fn tree(contexts: u32, fanout: u32) -> Vec<Connect> {
    (1..=contexts).map(|id| connect(id, parent(id, fanout))).collect()
}

/// All contexts of a tree connect at once: a star if the fanout is that of [`STAR`], a chain if it is 1.
pub fn join(contexts: u32, fanout: u32) -> Scenario {
    scenario(tree(contexts, fanout), Vec::new())
}

/// The fanout of a star.
pub const STAR: u32 = u32::MAX;

/// A child with `routes` routes, its own included, dies; nobody has ever talked.
pub fn loss(routes: u32) -> Scenario {
    let below = (2..=routes).map(|id| connect(id, 1));
    let contexts = [connect(1, 0)].into_iter().chain(below).collect();
    scenario(contexts, vec![begin(), kill(BEGIN, 1)])
}

/// Half of a 4-ary tree dies at once, in which every leaf has called a leaf of another of the four branches.
pub fn teardown(contexts: u32) -> Scenario {
    let mut rng = draw::stream(1, "teardown", 0);
    let leaves: Vec<u32> = (1..=contexts).filter(|id| 4 * id + 1 > contexts).collect();
    let calls = leaves.iter().map(|leaf| {
        let other = loop {
            let other = leaves[draw::below(&mut rng, leaves.len() as u64) as usize];
            if branch(other) != branch(*leaf) {
                break other;
            }
        };
        call(TALK, *leaf, other)
    });
    let steps = calls.chain([begin(), kill(BEGIN, 1), kill(BEGIN, 2)]).collect();
    scenario(tree(contexts, 4), steps)
}

/// Which child of the root of a 4-ary tree a context is below, or is.
fn branch(id: u32) -> u32 {
    iter::successors(Some(id), |id| Some(parent(*id, 4))).find(|id| *id <= 4).expect("the root has four children")
}

/// The whole run of a scenario.
pub fn whole(scenario: &Scenario, check: Check) -> Measured {
    Measured::once(|| run(scenario, Options { check, ..Options::default() }).expect("it runs").events)
}

/// What happens from [`BEGIN`] on, without anybody who looks at it. Equal copies that are handled at once are one
/// operation.
pub fn from_begin(scenario: &Scenario) -> Measured {
    let mut run = open(scenario, Watch::Records);
    let step = |run: &mut dyn Stepper| run.step_up_to(u64::MAX).expect("it runs");
    while run.view().world.clock() < BEGIN {
        step(&mut *run);
    }
    Measured::once(|| {
        let steps = iter::repeat_with(|| step(&mut *run));
        steps.take_while(|progress| matches!(progress, Progress::Event { .. })).count() as u64
    })
}

/// Fuzz cases on so many threads, each as many: built, run, checked and dropped. Each is a run; operations are events.
pub fn cases(on_each: u64, threads: u64) -> Measured {
    let start = Instant::now();
    let operations = thread::scope(|scope| {
        let workers = (0..threads).map(|n| scope.spawn(move || cases_of(n * on_each..(n + 1) * on_each)));
        let workers: Vec<_> = workers.collect();
        workers.into_iter().map(|worker| worker.join().expect("cases run")).sum()
    });
    Measured { runs: on_each * threads, operations, time: start.elapsed() }
}

/// The events of the cases with these numbers.
fn cases_of(numbers: Range<u64>) -> u64 {
    let mut runner = Runner::default();
    numbers.map(|number| runner.run(&case(number), Options::default()).expect("it runs").events).sum()
}

/// A case of 16 contexts and some fifty events: four times something happens to them, most often a call.
fn case(number: u64) -> Scenario {
    let mut rng = draw::stream(number, "case", 0);
    let mut below = |end: u32| draw::below(&mut rng, u64::from(end)) as u32;
    let contexts = (1..=16).map(|child| connect(child, below(child).min(below(child)))).collect();
    let mut steps = Vec::with_capacity(5);
    for n in 0..4 {
        let at = |ms: u64| Time::from_ns((20 + 2 * n + ms) * 1_000_000);
        let id = ContextId(1 + below(16));
        match below(6) {
            0 => steps.push(kill(at(0), id.0)),
            1 => steps.push(Step::new(at(0), Action::Disconnect { id })),
            2 => {
                steps.push(Step::new(at(0), Action::Partition { id, ways: Ways::Both }));
                steps.push(Step::new(at(5), Action::Heal { id }));
            }
            _ => steps.push(call(at(0), id.0, below(17))),
        }
    }
    scenario(contexts, steps)
}
