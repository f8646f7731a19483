//! The lines between treequake and a program: through pipes to a process, or out of a recording.

use super::running::RUNNING;
use super::tape::Player;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use std::collections::VecDeque;
use std::io::{self, BufRead, BufReader, ErrorKind, Read, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

/// The longest line that is read.
const LINE_MAX: usize = 16 << 20;

/// How much of a program's standard error is kept: lines, and bytes of each.
const STDERR_LINES: usize = 12;
const STDERR_LINE_MAX: usize = 400;

/// How many bytes are read at once.
const READ_MAX: usize = 64 * 1024;

/// So many bytes can be written to a pipe that can be written to.
const PIPE_BUF: usize = 4_096;

/// What a program is allowed.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// How long it may take for an answer.
    pub answer_within: Duration,
    /// How many bytes of memory it may have; `None` for no limit.
    pub memory: Option<u64>,
}

impl Default for Limits {
    fn default() -> Self {
        Limits { answer_within: Duration::from_secs(10), memory: None }
    }
}

/// A program that runs.
#[derive(Debug)]
pub struct Pipes {
    child: Child,
    input: Option<ChildStdin>,
    output: ChildStdout,
    /// What was read and not used.
    buffer: Vec<u8>,
    /// Where bytes are read to first.
    scratch: Box<[u8]>,
    stderr: Arc<Mutex<VecDeque<String>>>,
    answer_within: Duration,
}

/// Why there is no answer.
#[derive(Debug)]
pub enum Silence {
    /// None came in time.
    Late,
    /// The program has ended, or closed its output. With how much of a line it had written.
    Ended { unfinished: usize },
    /// The line is too long.
    TooLong,
    /// A recording does not have it.
    Unrecorded,
    /// The system said so.
    Io(io::Error),
}

impl Pipes {
    /// Starts a program, in a process group of its own.
    pub fn start(command: &[String], limits: &Limits) -> io::Result<Pipes> {
        let (program, arguments) = command.split_first().ok_or(ErrorKind::InvalidInput)?;
        let mut start = Command::new(program);
        start.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = RUNNING.start(&mut start)?;
        let missing = || io::Error::other("no pipe");
        let (input, output) = (child.stdin.take().ok_or_else(missing)?, child.stdout.take().ok_or_else(missing)?);
        let stderr = Arc::new(Mutex::new(VecDeque::new()));
        if let Some(errors) = child.stderr.take() {
            let kept = stderr.clone();
            thread::spawn(move || keep_last_lines(BufReader::new(errors), &kept));
        }
        let pipes = Pipes {
            child,
            input: Some(input),
            output,
            buffer: Vec::new(),
            scratch: vec![0; READ_MAX].into(),
            stderr,
            answer_within: limits.answer_within,
        };
        pipes.limit_memory(limits)?;
        Ok(pipes)
    }

    #[cfg(target_os = "linux")]
    fn limit_memory(&self, limits: &Limits) -> io::Result<()> {
        use rustix::process::{Pid, Resource, Rlimit, prlimit};
        if let Some(bytes) = limits.memory {
            let limit = Rlimit { current: Some(bytes), maximum: Some(bytes) };
            prlimit(Pid::from_raw(self.child.id() as i32), Resource::As, limit)?;
        }
        Ok(())
    }

    #[cfg(not(target_os = "linux"))]
    fn limit_memory(&self, limits: &Limits) -> io::Result<()> {
        match limits.memory {
            Some(_) => Err(io::Error::other("a limit of memory can only be set on Linux")),
            None => Ok(()),
        }
    }

    /// Writes a line, which ends with a newline.
    pub fn write(&mut self, line: &[u8]) -> Result<(), Silence> {
        // The clock only decides when a program is given up. Its answers do not depend on it, nor does the run.
        let start = Instant::now();
        let Some(input) = &mut self.input else { return Err(Silence::Ended { unfinished: 0 }) };
        // The pipe is empty: the program has answered everything before. Only a long line can fill it.
        for (n, part) in line.chunks(PIPE_BUF).enumerate() {
            if n > 0 && !wait(&*input, PollFlags::OUT, self.answer_within, start)? {
                return Err(Silence::Late);
            }
            match input.write_all(part) {
                Err(error) if error.kind() == ErrorKind::BrokenPipe => return Err(Silence::Ended { unfinished: 0 }),
                done => done.map_err(Silence::Io)?,
            }
        }
        Ok(())
    }

