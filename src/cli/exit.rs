//! How the program ends: its exit codes, and the words for them in `--help`.

use std::process::ExitCode;

/// How the program ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Exit {
    /// Every run converged and met its expectations.
    Fine = 0,
    /// A run has a finding.
    Finding = 1,
    /// The usage is wrong, or an input or output is unusable.
    Misuse = 2,
    /// A bug in treequake.
    Fault = 3,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> ExitCode {
        ExitCode::from(exit as u8)
    }
}

/// The exit codes of commands that judge runs.
pub const CODES: &str = "Exit codes:
  0  every run converged and met the expectations of its file
  1  a run has a finding: a wrong route, a hung call, a storm, a stopped run, an unmet expectation
  2  wrong usage, unusable input, or an output that cannot be written
  3  a bug in treequake itself";

/// The exit codes of `compare`.
pub const COMPARE_CODES: &str = "Exit codes:
  0  every run converged and met the expectations of its file;
     with --seeds, no case fails where it passed or in a new class, whatever it costs
  1  a run has a finding: a wrong route, a hung call, a storm, a stopped run, an unmet expectation;
     with --seeds, a case fails where it passed, or in a new class
  2  wrong usage, unusable input, or an output that cannot be written
  3  a bug in treequake itself";

/// The exit codes of `shrink`.
pub const SHRINK_CODES: &str = "Exit codes:
  0  the scenario does not fail: there is nothing to shrink
  1  the scenario fails, and was shrunk
  2  wrong usage, unusable input, or an output that cannot be written
  3  a bug in treequake itself";

/// The exit codes of commands that write something and judge nothing.
pub const WRITE_CODES: &str = "Exit codes:
  0  the output is written, whatever the run found
  2  wrong usage, unusable input, or an output that cannot be written
  3  a bug in treequake itself";

/// The exit codes of `lint`.
pub const LINT_CODES: &str = "Exit codes:
  0  every file can be run
  2  a file cannot be run; every mistake is shown
  3  a bug in treequake itself";

/// The exit codes of commands that look into a run.
pub const LOOK_CODES: &str = "Exit codes:
  0  the answer is printed, whether the run is right or wrong
  2  wrong usage or unusable input: nothing was run
  3  a bug in treequake itself";
