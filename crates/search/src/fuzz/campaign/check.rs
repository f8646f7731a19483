//! The folder of a campaign, checked before anybody believes what it says: its manifest, its files against their digests,
//! and its summary against both.

use super::error::CampaignError;
use super::files::{self, FINDINGS, JOURNAL, MANIFEST, RESULTS, SUMMARY, SUMS, is_there};
use super::journal::{self, End};
use super::manifest::{FORMAT, FORMAT_OF_SUMS, Manifest};
use super::summary::Summary;
use super::sums::{self, Sums};
use super::written;
use crate::words::io_error;
use crate::words::terminal::shown;
use std::fs;
use std::io::ErrorKind;
use std::path::Path;

/// The manifest of the campaign in a folder.
///
/// # Errors
/// If there is no manifest, or this version cannot read it.
pub fn read_manifest(path: &Path) -> Result<Manifest, CampaignError> {
    let file = path.join(MANIFEST);
    let text = files::read(&file).map_err(|error| match error.kind() {
        ErrorKind::NotFound if !path.exists() => {
            CampaignError::Refused(format!("there is no folder {}; name the folder of a campaign", shown(path)))
        }
        ErrorKind::NotFound => CampaignError::Refused(format!(
            "there is no campaign in {}; name the run folder of a campaign",
            shown(path)
        )),
        ErrorKind::NotADirectory => {
            CampaignError::Refused(format!("{} is a file; name the folder of a campaign", shown(path)))
        }
        _ => CampaignError::io(&file)(error),
    })?;
    let manifest: Manifest = serde_json::from_slice(&text).map_err(|error| {
        let what = format!("{} is damaged: {error}", shown(&file));
        CampaignError::Refused(format!("{what}; restore it, or run its seeds again in another folder"))
    })?;
    match manifest.foreign_format().filter(|_| manifest.format > FORMAT) {
        Some(format) => {
            let what = format!("the campaign in {} has {format}", shown(path));
            Err(CampaignError::Refused(format!("{what}; use a newer treequake")))
        }
        None => Ok(manifest),
    }
}

/// The summary of a complete folder, checked against all its files.
///
/// # Errors
/// A sentence that says what is wrong.
pub fn complete(path: &Path, manifest: &Manifest) -> Result<Summary, String> {
    if is_there(&path.join(JOURNAL)) || !is_there(&path.join(SUMMARY)) {
        return Err(format!("{} is not complete", shown(path)));
    }
    let summary = checked(path, manifest)?;
    let asked = manifest.partition.map_or(manifest.seeds, |partition| partition.slice(manifest.seeds));
    match summary.done == asked {
        true => Ok(summary),
        false => Err(format!("{} is not complete", shown(path))),
    }
}

/// The summary of a campaign that has ended, with all its seeds or because its time was over.
///
/// # Errors
/// If there is none, if the campaign has continued since, or if a file is damaged; each with what to do.
pub fn ended(path: &Path) -> Result<Summary, CampaignError> {
    let manifest = read_manifest(path)?;
    let place = shown(path);
    let refused = |what: String| CampaignError::Refused(format!("{what}; wait for it, or continue it with --resume"));
    if !is_there(&path.join(SUMMARY)) {
        return Err(refused(format!("the campaign in {place} has not ended")));
    }
    checked(path, &manifest).map_err(|what| match is_there(&path.join(JOURNAL)) {
        true => refused(format!("the campaign in {place} has continued since its summary")),
        false => CampaignError::Refused(format!("{what}; run the campaign again with --resume")),
    })
}

/// The summary of a folder, checked against all its files.
fn checked(path: &Path, manifest: &Manifest) -> Result<Summary, String> {
    let damaged = |what: String| format!("{} is damaged: {what}", shown(path));
    let findings = path.join(FINDINGS);
    if is_there(&findings) && !fs::symlink_metadata(&findings).is_ok_and(|there| there.is_dir()) {
        return Err(damaged(format!("{FINDINGS} is not a folder of its own")));
    }
    let sums = Sums::read(path).map_err(damaged)?;
    match &sums {
        Some(sums) => sums.difference(path).map_or(Ok(()), |what| Err(damaged(what)))?,
        None if manifest.format >= FORMAT_OF_SUMS => return Err(damaged(format!("{SUMS} is missing"))),
        None => {}
    }
    let summary = read_summary(path)?;
    consistent(&summary, manifest, sums.as_ref()).map_err(damaged)?;
    let results = path.join(RESULTS);
    let digest = files::open(&results).and_then(written::digest);
    let digest = digest.map_err(|error| format!("{} cannot be read: {}", shown(&results), io_error(&error)))?;
    match digest == (summary.results.bytes, summary.results.digest) {
        true => Ok(summary),
        false => Err(format!("{} is damaged: it does not match {SUMMARY}", shown(&results))),
    }
}

