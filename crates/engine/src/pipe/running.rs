//! The programs that run, so that all of them can be ended, and whatever they have started.

use std::collections::BTreeSet;
use std::io;
use std::process::{Child, Command};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// The programs of this process.
pub static RUNNING: Running = Running::new();

/// Programs that run, each in a process group of its own.
pub struct Running(Mutex<Groups>);

struct Groups {
    numbers: BTreeSet<u32>,
    /// Whether all were ended. Then no program may start any more: nobody would end it.
    is_over: bool,
}

impl Running {
    const fn new() -> Self {
        Running(Mutex::new(Groups { numbers: BTreeSet::new(), is_over: false }))
    }

    fn lock(&self) -> MutexGuard<'_, Groups> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Starts a program, unless all were ended.
    pub fn start(&self, program: &mut Command) -> io::Result<Child> {
        #[cfg(unix)]
        std::os::unix::process::CommandExt::process_group(program, 0);
        // Locked until it is in the list, so that `end_all` either ends it or is done before it starts.
        let mut groups = self.lock();
        if groups.is_over {
            return Err(io::Error::other("treequake is ending"));
        }
        let child = program.spawn()?;
        groups.numbers.insert(child.id());
        Ok(child)
    }

    /// Ends what a program has started, and the program.
    pub fn end(&self, program: &mut Child) {
        if !matches!(program.try_wait(), Ok(Some(_))) {
            let _ = program.kill();
        }
        // Only once: the number can be that of another process afterwards.
        let mut groups = self.lock();
        if groups.numbers.remove(&program.id()) {
            kill_group(program.id());
        }
        drop(groups);
        let _ = program.wait();
    }

    /// Ends all programs, and whatever they have started. From then on, none can be started. For the end of treequake.
    pub fn end_all(&self) {
        let mut groups = self.lock();
        groups.is_over = true;
        std::mem::take(&mut groups.numbers).into_iter().for_each(kill_group);
    }

    /// Whether all were ended.
    pub fn is_over(&self) -> bool {
        self.lock().is_over
    }
}

#[cfg(unix)]
fn kill_group(group: u32) {
    use rustix::process::{Pid, Signal, kill_process_group};
    if let Some(pid) = i32::try_from(group).ok().and_then(Pid::from_raw) {
        let _ = kill_process_group(pid, Signal::KILL);
    }
}

#[cfg(not(unix))]
fn kill_group(_: u32) {}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use std::io::Read;
    use std::process::Stdio;

    /// Proves that the end of all ends a program and what it has started, and that none can be started afterwards.
    #[test]
    fn nothing_starts_after_the_end() {
        let running = Running::new();
        let mut start = Command::new("sh");
        start.args(["-c", "sleep 1000 & sleep 1000"]).stdout(Stdio::piped());
        let mut child = running.start(&mut start).unwrap();
        running.end_all();
        assert!(!child.wait().unwrap().success());
        // The pipe is at its end when nobody holds it any more, neither the shell nor a `sleep`.
        assert_eq!(child.stdout.take().unwrap().read_to_end(&mut Vec::new()).unwrap(), 0);
        assert!(running.is_over());
        assert_eq!(running.start(&mut start).unwrap_err().to_string(), "treequake is ending");
    }
}
