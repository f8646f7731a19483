//! Outputs: standard output, devices, and files that appear whole or not at all.

use super::exit::Exit;
use super::guard::Guard;
use crate::report::narrow;
use crate::report::terminal::Characters;
use crate::scenario::file::MAX_FILE_LEN;
use crate::whole_file::WholeFile;
use crate::words::io_error;
use crate::words::terminal::{guarded, shown};
use clap::builder::styling::{AnsiColor, Styles};
use std::fs::{self, File, FileType};
use std::io::{self, BufRead, BufReader, BufWriter, ErrorKind, IsTerminal, Read, Write};
use std::path::{Path, PathBuf};

/// How help and errors look.
pub const STYLES: Styles = Styles::styled()
    .header(AnsiColor::Green.on_default().bold())
    .usage(AnsiColor::Green.on_default().bold())
    .literal(AnsiColor::Cyan.on_default().bold());

/// Writes `text` to standard output. A closed pipe is not an error.
pub fn say(text: &str) -> Exit {
    let text = if io::stdout().is_terminal() { guarded(text) } else { text.into() };
    let mut out = anstream::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Ok(()) => Exit::Fine,
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Exit::Fine,
        Err(error) => complain(&format!("standard output cannot be written: {}", explain(&error))),
    }
}

/// A terminal for pictures.
pub struct Terminal {
    /// Its columns.
    pub width: usize,
    /// The characters that it can show.
    pub characters: Characters,
}

/// The terminal of standard output, if there is one.
pub fn terminal() -> Option<Terminal> {
    let variable = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
    if !io::stdout().is_terminal() {
        return None;
    }
    let width = terminal_size::terminal_size().map_or(80, |(width, _)| usize::from(width.0));
    let locale = ["LC_ALL", "LC_CTYPE", "LANG"].into_iter().find_map(variable).unwrap_or_default().to_lowercase();
    let is_unicode = cfg!(windows) || locale.contains("utf-8") || locale.contains("utf8");
    let is_dumb = variable("TERM").is_none_or(|term| term == "dumb") && !cfg!(windows);
    let characters = if is_unicode && !is_dumb { Characters::Unicode } else { Characters::Ascii };
    Some(Terminal { width, characters })
}

/// The width of the terminal of standard output, if there is one.
pub fn width() -> Option<usize> {
    terminal().map(|terminal| terminal.width)
}

/// The same for a report that goes to standard error if something else has standard output.
pub fn width_unless(is_taken: bool) -> Option<usize> {
    if is_taken { error_width() } else { width() }
}

/// The width of the terminal of standard error, if there is one.
pub fn error_width() -> Option<usize> {
    let is_terminal = io::stderr().is_terminal();
    is_terminal.then(|| terminal_size::terminal_size_of(io::stderr()).map_or(80, |(width, _)| usize::from(width.0)))
}

/// Writes a report of sentences, in the width of the terminal.
pub fn tell(text: &str) -> Exit {
    say(&narrow::sentences(text, width()))
}

/// Writes `text` to standard error; an error there has no place to go.
pub fn remark(text: &str) {
    let _ = anstream::stderr().lock().write_all(guarded(text).as_bytes());
}

/// Writes sentences to standard error, in the width of its terminal.
pub fn note(text: &str) {
    remark(&narrow::sentences(text, error_width()));
}

/// Reports an error on standard error.
pub fn complain(what: &str) -> Exit {
    let bad = STYLES.get_error();
    note(&format!("{bad}error{bad:#}: {what}\n"));
    Exit::Misuse
}

/// Why an output cannot be written, without the names of temporary files.
pub fn explain(error: &io::Error) -> String {
    match error.kind() {
        ErrorKind::NotFound => "there is no such folder; create it first".to_owned(),
        ErrorKind::PermissionDenied => "permission denied; choose a place that you can write to".to_owned(),
        _ => io_error(error),
    }
}

/// Writes text or bytes to a file, whole or not at all, or reports why it cannot.
pub fn write_file(path: &Path, bytes: impl AsRef<[u8]>) -> Exit {
    stream(path, |sink| sink.write_all(bytes.as_ref()))
}

/// Writes a file piece by piece, whole or not at all, or reports why it cannot.
pub fn stream(path: &Path, write: impl FnOnce(&mut Sink) -> io::Result<()>) -> Exit {
    let written = Sink::open(path).and_then(|mut sink| {
        write(&mut sink)?;
        sink.finish()
    });
    match written {
        Ok(()) => Exit::Fine,
        // A closed pipe is not an error.
        Err(error) if error.kind() == ErrorKind::BrokenPipe && is_stdout(path) => Exit::Fine,
        Err(error) => complain(&cannot_be_written(path, &error)),
    }
}

/// The sentence that an output cannot be written, with the reason.
pub fn cannot_be_written(path: &Path, error: &io::Error) -> String {
    let name = if path == Path::new("-") { "standard output".to_owned() } else { shown(path) };
    format!("{name} cannot be written: {}", explain(error))
}

/// Why a file cannot be written, if that is known beforehand. Commands ask for this before they run anything.
pub fn refusal(path: &Path) -> Option<String> {
    let probe = match place(path) {
        // What is not put in its place leaves nothing behind.
        Ok(Place::Whole(place)) => WholeFile::beside(&place).map(drop),
        // A pipe that is opened and closed would end for its reader.
        Ok(Place::Stdout | Place::Direct(_)) => Ok(()),
        Err(error) => Err(error),
    };
    probe.err().map(|error| cannot_be_written(path, &error))
}

