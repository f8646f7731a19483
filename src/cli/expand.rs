//! `treequake expand`: writes a scenario out in full.

use super::exit::Exit;
use super::{load, output};
use crate::scenario::write;
use crate::words::terminal::shown;
use clap::Args;
use serde_json::Value;
use serde_json::value::RawValue;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

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
    if let Some(refusal) = args.output.as_deref().and_then(output::refusal) {
        return output::complain(&refusal);
    }
    let loaded = match load::load(&args.file, None) {
        Ok(loaded) => loaded,
        Err(exit) => return exit,
    };
    // A file that was loaded has each key once.
    let file: Option<BTreeMap<String, &RawValue>> = serde_json::from_str(&loaded.source.text).ok();
    let expect = file.and_then(|file| serde_json::from_str::<Value>(file.get("expect")?.get()).ok());
    if let Some(path) = args.output.as_ref().filter(|path| output::is_same_file(path, &args.file)) {
        return output::complain(&format!("{} is the scenario itself; name another file", shown(path)));
    }
    let path = args.output.as_deref().unwrap_or(Path::new("-"));
    output::stream(path, |out| write::write_expanded(&loaded.scenario, expect.as_ref(), out))
}
