//! The folder of a campaign that this process runs.
//!
//! `campaign.json` says what the campaign is; the process that runs the campaign locks it. `results.ndjson` grows chunk
//! by chunk. `progress.journal` says how much of it can be trusted, and is removed at the end. All other files appear
//! whole or not at all, `SHA256SUMS` last: a folder whose files are as it says, and without a journal, is complete.

use super::check::{self, foreign, read_manifest};
use super::columns::Columns;
use super::error::CampaignError;
use super::files::{COLUMNS, FINDINGS, JOURNAL, MANIFEST, RESULTS, SUMMARY, SUMS, appendable, is_there, write_new};
use super::journal::{self, End, Entry};
use super::manifest::Manifest;
use super::places::{in_the_way, no_links, unvouched};
use super::results::Row;
use super::seeds::Seeds;
use super::sums::Sums;
use super::tally::Tally;
use super::written::Writing;
use crate::whole_file::{WholeFile, remove_stale};
use crate::words::terminal::shown;
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
    manifest: Manifest,
    /// `None` if the seeds are done.
    files: Option<Files>,
    /// Whether nothing is left to do.
    is_complete: bool,
    tally: Tally,
    next: u64,
    start: u64,
    here: bool,
    sums: Option<Sums>,
    /// What becomes of the rows, if all seeds run in this process.
    rows: Rows,
    remarks: Vec<String>,
}

/// What is made of rows as they are written, each if that is complete but for its end.
#[derive(Debug, Default)]
pub(super) struct Rows {
    /// The rows in columns.
    pub columns: Option<Columns>,
    /// Their digests.
    pub writing: Option<Writing>,
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
        no_links(path)?;
        [path, &path.join(FINDINGS)].into_iter().for_each(remove_stale);
        let mut folder = RunFolder {
            path: path.to_owned(),
            _manifest: file,
            manifest: manifest.clone(),
            files: None,
            is_complete: false,
            tally: Tally::default(),
            next: start,
            start,
            here: true,
            sums: None,
            rows: Rows::default(),
            remarks: Vec::new(),
        };
        if !folder.ended()? {
            folder.recover()?;
        }
        folder.here = folder.next == start;
        if folder.here {
            let columns = Columns::new(&path.join(COLUMNS));
            folder.rows = Rows { columns: Some(columns), writing: Some(Writing::default()) };
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

    /// The list of the files that the campaign had written when the folder was opened.
    pub(super) fn take_sums(&mut self) -> Option<Sums> {
        self.sums.take()
    }

    /// What was made of all rows.
    pub(super) fn take_rows(&mut self) -> Rows {
        std::mem::take(&mut self.rows)
    }

    /// Whether all seeds ran in this process, and none was read from the folder.
    pub(super) fn is_all_here(&self) -> bool {
        self.here
    }

    /// Damage that was found and repaired, in sentences.
    pub fn remarks(&self) -> &[String] {
        &self.remarks
    }

    /// Whether the campaign was complete when the folder was opened.
    pub fn is_complete(&self) -> bool {
        self.is_complete
    }

    /// Takes over the results of a campaign whose seeds are done. Returns whether it is one.
    fn ended(&mut self) -> Result<bool, CampaignError> {
        let damaged = |what: String| format!("{} is damaged: {what}", shown(&self.path));
        match Sums::read(&self.path) {
            Ok(sums) => self.sums = sums,
            Err(what) => self.remarks.push(damaged(what)),
        }
        if is_there(&self.path.join(JOURNAL)) || !is_there(&self.path.join(RESULTS)) && !is_there(&self.path.join(SUMS))
        {
            return Ok(false);
        }
        match (check::complete(&self.path, &self.manifest), &self.sums) {
            (Ok(summary), _) => {
                self.is_complete = true;
                (self.next, self.tally) = (summary.done.end, summary.tally);
                return Ok(true);
            }
            (Err(what), Some(sums)) => {
                if let Some(summary) = check::core(&self.path, &self.manifest, sums) {
                    self.remarks.push(format!("{what}; it is written anew from the results"));
                    (self.next, self.tally) = (summary.done.end, summary.tally);
                    return Ok(true);
                }
                self.remarks.push(format!("{what}; its seeds run again"));
            }
            (Err(what), None) => self.remarks.push(format!("{what}; its seeds run again")),
        }
        match check::read_summary(&self.path) {
            Ok(summary) if summary.campaign != self.manifest => {
                let differences = summary.campaign.differences(&self.manifest).join("; ");
                let what = format!("{} is of a different campaign ({differences})", shown(&self.path.join(SUMMARY)));
                Err(CampaignError::Refused(format!("{what}; name another folder")))
            }
            _ => Ok(false),
        }
    }

    /// Cuts off what cannot be trusted.
    fn recover(&mut self) -> Result<(), CampaignError> {
        let (results_path, journal_path) = (self.path.join(RESULTS), self.path.join(JOURNAL));
        if !is_there(&journal_path) {
            let is_listed = self.sums.as_ref().is_some_and(|sums| sums.holds(&self.path, RESULTS));
            self.remarks.extend(unvouched(&results_path, is_listed)?);
        }
        let results = appendable(&results_path)?;
        let journal = appendable(&journal_path)?;
        let trusted = journal::read(&journal, &results, self.start, self.manifest.id());
        let trusted = trusted.map_err(CampaignError::io(&results_path))?;
        if trusted.end == End::Foreign {
            return Err(foreign(&self.path));
        }
        let mut cut = |file: &File, path: &Path, trusted: u64| -> Result<(), CampaignError> {
            let length = file.metadata().map_err(CampaignError::io(path))?.len();
            if length > trusted {
                let what = format!("{} is damaged from byte {trusted} on", shown(path));
                self.remarks.push(format!("{what}; {} bytes are dropped, and their seeds run again", length - trusted));
                file.set_len(trusted).map_err(CampaignError::io(path))?;
            }
            Ok(())
        };
        // The journal first: if the process ends between the two, the journal must not name rows that are gone.
        cut(&journal, &journal_path, trusted.journal)?;
        cut(&results, &results_path, trusted.results)?;
        self.next = trusted.next.unwrap_or(self.start);
        self.tally = trusted.tally;
        self.files = Some(Files { results, journal });
        Ok(())
    }

    /// Adds a chunk, the seeds from the next one up to `end`: first its rows, then the line of the journal for them. `lines`
    /// are those of `rows`.
    ///
    /// # Errors
    /// If they cannot be written. A half-written chunk is cut off when the campaign is resumed.
    pub fn commit<'r>(
        &mut self,
        end: u64,
        lines: &[u8],
        rows: impl IntoIterator<Item = &'r Row<'r>>,
        tally: &Tally,
    ) -> Result<(), CampaignError> {
        let files = self.files.as_mut().expect("a complete campaign gets no chunk");
        let seeds = Seeds { start: self.next, end };
        files.results.write_all(lines).map_err(CampaignError::io(&self.path.join(RESULTS)))?;
        let (bytes, digest) = (lines.len() as u64, xxh3_128(lines));
        let entry = Entry { campaign: self.manifest.id(), seeds, bytes, rows: digest, tally: tally.clone() };
        files.journal.write_all(&entry.line()).map_err(CampaignError::io(&self.path.join(JOURNAL)))?;
        self.tally.add(tally);
        self.next = end;
        if let Some(writing) = &mut self.rows.writing {
            writing.add(lines);
        }
        if let Some(columns) = &mut self.rows.columns {
            rows.into_iter().try_for_each(|row| columns.push(row))?;
        }
        Ok(())
    }

