//! The journal of a running campaign: a line for each committed chunk.
//!
//! A line has a digest of itself and of the rows of its chunk, and names its campaign. So the journal says how far a
//! killed campaign got and what in its folder can be trusted: everything after the last valid line is cut off. A line of
//! another campaign is an error, as its rows may be right, but are not those that were asked for.

use super::hex;
use super::seeds::Seeds;
use super::tally::Tally;
use serde::{Deserialize, Serialize};
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use xxhash_rust::xxh3::xxh3_128;

/// A committed chunk.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// The campaign, by its [`id`](super::manifest::Manifest::id).
    #[serde(with = "hex")]
    pub campaign: u128,
    /// Its seeds.
    pub seeds: Seeds,
    /// The length of its rows in bytes.
    pub bytes: u64,
    /// The digest of its rows.
    #[serde(with = "hex")]
    pub rows: u128,
    /// Its tally.
    pub tally: Tally,
}

impl Entry {
    /// The line of the journal.
    pub fn line(&self) -> Vec<u8> {
        let entry = serde_json::to_string(self).expect("an entry is JSON");
        format!("{:032x} {entry}\n", xxh3_128(entry.as_bytes())).into_bytes()
    }

    /// Reads a line, with its end; `None` if it is cut off or damaged.
    fn read(line: &[u8]) -> Option<Self> {
        let (digest, entry) = line.strip_suffix(b"\n")?.split_at_checked(33)?;
        (digest == format!("{:032x} ", xxh3_128(entry)).as_bytes()).then_some(())?;
        serde_json::from_slice(entry).ok()
    }
}

/// Why no more can be trusted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum End {
    /// The journal ends there, or in half a line: a process is writing it, or was killed.
    #[default]
    Open,
    /// A line or its rows are not what was written.
    Damaged,
    /// A line is of another campaign.
    Foreign,
}

/// What can be trusted in a folder.
#[derive(Debug, Default)]
pub struct Trusted {
    /// Why no more can.
    pub end: End,
    /// The next seed, if any seed is done.
    pub next: Option<u64>,
    /// The trusted bytes of the results.
    pub results: u64,
    /// The trusted bytes of the journal.
    pub journal: u64,
    /// The tally of the trusted chunks.
    pub tally: Tally,
}

/// The most bytes of a line: many times what the tally of a chunk needs.
const LINE_MAX: u64 = 1 << 26;

/// The most bytes of the rows of a chunk: many times what 4,096 rows need.
const ROWS_MAX: u64 = 1 << 28;

/// Reads the journal of a campaign and checks the results against it, up to the first invalid line.
pub fn read(journal: &File, results: &File, start: u64, campaign: u128) -> io::Result<Trusted> {
    let mut trusted = Trusted::default();
    let (mut journal, mut results) = (BufReader::new(journal), BufReader::new(results));
    let mut line = Vec::new();
    let mut rows = Vec::new();
    loop {
        line.clear();
        journal.by_ref().take(LINE_MAX).read_until(b'\n', &mut line)?;
        let Some(entry) = Entry::read(&line) else {
            trusted.end = if line.ends_with(b"\n") { End::Damaged } else { End::Open };
            return Ok(trusted);
        };
        if entry.campaign != campaign {
            trusted.end = End::Foreign;
            return Ok(trusted);
        }
        rows.clear();
        if entry.bytes > ROWS_MAX || !entry.tally.is_plausible() || entry.tally.cases != entry.seeds.count() {
            trusted.end = End::Damaged;
            return Ok(trusted);
        }
        results.by_ref().take(entry.bytes).read_to_end(&mut rows)?;
        let is_next = entry.seeds.start == trusted.next.unwrap_or(start);
        if !is_next || rows.len() as u64 != entry.bytes || xxh3_128(&rows) != entry.rows {
            trusted.end = End::Damaged;
            return Ok(trusted);
        }
        trusted.next = Some(entry.seeds.end);
        trusted.results += entry.bytes;
        trusted.journal += line.len() as u64;
        trusted.tally.add(&entry.tally);
    }
}