/// Whether two paths lead to the same existing file, under whatever names.
pub fn is_same_file(one: &Path, other: &Path) -> bool {
    match (identity(one), identity(other)) {
        (Some(one), Some(other)) => one == other,
        _ => false,
    }
}

/// Whether two outputs go to one place, whether there is a file yet or not.
pub fn is_same_place(one: &Path, other: &Path) -> bool {
    let absolute = |path| std::path::absolute(path).ok();
    is_same_file(one, other) || absolute(one) == absolute(other)
}

#[cfg(unix)]
fn identity(path: &Path) -> Option<(u64, u64)> {
    use std::os::unix::fs::MetadataExt;
    fs::metadata(path).ok().map(|metadata| (metadata.dev(), metadata.ino()))
}

#[cfg(not(unix))]
fn identity(path: &Path) -> Option<PathBuf> {
    fs::canonicalize(path).ok()
}

/// Where an output goes, and how.
enum Place {
    /// Standard output.
    Stdout,
    /// A terminal, another device for characters, a pipe, or a descriptor that the shell has opened: written as it is.
    Direct(PathBuf),
    /// A file, which is replaced as a whole. Links are followed.
    Whole(PathBuf),
}

/// Finds out what is at a path. What the name looks like does not matter: there are files in `/dev/shm`, and devices
/// elsewhere.
fn place(path: &Path) -> io::Result<Place> {
    if is_stdout(path) {
        return Ok(Place::Stdout);
    }
    let refused = |why: &str| Err(io::Error::other(why));
    let metadata = match fs::metadata(path) {
        Ok(metadata) => metadata,
        Err(error) if error.kind() == ErrorKind::NotFound && fs::symlink_metadata(path).is_ok() => {
            return refused("this is a link to nothing; name the file itself");
        }
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Place::Whole(path.to_owned())),
        Err(error) => return Err(error),
    };
    match metadata.file_type() {
        kind if kind.is_dir() => refused("this is a folder; name a file in it"),
        kind if is_stream(kind) => Ok(Place::Direct(path.to_owned())),
        kind if !kind.is_file() => refused("this is neither a file nor a stream; name a file"),
        _ if is_scenario(path) => refused("this is a scenario, which is not overwritten; name another file"),
        _ if is_descriptor(path) => Ok(Place::Direct(path.to_owned())),
        _ if metadata.permissions().readonly() => {
            Err(io::Error::new(ErrorKind::PermissionDenied, "the file is read-only"))
        }
        _ => Ok(Place::Whole(fs::canonicalize(path)?)),
    }
}

#[cfg(unix)]
fn is_stream(kind: FileType) -> bool {
    use std::os::unix::fs::FileTypeExt;
    kind.is_char_device() || kind.is_fifo()
}

#[cfg(not(unix))]
fn is_stream(kind: FileType) -> bool {
    !kind.is_file()
}

/// Whether a path names a descriptor of this process.
fn is_descriptor(path: &Path) -> bool {
    ["/dev/fd", "/proc/self/fd"].iter().any(|folder| path.parent() == Some(Path::new(folder)))
        || path == Path::new("/dev/stderr")
}

/// The place of an output, opened.
pub enum Sink {
    /// Standard output.
    Stdout(BufWriter<Box<dyn Write>>),
    /// What is written as it is.
    Direct(BufWriter<File>),
    /// A file that is written beside its place, and put there at the end.
    Whole(WholeFile),
}

impl Sink {
    /// Opens the sink that `path` names; `-` is standard output.
    pub fn open(path: &Path) -> io::Result<Sink> {
        match place(path)? {
            Place::Stdout if io::stdout().is_terminal() => {
                Ok(Sink::Stdout(BufWriter::new(Box::new(Guard::before(io::stdout())))))
            }
            Place::Stdout => Ok(Sink::Stdout(BufWriter::new(Box::new(io::stdout())))),
            // The shell may have opened it to append; a stream has no end to append to.
            Place::Direct(path) => {
                let mut options = File::options();
                if is_descriptor(&path) {
                    options.append(true)
                } else {
                    options.write(true)
                };
                Ok(Sink::Direct(BufWriter::new(options.open(path)?)))
            }
            Place::Whole(path) => Ok(Sink::Whole(WholeFile::beside(&path)?)),
        }
    }

    /// Puts the output in its place.
    pub fn finish(self) -> io::Result<()> {
        match self {
            Sink::Stdout(mut out) => out.flush(),
            Sink::Direct(mut out) => out.flush(),
            Sink::Whole(file) => {
                file.keep_permissions()?;
                file.put()
            }
        }
    }
}

/// Whether a file is a scenario or a profile, which its author does not want to lose, whatever its name.
fn is_scenario(path: &Path) -> bool {
    let Ok(file) = File::open(path) else { return false };
    let mut text = BufReader::new(file.take(MAX_FILE_LEN));
    let is_object = text.fill_buf().is_ok_and(|head| head.trim_ascii_start().starts_with(b"{"));
    let mut read = || serde_json::from_reader::<_, serde_json::Value>(&mut text).ok();
    is_object && read().is_some_and(|value| value.get("version").is_some_and(serde_json::Value::is_number))
}

/// Whether an output goes to standard output.
pub fn is_stdout(path: &Path) -> bool {
    ["-", "/dev/stdout", "/dev/fd/1", "/proc/self/fd/1"].iter().any(|name| path == Path::new(name))
}

impl Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Sink::Stdout(out) => out.write(bytes),
            Sink::Direct(out) => out.write(bytes),
            Sink::Whole(file) => file.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Sink::Stdout(out) => out.flush(),
            Sink::Direct(out) => out.flush(),
            Sink::Whole(file) => file.flush(),
        }
    }
}
