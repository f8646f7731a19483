//! Reads scenario files: each is checked as a whole before anything runs, and turned into a [`Scenario`].

use super::Scenario;
use super::build::Builder;
pub use super::build::Under;
use super::decode;
use super::diagnostic::{Diagnostics, Source};
use super::node::Node;
use super::spec::file::SCENARIO;
use crate::words::{io_error, unmarked};
use serde_json::{Value, json};
use std::fmt;
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::Path;

/// The largest file that can be read, in bytes: about a million contexts.
pub const MAX_FILE_LEN: u64 = 64 * 1024 * 1024;

/// Why a file could not be loaded.
#[derive(Debug)]
pub enum LoadError {
    /// It could not be read.
    Io(io::Error),
    /// It is a folder.
    IsFolder,
    /// It is a pipe or a device.
    IsNoFile,
    /// It is larger than [`MAX_FILE_LEN`].
    TooLong,
    /// It is not a valid scenario.
    Invalid {
        /// Its text.
        source: Source,
        /// Its mistakes.
        diagnostics: Diagnostics,
    },
}

impl fmt::Display for LoadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            LoadError::Io(error) if error.kind() == io::ErrorKind::NotFound => {
                write!(f, "no such file; check the path")
            }
            LoadError::Io(error) if error.kind() == io::ErrorKind::PermissionDenied => {
                write!(f, "permission denied; check the permissions of the file")
            }
            LoadError::Io(error) => write!(f, "cannot be read: {}", io_error(error)),
            LoadError::IsNoFile => {
                write!(f, "this is a pipe or a device, not a file; use `-` to read from standard input")
            }
            LoadError::IsFolder => write!(f, "this is a folder; name a scenario in it"),
            LoadError::TooLong => {
                write!(f, "the file is too large; the limit is {} MiB", MAX_FILE_LEN / 1024 / 1024)
            }
            LoadError::Invalid { .. } => write!(f, "this is not a valid scenario"),
        }
    }
}

impl std::error::Error for LoadError {}

/// A scenario, and the warnings of the linter.
#[derive(Debug)]
pub struct Loaded {
    /// The scenario.
    pub scenario: Scenario,
    /// Its text.
    pub source: Source,
    /// Warnings only.
    pub diagnostics: Diagnostics,
}

/// Reads a scenario file; `-` is standard input.
///
/// # Errors
/// See [`LoadError`].
pub fn load(path: &Path) -> Result<Loaded, LoadError> {
    load_under(path, Under::Own)
}

/// The same, for a run under what `under` says.
///
/// # Errors
/// See [`LoadError`].
pub fn load_under(path: &Path, under: Under) -> Result<Loaded, LoadError> {
    let bytes = if path == Path::new("-") { read_all(io::stdin().lock()) } else { read_file(path) }?;
    let is_stdin = path == Path::new("-");
    let name = if is_stdin { "standard input".to_owned() } else { path.display().to_string() };
    let stem = if is_stdin { "standard input".into() } else { path.file_stem().unwrap_or_default().to_string_lossy() };
    match String::from_utf8(bytes) {
        Ok(text) => parse_under(Source { name, text }, &stem, under),
        Err(error) => Err(not_utf8(name, &error)),
    }
}

fn read_file(path: &Path) -> Result<Vec<u8>, LoadError> {
    if !is_readable(path).map_err(LoadError::Io)? {
        return Err(LoadError::IsNoFile);
    }
    let file = File::open(path).map_err(LoadError::Io)?;
    let metadata = file.metadata().map_err(LoadError::Io)?;
    if metadata.is_dir() {
        return Err(LoadError::IsFolder);
    }
    if metadata.len() > MAX_FILE_LEN {
        return Err(LoadError::TooLong);
    }
    read_all(file)
}

