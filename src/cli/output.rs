//! Outputs: standard output, devices, and files that appear whole or not at all.

use super::exit::Exit;
use crate::report::terminal::Characters;
use crate::whole_file::WholeFile;
use crate::words::io_error;
use clap::builder::styling::{AnsiColor, Styles};
use std::fs::{self, File};
use std::io::{self, BufWriter, ErrorKind, IsTerminal, Write};
use std::path::{Path, PathBuf};

/// How help and errors look.
pub const STYLES: Styles = Styles::styled()
    .header(AnsiColor::Green.on_default().bold())
    .usage(AnsiColor::Green.on_default().bold())
    .literal(AnsiColor::Cyan.on_default().bold());

/// Writes `text` to standard output. A closed pipe is not an error.
pub fn say(text: &str) -> Exit {
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

/// Writes `text` to standard error; an error there has no place to go.
pub fn remark(text: &str) {
    let _ = anstream::stderr().lock().write_all(text.as_bytes());
}

/// Reports an error on standard error.
pub fn complain(what: &str) -> Exit {
    let bad = STYLES.get_error();
    remark(&format!("{bad}error{bad:#}: {what}\n"));
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
    let shown = if path == Path::new("-") { "standard output".to_owned() } else { path.display().to_string() };
    format!("{shown} cannot be written: {}", explain(error))
}

/// Why a file cannot be written, if that is known beforehand.
pub fn refusal(path: &Path) -> Option<String> {
    // A sink that is not finished leaves nothing behind.
    Sink::open(path).err().map(|error| cannot_be_written(path, &error))
}

/// Whether two paths lead to the same existing file.
pub fn is_same_file(one: &Path, other: &Path) -> bool {
    fs::canonicalize(one).is_ok_and(|one| fs::canonicalize(other).is_ok_and(|other| one == other))
}

/// The place of an output.
pub enum Sink {
    /// Standard output.
    Stdout(BufWriter<io::Stdout>),
    /// A device or a pipe, which is written directly.
    Direct(BufWriter<File>),
    /// A file that is written beside its place, and put there at the end.
    Whole(WholeFile),
}

impl Sink {
    /// Opens the sink that `path` names; `-` is standard output.
    pub fn open(path: &Path) -> io::Result<Sink> {
        if is_stdout(path) {
            return Ok(Sink::Stdout(BufWriter::new(io::stdout())));
        }
        // Names of the system, such as those of file descriptors, are not files to replace.
        if path.starts_with("/dev") || path.starts_with("/proc") {
            return Ok(Sink::Direct(BufWriter::new(File::options().append(true).open(path)?)));
        }
        match fs::metadata(path) {
            Ok(metadata) if metadata.is_dir() => return Err(io::Error::other("this is a folder; name a file in it")),
            Ok(metadata) if !metadata.is_file() => {
                return Ok(Sink::Direct(BufWriter::new(File::options().write(true).open(path)?)));
            }
            Ok(_) if is_scenario(path) => {
                return Err(io::Error::other("this is a scenario, which is not overwritten; name another file"));
            }
            Ok(metadata) if metadata.permissions().readonly() => {
                return Err(io::Error::new(ErrorKind::PermissionDenied, "the file is read-only"));
            }
            _ => {}
        }
        let path = follow(path)?;
        Ok(Sink::Whole(WholeFile::beside(&path)?))
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

/// Whether a file is a scenario, which its author does not want to lose.
fn is_scenario(path: &Path) -> bool {
    let is_named_so = path.extension().is_some_and(|extension| extension == "json");
    let read = || serde_json::from_slice::<serde_json::Value>(&fs::read(path).ok()?).ok();
    is_named_so && read().is_some_and(|value| value.get("version").is_some_and(serde_json::Value::is_number))
}

/// Whether an output goes to standard output.
pub fn is_stdout(path: &Path) -> bool {
    ["-", "/dev/stdout", "/dev/fd/1", "/proc/self/fd/1"].iter().any(|name| path == Path::new(name))
}

/// The file behind a link, which is replaced, whether it exists or not.
fn follow(path: &Path) -> io::Result<PathBuf> {
    let mut path = path.to_owned();
    // Linux follows as many.
    for _ in 0..40 {
        match fs::read_link(&path) {
            Ok(target) => path = path.parent().unwrap_or(Path::new("")).join(target),
            Err(_) => return Ok(path),
        }
    }
    Err(io::Error::other("too many links in a row"))
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
