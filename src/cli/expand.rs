//! `treequake expand`: writes a scenario out in full.

use super::exit::Exit;
use super::{load, output};
use crate::scenario::write;
use clap::Args;
use serde_json::Value;
use std::path::PathBuf;

#[derive(Args)]
pub struct ExpandArgs {
    /// Write to this file instead of standard output; never overwrites a scenario
    #[arg(long = "out", short, alias = "output", value_name = "FILE")]
    output: Option<PathBuf>,
    /// The scenario file; `-` is standard input
    #[arg(value_name = "FILE")]
    file: PathBuf,
}

/// Writes the scenario of a file in core form.
pub fn expand(args: &ExpandArgs) -> Exit {
    let loaded = match load::load(&args.file) {
        Ok(loaded) => loaded,
        Err(exit) => return exit,
    };
    let file: Option<Value> = serde_json::from_str(&loaded.source.text).ok();
    let expect = file.as_ref().and_then(|file| file.get("expect"));
    let text = format!("{:#}\n", write::expanded(&loaded.scenario, expect));
    let Some(path) = &args.output else { return output::say(&text) };
    if output::is_same_file(path, &args.file) {
        return output::complain(&format!("{} is the scenario itself; name another file", path.display()));
    }
    output::write_file(path, &text)
}
