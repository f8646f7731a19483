//! Reports for people and programs: outcomes as text and as JSON, and the mistakes in a file. This module only reads
//! results.

mod alike;
pub mod calls;
pub mod compare;
pub mod differences;
pub mod explore;
pub mod fuzz;
pub mod inspect;
pub mod json;
pub mod junit;
pub mod mistakes;
pub mod narrow;
pub mod terminal;
pub mod text;
pub mod why;
pub mod worlds;

use crate::process::Monitor;
use crate::run::Outcome;
use crate::scenario::Scenario;
use crate::scenario::expectation::WarningKind;
use crate::words::terminal::plain;
use crate::words::{counted, shell_word};
use anstyle::{AnsiColor, Style};

/// A run, ready to be reported.
#[derive(Clone, Copy, Debug)]
pub struct Run<'a> {
    /// The path as given on the command line.
    pub path: &'a str,
    /// The scenario.
    pub scenario: &'a Scenario,
    /// The result of the run.
    pub outcome: &'a Outcome,
    /// The warnings that count as failures.
    pub denied: &'a [WarningKind],
    /// Why the run fails; empty if it passes.
    pub findings: &'a [String],
}

impl Run<'_> {
    /// The command that replays the run.
    pub fn command(&self) -> String {
        self.command_of("replay", self.denied)
    }

    fn command_of(&self, subcommand: &str, denied: &[WarningKind]) -> String {
        command(subcommand, self.path, self.outcome.monitor, denied)
    }

    /// The commands that make sense for this scenario next, each with a one-word name.
    pub fn commands(&self) -> Vec<(&'static str, String)> {
        vec![
            ("replay", self.command()),
            ("report", self.command_of("report", &[])),
            ("shrink", self.command_of("shrink", self.denied)),
            ("why", self.command_of("why", self.denied)),
        ]
    }
}

/// The command that replays a file under a monitor.
pub fn replay_command(path: &str, monitor: Monitor, denied: &[WarningKind]) -> String {
    command("replay", path, monitor, denied)
}

/// The command that runs a subcommand on a file under a monitor.
fn command(subcommand: &str, path: &str, monitor: Monitor, denied: &[WarningKind]) -> String {
    let denied: String = denied.iter().map(|kind| format!(" --deny {kind}")).collect();
    let file = match path {
        "-" => "- < FILE".to_owned(),
        path if path.starts_with('-') => shell_word(&format!("./{path}")),
        path => shell_word(path),
    };
    let option = monitor.family().option(monitor.name());
    format!("treequake {subcommand} {option}{denied} {file}")
}

const GOOD: Style = AnsiColor::Green.on_default().bold();
const BAD: Style = AnsiColor::Red.on_default().bold();
const ODD: Style = AnsiColor::Yellow.on_default().bold();

/// `text` in a style. The output stream strips the style where it is not wanted.
fn styled(text: &str, style: Style) -> String {
    format!("{style}{text}{style:#}")
}
