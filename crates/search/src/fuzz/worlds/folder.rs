//! The folder of small worlds that this process explores.
//!
//! `worlds.json` says which worlds; `results.ndjson` grows world by world, in the order of their numbers. All other files
//! appear whole or not at all, `SHA256SUMS` last: a folder whose files are as it says is complete.

use super::manifest::Manifest;
use super::row::Row;
use super::tally::Tally;
use crate::fuzz::campaign::CampaignError;
use crate::fuzz::campaign::files::{self, RESULTS, SUMS, WORLDS, appendable, is_there, write_new};
use crate::fuzz::campaign::sums::Sums;
use crate::whole_file::remove_stale;
use crate::words::terminal::shown;
use std::fs::{self, File, TryLockError};
use std::io::{BufRead, BufReader, ErrorKind, Read, Write};
use std::path::{Path, PathBuf};

/// The most bytes of a row: many times what the classes of a protocol need.
const ROW_MAX: u64 = 1 << 20;

/// The folder of small worlds that this process explores.
#[derive(Debug)]
pub struct WorldsFolder {
    path: PathBuf,
    /// Locked until this is dropped.
    results: File,
    remarks: Vec<String>,
}

impl WorldsFolder {
    /// Opens the folder at `path`, or creates it, and reads what was found so far.
    ///
    /// # Errors
    /// If something else is there, or the same and `resume` is not set, or another process uses it, or it cannot be written.
    pub fn open(path: &Path, manifest: &Manifest, resume: bool) -> Result<(Self, Tally), CampaignError> {
        refuse(path, resume)?;
        fs::create_dir_all(path).map_err(CampaignError::io(path))?;
        let file = path.join(WORLDS);
        if !is_there(&file) {
            let text = format!("{:#}\n", serde_json::json!(manifest));
            write_new(&file, text.as_bytes()).map_err(CampaignError::io(&file))?;
        }
        let differences = read_manifest(path)?.differences(manifest);
        if !differences.is_empty() {
            let what = format!("{} has other small worlds ({})", shown(path), differences.join("; "));
            return Err(CampaignError::Refused(format!("{what}; name another folder, or explore those")));
        }
        let results_path = path.join(RESULTS);
        if is_there(&results_path) {
            files::open(&results_path).map_err(CampaignError::io(&results_path))?;
        }
        let results = appendable(&results_path)?;
        lock(&results, path)?;
        remove_stale(path);
        let mut folder = WorldsFolder { path: path.to_owned(), results, remarks: Vec::new() };
        let tally = folder.recover(manifest)?;
        Ok((folder, tally))
    }

    /// The path of the folder.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Damage that was found and repaired, in sentences.
    pub fn remarks(&self) -> &[String] {
        &self.remarks
    }

    /// Adds rows, as lines.
    ///
    /// # Errors
    /// If they cannot be written. Half a row is cut off when this is resumed.
    pub fn append(&mut self, rows: &[u8]) -> Result<(), CampaignError> {
        self.results.write_all(rows).map_err(CampaignError::io(&self.path.join(RESULTS)))
    }

    /// Reads the rows, and cuts off what cannot be trusted.
    fn recover(&mut self, manifest: &Manifest) -> Result<Tally, CampaignError> {
        let path = self.path.join(RESULTS);
        let sums = Sums::read(&self.path).ok().flatten();
        let is_damaged = sums.is_some_and(|sums| !sums.holds(&self.path, RESULTS));
        // Whatever follows from the rows is written anew.
        files::remove(&self.path.join(SUMS))?;
        let (tally, trusted) = if is_damaged { (Tally::default(), 0) } else { read_rows(&path, manifest)? };
        let length = self.results.metadata().map_err(CampaignError::io(&path))?.len();
        if length > trusted {
            let what = format!("{} is damaged from byte {trusted} on", shown(&path));
            self.remarks.push(format!("{what}; {} bytes are dropped, and their worlds run again", length - trusted));
            self.results.set_len(trusted).map_err(CampaignError::io(&path))?;
        }
        Ok(tally)
    }
}

/// Why nothing can begin or continue in a folder, as far as that is known before it is opened.
///
/// # Errors
/// If something is in the way.
pub fn refuse(path: &Path, resume: bool) -> Result<(), CampaignError> {
    let place = shown(path);
    if !resume && is_there(&path.join(WORLDS)) {
        let what = format!("{place} already has small worlds");
        return Err(CampaignError::Refused(format!("{what}; continue with --resume, or name another folder")));
    }
    let is_empty = || fs::read_dir(path).is_ok_and(|mut entries| entries.next().is_none());
    if is_there(path) && !is_there(&path.join(WORLDS)) && !is_empty() {
        return Err(CampaignError::Refused(format!("{place} is not an empty folder; name another one")));
    }
    Ok(())
}

fn lock(results: &File, path: &Path) -> Result<(), CampaignError> {
    match results.try_lock() {
        Ok(()) => Ok(()),
        Err(TryLockError::WouldBlock) => {
            let what = format!("another process explores the small worlds in {}", shown(path));
            Err(CampaignError::Refused(format!("{what}; wait for it or stop it")))
        }
        // Some file systems cannot lock; there the user must take care.
        Err(TryLockError::Error(error)) if error.kind() == ErrorKind::Unsupported => Ok(()),
        Err(TryLockError::Error(error)) => Err(CampaignError::io(path)(error)),
    }
}

/// What the folder is about.
///
/// # Errors
/// If it does not say so.
pub fn read_manifest(path: &Path) -> Result<Manifest, CampaignError> {
    let file = path.join(WORLDS);
    let bytes = files::read(&file).map_err(CampaignError::io(&file))?;
    serde_json::from_slice(&bytes).map_err(|error| {
        CampaignError::Refused(format!("{} is not one of this version of treequake: {error}", shown(&file)))
    })
}

/// The rows of a folder together, and how many bytes of them can be trusted: those up to the first that is not the next one.
///
/// # Errors
/// If they cannot be read.
pub fn read_rows(path: &Path, manifest: &Manifest) -> Result<(Tally, u64), CampaignError> {
    let slice = manifest.slice();
    let mut rows = BufReader::new(files::open(path).map_err(CampaignError::io(path))?);
    let (mut tally, mut trusted) = (Tally::default(), 0);
    let mut line = Vec::new();
    loop {
        line.clear();
        rows.by_ref().take(ROW_MAX).read_until(b'\n', &mut line).map_err(CampaignError::io(path))?;
        let next = slice.start + tally.scenarios;
        let Some(row) = Row::read(&line).filter(|row| row.world == next && next < slice.end) else {
            return Ok((tally, trusted));
        };
        tally.add(&row);
        trusted += line.len() as u64;
    }
}
