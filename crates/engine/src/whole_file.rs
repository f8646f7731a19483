//! Files and folders that appear whole or not at all: they are made next to their place under a name of our own, and
//! moved there once they are complete.
//!
//! What is on the way is known to the process, so that a signal can remove it with [`remove_parts`], and it is locked. So
//! what a killed process has left can be told from what another one is still writing: [`remove_stale`] takes only files
//! that nobody has locked.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use tempfile::{Builder, NamedTempFile, TempDir};

const PART_PREFIX: &str = ".treequake-";
const PART_SUFFIX: &str = ".part";

/// The random characters in the name of a part.
const PART_RANDOM: usize = 6;

/// What this process has on the way.
static PARTS: Mutex<BTreeSet<PathBuf>> = Mutex::new(BTreeSet::new());

fn parts() -> MutexGuard<'static, BTreeSet<PathBuf>> {
    PARTS.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Removes all that this process has on the way, and then calls `end`, which must end the process: until then, nothing
/// new can begin.
pub fn remove_parts(end: impl FnOnce()) {
    let parts = parts();
    for part in parts.iter() {
        // It may just have been moved to its place, and then this name leads nowhere.
        let _ = if part.is_dir() { fs::remove_dir_all(part) } else { fs::remove_file(part) };
    }
    end();
}

/// Removes the files in `folder` that were on the way when their process was killed.
pub fn remove_stale(folder: &Path) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let is_file = entry.file_type().is_ok_and(|kind| kind.is_file());
        if is_file && is_part(&entry.file_name()) {
            let open = File::options().read(true).write(true).open(entry.path());
            if open.is_ok_and(|file| file.try_lock().is_ok()) {
                let _ = fs::remove_file(entry.path());
            }
        }
    }
}

/// The entry of something on the way, for as long as it is.
#[derive(Debug)]
struct Entry(PathBuf);

impl Drop for Entry {
    fn drop(&mut self) {
        parts().remove(&self.0);
    }
}

/// A file on the way to its place; gone if it is dropped before.
#[derive(Debug)]
pub struct WholeFile {
    file: BufWriter<NamedTempFile>,
    place: PathBuf,
    entry: Entry,
}

impl WholeFile {
    /// A file that is to be at `place`. A link there is not followed, but replaced.
    ///
    /// # Errors
    /// Where none can be made in that folder.
    pub fn beside(place: &Path) -> io::Result<Self> {
        let mut parts = parts();
        let file = builder(0o666).tempfile_in(folder_of(place))?;
        parts.insert(file.path().to_owned());
        let entry = Entry(file.path().to_owned());
        // Some file systems cannot lock. There, nothing that is left is removed.
        let _ = file.as_file().try_lock();
        Ok(WholeFile { file: BufWriter::new(file), place: place.to_owned(), entry })
    }

    /// The file itself, for callers that only write to it.
    pub fn as_file(&self) -> &File {
        self.file.get_ref().as_file()
    }

    /// Opens what has been written so far, from its beginning.
    ///
    /// # Errors
    /// If it cannot be written or opened.
    pub fn reopen(&mut self) -> io::Result<File> {
        self.file.flush()?;
        self.file.get_ref().reopen()
    }

    /// Gives it the permissions of the file in its place, if there is one.
    ///
    /// # Errors
    /// If they cannot be set.
    pub fn keep_permissions(&self) -> io::Result<()> {
        match fs::metadata(&self.place) {
            Ok(old) => self.as_file().set_permissions(old.permissions()),
            Err(_) => Ok(()),
        }
    }

    /// Puts it in its place, whatever is there.
    ///
    /// # Errors
    /// If it cannot be written completely, or cannot be moved.
    pub fn put(self) -> io::Result<()> {
        let (file, place, _entry) = self.finish()?;
        file.persist(place).map(drop).map_err(|error| error.error)
    }

    /// Puts it in its place, where nothing may be.
    ///
    /// # Errors
    /// As of [`put`](Self::put); and where something is there, of the kind `AlreadyExists`.
    pub fn put_new(self) -> io::Result<()> {
        let (file, place, _entry) = self.finish()?;
        file.persist_noclobber(place).map(drop).map_err(|error| error.error)
    }

