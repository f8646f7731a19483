//! Small worlds: every order of every small scenario. If a bug shows in any scenario, it most likely shows in a small one.
//!
//! [`space`] lists all trees of a few contexts, and on each of them all sequences of a few steps. Each such world is a
//! scenario. [`mod@run`] explores it in every order, and [`judge`] classes what fails, as in campaigns. [`summary`] has the
//! smallest world of each class. Worlds are numbered, the smallest first, so a slice of the numbers is a part that another
//! machine can explore, and [`mod@merge`] makes one of all parts.

mod blocks;
pub mod folder;
pub mod judge;
pub mod manifest;
pub mod merge;
pub mod moves;
pub mod row;
pub mod run;
mod sight;
pub mod space;
pub mod summary;
pub mod tally;
mod trees;
