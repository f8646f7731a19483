//! Where the files of a campaign go in its folder, and what happens to files that are there already.
//!
//! A file that the campaign wrote is replaced: its digest is on the list of the folder, or it is what is to be written.
//! Anything else that has the name of such a file is somebody's; it is kept under another name.

use super::error::CampaignError;
use super::files::{self, FINDINGS, OWN, is_there};
use super::sums::{self, Sums};
use crate::whole_file::WholeFile;
use crate::words::terminal::shown;
use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};

/// The end of the name of a file that is kept.
const KEPT: &str = "kept";

/// The most files that are kept of one name.
const KEPT_MAX: usize = 1_000;

/// The places in a folder.
#[derive(Debug)]
pub struct Places<'f> {
    folder: &'f Path,
    before: Sums,
    now: Sums,
    remarks: Vec<String>,
}

impl<'f> Places<'f> {
    /// The places in a folder that has a list already, or has none.
    pub fn of(folder: &'f Path, before: Option<Sums>) -> Self {
        Places { folder, before: before.unwrap_or_default(), now: Sums::default(), remarks: Vec::new() }
    }

    /// The path of a file.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    /// Writes a file, whole or not at all.
    pub fn write(&mut self, name: &str, bytes: &[u8]) -> Result<(), CampaignError> {
        let path = self.path(name);
        let file = WholeFile::beside(&path).and_then(|mut file| file.write_all(bytes).map(|()| file));
        self.put(name, file.map_err(CampaignError::io(&path))?)
    }

    /// Puts a file that has been written in its place.
    pub fn put(&mut self, name: &str, mut file: WholeFile) -> Result<(), CampaignError> {
        let path = self.path(name);
        let digest = file.reopen().and_then(sums::digest).map_err(CampaignError::io(&path))?;
        let there = sums::digest_of(&path).unwrap_or_default();
        if there != digest && !self.before.has(name, &there) {
            self.remarks.extend(keep(&path)?);
        }
        file.put().map_err(CampaignError::io(&path))?;
        self.now.add(name, digest);
        Ok(())
    }

    /// Lists a file that is in its place already.
    pub fn list(&mut self, name: &str) -> Result<(), CampaignError> {
        let digest = sums::sum(&self.path(name))?;
        self.list_with(name, digest);
        Ok(())
    }

    /// The same for a file whose digest is known.
    pub fn list_with(&mut self, name: &str, digest: String) {
        self.now.add(name, digest);
    }

    /// Writes the list, and removes what the list before had and this one has not. Returns remarks for the user.
    pub fn finish(self) -> Result<Vec<String>, CampaignError> {
        let path = self.path(files::SUMS);
        let write = || {
            let mut file = WholeFile::beside(&path)?;
            file.write_all(self.now.text().as_bytes())?;
            file.put()
        };
        if fs::symlink_metadata(&path).is_ok_and(|there| !there.is_file()) {
            keep(&path)?;
        }
        write().map_err(CampaignError::io(&path))?;
        for name in self.before.gone_in(&self.now).filter(|name| self.before.holds(self.folder, name)) {
            files::remove(&self.path(name))?;
        }
        Ok(self.remarks)
    }
}

/// Gives what is at a path another name, and says so; nothing if nothing is there.
pub fn keep(path: &Path) -> Result<Option<String>, CampaignError> {
    if !is_there(path) {
        return Ok(None);
    }
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let names = (1..=KEPT_MAX).map(|n| match n {
        1 => format!("{name}.{KEPT}"),
        n => format!("{name}.{KEPT}-{n}"),
    });
    let free = names.map(|name| path.with_file_name(name)).find(|path| !is_there(path));
    let free = free.ok_or_else(|| CampaignError::Refused(format!("{} is in the way; move it away", shown(path))))?;
    fs::rename(path, &free).map_err(CampaignError::io(path))?;
    let what = format!("{} is not what the campaign wrote", shown(path));
    Ok(Some(format!("{what}; it is kept as {}, and written anew", shown(&free))))
}

/// What is in the way of a new campaign in a folder.
pub fn in_the_way(folder: &Path) -> Vec<&'static str> {
    let is_free = |name: &str| match fs::symlink_metadata(folder.join(name)) {
        // An empty folder for the findings can be used.
        Ok(there) if name == FINDINGS && there.is_dir() => {
            fs::read_dir(folder.join(name)).is_ok_and(|mut entries| entries.next().is_none())
        }
        Ok(_) => false,
        Err(_) => true,
    };
    OWN.into_iter().filter(|name| !is_free(name)).collect()
}

/// Makes sure that what a campaign continues with are files and a folder of its own, and no links out of it.
pub fn no_links(folder: &Path) -> Result<(), CampaignError> {
    for name in OWN {
        let path = folder.join(name);
        let Ok(there) = fs::symlink_metadata(&path) else { continue };
        let is_right = if name == FINDINGS { there.is_dir() } else { there.is_file() };
        if !is_right {
            let what = format!("{} is a link, or not what a campaign makes", shown(&path));
            return Err(CampaignError::Refused(format!("{what}; move it away, or name another folder")));
        }
    }
    Ok(())
}

/// Opens the results of a new or continued campaign. Results that nothing vouches for are kept under another name.
pub fn unvouched(path: &Path, is_listed: bool) -> Result<Option<String>, CampaignError> {
    let is_empty = File::open(path).and_then(|file| file.metadata()).map_or(true, |metadata| metadata.len() == 0);
    if is_empty || is_listed { Ok(None) } else { keep(path) }
}
