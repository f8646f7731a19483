//! How two sides are measured: in turns, so that what else the machine does falls on both; the median of five.
//!
//! Time is that of the measuring thread on a processor, as all that is measured runs on one thread and waits for nothing.
//! So another program costs us caches, but not the time that it runs.

use cpu_time::{ProcessTime, ThreadTime};
use std::hint::black_box;
use std::time::Duration;

/// How often each side has its turn.
pub const TURNS: usize = 5;

/// How many operations took how long.
#[derive(Clone, Copy, Debug, Default)]
pub struct Measured {
    /// Events, or messages.
    pub operations: u64,
    /// All of them.
    pub time: Duration,
}

impl Measured {
    /// Measures `work`, which returns how many operations it did.
    pub fn of(work: impl FnOnce() -> u64) -> Self {
        let start = ThreadTime::now();
        let operations = black_box(work());
        Measured { operations, time: start.elapsed() }
    }

    /// The same for work on several threads: the time is that of all of them on processors, so a rate is that of a thread.
    pub fn of_process(work: impl FnOnce() -> u64) -> Self {
        let start = ProcessTime::now();
        let operations = black_box(work());
        Measured { operations, time: start.elapsed() }
    }

    /// Both together.
    pub fn and(self, other: Measured) -> Self {
        Measured { operations: self.operations + other.operations, time: self.time + other.time }
    }

    /// What `self` has more than `part`, which it began with. Never no time at all, whatever the clock says.
    pub fn without(self, part: Measured) -> Self {
        let time = self.time.saturating_sub(part.time).max(Duration::from_nanos(1));
        Measured { operations: self.operations - part.operations, time }
    }

    /// Operations a second, in millions.
    pub fn rate(self) -> f64 {
        self.operations as f64 / self.time.as_secs_f64() / 1e6
    }
}

/// Runs `work` on a thread of its own. What it allocates then comes, with glibc, from a heap of its own: hundreds of
/// megabytes that one side has used and freed, in pieces, make the other side up to four times slower.
pub fn apart<T: Send>(work: impl FnOnce() -> T + Send) -> T {
    std::thread::scope(|scope| scope.spawn(work).join().expect("it does not panic"))
}

/// The head of the one table.
pub fn print_head() {
    println!(
        "{:58} {:>10} {:>10} {:>8} {:>15}",
        "what, in million events or messages a second", "peer", "ours", "ratio", "spread"
    );
}

/// A row: both sides in turns. The ratio is the median of those of the turns, and so is each rate.
pub fn row(what: &str, mut peer: impl FnMut() -> Measured, mut ours: impl FnMut() -> Measured) {
    let turns: Vec<(f64, f64)> = (0..TURNS).map(|_| (peer().rate(), ours().rate())).collect();
    print_row(what, &turns, |peer, ours| ours / peer);
}

/// A row about seconds, on the clock on the wall.
pub fn seconds(what: &str, mut peer: impl FnMut() -> f64, mut ours: impl FnMut() -> f64) {
    let turns: Vec<(f64, f64)> = (0..TURNS).map(|_| (peer(), ours())).collect();
    print_row(what, &turns, |peer, ours| peer / ours);
}

/// Rows about seconds: one a size, and one with the exponent of each side, fitted to their medians.
pub fn growth(what: &str, sizes: &[u32], mut peer: impl FnMut(u32) -> Duration, mut ours: impl FnMut(u32) -> Duration) {
    let (mut peers_points, mut our_points) = (Vec::new(), Vec::new());
    for size in sizes {
        let turns: Vec<(f64, f64)> =
            (0..TURNS).map(|_| (peer(*size).as_secs_f64(), ours(*size).as_secs_f64())).collect();
        let (peers_median, our_median) =
            print_row(&format!("{what} {size}: seconds"), &turns, |peer, ours| peer / ours);
        peers_points.push((f64::from(*size), peers_median));
        our_points.push((f64::from(*size), our_median));
    }
    println!(
        "{:58} {:10.2} {:10.2}",
        format!("{what} k: exponent in k"),
        exponent(&peers_points),
        exponent(&our_points)
    );
}

/// Prints a row, and returns the median of either side.
fn print_row(what: &str, turns: &[(f64, f64)], ratio: impl Fn(f64, f64) -> f64) -> (f64, f64) {
    let ratios = sorted(turns.iter().map(|(peer, ours)| ratio(*peer, *ours)));
    let (peer, ours) = (median(turns.iter().map(|turn| turn.0)), median(turns.iter().map(|turn| turn.1)));
    let [least, median, most] = [0, ratios.len() / 2, ratios.len() - 1].map(|place| figure(ratios[place]));
    let spread = format!("{least}-{most}");
    println!("{what:58} {:>10} {:>10} {median:>8} {spread:>15}", figure(peer), figure(ours));
    (peer, ours)
}

/// Three digits that mean something, however small the number is.
fn figure(value: f64) -> String {
    let digits = match value.log10() {
        log if log >= 1.0 => 1,
        log if log >= 0.0 => 2,
        log => 2 + (-log).ceil().clamp(0.0, 7.0) as usize,
    };
    format!("{value:.digits$}")
}

fn sorted(values: impl Iterator<Item = f64>) -> Vec<f64> {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    values
}

fn median(values: impl Iterator<Item = f64>) -> f64 {
    let values = sorted(values);
    values[values.len() / 2]
}

/// The exponent of a power law through points, fitted by least squares on both logarithms.
fn exponent(points: &[(f64, f64)]) -> f64 {
    let points: Vec<(f64, f64)> = points.iter().map(|(x, y)| (x.ln(), y.ln())).collect();
    let count = points.len() as f64;
    let (mean_x, mean_y) =
        (points.iter().map(|p| p.0).sum::<f64>() / count, points.iter().map(|p| p.1).sum::<f64>() / count);
    points.iter().map(|(x, y)| (x - mean_x) * (y - mean_y)).sum::<f64>()
        / points.iter().map(|(x, _)| (x - mean_x).powi(2)).sum::<f64>()
}
