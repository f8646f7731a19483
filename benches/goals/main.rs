//! What treequake costs, beside what it is to cost: `cargo bench --bench goals [-- [--quick] [PART OF A ROW'S NAME]]`.
//!
//! Rates are ratios to the yardstick H(n) of [`workloads`], which is taken in the same run, in turns with the work: on a
//! shared machine the rates of today are not those of tomorrow; the ratios hardly differ. A row is the median of five
//! turns. `--quick` takes three, and leaves out what takes long. To work on one row, with statistics and
//! with what has changed since the last time, there is the bench `speed`.

mod campaign;
mod fresh;
mod large;
mod pipe;
mod table;
#[path = "../workloads/mod.rs"]
mod workloads;

use fresh::{Cost, Fresh};
use table::{Figures, Goal, Table, Turn, exponents};
use treequake::run::Check;
use workloads::{Measured, STAR};

fn main() {
    if fresh::is_done() || pipe::is_done() || !workloads::are_wanted() {
        return;
    }
    let table = Table::from_arguments();
    queues(&table);
    joins(&table);
    chain(&table);
    loss(&table);
    teardown(&table);
    campaign::draws(&table);
    campaign::forks(&table);
    cases(&table);
    pipe::rows(&table);
    campaign::campaigns(&table);
    memory(&table);
    large_runs(&table);
}

/// What a row is to reach.
fn goal(floor: f64, goal: f64) -> Option<Goal> {
    Some(Goal { floor, goal })
}

fn queues(table: &Table) {
    table.heading("Event queue, holds a second over H(n)");
    for &n in table.sizes(&[1_000, 65_536, 1_000_000]) {
        let what = format!("queue: PHOLD of {n}");
        let goal = if n < 1_000_000 { goal(0.6, 0.85) } else { goal(1.5, 4.0) };
        if table.wants(&what) {
            table.measure(&what, n, goal, || workloads::queue(n as usize));
        }
    }
}

fn joins(table: &Table) {
    table.heading("All connect at once, events a second over H(n)");
    for (shape, fanout) in [("star", STAR), ("4-ary", 4)] {
        let fit = format!("join: {shape}, exponent of time less that of events");
        let mut unchecked = Vec::new();
        for &n in table.sizes(&[10_000, 100_000, 1_000_000]) {
            let (off, on) = (format!("join: {shape} of {n}, check off"), format!("join: {shape} of {n}, check on"));
            // The goals of a million are the exponent, and the memory.
            let goal = |floor, aim| goal(floor, aim).filter(|_| n < 1_000_000);
            let (unchecked_goal, checked_goal) = match (shape, n) {
                ("4-ary", 10_000) => (goal(0.55, 0.8), goal(0.35, 0.5)),
                _ => (goal(0.4, 0.7), goal(0.1, 0.25)),
            };
            if table.wants(&off) || table.wants(&fit) {
                let turns = join(table, &off, (n, fanout), (Check::AtEnd, unchecked_goal));
                unchecked.push((n, turns.into_iter().map(|(_, work)| work).collect()));
            }
            if table.wants(&on) {
                join(table, &on, (n, fanout), (Check::Always, checked_goal));
            }
        }
        if table.wants(&fit) {
            table.row(&fit, &exponents(&unchecked, |run| run.seconds() / run.operations_each()), goal(0.5, 0.15));
        }
    }
}

fn join(table: &Table, what: &str, (n, fanout): (u32, u32), (check, goal): (Check, Option<Goal>)) -> Vec<Turn> {
    let scenario = workloads::join(n, fanout);
    table.measure(what, n, goal, || workloads::whole(&scenario, check))
}

fn chain(table: &Table) {
    table.heading("A chain connects, events a second over H(n)");
    let fit = "chain: exponent of time";
    let mut all = Vec::new();
    for &n in table.sizes(&[500, 1_000, 2_000, 4_000]) {
        let what = format!("chain: of {n}, check off");
        if table.wants(&what) || table.wants(fit) {
            let turns = join(table, &what, (n, 1), (Check::AtEnd, None));
            all.push((n, turns.into_iter().map(|(_, work)| work).collect()));
        }
    }
    if table.wants(fit) {
        table.row(fit, &exponents(&all, Measured::seconds), goal(2.6, 2.2));
    }
}