/// Whether a path can be read as a file. To open a pipe could wait forever, and a device might never end. A descriptor
/// that the shell has opened is as good as standard input: `<(command)`.
///
/// # Errors
/// If there is nothing at the path.
pub fn is_readable(path: &Path) -> io::Result<bool> {
    let is_open =
        ["/dev/fd/", "/proc/self/fd/", "/dev/stdin"].iter().any(|name| path.to_string_lossy().starts_with(name));
    let metadata = fs::metadata(path)?;
    Ok(is_open || metadata.is_file() || metadata.is_dir())
}

fn read_all(reader: impl Read) -> Result<Vec<u8>, LoadError> {
    let mut bytes = Vec::new();
    reader.take(MAX_FILE_LEN + 1).read_to_end(&mut bytes).map_err(LoadError::Io)?;
    if bytes.len() as u64 > MAX_FILE_LEN {
        return Err(LoadError::TooLong);
    }
    Ok(bytes)
}

fn not_utf8(name: String, error: &std::string::FromUtf8Error) -> LoadError {
    let place = error.utf8_error().valid_up_to();
    let text = String::from_utf8_lossy(error.as_bytes()).into_owned();
    let mut diagnostics = Diagnostics::default();
    let help = "save the file as UTF-8".to_owned();
    diagnostics.error(place..place + '\u{fffd}'.len_utf8(), "this is not UTF-8", help);
    LoadError::Invalid { source: Source { name, text }, diagnostics }
}

/// Reads a scenario from its text. `stem` is its name if the text has none.
///
/// # Errors
/// [`LoadError::Invalid`], with all independent mistakes.
pub fn parse(source: Source, stem: &str) -> Result<Loaded, LoadError> {
    parse_under(source, stem, Under::Own)
}

fn parse_under(source: Source, stem: &str, under: Under) -> Result<Loaded, LoadError> {
    let source = Source { text: unmarked(&source.text).to_owned(), ..source };
    let mut diagnostics = Diagnostics::default();
    let scenario = read(&source.text, stem, under, &mut diagnostics);
    match scenario {
        Some(scenario) if !diagnostics.has_errors() => Ok(Loaded { scenario, source, diagnostics }),
        _ => Err(LoadError::Invalid { source, diagnostics }),
    }
}

/// The JSON Schema of scenario files.
pub fn schema() -> Value {
    let mut schema = SCENARIO.schema();
    schema["$schema"] = json!("https://json-schema.org/draft/2020-12/schema");
    schema["title"] = json!("treequake scenario, version 1");
    schema
}

fn read(text: &str, stem: &str, under: Under, found: &mut Diagnostics) -> Option<Scenario> {
    let node = match Node::parse(text) {
        Ok(node) => node,
        Err(error) => {
            not_json(text, &error, found);
            return None;
        }
    };
    let file = decode::decode_object(node, &SCENARIO, found)?;
    let scenario = Builder::build(&file, stem, under, found);
    if found.has_errors() {
        return None;
    }
    scenario
}

fn not_json(text: &str, error: &serde_json::Error, found: &mut Diagnostics) {
    let line_start = text.split_inclusive('\n').take(error.line().saturating_sub(1)).map(str::len).sum::<usize>();
    let at = (line_start + error.column().saturating_sub(1)).min(text.len());
    let at = text.floor_char_boundary(at);
    let end = text[at..].chars().next().filter(|c| *c != '\n').map_or(at, |c| at + c.len_utf8());
    let what = error.to_string();
    let what = match what.split(" at line ").next().unwrap_or_default() {
        "expected ident" | "expected value" => "expected a value".to_owned(),
        what => match what.strip_prefix("EOF while parsing ") {
            Some(within) => format!("it ends within {within}"),
            None => what.to_owned(),
        },
    };
    let help = if text.trim().is_empty() {
        "the smallest scenario is `{ \"version\": 1 }`"
    } else if error.is_eof() {
        "the file ends too early; is it complete?"
    } else {
        "JSON needs double quotes, and commas between items but not after the last one; it has no comments"
    };
    let message =
        if text.trim().is_empty() { "the file is empty".to_owned() } else { format!("this is not JSON: {what}") };
    found.error(at..end, message, help.to_owned());
}
