//! The folder of a campaign.
//!
//! `campaign.json` says what the campaign is, and is locked by the process that runs it. `results.ndjson` grows by a chunk
//! at a time; `progress.journal` says what of it can be trusted, and is gone once the campaign is over. All other files
//! appear whole or not at all, `summary.json` last: a folder that has it, and no journal, is complete.

use super::error::CampaignError;
use super::files::{FINDINGS, JOURNAL, MANIFEST, RESULTS, SUMMARY, appendable, remove, write_new};
use super::journal::{self, Entry};
use super::manifest::{FORMAT, Manifest};
use super::seeds::Seeds;
use super::summary::Summary;
use super::tally::Tally;
use crate::whole_file::is_part;
use std::fs::{self, File, TryLockError};
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};
use xxhash_rust::xxh3::xxh3_128;

/// Whether a folder may have something of the campaign already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Begin {
    /// It must have nothing.
    Anew,
    /// What is there is gone on with; if nothing is, it begins anew.
    Resume,
}

/// The folder of a campaign that this process runs.
#[derive(Debug)]
pub struct RunFolder {
    path: PathBuf,
    /// Locked until this is dropped.
    _manifest: File,
    /// `None` where the campaign is complete.
    files: Option<Files>,
    tally: Tally,
    next: u64,
    remarks: Vec<String>,
}

#[derive(Debug)]
struct Files {
    results: File,
    journal: File,
}

