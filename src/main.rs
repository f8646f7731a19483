//! The `treequake` program. Everything is in the library.

use std::process::ExitCode;

fn main() -> ExitCode {
    treequake::cli::main()
}
