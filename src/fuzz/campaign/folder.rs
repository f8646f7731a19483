//! The folder of a campaign.
//!
//! `campaign.json` says what the campaign is; the process that runs the campaign locks it. `results.ndjson` grows chunk
//! by chunk. `progress.journal` says how much of it can be trusted, and is removed at the end. All other files appear
//! whole or not at all, `summary.json` last: a folder with a summary and without a journal is complete.

use super::error::CampaignError;
use super::files::{FINDINGS, JOURNAL, MANIFEST, RESULTS, SUMMARY, appendable, remove, write_new};
use super::journal::{self, Entry};
use super::manifest::{FORMAT, Manifest};
use super::seeds::Seeds;
use super::summary::Summary;
use super::tally::Tally;
use crate::whole_file::is_part;
use crate::words::io_error;
use std::fs::{self, File, TryLockError};
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};
use xxhash_rust::xxh3::xxh3_128;

/// Whether the folder may already hold the campaign.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Begin {
    /// It must not.
    Anew,
    /// The campaign continues, or starts if there is none.
    Resume,
}

/// The folder of a campaign that this process runs.
#[derive(Debug)]
pub struct RunFolder {
    path: PathBuf,
    /// Locked until this is dropped.
    _manifest: File,
    /// `None` if the campaign is complete.
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
    /// Opens the folder at `path`, or creates it.
    ///
    /// # Errors
    /// If it has another campaign, or has this one and must not, or another process uses it, or it cannot be written.
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

    /// The path of the folder.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The next seed.
    pub fn next(&self) -> u64 {
        self.next
    }

    /// The tally of all seeds before the next.
    pub fn tally(&self) -> &Tally {
        &self.tally
    }

    /// Damage that was found and repaired, in sentences.
    pub fn remarks(&self) -> &[String] {
        &self.remarks
    }

    /// Whether the campaign was complete when the folder was opened.
    pub fn is_complete(&self) -> bool {
        self.files.is_none()
    }

    /// Removes unfinished files of a process that was killed.
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
                self.remarks.push(format!("{what}; its seeds run again"));
                remove(&self.path.join(SUMMARY))?;
                Ok(None)
            }
        }
    }

    /// Cuts off what cannot be trusted.
    fn recover(&mut self, start: u64) -> Result<(), CampaignError> {
        let (results_path, journal_path) = (self.path.join(RESULTS), self.path.join(JOURNAL));
        let results = appendable(&results_path)?;
        let journal = appendable(&journal_path)?;
        let trusted = journal::read(&journal, &results, start).map_err(CampaignError::io(&results_path))?;
        let mut cut = |file: &File, path: &Path, trusted: u64| -> Result<(), CampaignError> {
            let length = file.metadata().map_err(CampaignError::io(path))?.len();
            if length > trusted {
                let what = format!("{} is damaged from byte {trusted} on", path.display());
                self.remarks.push(format!("{what}; {} bytes are dropped, and their seeds run again", length - trusted));
                file.set_len(trusted).map_err(CampaignError::io(path))?;
            }
            Ok(())
        };
        // The journal first: if the process ends between the two, the journal must not name rows that are gone.
        cut(&journal, &journal_path, trusted.journal)?;
        cut(&results, &results_path, trusted.results)?;
        self.next = trusted.next.unwrap_or(start);
        self.tally = trusted.tally;
        self.files = Some(Files { results, journal });
        Ok(())
    }

    /// Adds a chunk, the seeds from the next one up to `end`: first its rows, then the line of the journal for them.
    ///
    /// # Errors
    /// If they cannot be written. A half-written chunk is cut off when the campaign is resumed.
    pub fn commit(&mut self, end: u64, rows: &[u8], tally: &Tally) -> Result<(), CampaignError> {
        let files = self.files.as_mut().expect("a complete campaign gets no chunk");
        let seeds = Seeds { start: self.next, end };
        files.results.write_all(rows).map_err(CampaignError::io(&self.path.join(RESULTS)))?;
        let entry = Entry { seeds, bytes: rows.len() as u64, rows: xxh3_128(rows), tally: tally.clone() };
        files.journal.write_all(&entry.line()).map_err(CampaignError::io(&self.path.join(JOURNAL)))?;
        self.tally.add(tally);
        self.next = end;
        Ok(())
    }

    /// Makes sure that the committed rows survive a crash of the machine.
    pub(super) fn sync(&self) -> Result<(), CampaignError> {
        let Some(files) = &self.files else { return Ok(()) };
        files.results.sync_all().map_err(CampaignError::io(&self.path.join(RESULTS)))
    }
}

