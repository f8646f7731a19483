//! The scenario files of a command line: arguments can be folders.

use super::exit::Exit;
use super::output;
use crate::fuzz::campaign::{FINDINGS, is_run_folder};
use crate::words::terminal::shown;
use crate::words::{counted, io_error};
use std::fs::{self, DirEntry};
use std::io;
use std::path::{Path, PathBuf};

/// Replaces each folder in `paths` by its scenario files: all `*.json` in it and below, sorted by path.
///
/// As with a shell's `*`, hidden files and folders do not count. Links to files count; links to folders below a named
/// folder are not followed, so that there is no endless loop. The run folders of campaigns are skipped, with a note: what
/// is in them are results. A run folder that is named itself stands for its findings. A folder that cannot be read or has
/// no scenario is reported on standard error, and the rest goes on.
pub fn expand(paths: &mut Vec<PathBuf>) -> Exit {
    let mut exit = Exit::Fine;
    let mut files = Vec::new();
    for path in paths.drain(..) {
        match look(&path) {
            Ok(found) if found.files.is_empty() => exit = exit.max(complain_of_none(&path, &found.skipped)),
            Ok(mut found) => files.append(&mut found.files),
            Err(mut found) => {
                exit = Exit::Misuse;
                files.append(&mut found.files);
            }
        }
    }
    *paths = files;
    exit
}

/// The scenario files of one path, as in [`expand`]; a folder may be empty. Reports what cannot be read.
pub fn files(path: &Path) -> Result<Vec<PathBuf>, Exit> {
    look(path).map(|found| found.files).map_err(|_| Exit::Misuse)
}

/// What is in a folder and below.
#[derive(Default)]
struct Found {
    files: Vec<PathBuf>,
    /// The run folders below.
    skipped: Vec<PathBuf>,
}

/// Looks at a path; an error has what was found beside the folders that cannot be read.
fn look(path: &Path) -> Result<Found, Found> {
    if !path.is_dir() {
        return Ok(Found { files: vec![path.to_owned()], ..Found::default() });
    }
    let root = if is_run_folder(path) { path.join(FINDINGS) } else { path.to_owned() };
    let mut found = Found::default();
    let mut is_readable = true;
    let mut folders = vec![root.clone()];
    while let Some(folder) = folders.pop() {
        if folder != root && is_run_folder(&folder) {
            found.skipped.push(folder);
        } else if let Err(error) = list(&folder, &mut found.files, &mut folders) {
            output::complain(&format!("the folder {} cannot be read: {}", shown(&folder), io_error(&error)));
            is_readable = false;
        }
    }
    found.files.sort();
    found.skipped.sort();
    if let Some(first) = found.skipped.first() {
        let count = counted(found.skipped.len() as u64, "run folder", "run folders");
        let findings = first.join(FINDINGS);
        output::remark(&format!(
            "note: {}: skipped {count} of campaigns, as what is in them are results; to take the findings of one, name \
             it, such as {}\n",
            shown(path),
            shown(&findings)
        ));
    }
    if is_readable { Ok(found) } else { Err(found) }
}

fn complain_of_none(folder: &Path, skipped: &[PathBuf]) -> Exit {
    let shown = shown(folder);
    if is_run_folder(folder) {
        return output::complain(&format!("{shown}: this campaign has no findings"));
    }
    if !skipped.is_empty() {
        return output::complain(&format!("{shown}: there is no scenario in this folder or below but in run folders"));
    }
    let what = "there is no scenario in this folder or below; the names of scenarios end in .json";
    output::complain(&format!("{shown}: {what}"))
}

/// Sorts the entries of a folder into scenario files and folders.
fn list(folder: &Path, files: &mut Vec<PathBuf>, folders: &mut Vec<PathBuf>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_name().as_encoded_bytes().starts_with(b".") {
            continue;
        }
        if entry.file_type()?.is_dir() {
            folders.push(entry.path());
        } else if is_scenario(&entry) {
            files.push(entry.path());
        }
    }
    Ok(())
}

/// A broken link counts, so that it is reported. A pipe or a device does not: it might never end.
fn is_scenario(entry: &DirEntry) -> bool {
    let path = entry.path();
    path.extension().is_some_and(|extension| extension == "json")
        && fs::metadata(&path).map_or(true, |metadata| metadata.is_file())
}