impl RunFolder {
    /// Opens the folder at `path`, or makes it.
    ///
    /// # Errors
    /// Where it has another campaign, or this one and `begin` does not say that this is wanted, or another process is at
    /// it, or it can not be written.
    pub fn open(path: &Path, manifest: &Manifest, start: u64, begin: Begin) -> Result<Self, CampaignError> {
        fs::create_dir_all(path).map_err(CampaignError::io(path))?;
        let file = own(path, manifest, begin)?;
        let mut folder = RunFolder {
            path: path.to_owned(),
            _manifest: file,
            files: None,
            tally: Tally::default(),
            next: start,
            remarks: Vec::new(),
        };
        folder.sweep()?;
        if let Some(summary) = folder.complete()? {
            folder.next = summary.done.end;
            folder.tally = summary.tally;
        } else {
            folder.recover(start)?;
        }
        Ok(folder)
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The seed that comes next.
    pub fn next(&self) -> u64 {
        self.next
    }

    /// What all seeds before that came to.
    pub fn tally(&self) -> &Tally {
        &self.tally
    }

    /// What was found to be wrong with it, and is mended.
    pub fn remarks(&self) -> &[String] {
        &self.remarks
    }

    /// Whether all of it was there when it was opened.
    pub fn is_complete(&self) -> bool {
        self.files.is_none()
    }

    /// Removes what a process left that was killed before it had put a file into its place.
    fn sweep(&self) -> Result<(), CampaignError> {
        for folder in [self.path.clone(), self.path.join(FINDINGS)] {
            for entry in fs::read_dir(&folder).into_iter().flatten().flatten() {
                if is_part(&entry.file_name()) {
                    remove(&entry.path())?;
                }
            }
        }
        Ok(())
    }

    /// Its summary, if it is complete and undamaged.
    fn complete(&mut self) -> Result<Option<Summary>, CampaignError> {
        if self.path.join(JOURNAL).exists() || !self.path.join(SUMMARY).exists() {
            return Ok(None);
        }
        match check(&self.path) {
            Ok(summary) => Ok(Some(summary)),
            Err(what) => {
                self.remarks.push(format!("{what}; its seeds are run again"));
                remove(&self.path.join(SUMMARY))?;
                Ok(None)
            }
        }
    }

    /// Cuts off what can not be trusted.
    fn recover(&mut self, start: u64) -> Result<(), CampaignError> {
        let (results_path, journal_path) = (self.path.join(RESULTS), self.path.join(JOURNAL));
        let results = appendable(&results_path)?;
        let journal = appendable(&journal_path)?;
        let trusted = journal::read(&journal, &results, start).map_err(CampaignError::io(&results_path))?;
        let mut cut = |file: &File, path: &Path, trusted: u64| -> Result<(), CampaignError> {
            let length = file.metadata().map_err(CampaignError::io(path))?.len();
            if length > trusted {
                let what = format!("{} does not hold from byte {trusted} on", path.display());
                self.remarks.push(format!("{what}; {} bytes are dropped, and their seeds run again", length - trusted));
                file.set_len(trusted).map_err(CampaignError::io(path))?;
            }
            Ok(())
        };
        // The journal first: should the process end between the two, it must not name rows that are gone.
        cut(&journal, &journal_path, trusted.journal)?;
        cut(&results, &results_path, trusted.results)?;
        self.next = trusted.next.unwrap_or(start);
        self.tally = trusted.tally;
        self.files = Some(Files { results, journal });
        Ok(())
    }

    /// Adds a chunk: the seeds before `end` that are not there yet. First its rows, then the line that vouches for them.
    ///
    /// # Errors
    /// Where they can not be written. What was written of them is cut off when the campaign is resumed.
    pub fn commit(&mut self, end: u64, rows: &[u8], tally: &Tally) -> Result<(), CampaignError> {
        let files = self.files.as_mut().expect("nothing is added to what is complete");
        let seeds = Seeds { start: self.next, end };
        files.results.write_all(rows).map_err(CampaignError::io(&self.path.join(RESULTS)))?;
        let entry = Entry { seeds, bytes: rows.len() as u64, rows: xxh3_128(rows), tally: tally.clone() };
        files.journal.write_all(&entry.line()).map_err(CampaignError::io(&self.path.join(JOURNAL)))?;
        self.tally.add(tally);
        self.next = end;
        Ok(())
    }

    /// Makes sure that what was committed outlives the machine.
    pub(super) fn sync(&self) -> Result<(), CampaignError> {
        let Some(files) = &self.files else { return Ok(()) };
        files.results.sync_all().map_err(CampaignError::io(&self.path.join(RESULTS)))
    }
}

/// The manifest in the folder: ours, or a new one; locked.
fn own(path: &Path, manifest: &Manifest, begin: Begin) -> Result<File, CampaignError> {
    let file = path.join(MANIFEST);
    let shown = path.display();
    if begin == Begin::Anew && (file.exists() || path.join(SUMMARY).exists() || path.join(RESULTS).exists()) {
        let what = format!("{shown} has a campaign already");
        return Err(CampaignError::Refused(format!("{what}; go on with it by --resume, or name another folder")));
    }
    if !file.exists() {
        let text = format!("{:#}\n", serde_json::to_value(manifest).expect("a manifest is JSON"));
        match write_new(&file, text.as_bytes()) {
            Err(error) if error.kind() != ErrorKind::AlreadyExists => return Err(CampaignError::io(&file)(error)),
            _ => {}
        }
    }
    // To be written, as network file systems lock no other.
    let locked = File::options().read(true).write(true).open(&file).map_err(CampaignError::io(&file))?;
    match locked.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => {
            let what = format!("another process is running the campaign in {shown}");
            return Err(CampaignError::Refused(format!("{what}; wait for it, or end it")));
        }
        // There are file systems that lock nothing; then it is up to the user.
        Err(TryLockError::Error(error)) if error.kind() == ErrorKind::Unsupported => {}
        Err(TryLockError::Error(error)) => return Err(CampaignError::io(&file)(error)),
    }
    let there = read_manifest(path)?;
    if let Some(format) = there.foreign_format() {
        let what = format!("{shown} has a campaign in {format}");
        return Err(CampaignError::Refused(format!(
            "{what}; continue it with the treequake that began it, or name another folder"
        )));
    }
    let differences = there.differences(manifest);
    if !differences.is_empty() {
        let what = format!("{shown} has another campaign ({})", differences.join("; "));
        return Err(CampaignError::Refused(format!("{what}; name another folder, or run that campaign")));
    }
    Ok(locked)
}

