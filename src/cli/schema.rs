//! `treequake schema`: the JSON Schema of scenario files.

use super::exit::Exit;
use super::output;
use crate::scenario::file;

/// Prints the schema.
pub fn schema() -> Exit {
    let schema = format!("{:#}\n", file::schema());
    output::say(&schema)
}
