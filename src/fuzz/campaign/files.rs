//! The files in the folder of a campaign: their names, and how to write and remove them.

use super::error::CampaignError;
use crate::whole_file::WholeFile;
use std::fs::{self, File};
use std::io::{self, ErrorKind, Write};
use std::path::Path;

/// What the campaign is.
pub const MANIFEST: &str = "campaign.json";
/// One row per case.
pub const RESULTS: &str = "results.ndjson";
/// The same rows in columns.
pub const COLUMNS: &str = "results.parquet";
/// The summary, written last.
pub const SUMMARY: &str = "summary.json";
/// One scenario per class of failures.
pub const FINDINGS: &str = "findings";
/// The journal, while the campaign runs.
pub const JOURNAL: &str = "progress.journal";

/// Whether a folder is that of a campaign, or of a part of one: its JSON files are results, except those in `findings`.
pub fn is_run_folder(path: &Path) -> bool {
    path.join(MANIFEST).is_file() && path.join(RESULTS).is_file()
}

/// Opens a file to read and append; creates it if needed.
pub fn appendable(path: &Path) -> Result<File, CampaignError> {
    File::options().read(true).append(true).create(true).open(path).map_err(CampaignError::io(path))
}

/// Removes a file or a folder, if it exists.
pub fn remove(path: &Path) -> Result<(), CampaignError> {
    let removed = if path.is_dir() { fs::remove_dir_all(path) } else { fs::remove_file(path) };
    match removed {
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

/// Writes a file, whole or not at all.
pub fn write_whole(path: &Path, bytes: &[u8]) -> Result<(), CampaignError> {
    let write = || {
        let mut file = WholeFile::beside(path)?;
        file.write_all(bytes)?;
        file.put()
    };
    write().map_err(CampaignError::io(path))
}
