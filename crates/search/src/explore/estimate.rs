//! How many orders there are, before they are explored: Knuth's estimate ("Estimating the efficiency of backtrack programs",
//! 1975). Random orders are walked to their ends; the product of the numbers of choices on the way is, on average, the number
//! of orders.

use super::error::ExploreError;
use crate::draw;
use crate::run;
use crate::scenario::Scenario;
use crate::time::Time;
use crate::world::Watch;
use rand::RngExt;

/// How many orders are walked.
const WALKS: u32 = 100;
/// An order with more choices than this has no end in sight.
const CHOICES_MAX: u32 = 10_000;

/// About how many orders a scenario has, as a power of ten; `None` if some order has no end in sight.
///
/// # Errors
/// See [`ExploreError`].
pub fn estimate(scenario: &Scenario, from: Option<Time>) -> Result<Option<f64>, ExploreError> {
    let first = run::orders(scenario, from, Watch::Records)?;
    let mut rng = draw::stream(scenario.seed, "estimate", 0);
    let mut logarithms = Vec::new();
    for _ in 0..WALKS {
        let mut run = first.fork();
        run.wake()?;
        let mut logarithm = 0.0;
        let mut taken = 0;
        loop {
            let choices = run.choices();
            if choices.is_empty() {
                break;
            }
            if taken == CHOICES_MAX {
                return Ok(None);
            }
            taken += 1;
            logarithm += (choices.len() as f64).log10();
            run.perform(choices[rng.random_range(0..choices.len())])?;
        }
        logarithms.push(logarithm);
    }
    let largest = logarithms.iter().copied().fold(0.0, f64::max);
    let sum: f64 = logarithms.iter().map(|logarithm| 10_f64.powf(logarithm - largest)).sum();
    Ok(Some(largest + (sum / f64::from(WALKS)).log10()))
}