    /// Reads a line into `line`, without its newline.
    pub fn read(&mut self, line: &mut Vec<u8>) -> Result<(), Silence> {
        let start = Instant::now();
        let mut searched = 0;
        loop {
            if let Some(at) = self.buffer[searched..].iter().position(|byte| *byte == b'\n') {
                line.clear();
                line.extend_from_slice(&self.buffer[..searched + at]);
                self.buffer.drain(..=searched + at);
                return Ok(());
            }
            searched = self.buffer.len();
            if searched > LINE_MAX {
                return Err(Silence::TooLong);
            }
            if !wait(&self.output, PollFlags::IN, self.answer_within, start)? {
                return Err(Silence::Late);
            }
            match self.output.read(&mut self.scratch) {
                Ok(0) => return Err(Silence::Ended { unfinished: self.buffer.len() }),
                Ok(read) => self.buffer.extend_from_slice(&self.scratch[..read]),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(Silence::Io(error)),
            }
        }
    }

    /// What was written before it was asked for: the first line of it, as how much has come by now is chance.
    pub fn unasked(&self) -> Option<String> {
        let first = self.buffer.split(|byte| *byte == b'\n').next().filter(|_| !self.buffer.is_empty())?;
        Some(String::from_utf8_lossy(&first[..first.len().min(200)]).trim_end().to_owned())
    }

    /// Ends the program, and whatever it has started.
    pub fn end(&mut self) {
        self.input = None;
        RUNNING.end(&mut self.child);
    }

    /// How the program ended, if it has, in words.
    pub fn ending(&mut self) -> Option<String> {
        // It has closed its output; a moment later it has ended.
        for _ in 0..20 {
            match self.child.try_wait() {
                Ok(Some(status)) => return Some(status.to_string()),
                Ok(None) => thread::sleep(Duration::from_millis(10)),
                Err(_) => break,
            }
        }
        None
    }

    /// The last lines of its standard error.
    pub fn last_words(&self) -> Vec<String> {
        // What it wrote last may still be on its way through the pipe.
        thread::sleep(Duration::from_millis(30));
        self.stderr.lock().unwrap_or_else(PoisonError::into_inner).iter().cloned().collect()
    }
}

impl Drop for Pipes {
    fn drop(&mut self) {
        self.end();
    }
}

/// What is at the other end: a program, or a recording of one.
#[derive(Debug)]
pub enum Line {
    /// A program that runs.
    Program(Box<Pipes>),
    /// A recording.
    Recording(Player),
}

impl Line {
    /// Writes a line, which ends with a newline.
    pub fn write(&mut self, line: &[u8]) -> Result<(), Silence> {
        match self {
            Line::Program(pipes) => pipes.write(line),
            Line::Recording(player) => {
                player.write(line);
                Ok(())
            }
        }
    }

    /// Reads a line into `line`, without its newline.
    pub fn read(&mut self, line: &mut Vec<u8>) -> Result<(), Silence> {
        match self {
            Line::Program(pipes) => pipes.read(line),
            Line::Recording(player) => {
                line.extend_from_slice(player.read().ok_or(Silence::Unrecorded)?);
                Ok(())
            }
        }
    }

    /// What was written before it was asked for: the first line of it.
    pub fn unasked(&self) -> Option<String> {
        match self {
            Line::Program(pipes) => pipes.unasked(),
            Line::Recording(_) => None,
        }
    }

    /// Ends the program, and whatever it has started.
    pub fn end(&mut self) {
        if let Line::Program(pipes) = self {
            pipes.end();
        }
    }

    /// How the program ended, if it has, in words.
    pub fn ending(&mut self) -> Option<String> {
        match self {
            Line::Program(pipes) => pipes.ending(),
            Line::Recording(_) => None,
        }
    }

    /// The last lines of its standard error; `None` for a recording.
    pub fn last_words(&self) -> Option<Vec<String>> {
        match self {
            Line::Program(pipes) => Some(pipes.last_words()),
            Line::Recording(_) => None,
        }
    }
}

/// Waits until something can be read or written; `false` if that takes too long.
fn wait(what: &impl std::os::fd::AsFd, flags: PollFlags, within: Duration, since: Instant) -> Result<bool, Silence> {
    loop {
        let left = within.saturating_sub(since.elapsed());
        let timeout = Timespec { tv_sec: left.as_secs() as i64, tv_nsec: i64::from(left.subsec_nanos()) };
        match poll(&mut [PollFd::new(what, flags)], Some(&timeout)) {
            Ok(0) => return Ok(false),
            Ok(_) => return Ok(true),
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(Silence::Io(error.into())),
        }
    }
}

/// Reads to the end, and keeps the last lines, cut short.
fn keep_last_lines(mut from: impl BufRead, kept: &Mutex<VecDeque<String>>) {
    let mut line = Vec::new();
    loop {
        line.clear();
        match from.by_ref().take(64 * 1024).read_until(b'\n', &mut line) {
            Ok(0) | Err(_) => return,
            Ok(_) => {}
        }
        let text = String::from_utf8_lossy(&line);
        let text: String = text.trim_end().chars().take(STDERR_LINE_MAX).collect();
        let mut kept = kept.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() == STDERR_LINES {
            kept.pop_front();
        }
        kept.push_back(text);
    }
}
