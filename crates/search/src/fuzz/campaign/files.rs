//! The files in the folder of a campaign: their names, and how to open and write them.

use super::error::CampaignError;
use crate::whole_file::WholeFile;
use std::fs::{self, File};
use std::io::{self, ErrorKind, Read, Write};
use std::path::Path;

/// What the campaign is.
pub const MANIFEST: &str = "campaign.json";
/// Which small worlds the folder is about, where it is not that of a campaign.
pub const WORLDS: &str = "worlds.json";
/// One row per case.
pub const RESULTS: &str = "results.ndjson";
/// The same rows in columns.
pub const COLUMNS: &str = "results.parquet";
/// The summary.
pub const SUMMARY: &str = "summary.json";
/// The digests of all other files, written last.
pub const SUMS: &str = "SHA256SUMS";
/// One scenario per class of failures.
pub const FINDINGS: &str = "findings";
/// The journal, while the campaign runs.
pub const JOURNAL: &str = "progress.journal";

/// Whether a folder is that of a campaign or of small worlds, or of a part: its JSON files are results, except those in
/// `findings`.
pub fn is_run_folder(path: &Path) -> bool {
    [MANIFEST, WORLDS].iter().any(|name| path.join(name).is_file()) && path.join(RESULTS).is_file()
}

/// All names that a campaign uses in its folder.
pub const OWN: [&str; 7] = [MANIFEST, RESULTS, COLUMNS, SUMMARY, SUMS, FINDINGS, JOURNAL];

/// The most bytes of a JSON file in a folder.
const JSON_MAX: u64 = 1 << 28;

/// Whether something is at a path, even a link to nothing.
pub fn is_there(path: &Path) -> bool {
    fs::symlink_metadata(path).is_ok()
}

/// Opens a file to read. Anything else, such as a link, a folder or a pipe, is refused: a campaign writes only files, and a
/// pipe might never end.
pub fn open(path: &Path) -> io::Result<File> {
    match fs::symlink_metadata(path)?.is_file() {
        true => File::open(path),
        false => Err(io::Error::other("it is not a file, but a link, a folder or a pipe")),
    }
}

/// Reads a JSON file.
pub fn read(path: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    open(path)?.take(JSON_MAX + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > JSON_MAX {
        return Err(io::Error::other("it is too large"));
    }
    Ok(bytes)
}

/// Opens a file to read and append; creates it if needed.
pub fn appendable(path: &Path) -> Result<File, CampaignError> {
    File::options().read(true).append(true).create(true).open(path).map_err(CampaignError::io(path))
}

/// Removes a file, if it exists.
pub fn remove(path: &Path) -> Result<(), CampaignError> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(CampaignError::io(path)(error)),
        _ => Ok(()),
    }
}

/// Writes a new file, whole or not at all.
pub fn write_new(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = WholeFile::beside(path)?;
    file.write_all(bytes)?;
    file.put_new()
}

/// Calls `f` with what can be read, piece by piece.
pub fn each_piece(mut from: impl Read, mut f: impl FnMut(&[u8])) -> io::Result<()> {
    let mut buffer = vec![0; 1 << 16];
    loop {
        match from.read(&mut buffer)? {
            0 => return Ok(()),
            read => f(&buffer[..read]),
        }
    }
}
