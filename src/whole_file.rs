//! Files and folders that appear whole or not at all: they are made next to their place under a name of our own, and
//! moved there once they are complete. A process that is killed before that leaves something that [`is_part`] knows.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use tempfile::{Builder, NamedTempFile, TempDir};

const PART_PREFIX: &str = ".treequake-";
const PART_SUFFIX: &str = ".part";

/// A file on the way to its place; gone if it is dropped before.
#[derive(Debug)]
pub struct WholeFile {
    file: BufWriter<NamedTempFile>,
    place: PathBuf,
}

impl WholeFile {
    /// A file that is to be at `place`. A link there is not followed, but replaced.
    ///
    /// # Errors
    /// Where none can be made in that folder.
    pub fn beside(place: &Path) -> io::Result<Self> {
        let file = builder(0o666).tempfile_in(folder_of(place))?;
        Ok(WholeFile { file: BufWriter::new(file), place: place.to_owned() })
    }

    /// The file itself, for callers that only write to it.
    pub fn as_file(&self) -> &File {
        self.file.get_ref().as_file()
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
        let (file, place) = self.finish()?;
        file.persist(place).map(drop).map_err(|error| error.error)
    }

    /// Puts it in its place, where nothing may be.
    ///
    /// # Errors
    /// As of [`put`](Self::put); and where something is there, of the kind `AlreadyExists`.
    pub fn put_new(self) -> io::Result<()> {
        let (file, place) = self.finish()?;
        file.persist_noclobber(place).map(drop).map_err(|error| error.error)
    }

    fn finish(self) -> io::Result<(NamedTempFile, PathBuf)> {
        let file = self.file.into_inner().map_err(io::IntoInnerError::into_error)?;
        file.as_file().sync_all()?;
        Ok((file, self.place))
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

/// A folder beside `place`, to be renamed to it; gone if it is dropped before. The folders above it are made.
///
/// # Errors
/// If it cannot be created.
pub fn folder_beside(place: &Path) -> io::Result<TempDir> {
    let parent = folder_of(place);
    fs::create_dir_all(parent)?;
    builder(0o777).tempdir_in(parent)
}

/// Whether what is called so was on the way to its place.
pub fn is_part(name: &OsStr) -> bool {
    let name = name.as_encoded_bytes();
    name.starts_with(PART_PREFIX.as_bytes()) && name.ends_with(PART_SUFFIX.as_bytes())
}

fn folder_of(place: &Path) -> &Path {
    place.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// `mode` is as for any new file: the process takes away what its mask says.
#[cfg_attr(not(unix), expect(unused_variables, reason = "only unix has modes"))]
fn builder(mode: u32) -> Builder<'static, 'static> {
    let mut builder = Builder::new();
    builder.prefix(PART_PREFIX).suffix(PART_SUFFIX);
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
        write("two").put().unwrap();
        assert_eq!((fs::read_to_string(&place).unwrap(), names()), ("two".to_owned(), vec!["file".into()]));
    }
}
