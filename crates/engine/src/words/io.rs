//! The system's errors in our words, for every file that is read or written.

use std::io::{self, ErrorKind};

/// What is wrong, and what to do where that is known. Without the number of the error, which says nothing to a reader, and
/// without the path, which may be that of a temporary file: the caller names the file that the user knows.
pub fn io_error(error: &io::Error) -> String {
    let words = match error.kind() {
        ErrorKind::NotFound => "it does not exist",
        ErrorKind::PermissionDenied => "permission denied; check the permissions",
        ErrorKind::ReadOnlyFilesystem => "the file system is read-only; name another place",
        ErrorKind::StorageFull => "no space left on the device; free some space",
        ErrorKind::QuotaExceeded => "the disk quota is used up; free some space",
        ErrorKind::FileTooLarge => "the file is larger than the system allows; raise the limit",
        ErrorKind::IsADirectory => "this is a folder; name a file in it",
        ErrorKind::NotADirectory => "a part of the path is a file, not a folder; check the path",
        ErrorKind::DirectoryNotEmpty => "the folder is not empty; name another one",
        ErrorKind::InvalidFilename => "the name is too long or has characters that are not allowed; use another name",
        ErrorKind::AlreadyExists => "it already exists; name another place",
        ErrorKind::ResourceBusy | ErrorKind::ExecutableFileBusy => {
            "another program is using it; wait, or stop that program"
        }
        ErrorKind::StaleNetworkFileHandle => "the network file system has lost the file; mount it again",
        ErrorKind::CrossesDevices => "it would have to move to another file system; name a place on the same one",
        ErrorKind::TooManyLinks => "it has too many links; name another place",
        ErrorKind::InvalidData => "this is not UTF-8; save the file as UTF-8",
        ErrorKind::UnexpectedEof => "it ends too early; is it complete?",
        ErrorKind::OutOfMemory => "there is not enough memory",
        ErrorKind::BrokenPipe => "the program that reads it has ended",
        _ => return bare(error),
    };
    // An error of our own with a text says more.
    if is_ours(error) { error.to_string() } else { words.to_owned() }
}

/// What the system writes before the number of an error.
const NUMBER: &str = " (os error ";

/// Whether an error was made by this program from a text. Makers of temporary files put a path around one of the system.
fn is_ours(error: &io::Error) -> bool {
    error.get_ref().is_some_and(|inner| !inner.to_string().contains(NUMBER))
}

/// The text of an error without its number and what follows it.
fn bare(error: &io::Error) -> String {
    let text = error.to_string();
    let words = text.split(NUMBER).next().unwrap_or_default();
    let mut letters = words.chars();
    match letters.next() {
        Some(first) if text.len() > words.len() => first.to_lowercase().chain(letters).collect(),
        _ => words.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Proves that an error of the system has words of ours, even with the path of a temporary file around it, and that no
    /// number is left; and that an error of our own keeps its text.
    #[test]
    fn no_number_is_left() {
        // Linux: EROFS, ENOSPC, ENOENT, EACCES, ELOOP, and one that has no kind.
        for (number, beginning) in [
            (30, "the file system is read-only"),
            (28, "no space left"),
            (2, "it does not exist"),
            (13, "permission denied"),
            (40, "too many levels of symbolic links"),
            (61, "no data available"),
        ] {
            let error = io::Error::from_raw_os_error(number);
            let around = io::Error::new(error.kind(), format!("{error} at path \"/x/.treequake-ZnnS5n.part\""));
            for words in [io_error(&error), io_error(&around)] {
                assert!(words.starts_with(beginning), "{words}");
                assert!(!words.contains("os error") && !words.contains("treequake"), "{words}");
            }
        }
        let ours = io::Error::new(ErrorKind::PermissionDenied, "the file is read-only");
        assert_eq!(io_error(&ours), "the file is read-only");
        assert_eq!(
            io_error(&io::Error::other("this is a folder; name a file in it")),
            "this is a folder; name a file in it"
        );
    }
}