    fn finish(self) -> io::Result<(NamedTempFile, PathBuf, Entry)> {
        let file = self.file.into_inner().map_err(io::IntoInnerError::into_error)?;
        file.as_file().sync_all()?;
        Ok((file, self.place, self.entry))
    }
}

impl Write for WholeFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

/// A folder on the way to its place; gone if it is dropped before.
#[derive(Debug)]
pub struct WholeFolder {
    folder: TempDir,
    place: PathBuf,
    _entry: Entry,
}

impl WholeFolder {
    /// A folder that is to be at `place`. The folders above it are made.
    ///
    /// # Errors
    /// If it cannot be created.
    pub fn beside(place: &Path) -> io::Result<Self> {
        let parent = folder_of(place);
        fs::create_dir_all(parent)?;
        let mut parts = parts();
        let folder = builder(0o777).tempdir_in(parent)?;
        parts.insert(folder.path().to_owned());
        let entry = Entry(folder.path().to_owned());
        Ok(WholeFolder { folder, place: place.to_owned(), _entry: entry })
    }

    /// Where it is now.
    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Puts it in its place, where nothing may be but an empty folder.
    ///
    /// # Errors
    /// If it cannot be moved.
    pub fn put(mut self) -> io::Result<()> {
        fs::rename(self.folder.path(), &self.place)?;
        self.folder.disable_cleanup(true);
        Ok(())
    }
}

/// Whether what is called so was on the way to its place.
pub fn is_part(name: &OsStr) -> bool {
    let name = name.to_str().and_then(|name| name.strip_prefix(PART_PREFIX)?.strip_suffix(PART_SUFFIX));
    name.is_some_and(|random| random.len() == PART_RANDOM && random.bytes().all(|byte| byte.is_ascii_alphanumeric()))
}

fn folder_of(place: &Path) -> &Path {
    place.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// `mode` is as for any new file: the process takes away what its mask says.
#[cfg_attr(not(unix), expect(unused_variables, reason = "only unix has modes"))]
fn builder(mode: u32) -> Builder<'static, 'static> {
    let mut builder = Builder::new();
    builder.prefix(PART_PREFIX).suffix(PART_SUFFIX).rand_bytes(PART_RANDOM);
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(mode));
    builder
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Proves that nothing is in the place before all is there, that what is dropped leaves nothing, and that a file
    /// which is there is replaced only by who may.
    #[test]
    fn whole_or_not_at_all() {
        let folder = tempfile::tempdir().unwrap();
        let place = folder.path().join("file");
        let names = || fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect::<Vec<_>>();
        let write = |text: &str| {
            let mut file = WholeFile::beside(&place).unwrap();
            file.write_all(text.as_bytes()).unwrap();
            file
        };
        let first = write("one");
        assert!(matches!(&names()[..], [part] if is_part(part)), "{:?}", names());
        drop(first);
        assert!(names().is_empty());
        write("one").put_new().unwrap();
        assert_eq!(write("two").put_new().unwrap_err().kind(), io::ErrorKind::AlreadyExists);
        assert_eq!((fs::read_to_string(&place).unwrap(), names()), ("one".to_owned(), vec!["file".into()]));
        // One that is being written is not stale; one that a killed process has left is, but nothing else.
        let busy = write("busy");
        for name in [".treequake-abc123.part", ".treequake-notes.part", "notes"] {
            fs::write(folder.path().join(name), "").unwrap();
        }
        remove_stale(folder.path());
        assert_eq!(names().len(), 4, "{:?}", names());
        assert!(!folder.path().join(".treequake-abc123.part").exists());
        drop(busy);
        fs::remove_file(folder.path().join(".treequake-notes.part")).unwrap();
        fs::remove_file(folder.path().join("notes")).unwrap();
        write("two").put().unwrap();
        assert_eq!((fs::read_to_string(&place).unwrap(), names()), ("two".to_owned(), vec!["file".into()]));
    }
}
