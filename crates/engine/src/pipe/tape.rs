//! Recorded conversations: a run can be shown again without its program.
//!
//! A recording is a text file. Its first line says what it is, its second is the first line of the program. Then come the
//! runs, each as requests and answers by turns, as they were on the pipe. A run begins with a `start`, which has the name that
//! the program went by. Where another program was asked, its first line comes before the run.

use crate::whole_file::WholeFile;
use crate::words::io_error;
use serde::Deserialize;
use std::fs;
use std::io::{self, Write};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

/// What the first line of a recording begins with.
const MARK: &str = "{\"treequake_recording\":1";

/// What each request begins with. No first line of a program does.
const REQUEST: &[u8] = b"{\"n\":";

/// What stands behind the number of a `start`.
const START: &[u8] = b",\"do\":\"start\"";

/// The largest recording that is read, in bytes.
const SIZE_MAX: u64 = 1 << 30;

/// What is being recorded, and where it goes.
static RECORDER: Mutex<Option<Recorder>> = Mutex::new(None);

struct Recorder {
    file: WholeFile,
    /// The first line of the program of the last run; `None` before the first run.
    hello: Option<Vec<u8>>,
}

/// From now on, all conversations with programs are recorded. The file appears with [`finish`].
///
/// # Errors
/// If it cannot be written.
pub fn record(path: &Path) -> io::Result<()> {
    let recorder = Recorder { file: WholeFile::beside(path)?, hello: None };
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
    if let Some(Recorder { file, hello: last }) = &mut *recorder {
        let begin = format!("{MARK}}}\n");
        let parts: [&[u8]; 3] = [begin.as_bytes(), hello, b"\n"];
        let before = match last.as_deref() {
            None => &parts[..],
            Some(last) if last != hello => &parts[1..],
            Some(_) => &[],
        };
        let done = before.iter().chain([&run]).try_for_each(|part| file.write_all(part));
        *last = Some(hello.to_vec());
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
        Some(Recorder { file, hello: Some(_) }) => file.put(),
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
    /// The name that the program went by.
    name: String,
    hello: Vec<u8>,
    /// Each run is its requests and answers, without their numbers.
    runs: Vec<Vec<(Vec<u8>, Vec<u8>)>>,
}

/// What a recording needs of a `start`.
#[derive(Deserialize)]
struct Start {
    monitor: String,
}

impl Player {
    /// Reads a recording: a player for each program in it, in the order in which they were asked first.
    ///
    /// # Errors
    /// If the file is none, as a sentence.
    pub fn open(path: &Path) -> Result<Vec<Player>, String> {
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
        let damaged = |what: &str| format!("{shown} is damaged: {what}");
        let (mut hello, mut at) = (Vec::new(), None);
        let mut tapes: Vec<Tape> = Vec::new();
        while let Some(asked) = lines.next() {
            if !asked.starts_with(REQUEST) {
                hello = asked.to_vec();
                continue;
            }
            let answered = lines.next().ok_or_else(|| damaged("its last request has no answer"))?;
            if unnumbered(asked).starts_with(START) {
                let start: Start = serde_json::from_slice(asked).map_err(|_| damaged("a `start` names no monitor"))?;
                let known = tapes.iter().position(|tape| tape.name == start.monitor);
                at = Some(known.unwrap_or(tapes.len()));
                if known.is_none() {
                    tapes.push(Tape { name: start.monitor, hello: hello.clone(), runs: Vec::new() });
                }
                at.into_iter().for_each(|at| tapes[at].runs.push(Vec::new()));
            }
            let run = at.and_then(|at| tapes[at].runs.last_mut()).ok_or_else(|| damaged("it has no `start`"))?;
            run.push((unnamed(unnumbered(asked)).to_vec(), unnumbered(answered).to_vec()));
        }
        if tapes.is_empty() {
            return Err(damaged("it has no run"));
        }
        let player = |tape| Player { tape: Arc::new(tape), fitting: Vec::new(), at: 0, answer: Vec::new() };
        Ok(tapes.into_iter().map(player).collect())
    }

    /// The name that the program went by when it was recorded.
    pub fn name(&self) -> &str {
        &self.tape.name
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
        let same = unnamed(asked);
        if asked.starts_with(START) {
            self.at = 0;
            self.fitting = (0..self.tape.runs.len()).collect();
        }
        let (tape, at) = (&self.tape, self.at);
        self.fitting.retain(|run| tape.runs[*run].get(at).is_some_and(|(recorded, _)| recorded == same));
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

/// A request without its number, and without the name of the monitor if it is a `start`: a recording can stand for its program
/// under any name.
fn unnamed(asked: &[u8]) -> &[u8] {
    const NAME: &[u8] = b",\"monitor\":";
    let name = Some(asked).filter(|asked| asked.starts_with(START));
    let end = name.and_then(|asked| asked.windows(NAME.len()).position(|part| part == NAME));
    end.map_or(asked, |end| &asked[..end])
}