    /// Makes sure that the committed rows survive a crash of the machine.
    pub(super) fn sync(&self) -> Result<(), CampaignError> {
        let Some(files) = &self.files else { return Ok(()) };
        files.results.sync_all().map_err(CampaignError::io(&self.path.join(RESULTS)))
    }
}

/// Why a campaign cannot begin or continue in a folder, as far as that is known before it is opened.
///
/// # Errors
/// If something is in the way, or nothing can be written there.
pub fn refuse(path: &Path, begin: Begin) -> Result<(), CampaignError> {
    occupied(path, begin)?;
    let above = path.ancestors().find(|above| is_there(above)).unwrap_or(Path::new("."));
    if above.is_file() {
        return Err(CampaignError::Refused(format!("{} is a file, not a folder; name another folder", shown(above))));
    }
    WholeFile::beside(&above.join(MANIFEST)).map(drop).map_err(CampaignError::io(path))
}

/// Refuses a folder in which something is in the way.
fn occupied(path: &Path, begin: Begin) -> Result<(), CampaignError> {
    let (place, in_the_way) = (shown(path), in_the_way(path));
    if begin == Begin::Anew && in_the_way.contains(&MANIFEST) {
        let what = format!("{place} already has a campaign");
        return Err(CampaignError::Refused(format!("{what}; continue it with --resume, or name another folder")));
    }
    if !in_the_way.is_empty() && !in_the_way.contains(&MANIFEST) {
        let what = format!("{place} already has {}, but no campaign", in_the_way.join(", "));
        return Err(CampaignError::Refused(format!("{what}; move that away, or name another folder")));
    }
    Ok(())
}

/// Locks the manifest of the folder, and writes it first if there is none.
fn own(path: &Path, manifest: &Manifest, begin: Begin) -> Result<File, CampaignError> {
    let file = path.join(MANIFEST);
    let place = shown(path);
    occupied(path, begin)?;
    no_links(path)?;
    if !is_there(&file) {
        match write_new(&file, manifest.text().as_bytes()) {
            Err(error) if error.kind() != ErrorKind::AlreadyExists => return Err(CampaignError::io(&file)(error)),
            _ => {}
        }
    }
    // Opened for writing: network file systems lock only such files.
    let locked = File::options().read(true).write(true).open(&file).map_err(CampaignError::io(&file))?;
    match locked.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => {
            let what = format!("another process is running the campaign in {place}");
            return Err(CampaignError::Refused(format!("{what}; wait for it or stop it")));
        }
        // Some file systems cannot lock; there the user must take care.
        Err(TryLockError::Error(error)) if error.kind() == ErrorKind::Unsupported => {}
        Err(TryLockError::Error(error)) => return Err(CampaignError::io(&file)(error)),
    }
    let there = read_manifest(path)?;
    if let Some(format) = there.foreign_format() {
        let what = format!("{place} has a campaign in {format}");
        return Err(CampaignError::Refused(format!(
            "{what}; continue it with the treequake that began it, or name another folder"
        )));
    }
    let differences = there.differences(manifest);
    if !differences.is_empty() {
        let what = format!("{place} has a different campaign ({})", differences.join("; "));
        return Err(CampaignError::Refused(format!("{what}; name another folder, or run that campaign")));
    }
    Ok(locked)
}
