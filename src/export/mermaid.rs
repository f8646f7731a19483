//! A small case as a Mermaid diagram, which GitHub shows in an issue: the sequence of messages, or the tree at one
//! moment.
//!
//! Mermaid refuses long texts, and wide diagrams do not fit a page. So both diagrams have limits, and say what they
//! leave out.

mod sequence;
mod tree;

pub use sequence::sequence;
pub use tree::tree;

/// Mermaid refuses texts of more than 50,000 characters; this leaves room for a head and a tail.
const TEXT_MAX: usize = 45_000;
