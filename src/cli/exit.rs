//! How the program ends: its exit codes, and the words for them in `--help`.

use std::process::ExitCode;

/// How the program ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Exit {
    /// Every run converged and met its expectations.
    Fine = 0,
    /// A run found something.
    Finding = 1,
    /// The program was used wrongly, or its input or output is unusable.
    Misuse = 2,
    /// The fault is ours.
    Fault = 3,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> ExitCode {
        ExitCode::from(exit as u8)
    }
}

pub const CODES: &str = "Exit codes:
  0  every run converged and met what its file expects
  1  a run found something: a wrong route, a hung call, a storm, an expectation that was not met
  2  wrong use or input: nothing was run, or an output could not be written
  3  a fault of treequake itself";

pub const SHRINK_CODES: &str = "Exit codes:
  0  the scenario does not fail: there is nothing to shrink
  1  it fails, and was shrunk
  2  wrong use or input, or an output could not be written
  3  a fault of treequake itself";

pub const WRITE_CODES: &str = "Exit codes:
  0  it is written, whatever the run came to
  2  wrong use or input, or an output could not be written
  3  a fault of treequake itself";

pub const LINT_CODES: &str = "Exit codes:
  0  the files can be run
  2  one can not; every mistake is shown
  3  a fault of treequake itself";

pub const LOOK_CODES: &str = "Exit codes:
  0  it is told, whether it is right or wrong
  2  wrong use or input: nothing was run
  3  a fault of treequake itself";
