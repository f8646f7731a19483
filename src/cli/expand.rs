//! `treequake expand`: a scenario written out in full.

use super::output::{self, Sink};
use super::{Exit, ExpandArgs, lint};
use crate::scenario::write;
use serde_json::Value;
use std::fs;
use std::io::Write;

/// Writes the scenario of a file in core form.
pub fn expand(args: &ExpandArgs) -> Exit {
    let loaded = match lint::load(&args.file) {
        Ok(loaded) => loaded,
        Err(exit) => return exit,
    };
    let file: Option<Value> = serde_json::from_str(&loaded.source.text).ok();
    let expect = file.as_ref().and_then(|file| file.get("expect"));
    let text = format!("{:#}\n", write::expanded(&loaded.scenario, expect));
    let Some(path) = &args.output else { return output::say(&text) };
    let is_input = fs::canonicalize(path).is_ok_and(|path| fs::canonicalize(&args.file).is_ok_and(|file| file == path));
    if is_input {
        return output::complain(&format!("{} is the scenario itself; name another file", path.display()));
    }
    let written = Sink::open(path).and_then(|mut sink| {
        sink.write_all(text.as_bytes())?;
        sink.finish()
    });
    match written {
        Ok(()) => Exit::Fine,
        Err(error) => output::complain(&format!("{} can not be written: {}", path.display(), output::explain(&error))),
    }
}
