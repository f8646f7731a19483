//! Every order: runs a scenario in all the orders in which its steps and arrivals can come, as `docs/model.md` defines them.
//!
//! [`explore`] walks the graph of all states, breadth first. A state that was met before is not walked again, and of choices
//! whose order makes no difference to any ending only those are taken that are needed (`reduce`). What it finds is an
//! [`Exploration`]: the endings, the loops, and the [`Graph`], which leads back to an order for each of them.

mod codes;
mod ending;
mod estimate;
mod graph;
mod reduce;
mod search;
mod states;
mod witness;

pub use ending::Ending;
pub use estimate::estimate;
pub use graph::{Graph, Loop, NodeId, Orders};
pub use search::{Bound, Exploration, ExploreError, Limits, Progress, explore};
pub use witness::{After, Witness, ends_as, order_words, witness};
