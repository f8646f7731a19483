//! Every order: runs a scenario in all the orders in which its steps and arrivals can come, as `docs/model.md` defines them.
//!
//! [`explore`] walks the graph of all states, breadth first. A state is a list of numbers (`state`), each for a part of it:
//! a process, what is on a lane, the links (`tables`). What a choice does follows from few of these, so each case is tried
//! once, and then looked up (`moves`). A state that was met before is not walked again, and of choices whose order makes no
//! difference to any ending only those are taken that are needed (`reduce`). What it finds is an [`Exploration`]: the
//! endings, the loops, and the [`Graph`], which leads back to an order for each of them.

mod doomed;
mod ending;
mod error;
mod estimate;
mod explorer;
mod graph;
mod intern;
mod links;
mod lonely;
mod merging;
mod moves;
mod portion;
mod reduce;
mod search;
mod state;
mod states;
mod tables;
mod witness;

pub use ending::Ending;
pub use error::ExploreError;
pub use estimate::estimate;
pub use explorer::{Explorer, Lore, explore};
pub use graph::{Graph, Loop, NodeId, Orders, Outlook};
pub use search::{Bound, Exploration, Limits, Progress};
pub use witness::{After, Witness, ends_as, order_words, witness};
