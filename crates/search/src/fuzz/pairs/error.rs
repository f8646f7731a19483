//! Why a case cannot be compared.

use super::change::Change;
use crate::process::Monitor;
use crate::run::RunError;
use std::fmt;

/// Why a case cannot be compared.
#[derive(Debug)]
pub enum PairError {
    /// It cannot be run to its end.
    Run {
        /// The seed of the case.
        seed: u64,
        /// The monitor that cannot run it.
        monitor: Monitor,
        /// Why.
        error: RunError,
    },
    /// A change was seen once, and not again.
    NotAgain {
        /// The seed of the case.
        seed: u64,
        /// The change.
        change: Change,
    },
}

impl fmt::Display for PairError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            PairError::Run { seed, monitor, error } => write!(f, "seed {seed} under {monitor}: {error}"),
            PairError::NotAgain { seed, change } => {
                write!(
                    f,
                    "seed {seed} had the change {change}, but not when it ran again: a monitor is not deterministic"
                )
            }
        }
    }
}

impl std::error::Error for PairError {}
