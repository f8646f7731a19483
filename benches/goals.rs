//! What treequake costs, as ratios to a yardstick that is taken in the same run, in turns: `cargo bench --bench goals`.
//!
//! The yardstick H(n) is the hold model on a plain binary heap of 24-byte entries: pop the smallest of n, push it back at
//! an exponential distance. A row is the median of five turns. Absolute rates depend on the machine; the ratios hardly do.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::hint::black_box;
use std::time::{Duration, Instant};
use treequake::draw::{self, Distribution};
use treequake::event_queue::{EventKey, EventQueue};
use treequake::protocol::{ContextId, Data, Name};
use treequake::run::{Check, Options, run};
use treequake::scenario::link::LinkOptions;
use treequake::scenario::{Action, Catalog, Connect, LinkId, Scenario, Step};
use treequake::time::{Span, Time};

const TURNS: usize = 5;

fn main() {
    // `cargo test` builds and runs benches with other arguments; nothing to test here.
    if std::env::args().any(|argument| argument == "--test") {
        return;
    }
    println!("{:44} {:>10} {:>12} {:>10}", "what", "M/s", "ratio to H", "spread");
    for n in [1_000, 65_536, 1_000_000] {
        row(&format!("queue: hold at n = {n}"), n, || queue_holds(n));
    }
    for (shape, fanout) in [("star", usize::MAX), ("4-ary", 4)] {
        for n in [10_000, 100_000] {
            let join = scenario(tree(n, fanout), Vec::new());
            for (check, name) in [(Check::AtEnd, "off"), (Check::Always, "on")] {
                row(&format!("join storm: {shape} of {n}, check {name}"), n, || events(&join, check));
            }
        }
    }
    row("fuzz cases of 16 contexts, checks on (M cases/s)", 1_000, fuzz_cases);
    exponent("chain: time in n, 500 to 4,000 (events: 2.0)", &[500, 1_000, 2_000, 4_000], |n| {
        let chain = scenario(tree(n, 1), Vec::new());
        timed(|| events(&chain, Check::AtEnd))
    });
    exponent("loss of a child with k routes: time in k", &[10_000, 30_000, 100_000], |k| {
        let mut contexts = vec![connect(1, 0)];
        contexts.extend((2..k as u32 + 1).map(|id| connect(id, 1)));
        let join = scenario(contexts.clone(), Vec::new());
        let kill = Step::new(Time::from_ns(1_000_000_000), Action::Kill { id: ContextId(1) });
        let loss = scenario(contexts, vec![kill]);
        timed(|| events(&loss, Check::AtEnd)).saturating_sub(timed(|| events(&join, Check::AtEnd)))
    });
}

/// Operations and the time that they took.
type Measured = (u64, Duration);

fn rate((operations, time): Measured) -> f64 {
    operations as f64 / time.as_secs_f64() / 1e6
}

/// The work and the yardstick at `n`, in turns.
fn row(what: &str, n: usize, mut work: impl FnMut() -> u64) {
    let mut pairs: Vec<(f64, f64)> = Vec::new();
    work();
    for _ in 0..TURNS {
        let yardstick = rate(yardstick(n));
        let start = Instant::now();
        let operations = black_box(work());
        let found = rate((operations, start.elapsed()));
        pairs.push((found / yardstick, found));
    }
    pairs.sort_by(|a, b| a.0.total_cmp(&b.0));
    let (ratio, found) = pairs[TURNS / 2];
    println!("{what:44} {found:10.2} {ratio:12.2} {:5.2}-{:.2}", pairs[0].0, pairs[TURNS - 1].0);
}

/// The exponent of the time, fitted by least squares on both logarithms; each size is the median of five.
fn exponent(what: &str, sizes: &[usize], mut time: impl FnMut(usize) -> Duration) {
    let points: Vec<(f64, f64)> = sizes
        .iter()
        .map(|size| {
            let mut times: Vec<Duration> = (0..TURNS).map(|_| time(*size)).collect();
            times.sort_unstable();
            ((*size as f64).ln(), times[TURNS / 2].as_secs_f64().ln())
        })
        .collect();
    let count = points.len() as f64;
    let (mean_x, mean_y) =
        (points.iter().map(|p| p.0).sum::<f64>() / count, points.iter().map(|p| p.1).sum::<f64>() / count);
    let slope = points.iter().map(|(x, y)| (x - mean_x) * (y - mean_y)).sum::<f64>()
        / points.iter().map(|(x, _)| (x - mean_x).powi(2)).sum::<f64>();
    println!("{what:44} {:>10} {slope:12.2}", "exponent");
}

