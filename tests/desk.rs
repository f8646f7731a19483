//! A folder in which a test runs the program, and what its user sees of it.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use tempfile::TempDir;

/// A folder of its own for a test.
pub struct Desk(TempDir);

impl Desk {
    /// A folder with these files in it.
    pub fn with(files: &[(&str, &str)]) -> Self {
        let desk = Desk(tempfile::tempdir().unwrap());
        files.iter().for_each(|(name, text)| desk.put(name, text));
        desk
    }

    pub fn folder(&self) -> &Path {
        self.0.path()
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// Puts a file in it, or in a folder below.
    pub fn put(&self, name: &str, bytes: impl AsRef<[u8]>) {
        fs::create_dir_all(self.path(name).parent().unwrap()).unwrap();
        fs::write(self.path(name), bytes).unwrap();
    }

    pub fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_treequake"));
        command.args(args).current_dir(self.folder()).stdin(Stdio::null()).env_remove("RUST_BACKTRACE");
        command
    }

    pub fn run(&self, args: &[&str]) -> Output {
        self.command(args).output().unwrap()
    }

    /// What a user sees of `treequake ARGS`, with the exit code.
    pub fn see(&self, args: &[&str]) -> String {
        seen(args, &self.run(args))
    }
}

/// What a user sees of an output.
pub fn seen(args: &[&str], output: &Output) -> String {
    let mut text = format!("$ treequake {}\n", args.join(" "));
    for (name, stream) in [("stdout", &output.stdout), ("stderr", &output.stderr)] {
        if !stream.is_empty() {
            let stream = String::from_utf8_lossy(stream);
            let shown: String = stream.lines().map(|line| format!("{}\n", line.trim_end())).collect();
            let _ = write!(text, "--- {name}\n{shown}");
        }
    }
    let _ = writeln!(text, "--- exit {}", output.status.code().unwrap());
    text
}
