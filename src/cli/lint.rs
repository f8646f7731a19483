//! `treequake lint`: checks files without running them.

use super::exit::Exit;
use super::{inputs, load, output};
use crate::words::terminal::shown;
use clap::Args;
use std::path::PathBuf;

#[derive(Args)]
pub struct LintArgs {
    /// Scenario files, or folders: all *.json files in a folder and below; `-` is standard input
    #[arg(required = true, value_name = "FILE|FOLDER")]
    files: Vec<PathBuf>,
}

/// Checks each file; all mistakes go to standard error.
pub fn lint(mut args: LintArgs) -> Exit {
    let mut exit = inputs::expand(&mut args.files);
    for path in &args.files {
        match load::load_for_programs(path) {
            Ok(loaded) => {
                load::draw(&loaded.source, &loaded.diagnostics);
                exit = exit.max(output::say(&format!("ok   {}\n", shown(path))));
            }
            Err(error) => exit = exit.max(error),
        }
    }
    exit
}
