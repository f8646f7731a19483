//! All tests of the library and the program from outside, in one binary: each file more is the same libraries linked once
//! more. `cargo test --test all cli::` runs those of one file.

mod architecture;
mod campaign_page;
mod campaign_timeouts;
mod campaigns;
mod charts;
mod ci;
mod cli;
mod compare;
mod completions;
mod conformance;
mod desk;
mod documents;
mod export;
mod generator;
mod inspect;
mod junit;
mod known;
mod labels;
mod language;
mod laws;
mod layout;
mod new;
mod recording;
mod run_page;
mod scenarios;
mod shrink;
mod shrink_cli;
mod shutdown;
mod state;
mod tree_chart;
mod unrecorded;
mod vain_steps;
mod views;
mod why;
mod windows;
