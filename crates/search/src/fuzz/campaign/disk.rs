//! Brings what was written to the disk while the campaign goes on, so that little is left to wait for at its end.

use super::error::CampaignError;
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::{self, JoinHandle};

/// After so many bytes, the disk is asked to go on.
const STRIDE: u64 = 4 << 20;

/// A file that is written for long, on its way to the disk.
#[derive(Debug)]
pub struct Disk {
    path: PathBuf,
    file: File,
    /// What was written since the disk was last asked.
    waiting: u64,
    thread: Option<(SyncSender<()>, JoinHandle<io::Result<()>>)>,
}

impl Disk {
    /// For what is written to the open `file` at `path`.
    ///
    /// # Errors
    /// If the file cannot be used by a second thread.
    pub fn new(file: &File, path: &Path) -> Result<Self, CampaignError> {
        let file = file.try_clone().map_err(CampaignError::io(path))?;
        Ok(Disk { path: path.to_owned(), file, waiting: 0, thread: None })
    }

    /// So many bytes were written. Does not wait for the disk.
    ///
    /// # Errors
    /// If there can be no other thread.
    pub fn wrote(&mut self, bytes: usize) -> Result<(), CampaignError> {
        self.waiting += bytes as u64;
        if self.waiting < STRIDE {
            return Ok(());
        }
        self.waiting = 0;
        if self.thread.is_none() {
            self.thread = Some(self.start().map_err(CampaignError::io(&self.path))?);
        }
        if let Some((ask, _)) = &self.thread {
            // If the disk is busy, it is asked already. If it has failed, `sync` says so.
            let _ = ask.try_send(());
        }
        Ok(())
    }

    fn start(&self) -> io::Result<(SyncSender<()>, JoinHandle<io::Result<()>>)> {
        let (ask, asked): (_, Receiver<()>) = sync_channel(1);
        let file = self.file.try_clone()?;
        let thread = thread::Builder::new().name("disk".to_owned());
        Ok((ask, thread.spawn(move || asked.into_iter().try_for_each(|()| file.sync_data()))?))
    }

    /// Makes sure that all of it survives a crash of the machine.
    ///
    /// # Errors
    /// If the disk has failed, now or before.
    pub fn sync(&mut self) -> Result<(), CampaignError> {
        let earlier = self.thread.take().map_or(Ok(()), |(ask, thread)| {
            drop(ask);
            thread.join().unwrap_or_else(|_| Err(io::Error::other("the thread for the disk has panicked")))
        });
        earlier.and_then(|()| self.file.sync_all()).map_err(CampaignError::io(&self.path))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    /// Proves that asking the disk again and again neither blocks nor fails, and that all of the file is there afterwards.
    #[test]
    fn a_disk_is_asked_while_more_is_written() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("rows");
        let mut file = File::create(&path).unwrap();
        let mut disk = Disk::new(&file, &path).unwrap();
        let rows = vec![b'x'; 3 << 20];
        for _ in 0..5 {
            file.write_all(&rows).unwrap();
            disk.wrote(rows.len()).unwrap();
        }
        assert!(disk.thread.is_some());
        disk.sync().unwrap();
        assert!(disk.thread.is_none());
        assert_eq!(std::fs::metadata(&path).unwrap().len(), 15 << 20);
    }
}
