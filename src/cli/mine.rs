//! The pages and pictures that treequake puts into the folder of a campaign: only its own are replaced, and no link leads
//! it out of the folder.

use crate::words::terminal::shown;
use std::fs::{self, File};
use std::io::Read;
use std::path::Path;

/// What marks a picture as one of ours.
pub const PICTURE: &str = "<g class=\"tq\"";

/// A mark is this near to the beginning of a file.
const HEAD: u64 = 1 << 16;

/// Whether a file has a mark.
pub fn is_marked(path: &Path, mark: &str) -> bool {
    let mut head = Vec::new();
    let is_file = fs::metadata(path).is_ok_and(|there| there.is_file());
    let mut read = || File::open(path)?.take(HEAD).read_to_end(&mut head);
    is_file && read().is_ok() && head.windows(mark.len()).any(|bytes| bytes == mark.as_bytes())
}

/// Why a file with a mark cannot be put in a place in a folder, if so: something else is there.
pub fn refusal(path: &Path, mark: &str) -> Option<String> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty())?;
    if fs::symlink_metadata(folder).is_ok_and(|there| !there.is_dir()) {
        return Some(format!("{} is a link or a file, not a folder; move it away", shown(folder)));
    }
    let there = fs::symlink_metadata(path).ok()?;
    if there.is_symlink() {
        return Some(format!("{} is a link, which is not followed; move it away", shown(path)));
    }
    other(path, mark)
}

/// Why a file with a mark cannot replace what is at a path, if so: it is somebody's file. An empty one can be replaced.
pub fn other(path: &Path, mark: &str) -> Option<String> {
    let there = fs::metadata(path).ok()?;
    let is_free = !there.is_file() || there.len() == 0 || is_marked(path, mark);
    (!is_free).then(|| format!("{} already exists and was not made by treequake; move it away", shown(path)))
}
