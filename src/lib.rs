//! treequake runs a routing protocol in a tree of simulated processes, in virtual time. It says whether all routes
//! converge, when, at what cost, and if not, why. The built-in protocol is that of
//! [Mitogen](https://mitogen.networkgenomics.com/).
//!
//! This page is the map of the code. If you want to use the program, read the README. If you want to use the library,
//! start at [`run::run`]: a scenario in, an outcome out. If you want to bring a protocol of your own, start at
//! [`process::Process`] and at `examples/hello.rs`. `docs/model.md` defines what a run means.
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
//! # How a run works
//!
//! A file becomes a [`scenario::Scenario`]. All its mistakes are found before anything runs. The scenario names a
//! *monitor*, which is what its contexts run. [`monitors`] is the registry that knows the name, and [`protocol`] is the
//! registry that knows how to run the monitor's family. A family is one protocol: a [`process::Family`], which says how
//! to describe it to people, and a type that implements [`process::Process`], which is one process of the tree.
//! [`mitogen`] is the built-in protocol; a program adds its own with [`protocol::register`].
//!
//! [`run::run`] finds the protocol and has the [`engine`] run the scenario. The engine makes a
//! [`simulation::Simulation`] and asks it for one event at a time. A simulation is a [`world::World`] and the
//! processes. The world is everything that does not depend on the protocol: the clock, the true tree ([`topology`]),
//! the items on each [`link`], the calls, and what is due, in the [`event_queue`]. The simulation takes an event off
//! the queue and calls the process that it concerns. The process pushes [`process::Effects`], and the simulation turns
//! these into records and into items on links. The engine is compiled once for each type of process, so these calls are
//! not virtual.
//!
//! After each event, the engine shows a [`world::View`] to the modules that judge the run: the [`convergence`] check,
//! the [`metrics`], and the [`trace`] with its digest. A view is the world and the route tables, the same for every
//! protocol. At the end the engine puts everything into a [`run::Outcome`]. [`findings`] compares the outcome with what
//! the scenario expects, and [`report`] puts it into words. [`compare`] does all this under several monitors, and finds
//! where their traces diverge.
//!
//! To look at one run in time, [record](recording::record) it. A [`recording::Recording`] is the run event by event, as
//! a value. [`why`] walks it back from an entry to a step, [`chart`] and [`page`] draw it, and [`export`] hands it to
//! other programs. None of them knows the simulation. [`layout`] says where contexts are drawn, so they are in the same
//! place everywhere. [`fuzz`] runs random scenarios by the million and shrinks those that fail.
//!
//! # Who may import whom
//!
//! Arrows go one way. This table is the law: a test reads it from this page, and holds every file of a module to it.
//!
//! | module | what it is | may import | crates |
//! |---|---|---|---|
//! | `time` | virtual time, in integer nanoseconds | | |
//! | `whole_file` | files that appear whole or not at all | | `tempfile` |
//! | `stop` | a clock or a flag that stops a run from outside | `time` | |
//! | `words` | text helpers shared by all human-readable output | `time` | |
//! | `draw` | chance: named streams, distributions in integers | `time` | `rand`, `rand_chacha` |
//! | `process` | the seam: what the engine and a protocol share | `time` | |
//! | `mitogen` | Mitogen's routing, sans-IO | `process`, `time` | |
//! | `monitors` | the registry of monitors, by name | `mitogen`, `process` | |
//! | `trace` | what happened, as NDJSON and as a digest | `process`, `time` | `serde`, `serde_json`, `xxhash_rust` |
//! | `scenario` | scenarios, and their file format | `draw`, `monitors`, `process`, `time`, `words` | `rand`, `rand_chacha`, `rustc_hash`, `serde`, `serde_json`, `strsim` |
//! | `event_queue` | the order of events | `process`, `time` | |
//! | `link` | what is on the wire | `draw`, `process`, `scenario`, `time` | `rand_chacha` |
//! | `topology` | the true tree | `link`, `process` | `petgraph` |
//! | `world` | everything in a run but its processes | `event_queue`, `link`, `process`, `scenario`, `time`, `topology`, `trace` | |
//! | `simulation` | dispatch: one event after another | `event_queue`, `link`, `process`, `scenario`, `time`, `trace`, `world` | `rustc_hash` |
//! | `convergence` | how the route tables differ from the truth | `link`, `process`, `scenario`, `world` | `rustc_hash` |
//! | `metrics` | cost and oddities | `link`, `monitors`, `process`, `scenario`, `time`, `trace`, `world` | `rustc_hash`, `serde` |
//! | `engine` | one run of one protocol, judged | `convergence`, `link`, `metrics`, `process`, `scenario`, `simulation`, `time`, `trace`, `words`, `world` | |
//! | `protocol` | the registry of protocols: how to run each family | `engine`, `mitogen`, `monitors`, `process` | |
//! | `pipe` | protocols that are programs, over a pipe | `engine`, `link`, `mitogen`, `monitors`, `process`, `protocol`, `scenario`, `simulation`, `time`, `whole_file`, `words`, `world` | `rustix`, `serde`, `serde_json`, `shlex`, `tempfile`, `xxhash_rust` |
//! | `run` | scenario in, outcome out | `engine`, `protocol`, `scenario`, `simulation`, `time`, `world` | |
//! | `recording` | a run kept event by event | `convergence`, `link`, `process`, `run`, `scenario`, `time`, `trace`, `words`, `world` | `rustc_hash` |
//! | `layout` | where each context of a tree is drawn | `link`, `process`, `recording`, `scenario`, `words` | `rustc_hash` |
//! | `why` | the events that led to an entry, or to the loss of a call | `link`, `process`, `recording`, `scenario`, `trace` | |
//! | `findings` | what makes a run fail | `metrics`, `process`, `run`, `scenario`, `words` | |
//! | `compare` | one scenario under several monitors | `engine`, `findings`, `link`, `process`, `run`, `scenario`, `time`, `trace`, `world` | `serde_json` |
//! | `explore` | every order of a scenario | `convergence`, `draw`, `link`, `process`, `run`, `scenario`, `simulation`, `time`, `trace`, `world` | `hashbrown`, `petgraph`, `rand`, `rustc_hash`, `xxhash_rust` |
//! | `fuzz` | seeds in, the smallest failing scenario out | `convergence`, `draw`, `explore`, `findings`, `metrics`, `monitors`, `pipe`, `process`, `recording`, `run`, `scenario`, `stop`, `time`, `trace`, `whole_file`, `why`, `words`, `world` | `parquet`, `rand`, `rand_chacha`, `rayon`, `serde`, `serde_json`, `sha2`, `xxhash_rust` |
//! | `sweep` | larger and larger trees of each shape | `process`, `run`, `scenario`, `time` | `serde_json` |
//! | `report` | what people see | `compare`, `convergence`, `explore`, `findings`, `fuzz`, `layout`, `link`, `metrics`, `monitors`, `process`, `recording`, `run`, `scenario`, `time`, `trace`, `why`, `words` | `annotate_snippets`, `anstyle`, `quick_junit`, `serde`, `serde_json`, `tabled`, `unicode_width` |
//! | `chart` | results and recordings as pictures | `fuzz`, `layout`, `link`, `process`, `recording`, `run`, `scenario`, `sweep`, `time`, `trace`, `words` | `ab_glyph`, `plotters`, `png` |
//! | `page` | what people see in a browser | `chart`, `convergence`, `explore`, `findings`, `fuzz`, `layout`, `link`, `metrics`, `monitors`, `process`, `recording`, `report`, `run`, `scenario`, `time`, `trace`, `why`, `words` | `data_encoding`, `rustc_hash`, `serde`, `serde_json` |
//! | `export` | a recording in the formats of other programs | `layout`, `link`, `metrics`, `process`, `recording`, `scenario`, `time`, `trace`, `words` | `rustc_hash`, `serde_json` |
//! | `cli` | the command line | `chart`, `compare`, `explore`, `export`, `findings`, `fuzz`, `link`, `page`, `monitors`, `pipe`, `process`, `recording`, `report`, `run`, `scenario`, `stop`, `sweep`, `time`, `whole_file`, `why`, `words` | `anstream`, `clap`, `clap_complete`, `clap_mangen`, `indicatif`, `rayon`, `serde_json`, `signal_hook`, `tempfile`, `terminal_size` |
//!
//! # Three crates
//!
//! All these modules are in `treequake`, and users of the library need no other crate. They are built as three crates, so
//! that more than one core has work: `crates/engine` has the modules of one run, up to `compare`, and `pipe`;
//! `crates/search` has those that make many runs, `explore`, `fuzz`, `sweep` and `stop`; what people see is here. Code
//! writes `crate::fuzz` wherever it is: only the root of a crate names the others.
//!
//! # Features
//!
//! `cli` (on by default) adds the program and what only the program needs: `whole_file`, `stop`, `fuzz::campaign`, `report`,
//! `chart`, `page` and `cli`. A crate that uses the library can switch it off with `default-features = false`.
//!
//! # What you can rely on
//!
//! - **An open face.** The modules listed below are for users of the library: to run scenarios ([`scenario`], [`run`],
//!   [`findings`], [`convergence`], [`metrics`], [`compare`]), to look at runs ([`trace`], [`recording`], [`why`]), to
//!   bring protocols ([`process`], [`protocol`], [`monitors`], [`world`], [`link`], [`time`]), and to fuzz them
//!   ([`fuzz`], and [`cli`] for the whole program). Types that will grow are `#[non_exhaustive]`. The other modules of the
//!   table above are open only to the program, its tests and its benches, and can change in any release.
//! - **Determinism.** The same scenario gives the same trace under the same version of treequake, to the record, on
//!   every machine. The simulated path has no wall clock, no floats, no random hash state, and no walk over a hash
//!   table. Wherever an order can be seen, the code that makes it names it; the order of events is that of
//!   [`event_queue::EventKey`].
//! - **Fidelity.** Under each [`mitogen::Revision`], the traces of [`mitogen`] equal those of Mitogen's own code under
//!   the same rules, record by record. `tests/conformance` makes sure of it.
//! - **Bounds.** A run is stopped at its scenario's `max_events`, and also when too much is in flight. Identical copies on a
//!   wire are one entry with a count. Nothing is kept for each event, except in a recording, which is cut at
//!   [`recording::MOMENTS_MAX`].
//! - **Findings are values.** Errors are for input that cannot be used. A run that diverges is an [`run::Outcome`] like
//!   any other.

#[doc(inline)]
pub use treequake_engine::{
    compare, convergence, findings, link, metrics, mitogen, monitors, process, protocol, recording, run, scenario,
    time, trace, why, world,
};
#[doc(hidden)]
pub use treequake_engine::{draw, engine, event_queue, simulation, topology, words};

#[cfg(feature = "cli")]
#[doc(inline)]
pub use treequake_engine::pipe;
#[doc(hidden)]
pub use treequake_search::sweep;
#[doc(inline)]
pub use treequake_search::{explore, fuzz};
#[cfg(feature = "cli")]
#[doc(hidden)]
pub use {treequake_engine::whole_file, treequake_search::stop};

#[doc(hidden)]
pub mod layout;

#[cfg(feature = "cli")]
#[doc(hidden)]
pub mod report;

#[cfg(feature = "cli")]
#[doc(hidden)]
pub mod chart;

#[cfg(feature = "cli")]
#[doc(hidden)]
pub mod page;

#[doc(hidden)]
pub mod export;

#[cfg(feature = "cli")]
pub mod cli;
