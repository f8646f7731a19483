//! Many seeds at once, with the same pairs whatever the number of threads.

use super::error::PairError;
use super::pair::Pair;
use super::run::pair;
use crate::fuzz::examine::Rules;
use crate::fuzz::profile::Profile;
use crate::process::Monitor;
use crate::run::Runner;
use rayon::iter::{IntoParallelIterator, ParallelIterator};
use std::ops::Range;
use std::sync::atomic::{AtomicU64, Ordering};

/// At most this many cases are compared at once: all results are kept.
pub const PAIRS_MAX: u64 = 1_000_000;

/// Runs the cases of `seeds` under two monitors; the pairs come by seed. `done` hears of each case.
///
/// # Errors
/// That of the lowest seed whose case cannot be run to its end. No case above it is begun once that is known, as a program
/// that hangs would hang again.
pub fn run(
    seeds: Range<u64>,
    profile: &Profile,
    monitors: [Monitor; 2],
    rules: &Rules,
    done: &(dyn Fn() + Sync),
) -> Result<Vec<Pair>, PairError> {
    let lowest = AtomicU64::new(u64::MAX);
    let pairs = seeds.into_par_iter().map_init(Runner::default, |runner, seed| {
        if lowest.load(Ordering::Relaxed) < seed {
            return None;
        }
        let pair = pair(runner, profile, monitors, rules, seed);
        if pair.is_err() {
            lowest.fetch_min(seed, Ordering::Relaxed);
        }
        done();
        Some(pair)
    });
    // Every seed below the lowest that fails has run, so its error is the first.
    let pairs: Vec<_> = pairs.collect();
    pairs.into_iter().flatten().collect()
}
