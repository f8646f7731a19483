//! The journal of a campaign that is not over: a line for each chunk that was committed.
//!
//! A line has a digest of itself, and of the rows of its chunk. So the journal says how far a campaign that was killed has
//! come, and what in its folder can be trusted: whatever comes behind the last line that holds is cut off.

use super::hex;
use super::seeds::Seeds;
use super::tally::Tally;
use serde::{Deserialize, Serialize};
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use xxhash_rust::xxh3::{Xxh3, xxh3_128};

/// A chunk that was committed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// Its seeds.
    pub seeds: Seeds,
    /// How many bytes its rows have.
    pub bytes: u64,
    /// Their digest.
    #[serde(with = "hex")]
    pub rows: u128,
    /// What it came to.
    pub tally: Tally,
}

impl Entry {
    /// Its line.
    pub fn line(&self) -> Vec<u8> {
        let entry = serde_json::to_string(self).expect("an entry is JSON");
        format!("{:032x} {entry}\n", xxh3_128(entry.as_bytes())).into_bytes()
    }

    /// Reads a line, with its end; `None` where it is cut off or damaged.
    fn read(line: &[u8]) -> Option<Self> {
        let (digest, entry) = line.strip_suffix(b"\n")?.split_at_checked(33)?;
        (digest == format!("{:032x} ", xxh3_128(entry)).as_bytes()).then_some(())?;
        serde_json::from_slice(entry).ok()
    }
}

/// What of a folder can be trusted.
#[derive(Debug, Default)]
pub struct Trusted {
    /// The seed that comes next, if any was done.
    pub next: Option<u64>,
    /// How much of the results.
    pub results: u64,
    /// How much of the journal.
    pub journal: u64,
    /// What it came to.
    pub tally: Tally,
}

/// Reads the journal, and holds the results against it, up to the first line that does not hold.
pub fn read(journal: &File, results: &File, start: u64) -> io::Result<Trusted> {
    let mut trusted = Trusted::default();
    let (mut journal, mut results) = (BufReader::new(journal), BufReader::new(results));
    let mut line = Vec::new();
    let mut rows = Vec::new();
    loop {
        line.clear();
        journal.read_until(b'\n', &mut line)?;
        let Some(entry) = Entry::read(&line) else { return Ok(trusted) };
        rows.clear();
        results.by_ref().take(entry.bytes).read_to_end(&mut rows)?;
        let is_next = entry.seeds.start == trusted.next.unwrap_or(start);
        if !is_next || rows.len() as u64 != entry.bytes || xxh3_128(&rows) != entry.rows {
            return Ok(trusted);
        }
        trusted.next = Some(entry.seeds.end);
        trusted.results += entry.bytes;
        trusted.journal += line.len() as u64;
        trusted.tally.add(&entry.tally);
    }
}

/// The digest of a file that is read to its end.
pub fn digest(mut file: impl Read) -> io::Result<(u64, u128)> {
    let mut hash = Xxh3::new();
    let mut buffer = vec![0; 1 << 16];
    let mut bytes = 0;
    loop {
        match file.read(&mut buffer)? {
            0 => return Ok((bytes, hash.digest128())),
            read => {
                hash.update(&buffer[..read]);
                bytes += read as u64;
            }
        }
    }
}
