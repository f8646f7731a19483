//! A folder in which a test runs the program, and what its user sees of it.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use tempfile::TempDir;
use treequake::fuzz::campaign::journal::Entry;
use treequake::fuzz::campaign::summary::Summary;
use treequake::fuzz::campaign::sums::{Sums, digest_of};

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

    /// Writes the list of digests of a folder anew, so that it agrees with what is in there.
    pub fn sum(&self, folder: &str) {
        let mut sums = Sums::default();
        for name in files(&self.path(folder)).into_keys().filter(|name| is_listed(name)) {
            let digest = digest_of(&self.path(folder).join(&name)).unwrap();
            sums.add(&name, digest);
        }
        self.put(&format!("{folder}/SHA256SUMS"), sums.text());
    }

    /// Gives a folder the journal that another campaign would have had when its seeds were done, with the same rows.
    pub fn journal(&self, from: &str, to: &str) {
        let read = |name: &str| fs::read(self.path(from).join(name)).unwrap();
        let summary: Summary = serde_json::from_slice(&read("summary.json")).unwrap();
        let rows = read("results.ndjson");
        let (bytes, digest) = (rows.len() as u64, xxhash_rust::xxh3::xxh3_128(&rows));
        let (campaign, seeds) = (summary.campaign.id(), summary.done);
        let entry = Entry { campaign, seeds, bytes, rows: digest, tally: summary.tally };
        self.put(&format!("{to}/progress.journal"), entry.line());
    }

    /// What the program shows on a terminal with so many columns, which `script` makes; `None` where there is no such command.
    pub fn on_terminal(&self, columns: usize, args: &str, environment: &[(&str, &str)]) -> Option<String> {
        if !Path::new("/usr/bin/script").exists() {
            return None;
        }
        let mut command = Command::new("/usr/bin/script");
        let program = format!("stty rows 40 cols {columns}; {} {args}", env!("CARGO_BIN_EXE_treequake"));
        command.args(["-q", "-c", &program, "/dev/null"]).current_dir(self.folder()).stdin(Stdio::null()).env_clear();
        command.env("PATH", "/usr/bin:/bin").envs(environment.iter().copied());
        let text = String::from_utf8(command.output().ok()?.stdout).unwrap();
        Some(text.replace('\r', ""))
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

/// The files of a folder, with their bytes.
pub type Files = BTreeMap<String, Vec<u8>>;

/// All files of a folder, with their bytes.
pub fn files(folder: &Path) -> Files {
    let mut found = BTreeMap::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in fs::read_dir(next).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                found.insert(path.strip_prefix(folder).unwrap().display().to_string(), fs::read(&path).unwrap());
            }
        }
    }
    found
}

/// Makes a folder of such files.
pub fn put(desk: &Desk, folder: &str, files: &Files) {
    files.iter().for_each(|(name, bytes)| desk.put(&format!("{folder}/{name}"), bytes));
}

/// Checks that two folders have the same files, byte for byte.
pub fn assert_same(desk: &Desk, one: &str, other: &str) {
    assert_has(desk, one, &files(&desk.path(other)));
}

/// Checks that a folder has just these files, byte for byte.
pub fn assert_has(desk: &Desk, folder: &str, other: &Files) {
    let one = files(&desk.path(folder));
    assert_eq!(one.keys().collect::<Vec<_>>(), other.keys().collect::<Vec<_>>());
    for (name, bytes) in &one {
        assert!(*bytes == other[name], "{name} differs");
    }
}

/// Whether a campaign lists a file of its folder.
fn is_listed(name: &str) -> bool {
    ["campaign.json", "results.ndjson", "results.parquet", "summary.json"].contains(&name)
        || name.starts_with("findings/")
}
