//! The campaign: many seeds in parallel, with the same findings whatever the number of threads.
//!
//! [`run`] runs the seeds in `pieces`: any free thread takes the next one. The results are put together in the order of
//! seeds, and committed to the run [`folder`] in chunks while the threads go on. So a campaign that is killed loses little
//! more than one chunk, and can continue from there. At the end, [`finish`]
//! adds one shrunk representative of each class to the folder, and a list of [`sums`] of all that was written, against which
//! readers [`check`] it. Many machines can each run a [`partition`], and
//! [`merge`] makes one campaign of the parts.

pub mod check;
mod columns;
pub mod emit;
mod error;
pub mod files;
pub mod finish;
pub mod folder;
mod hex;
pub mod journal;
pub mod judged;
mod line;
mod manifest;
pub mod merge;
pub mod partition;
mod pieces;
mod places;
pub mod results;
pub mod rows;
mod run;
pub mod seeds;
pub mod stats;
pub mod summary;
pub mod sums;
pub mod tally;
pub mod times;
mod written;

pub use error::CampaignError;
pub use files::{FINDINGS, is_run_folder};
pub use judged::Judged;
pub use manifest::{Campaign, Keep, Manifest};
pub use run::{Progress, run};
