//! What people see: outcomes as text and as JSON, and the mistakes of a file. Reads results only.

pub mod compare;
pub mod json;
pub mod mistakes;
pub mod text;

use crate::metrics::StepFigures;
use crate::protocol::Revision;
use crate::run::Outcome;
use crate::scenario::Scenario;
use crate::time::Span;
use anstyle::{AnsiColor, Style};

/// A run, as a report shows it.
#[derive(Clone, Copy, Debug)]
pub struct Run<'a> {
    /// The path that was given.
    pub path: &'a str,
    /// The scenario.
    pub scenario: &'a Scenario,
    /// What it came to.
    pub outcome: &'a Outcome,
    /// What makes it fail; none if it is fine.
    pub findings: &'a [String],
}

impl Run<'_> {
    /// The command that replays the run.
    pub fn command(&self) -> String {
        replay_command(self.path, self.outcome.revision)
    }
}

/// The command that replays a file under a monitor.
fn replay_command(path: &str, revision: Revision) -> String {
    format!("treequake replay --monitor {revision} {}", shell_word(path))
}

/// How long the slowest step took to converge; `None` where one did not converge before the next.
fn longest_convergence(steps: &[StepFigures]) -> Option<Span> {
    let longest = |longest: Span, step: &StepFigures| Some(longest.max(step.converged_after?));
    steps.iter().try_fold(Span::default(), longest)
}

/// `one` for one of a thing, `many` for any other number, with the number.
fn counted(count: u64, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}

/// A path as a word of a POSIX shell.
fn shell_word(path: &str) -> String {
    let is_plain = |c: char| c.is_alphanumeric() || "._-/+:@%,=".contains(c);
    if !path.is_empty() && path.chars().all(is_plain) {
        return path.to_owned();
    }
    format!("'{}'", path.replace('\'', "'\\''"))
}

const GOOD: Style = AnsiColor::Green.on_default().bold();
const BAD: Style = AnsiColor::Red.on_default().bold();
const ODD: Style = AnsiColor::Yellow.on_default().bold();

/// `text` in a style, which the stream takes out again where it is not wanted.
fn styled(text: &str, style: Style) -> String {
    format!("{style}{text}{style:#}")
}