/// Whether a summary is that of the campaign, and names the files that are listed; or why not.
fn consistent(summary: &Summary, manifest: &Manifest, sums: Option<&Sums>) -> Result<(), String> {
    if summary.campaign != *manifest {
        let differences = summary.campaign.differences(manifest).join("; ");
        return Err(format!("{SUMMARY} is of a different campaign from {MANIFEST} ({differences})"));
    }
    let asked = manifest.partition.map_or(manifest.seeds, |partition| partition.slice(manifest.seeds));
    let (done, tally) = (summary.done, &summary.tally);
    if done.start != asked.start || done.end > asked.end || tally.cases != done.count() || !tally.is_plausible() {
        return Err(format!("{SUMMARY} contradicts itself"));
    }
    let files: Vec<&str> = summary.findings.iter().filter_map(|finding| finding.file.as_deref()).collect();
    if let Some(file) = files.iter().find(|file| !sums::is_finding(file)) {
        return Err(format!("{SUMMARY} names the file {file:?}, which is not in the folder of the findings"));
    }
    let are_classes = summary.findings.iter().all(|finding| {
        let is_named = finding.file.as_ref().is_none_or(|file| *file == sums::finding(&finding.class));
        is_named && tally.classes.get(&finding.class) == Some(&finding.tally)
    });
    if !are_classes || summary.findings.len() != tally.classes.len() {
        return Err(format!("{SUMMARY} has findings that its tally has not"));
    }
    let Some(sums) = sums else { return Ok(()) };
    let listed = sums.names().filter(|name| sums::is_finding(name)).count();
    match listed == files.len() && files.iter().all(|file| sums.names().any(|name| name == *file)) {
        true => Ok(()),
        false => Err(format!("{SUMS} does not list the findings of {SUMMARY}")),
    }
}

/// The summary of a folder whose other files may be damaged, if the summary, the manifest and the results are as the
/// campaign wrote them.
pub fn core(path: &Path, manifest: &Manifest, sums: &Sums) -> Option<Summary> {
    let is_whole = [MANIFEST, RESULTS, SUMMARY].iter().all(|name| sums.holds(path, name));
    let summary = read_summary(path).ok().filter(|_| is_whole)?;
    consistent(&summary, manifest, Some(sums)).is_ok().then_some(summary)
}

/// The summary, without a check.
///
/// # Errors
/// If it cannot be read.
pub fn read_summary(path: &Path) -> Result<Summary, String> {
    let file = path.join(SUMMARY);
    let read = |error: &dyn std::fmt::Display| format!("{} cannot be read: {error}", shown(&file));
    let text = files::read(&file).map_err(|error| read(&io_error(&error)))?;
    serde_json::from_slice(&text).map_err(|error| read(&error))
}

/// How many bytes of the results can be believed: all of a campaign that has ended, and of one that runs what its journal
/// vouches for.
///
/// # Errors
/// If a file is damaged or of another campaign.
pub fn trusted(path: &Path, manifest: &Manifest) -> Result<u64, CampaignError> {
    let (results, journal) = (path.join(RESULTS), path.join(JOURNAL));
    let damaged = |what: String| CampaignError::Refused(format!("{what}; run the campaign again with --resume"));
    let has_journal = is_there(&journal);
    // Before there were digests, a campaign that was stopped had no check either.
    if manifest.format < FORMAT_OF_SUMS && (has_journal || !is_there(&path.join(SUMMARY))) {
        let length = files::open(&results).and_then(|file| file.metadata());
        return length.map(|metadata| metadata.len()).map_err(CampaignError::io(&results));
    }
    match checked(path, manifest) {
        Ok(summary) => return Ok(summary.results.bytes),
        Err(what) if !has_journal => return Err(damaged(what)),
        Err(_) => {}
    }
    let rows = files::open(&results).map_err(CampaignError::io(&results))?;
    let lines = files::open(&journal).map_err(CampaignError::io(&journal))?;
    let start = manifest.partition.map_or(manifest.seeds, |partition| partition.slice(manifest.seeds)).start;
    let trusted = journal::read(&lines, &rows, start, manifest.id()).map_err(CampaignError::io(&results))?;
    match trusted.end {
        End::Open => Ok(trusted.results),
        End::Damaged => Err(damaged(format!("{} is damaged from byte {} on", shown(&results), trusted.results))),
        End::Foreign => Err(foreign(path)),
    }
}

/// The error for a journal of another campaign.
pub fn foreign(path: &Path) -> CampaignError {
    let what = format!("{} is of a different campaign from {MANIFEST}", shown(&path.join(JOURNAL)));
    CampaignError::Refused(format!("{what}, and so are its results; name another folder"))
}
