//! treequake replays churn on a tree of [Mitogen](https://mitogen.networkgenomics.com/) contexts in virtual time and
//! says whether every route converges, when, at what cost, and if not, why.
//!
//! This page is the map of the code. To use the program, read the README; to use the library, start at [`run::run`]
//! (a scenario in, an outcome out), or at [`process::Process`] to bring a protocol of your own.
//!
//! ```
//! use treequake::run::{Options, run};
//! use treequake::scenario::{diagnostic::Source, file};
//!
//! let text = r#"{
//!     "version": 1,
//!     "contexts": [{ "id": 1, "parent": 0 }, { "id": 2, "parent": 1 }],
//!     "events": [{ "at": "1s", "do": "kill", "id": 2 }]
//! }"#;
//! let source = Source { name: "example".to_owned(), text: text.to_owned() };
//! let loaded = file::parse(source, "example")?;
//! let outcome = run(&loaded.scenario, Options::default())?;
//! assert_eq!(outcome.verdict.name(), "converged");
//! assert_eq!(outcome.messages.retract, 1);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # How a run goes
//!
//! A file becomes a [`scenario::Scenario`] (all its mistakes are found before anything runs). [`run::run`] makes a
//! [`simulation::Simulation`] of it and asks for one event at a time. The simulation takes the event off the
//! [`event_queue`], lets the [`process::Process`] of the context at hand handle it, and turns what that wants done into
//! records and into items on [`link`]s. After each event `run` shows what happened to whoever judges: the
//! [`convergence`] check, the [`metrics`], and the [`trace`] with its digest. [`findings`] holds the outcome against
//! what the scenario expects; [`report`] puts it into words. [`compare`] does all that under several monitors, and finds
//! where their traces part.
//!
//! Who looks at one run in time has it [recorded](recording::record): a [`recording::Recording`] is the run event by event,
//! as a value. [`why`] walks it back from an entry to a step, [`chart`] and [`page`] draw it, [`export`] hands it to other
//! programs; none of them knows the simulation. [`layout`] says where contexts are drawn, the same everywhere.
//!
//! # Who may import whom
//!
//! Arrows go one way. This table is the law; a test reads it from here and holds every file of a module to it.
//!
//! | module | what it is | may import | crates |
//! |---|---|---|---|
//! | `time` | virtual time, in integer nanoseconds | | |
//! | `whole_file` | files that appear whole or not at all | | `tempfile` |
//! | `words` | text helpers shared by all human-readable output | | |
//! | `draw` | chance: named streams, distributions in integers | `time` | `rand`, `rand_chacha` |
//! | `process` | what the engine and a protocol have in common | `time` | |
//! | `mitogen` | Mitogen's routing, sans-IO | `process`, `time` | |
//! | `monitors` | the registry of monitors, by name | `mitogen`, `process` | |
//! | `trace` | what happened, as NDJSON and as a digest | `process`, `time` | `serde`, `serde_json`, `xxhash_rust` |
//! | `scenario` | what is to happen, and its file | `draw`, `monitors`, `process`, `time` | `rand`, `rand_chacha`, `serde`, `serde_json`, `strsim` |
//! | `event_queue` | the order of events | `process`, `time` | |
//! | `link` | what is on the wire | `draw`, `process`, `scenario`, `time` | `rand_chacha` |
//! | `topology` | the true tree | `link`, `process` | `petgraph` |
//! | `world` | all of a run but its processes | `event_queue`, `link`, `process`, `scenario`, `time`, `topology`, `trace` | |
//! | `simulation` | dispatch: one event after the other | `link`, `process`, `scenario`, `trace`, `world` | `rustc_hash` |
//! | `convergence` | how the route tables differ from the truth | `link`, `process`, `scenario`, `world` | `rustc_hash` |
//! | `metrics` | cost and oddities | `link`, `monitors`, `process`, `scenario`, `time`, `trace`, `world` | `rustc_hash`, `serde` |
//! | `engine` | one run of one protocol, judged | `convergence`, `link`, `metrics`, `process`, `scenario`, `simulation`, `time`, `trace`, `world` | |
//! | `protocol` | the registry of protocols: how each family is run | `engine`, `mitogen`, `monitors`, `process` | |
//! | `run` | scenario in, outcome out | `engine`, `protocol`, `scenario`, `simulation`, `world` | |
//! | `recording` | a run kept event by event | `convergence`, `link`, `process`, `run`, `scenario`, `time`, `trace`, `world` | `rustc_hash` |
//! | `layout` | where each context of a tree is drawn | `link`, `process`, `recording` | `rustc_hash` |
//! | `why` | the moments that led to an entry, or to the loss of a call | `link`, `process`, `recording`, `scenario`, `trace` | |
//! | `findings` | what makes a run fail | `process`, `run`, `scenario`, `words` | |
//! | `compare` | one scenario under several monitors | `engine`, `findings`, `link`, `process`, `run`, `scenario`, `time`, `trace`, `world` | `serde_json` |
//! | `fuzz` | seeds in, the smallest failing scenario out | `convergence`, `draw`, `findings`, `link`, `metrics`, `monitors`, `process`, `run`, `scenario`, `time`, `trace`, `whole_file`, `words`, `world` | `parquet`, `rand`, `rand_chacha`, `rayon`, `serde`, `serde_json`, `xxhash_rust` |
//! | `sweep` | larger and larger trees of each shape | `process`, `run`, `scenario`, `time` | `serde_json` |
//! | `report` | what people see | `compare`, `convergence`, `findings`, `fuzz`, `link`, `metrics`, `monitors`, `process`, `recording`, `run`, `scenario`, `time`, `trace`, `why`, `words` | `annotate_snippets`, `anstyle`, `quick_junit`, `serde_json`, `tabled`, `unicode_width` |
//! | `chart` | results and recordings as pictures | `fuzz`, `layout`, `link`, `process`, `recording`, `run`, `scenario`, `sweep`, `time`, `trace`, `words` | `ab_glyph`, `plotters`, `png` |
//! | `page` | what people see in a browser | `chart`, `convergence`, `findings`, `fuzz`, `layout`, `link`, `metrics`, `monitors`, `process`, `recording`, `report`, `run`, `scenario`, `time`, `trace`, `why`, `words` | `rustc_hash`, `serde`, `serde_json` |
//! | `export` | a recording in the formats of other programs | `layout`, `link`, `metrics`, `process`, `recording`, `scenario`, `time`, `trace`, `words` | `rustc_hash`, `serde_json` |
//! | `cli` | the command line | `chart`, `compare`, `export`, `findings`, `fuzz`, `link`, `page`, `monitors`, `process`, `recording`, `report`, `run`, `scenario`, `sweep`, `time`, `whole_file`, `why`, `words` | `anstream`, `clap`, `clap_complete`, `clap_mangen`, `ctrlc`, `indicatif`, `rayon`, `serde_json`, `tempfile`, `terminal_size` |
//!
//! # Features
//!
//! `cli` (on by default) adds the program and what only the program needs: `whole_file`, `fuzz::campaign`, `report`,
//! `chart`, `page` and `cli`. A crate that uses the library can switch it off with `default-features = false`.
//!
//! # What may be relied on
//!
//! - **Determinism.** The same scenario under the same version gives the same trace, to the record, on every machine.
//!   On the simulated path there is no wall clock, no float, no random hash state, and no walk over a hash table. Every
//!   order that can be seen is named where it is made; that of events is [`event_queue::EventKey`]'s.
//! - **Fidelity.** The traces of [`mitogen`] under each [`mitogen::Revision`] are equal, record by record, to those of
//!   Mitogen's own code run under the same rules; `tests/conformance` holds that.
//! - **Bounds.** A run ends at `max_events`; identical copies on a wire are one entry with a count; nothing is kept per
//!   event, but in a recording, which is cut at [`recording::MOMENTS_MAX`].
//! - **Findings are values.** Errors are for input that can not be used; a diverged run is an [`run::Outcome`].

pub mod time;

#[cfg(feature = "cli")]
pub mod whole_file;

pub mod words;

pub mod draw;

pub mod process;

pub mod mitogen;

pub mod monitors;

pub mod trace;

pub mod scenario;

pub mod event_queue;

pub mod link;

pub mod topology;

pub mod world;

pub mod simulation;

pub mod convergence;

pub mod metrics;

pub mod engine;

pub mod protocol;

pub mod run;

pub mod recording;

pub mod layout;

pub mod why;

pub mod findings;

pub mod compare;

pub mod fuzz;

pub mod sweep;

#[cfg(feature = "cli")]
pub mod report;

#[cfg(feature = "cli")]
pub mod chart;

#[cfg(feature = "cli")]
pub mod page;

pub mod export;

#[cfg(feature = "cli")]
pub mod cli;