fn loss(table: &Table) {
    table.heading("A child is lost, events a second over H(k)");
    let fit = "loss: exponent of time in routes";
    let mut all = Vec::new();
    for routes in [1_000, 10_000, 100_000] {
        let what = format!("loss: of a child with {routes} routes");
        if table.wants(&what) || table.wants(fit) {
            let scenario = workloads::loss(routes);
            let work = || workloads::from_begin(&scenario);
            let turns = table.measure(&what, routes, None, work);
            all.push((routes, turns.into_iter().map(|(_, work)| work).collect()));
        }
    }
    if table.wants(fit) {
        table.row(fit, &exponents(&all, Measured::seconds), goal(1.2, 1.05));
    }
}

/// Of 100,000, it is a storm of 2^64 events: the copies are the product of the sizes of the branches.
fn teardown(table: &Table) {
    table.heading("Half of a tree dies, equal copies as one, over H(n)");
    for (n, end) in [(50_000, "to its end"), (100_000, "until 2^64 events")] {
        let what = format!("teardown: of {n}, after calls, {end}");
        if table.wants(&what) {
            let scenario = workloads::teardown(n);
            table.measure(&what, n, None, || workloads::from_begin(&scenario));
        }
    }
}

fn cases(table: &Table) {
    const CASES: u64 = 10_000;
    if !table.wants("cases") {
        return;
    }
    let take = || (workloads::yardstick(16), workloads::cases(CASES, 1), workloads::cases(CASES, 2));
    let turns = table.turns(take);
    let thousands = |work: &Measured| 1e-3 / work.seconds();
    let one = turns.iter().map(|(_, one, _)| thousands(one));
    let two = turns.iter().map(|(.., two)| thousands(two));
    let ratios: Vec<Turn> = turns.iter().map(|(yardstick, one, _)| (*yardstick, *one)).collect();
    let events = turns[0].1.operations_each();
    table.heading(&format!("Fuzz cases of 16 contexts, {events:.1} events each, check on"));
    table.ratio_row("cases: events a second over H(16), one thread", &ratios, goal(0.2, 0.35));
    table.row("cases: thousands a second, one thread", &Figures::new(one.clone()), goal(100.0, 300.0));
    table.row("cases: thousands a second, two threads", &Figures::new(two.clone()), None);
    table.row("cases: two threads over one", &Figures::new(one.zip(two).map(|(one, two)| two / one)), goal(1.6, 1.9));
}

fn memory(table: &Table) {
    if table.is_quick {
        return;
    }
    table.heading("Peak memory of a fresh process, bytes a context");
    for (fresh, goal) in [(Fresh::Star, goal(128.0, 64.0)), (Fresh::FourAry, goal(400.0, 200.0))] {
        if table.wants(fresh.name()) {
            let bytes: Option<Vec<f64>> =
                table.turns(|| fresh.measure().peak_bytes.map(|bytes| bytes as f64 / 1e6)).into_iter().collect();
            match bytes {
                Some(bytes) => table.row(fresh.name(), &Figures::new(bytes), goal),
                None => println!("{:54} not known here", fresh.name()),
            }
        }
    }
}

/// Each once; nothing is to be reached but their end.
fn large_runs(table: &Table) {
    let long = [Fresh::Random, Fresh::RandomKills].into_iter().filter(|_| !table.is_quick);
    let all = long.chain([Fresh::Teardown, Fresh::Retraction]);
    let wanted: Vec<Fresh> = all.filter(|fresh| table.wants(fresh.name())).collect();
    if wanted.is_empty() {
        return;
    }
    println!(
        "\n{:54} {:>20} {:>9} {:>9} {:>9}",
        "Large runs, each in a fresh process", "events", "seconds", "M/s", "peak MiB"
    );
    for fresh in wanted {
        let Cost { events, time, peak_bytes } = fresh.measure();
        let seconds = time.as_secs_f64();
        let rate = events as f64 / seconds / 1e6;
        let peak = peak_bytes.map_or("not known".to_owned(), |bytes| (bytes >> 20).to_string());
        println!("{:54} {events:>20} {seconds:>9.3} {rate:>9.3e} {peak:>9}", fresh.name());
    }
}