/// What the campaign in a folder is.
///
/// # Errors
/// Where none is there, or none that can be read.
pub fn read_manifest(path: &Path) -> Result<Manifest, CampaignError> {
    let file = path.join(MANIFEST);
    let text = fs::read(&file).map_err(|error| match error.kind() {
        ErrorKind::NotFound if !path.exists() => {
            CampaignError::Refused(format!("there is no folder {}; name that of a campaign", path.display()))
        }
        ErrorKind::NotFound => CampaignError::Refused(format!("there is no campaign in {}", path.display())),
        ErrorKind::NotADirectory => {
            CampaignError::Refused(format!("{} is a file; name the folder of a campaign", path.display()))
        }
        _ => CampaignError::io(&file)(error),
    })?;
    let manifest: Manifest = serde_json::from_slice(&text).map_err(|error| {
        let what = format!("{} is damaged: {error}", file.display());
        CampaignError::Refused(format!("{what}; delete the folder, and run its seeds again"))
    })?;
    match manifest.foreign_format().filter(|_| manifest.format > FORMAT) {
        Some(format) => {
            let what = format!("the campaign in {} has {format}", path.display());
            Err(CampaignError::Refused(format!("{what}; use a newer treequake")))
        }
        None => Ok(manifest),
    }
}

/// The summary of a complete folder whose files are what it says.
///
/// # Errors
/// A sentence of what is wrong.
pub fn check(path: &Path) -> Result<Summary, String> {
    if path.join(JOURNAL).exists() || !path.join(SUMMARY).exists() {
        return Err(format!("{} is not complete", path.display()));
    }
    let summary = read_summary(path)?;
    match is_as_told(path, &summary)? {
        true => Ok(summary),
        false => Err(format!("{} is damaged: it is not what {SUMMARY} says", path.join(RESULTS).display())),
    }
}

/// The summary of a campaign that came to an end, be it that its time was over before its seeds were.
///
/// # Errors
/// Where there is none, where it has gone on since, and where a file is damaged; each with the mend.
pub fn ended(path: &Path) -> Result<Summary, CampaignError> {
    read_manifest(path)?;
    let shown = path.display();
    let refused = |what: String| CampaignError::Refused(format!("{what}; wait for it, or go on with it by --resume"));
    if !path.join(SUMMARY).exists() {
        return Err(refused(format!("the campaign in {shown} is not over")));
    }
    let damaged = |what: String| CampaignError::Refused(format!("{what}; run the campaign again with --resume"));
    let summary = read_summary(path).map_err(damaged)?;
    match is_as_told(path, &summary).map_err(damaged)? {
        true => Ok(summary),
        false if path.join(JOURNAL).exists() => Err(refused(format!("the campaign in {shown} has gone on"))),
        false => Err(damaged(format!("{} is damaged: it is not what {SUMMARY} says", path.join(RESULTS).display()))),
    }
}

fn read_summary(path: &Path) -> Result<Summary, String> {
    let file = path.join(SUMMARY);
    let read = |error: &dyn std::fmt::Display| format!("{} can not be read: {error}", file.display());
    let text = fs::read(&file).map_err(|error| read(&error))?;
    serde_json::from_slice(&text).map_err(|error| read(&error))
}

/// Whether the results are those that the summary tells of.
fn is_as_told(path: &Path, summary: &Summary) -> Result<bool, String> {
    let results = path.join(RESULTS);
    let digest = File::open(&results).and_then(journal::digest);
    let digest = digest.map_err(|error| format!("{} can not be read: {error}", results.display()))?;
    Ok(digest == (summary.results.bytes, summary.results.digest))
}
