//! The `treequake` program. See the library for everything.

use std::process::ExitCode;

fn main() -> ExitCode {
    treequake::cli::main()
}
