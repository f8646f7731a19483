//! Protocols that are programs of their own, over a pipe: `docs/protocols.md`.
//!
//! A [`Program`] is a row of the registry, as a built-in monitor is. A host is one running copy of it, which
//! hosts all processes of one run after another. A [`Piped`] is one process of the tree: it asks the host whatever it is
//! asked itself, and keeps a copy of the route table, which the rest of treequake reads.
//!
//! Whatever a program does wrong becomes an error of the run, with the request, the answer and what the program wrote to
//! its standard error.

mod answer;
mod apart;
mod check;
mod differing;
mod exchange;
mod family;
mod host;
mod log;
mod orders;
mod piped;
mod program;
mod request;
mod run;
mod running;
mod tape;
mod wrong_line;

pub use check::{Checked, check};
pub use exchange::Limits;
pub use piped::Piped;
pub use program::{Program, add, chosen, close_all, close_idle, is_program, limit};
pub use run::first_difference;
pub use tape::{finish as finish_recording, record};
