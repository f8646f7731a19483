//! The scenario files of a command line: arguments can be folders.

use super::exit::Exit;
use super::output;
use std::fs::{self, DirEntry};
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

/// Replaces each folder in `paths` by its scenario files: all `*.json` in it and below, sorted by path.
///
/// As with a shell's `*`, hidden files and folders do not count. Links to files count; links to folders below a named
/// folder are not followed, so that there is no endless loop. A folder that cannot be read or has no scenario is
/// reported on standard error, and the rest goes on.
pub fn expand(paths: &mut Vec<PathBuf>) -> Exit {
    let mut exit = Exit::Fine;
    let mut files = Vec::new();
    for path in paths.drain(..) {
        if path.is_dir() {
            exit = exit.max(expand_folder(&path, &mut files));
        } else {
            files.push(path);
        }
    }
    *paths = files;
    exit
}

fn expand_folder(folder: &Path, files: &mut Vec<PathBuf>) -> Exit {
    let mut exit = Exit::Fine;
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        if let Err(error) = list(&folder, &mut found, &mut folders) {
            exit = exit.max(output::complain(&format!("{}: {}", folder.display(), explain(&error))));
        }
    }
    if found.is_empty() && exit == Exit::Fine {
        let what = "there is no scenario in this folder or below; the names of scenarios end in .json";
        exit = output::complain(&format!("{}: {what}", folder.display()));
    }
    found.sort();
    files.append(&mut found);
    exit
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

fn explain(error: &io::Error) -> String {
    match error.kind() {
        ErrorKind::PermissionDenied => "permission denied; check the permissions of the folder".to_owned(),
        _ => format!("the folder cannot be read: {error}"),
    }
}
