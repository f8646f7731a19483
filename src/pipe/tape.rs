//! Recorded conversations: a run can be shown again without its program.
//!
//! A recording is a text file. Its first line says what it is, its second is the first line of the program. Then come the
//! runs, each as requests and answers by turns, as they were on the pipe. A run begins with a `start`.

use crate::whole_file::WholeFile;
use crate::words::io_error;
use std::fs;
use std::io::{self, Write};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

/// What the first line of a recording begins with.
const MARK: &str = "{\"treequake_recording\":1";

/// The largest recording that is read, in bytes.
const SIZE_MAX: u64 = 1 << 30;

/// What is being recorded, and where it goes.
static RECORDER: Mutex<Option<Recorder>> = Mutex::new(None);

struct Recorder {
    file: WholeFile,
    /// Whether the first lines are written.
    has_begun: bool,
}

/// From now on, all conversations with programs are recorded. The file appears with [`finish`].
///
/// # Errors
/// If it cannot be written.
pub fn record(path: &Path) -> io::Result<()> {
    let recorder = Recorder { file: WholeFile::beside(path)?, has_begun: false };
    *RECORDER.lock().unwrap_or_else(PoisonError::into_inner) = Some(recorder);
    Ok(())
}

/// Whether conversations are recorded.
pub fn is_on() -> bool {
    RECORDER.lock().unwrap_or_else(PoisonError::into_inner).is_some()
}

/// Writes a whole run.
pub fn write(hello: &[u8], run: &[u8]) {
    let mut recorder = RECORDER.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(Recorder { file, has_begun }) = &mut *recorder {
        let begin = format!("{MARK}}}\n");
        let parts: [&[u8]; 3] = [begin.as_bytes(), hello, b"\n"];
        let begin = if *has_begun { &[][..] } else { &parts[..] };
        let done = begin.iter().chain([&run]).try_for_each(|part| file.write_all(part));
        *has_begun = true;
        if done.is_err() {
            // A recording with a hole is worth nothing; `finish` says that there is none.
            *recorder = None;
        }
    }
}

/// Puts the recording in its place, if one was made.
///
/// # Errors
/// If it cannot be written.
pub fn finish() -> io::Result<()> {
    match RECORDER.lock().unwrap_or_else(PoisonError::into_inner).take() {
        Some(Recorder { file, has_begun: true }) => file.put(),
        Some(_) | None => Ok(()),
    }
}

/// A recording that stands for its program.
#[derive(Clone, Debug)]
pub struct Player {
    tape: Arc<Tape>,
    /// The runs that the conversation could be, and how far they are.
    fitting: Vec<usize>,
    at: usize,
    answer: Vec<u8>,
}

#[derive(Debug)]
struct Tape {
    hello: Vec<u8>,
    /// Each run is its requests and answers, without their numbers.
    runs: Vec<Vec<(Vec<u8>, Vec<u8>)>>,
}

impl Player {
    /// Reads a recording.
    ///
    /// # Errors
    /// If the file is none, as a sentence.
    pub fn open(path: &Path) -> Result<Player, String> {
        let shown = path.display();
        let size = fs::metadata(path).map_err(|error| format!("{shown} cannot be read: {}", io_error(&error)))?;
        if !size.is_file() || size.len() > SIZE_MAX {
            return Err(format!("{shown} is no recording: it must be a file of at most a GiB"));
        }
        let bytes = fs::read(path).map_err(|error| format!("{shown} cannot be read: {}", io_error(&error)))?;
        let mut lines = bytes.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
        if !lines.next().is_some_and(|line| line.starts_with(MARK.as_bytes())) {
            return Err(format!("{shown} is no recording; --protocol-record makes one"));
        }
        let hello = lines.next().unwrap_or_default().to_vec();
        let mut runs: Vec<Vec<(Vec<u8>, Vec<u8>)>> = Vec::new();
        while let Some(asked) = lines.next() {
            let Some(answered) = lines.next() else {
                return Err(format!("{shown} is damaged: its last request has no answer"));
            };
            let asked = unnumbered(asked).to_vec();
            if asked.starts_with(b",\"do\":\"start\"") || runs.is_empty() {
                runs.push(Vec::new());
            }
            if let Some(run) = runs.last_mut() {
                run.push((asked, unnumbered(answered).to_vec()));
            }
        }
        Ok(Player { tape: Arc::new(Tape { hello, runs }), fitting: Vec::new(), at: 0, answer: Vec::new() })
    }

    /// Takes a request. If the recording has no answer to it, there will be none.
    pub fn write(&mut self, line: &[u8]) {
        let line = line.strip_suffix(b"\n").unwrap_or(line);
        self.answer.clear();
        if line.starts_with(b"{\"treequake\"") {
            self.answer.extend_from_slice(&self.tape.hello);
            return;
        }
        let asked = unnumbered(line);
        if asked.starts_with(b",\"do\":\"start\"") {
            self.at = 0;
            self.fitting = (0..self.tape.runs.len()).collect();
        }
        let (tape, at) = (&self.tape, self.at);
        self.fitting.retain(|run| tape.runs[*run].get(at).is_some_and(|(recorded, _)| recorded == asked));
        if let Some(run) = self.fitting.first() {
            self.answer.extend_from_slice(&line[..line.len() - asked.len()]);
            self.answer.extend_from_slice(&tape.runs[*run][at].1);
        }
        self.at += 1;
    }

    /// The answer; `None` if the recording has none.
    pub fn read(&mut self) -> Option<&[u8]> {
        (!self.answer.is_empty()).then_some(self.answer.as_slice())
    }
}

/// What stands behind the number in a line: `,"do":...` of `{"n":7,"do":...`. Programs may write spaces.
pub(super) fn unnumbered(line: &[u8]) -> &[u8] {
    let end = line.iter().position(|byte| *byte == b',' || *byte == b'}').unwrap_or(0);
    &line[end..]
}
