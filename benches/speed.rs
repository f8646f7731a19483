//! Workloads one by one, with statistics, and with what has changed since the last time: `cargo bench --bench speed`.
//!
//! The unit is not the second, but the hold: how many times the yardstick of [`workloads`] could have popped and pushed
//! while one event was handled. It is taken in each sample anew, so that a change is one of the code, and not one of
//! the machine's day. What is printed as throughput is the ratio of the table of goals: `0.5 H` are two holds an event.

mod workloads;

use criterion::measurement::{Measurement, ValueFormatter};
use criterion::{Criterion, SamplingMode, Throughput};
use std::time::Duration;
use treequake::run::Check;
use treequake::scenario::Scenario;
use workloads::{Measured, STAR};

fn main() {
    if !workloads::are_wanted() {
        return;
    }
    let mut criterion = Criterion::default()
        .with_measurement(Holds)
        .sample_size(20)
        .warm_up_time(Duration::from_millis(500))
        .measurement_time(Duration::from_secs(5))
        .configure_from_args();
    for n in [1_000, 65_536] {
        bench(&mut criterion, &format!("queue/{n}"), n, || workloads::queue(n));
    }
    for (shape, fanout) in [("star", STAR), ("4-ary", 4)] {
        for (check, name) in [(Check::AtEnd, "off"), (Check::Always, "on")] {
            whole(&mut criterion, &format!("join/{shape}/check-{name}"), 10_000, (10_000, fanout), check);
        }
    }
    whole(&mut criterion, "chain", 1_000, (1_000, 1), Check::AtEnd);
    from_begin(&mut criterion, "loss", 10_000, &workloads::loss(10_000));
    from_begin(&mut criterion, "teardown", 10_000, &workloads::teardown(10_000));
    bench(&mut criterion, "cases", 16, || workloads::cases(500, 1));
    criterion.final_summary();
}

fn whole(criterion: &mut Criterion<Holds>, name: &str, n: usize, (contexts, fanout): (u32, u32), check: Check) {
    let scenario = workloads::join(contexts, fanout);
    bench(criterion, name, n, || workloads::whole(&scenario, check));
}

fn from_begin(criterion: &mut Criterion<Holds>, name: &str, n: usize, scenario: &Scenario) {
    bench(criterion, name, n, || workloads::from_begin(scenario));
}

/// What one operation of the work costs, in holds of the yardstick at `n`.
fn bench(criterion: &mut Criterion<Holds>, name: &str, n: usize, mut work: impl FnMut() -> Measured) {
    let mut group = criterion.benchmark_group(name);
    group.sampling_mode(SamplingMode::Flat).throughput(Throughput::Elements(1));
    group.bench_function("holds", |bencher| {
        bencher.iter_custom(|iterations| {
            let yardstick = workloads::yardstick(n);
            let holds = |run: Measured| yardstick.rate() * run.seconds() / run.operations_each();
            (0..iterations).map(|_| holds(work())).sum()
        });
    });
    group.finish();
}

/// Time, counted in holds of the yardstick.
struct Holds;

impl Measurement for Holds {
    type Intermediate = ();
    type Value = f64;

    fn start(&self) -> Self::Intermediate {
        unreachable!("every bench here measures by itself");
    }

    fn end(&self, (): Self::Intermediate) -> Self::Value {
        unreachable!("every bench here measures by itself");
    }

    fn add(&self, one: &f64, other: &f64) -> f64 {
        one + other
    }

    fn zero(&self) -> f64 {
        0.0
    }

    fn to_f64(&self, holds: &f64) -> f64 {
        *holds
    }

    fn formatter(&self) -> &dyn ValueFormatter {
        self
    }
}

impl ValueFormatter for Holds {
    fn scale_values(&self, _: f64, _: &mut [f64]) -> &'static str {
        "holds"
    }

    fn scale_throughputs(&self, _: f64, _: &Throughput, holds: &mut [f64]) -> &'static str {
        holds.iter_mut().for_each(|holds| *holds = 1.0 / *holds);
        "H"
    }

    fn scale_for_machines(&self, _: &mut [f64]) -> &'static str {
        "holds"
    }
}