fn timed(mut work: impl FnMut() -> u64) -> Duration {
    let start = Instant::now();
    black_box(work());
    start.elapsed()
}

/// Exponential distances, drawn before anything is measured.
fn distances() -> Vec<u64> {
    let mut rng = draw::stream(1, "bench", 0);
    let gap = Distribution::Exponential { min: Span::default(), mean: Span::from_ms(1) };
    (0..65_536).map(|_| gap.draw(&mut rng).as_ns()).collect()
}

const HOLDS: usize = 1_000_000;

fn yardstick(n: usize) -> Measured {
    let distances = distances();
    let mut heap: BinaryHeap<Reverse<(u64, u64, u64)>> = BinaryHeap::with_capacity(n);
    heap.extend((0..n as u64).map(|seq| Reverse((distances[seq as usize % distances.len()], seq, 0))));
    let start = Instant::now();
    for (seq, distance) in (n as u64..).zip(distances.iter().cycle().take(HOLDS)) {
        let Reverse((time, ..)) = heap.pop().expect("it holds n");
        heap.push(Reverse((time + distance, seq, 0)));
    }
    let elapsed = start.elapsed();
    black_box(heap.len());
    (HOLDS as u64, elapsed)
}

fn queue_holds(n: usize) -> u64 {
    let distances = distances();
    let mut queue = EventQueue::default();
    let key = |time, seq| EventKey::arrival(Time::from_ns(time), ContextId(1), ContextId(2), seq);
    (0..n as u64).for_each(|seq| queue.push(key(distances[seq as usize % distances.len()], seq), 0_u32));
    for (seq, distance) in (n as u64..).zip(distances.iter().cycle().take(HOLDS)) {
        let (first, _) = queue.peek().expect("it holds n");
        queue.replace_first(key(first.time.as_ns() + distance, seq), 0);
    }
    HOLDS as u64
}

fn connect(id: u32, parent: u32) -> Connect {
    Connect { id: ContextId(id), parent: ContextId(parent), name: Some(Name::OF_CONTEXT), link: LinkId(0) }
}

/// Links of one millisecond, number 0.
fn scenario(contexts: Vec<Connect>, events: Vec<Step>) -> Scenario {
    let mut catalog = Catalog::default();
    catalog.link(LinkOptions::constant(Span::from_ms(1)));
    Scenario { max_events: u64::MAX, ..Scenario::new(catalog, contexts, events) }
}

fn tree(contexts: usize, fanout: usize) -> Vec<Connect> {
    (0..contexts).map(|n| connect(n as u32 + 1, (n / fanout) as u32)).collect()
}

fn events(scenario: &Scenario, check: Check) -> u64 {
    run(scenario, Options { check, ..Options::default() }).expect("it runs").events
}

/// A thousand cases of 16 contexts and some fifty events: built, run, checked and dropped. Counted in cases.
fn fuzz_cases() -> u64 {
    for case in 0..1_000 {
        let mut rng = draw::stream(case, "cases", 0);
        let mut id = |end: u64| u32::try_from(draw::below(&mut rng, end)).expect("small");
        let contexts = (1..17).map(|child| connect(child, id(u64::from(child)))).collect();
        let steps = (0..8).map(|n| {
            let at = Time::from_ns(20_000_000 + n * 500_000);
            let (one, two) = (ContextId(id(17)), ContextId(id(17)));
            match n % 4 {
                0 => Step::new(at, Action::Kill { id: one }),
                _ => Step::new(at, Action::Call { from: one, to: two, data: Data::default() }),
            }
        });
        black_box(events(&scenario(contexts, steps.collect()), Check::Always));
    }
    1_000
}