/// Locks the manifest of the folder, and writes it first if there is none.
fn own(path: &Path, manifest: &Manifest, begin: Begin) -> Result<File, CampaignError> {
    let file = path.join(MANIFEST);
    let shown = path.display();
    if begin == Begin::Anew && (file.exists() || path.join(SUMMARY).exists() || path.join(RESULTS).exists()) {
        let what = format!("{shown} already has a campaign");
        return Err(CampaignError::Refused(format!("{what}; continue it with --resume, or name another folder")));
    }
    if !file.exists() {
        let text = format!("{:#}\n", serde_json::to_value(manifest).expect("a manifest is JSON"));
        match write_new(&file, text.as_bytes()) {
            Err(error) if error.kind() != ErrorKind::AlreadyExists => return Err(CampaignError::io(&file)(error)),
            _ => {}
        }
    }
    // Opened for writing: network file systems lock only such files.
    let locked = File::options().read(true).write(true).open(&file).map_err(CampaignError::io(&file))?;
    match locked.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => {
            let what = format!("another process is running the campaign in {shown}");
            return Err(CampaignError::Refused(format!("{what}; wait for it or stop it")));
        }
        // Some file systems cannot lock; there the user must take care.
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
        let what = format!("{shown} has a different campaign ({})", differences.join("; "));
        return Err(CampaignError::Refused(format!("{what}; name another folder, or run that campaign")));
    }
    Ok(locked)
}

/// The manifest of the campaign in a folder.
///
/// # Errors
/// If there is no manifest, or this version cannot read it.
pub fn read_manifest(path: &Path) -> Result<Manifest, CampaignError> {
    let file = path.join(MANIFEST);
    let text = fs::read(&file).map_err(|error| match error.kind() {
        ErrorKind::NotFound if !path.exists() => {
            CampaignError::Refused(format!("there is no folder {}; name the folder of a campaign", path.display()))
        }
        ErrorKind::NotFound => CampaignError::Refused(format!("there is no campaign in {}", path.display())),
        ErrorKind::NotADirectory => {
            CampaignError::Refused(format!("{} is a file; name the folder of a campaign", path.display()))
        }
        _ => CampaignError::io(&file)(error),
    })?;
    let manifest: Manifest = serde_json::from_slice(&text).map_err(|error| {
        let what = format!("{} is damaged: {error}", file.display());
        CampaignError::Refused(format!("{what}; delete the folder and run its seeds again"))
    })?;
    match manifest.foreign_format().filter(|_| manifest.format > FORMAT) {
        Some(format) => {
            let what = format!("the campaign in {} has {format}", path.display());
            Err(CampaignError::Refused(format!("{what}; use a newer treequake")))
        }
        None => Ok(manifest),
    }
}

/// The summary of a complete folder, checked against the results.
///
/// # Errors
/// A sentence that says what is wrong.
pub fn check(path: &Path) -> Result<Summary, String> {
    if path.join(JOURNAL).exists() || !path.join(SUMMARY).exists() {
        return Err(format!("{} is not complete", path.display()));
    }
    let summary = read_summary(path)?;
    match has_results(path, &summary)? {
        true => Ok(summary),
        false => Err(format!("{} is damaged: it does not match {SUMMARY}", path.join(RESULTS).display())),
    }
}

/// The summary of a campaign that has ended, with all its seeds or because its time was over.
///
/// # Errors
/// If there is none, if the campaign has continued since, or if a file is damaged; each with what to do.
pub fn ended(path: &Path) -> Result<Summary, CampaignError> {
    read_manifest(path)?;
    let shown = path.display();
    let refused = |what: String| CampaignError::Refused(format!("{what}; wait for it, or continue it with --resume"));
    if !path.join(SUMMARY).exists() {
        return Err(refused(format!("the campaign in {shown} has not ended")));
    }
    let damaged = |what: String| CampaignError::Refused(format!("{what}; run the campaign again with --resume"));
    let summary = read_summary(path).map_err(damaged)?;
    match has_results(path, &summary).map_err(damaged)? {
        true => Ok(summary),
        false if path.join(JOURNAL).exists() => {
            Err(refused(format!("the campaign in {shown} has continued since its summary")))
        }
        false => Err(damaged(format!("{} is damaged: it does not match {SUMMARY}", path.join(RESULTS).display()))),
    }
}

fn read_summary(path: &Path) -> Result<Summary, String> {
    let file = path.join(SUMMARY);
    let read = |error: &dyn std::fmt::Display| format!("{} cannot be read: {error}", file.display());
    let text = fs::read(&file).map_err(|error| read(&io_error(&error)))?;
    serde_json::from_slice(&text).map_err(|error| read(&error))
}

/// Whether the results are those of the summary.
fn has_results(path: &Path, summary: &Summary) -> Result<bool, String> {
    let results = path.join(RESULTS);
    let digest = File::open(&results).and_then(journal::digest);
    let digest = digest.map_err(|error| format!("{} cannot be read: {}", results.display(), io_error(&error)))?;
    Ok(digest == (summary.results.bytes, summary.results.digest))
}
