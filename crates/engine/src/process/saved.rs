//! What a driver keeps to go back to an earlier state of a run.

use std::any::Any;
use std::fmt;
use std::sync::Arc;

/// What it takes to go on with clones of all processes of a run, beside the clones.
#[derive(Clone)]
pub enum Saved {
    /// Nothing. Clones of the processes have all of their state.
    InClones,
    /// State that the processes have elsewhere, such as in a program. Only the protocol can read it.
    Elsewhere(Arc<dyn Any + Send + Sync>),
    /// The processes have state elsewhere, and it cannot be saved. To come back to a state, run the scenario again up to
    /// there.
    Impossible,
}

impl fmt::Debug for Saved {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Saved::InClones => "InClones",
            Saved::Elsewhere(_) => "Elsewhere",
            Saved::Impossible => "Impossible",
        })
    }
}
