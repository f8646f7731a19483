//! `SHA256SUMS`: the digests of all files that a campaign has written, in the format of `sha256sum`. It is written last.
//! A command that reads the folder checks it first: a file that is missing, damaged or exchanged is noticed.
//!
//! The list also says what belongs to the campaign: nothing else in the folder is replaced or removed.

use super::error::CampaignError;
use super::files::{self, COLUMNS, FINDINGS, MANIFEST, RESULTS, SUMMARY, SUMS, WORLDS, each_piece};
use crate::words::io_error;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::{self, ErrorKind, Read};
use std::path::Path;

/// The files that every campaign has written at its end.
const ALWAYS: [&str; 4] = [MANIFEST, RESULTS, COLUMNS, SUMMARY];

/// The digests by the names of the files.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sums(BTreeMap<String, String>);

impl Sums {
    /// The list of a folder; `None` if it has none.
    ///
    /// # Errors
    /// If it cannot be read, or is not a list that a campaign writes.
    pub fn read(folder: &Path) -> Result<Option<Self>, String> {
        let bytes = match files::read(&folder.join(SUMS)) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(format!("{SUMS} cannot be read: {}", io_error(&error))),
        };
        let text = String::from_utf8_lossy(&bytes);
        let lines = text.lines().filter_map(|line| line.split_once("  "));
        let sums = Sums(lines.map(|(digest, name)| (name.to_owned(), digest.to_owned())).collect());
        // It is written in one way only.
        let is_ours = sums.text() == *text && sums.0.iter().all(|(name, digest)| is_name(name) && is_digest(digest));
        if is_ours { Ok(Some(sums)) } else { Err(format!("{SUMS} is damaged")) }
    }

    /// Adds a file.
    pub fn add(&mut self, name: &str, digest: String) {
        self.0.insert(name.to_owned(), digest);
    }

    /// The names of the files.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    /// Whether a file with this digest is on the list.
    pub fn has(&self, name: &str, digest: &str) -> bool {
        self.0.get(name).is_some_and(|listed| listed == digest)
    }

    /// Whether a file is in the folder as it was written.
    pub fn holds(&self, folder: &Path, name: &str) -> bool {
        digest_of(&folder.join(name)).is_ok_and(|digest| self.has(name, &digest))
    }

    /// What is wrong with the first file that is not as it was written, if there is one.
    pub fn difference(&self, folder: &Path) -> Option<String> {
        let missing = ALWAYS.into_iter().find(|name| !self.0.contains_key(*name));
        if let Some(name) = missing {
            return Some(format!("{SUMS} does not list {name}"));
        }
        self.0.iter().find_map(|(name, listed)| match digest_of(&folder.join(name)) {
            Ok(digest) if digest == *listed => None,
            Ok(_) => Some(format!("{name} is not what the campaign wrote")),
            Err(error) if error.kind() == ErrorKind::NotFound => Some(format!("{name} is missing")),
            Err(error) => Some(format!("{name} cannot be read: {}", io_error(&error))),
        })
    }

    /// The text of the file, sorted by name.
    pub fn text(&self) -> String {
        self.0.iter().fold(String::new(), |mut text, (name, digest)| {
            let _ = writeln!(text, "{digest}  {name}");
            text
        })
    }

    /// The files of both lists whose entries are only in this one.
    pub fn gone_in<'s>(&'s self, later: &'s Sums) -> impl Iterator<Item = &'s str> {
        self.names().filter(|name| !later.0.contains_key(*name))
    }
}

/// Whether a file of a campaign or of small worlds can have this name.
fn is_name(name: &str) -> bool {
    ALWAYS.contains(&name) || name == WORLDS || is_finding(name)
}

/// Whether this is the name of a representative: a plain file in the folder of the findings, and nowhere else.
pub fn is_finding(name: &str) -> bool {
    let class = name.strip_prefix(FINDINGS).and_then(|name| name.strip_prefix('/')?.strip_suffix(".json"));
    class.is_some_and(|class| !class.is_empty() && !class.starts_with('.') && class.chars().all(is_plain))
}

/// The file of the representative of a class. The name of a monitor, which is a part of it, can have any characters.
pub fn finding(class: &str) -> String {
    let plain = |c: char| if is_plain(c) { c } else { '-' };
    format!("{FINDINGS}/{}.json", class.chars().map(plain).collect::<String>())
}

fn is_plain(c: char) -> bool {
    c.is_ascii_alphanumeric() || "-_.+".contains(c)
}

fn is_digest(text: &str) -> bool {
    text.len() == 64 && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

/// The digest of a file.
pub fn digest_of(path: &Path) -> io::Result<String> {
    digest(files::open(path)?)
}

/// As [`digest_of`], for a campaign that needs the file.
pub fn sum(path: &Path) -> Result<String, CampaignError> {
    digest_of(path).map_err(CampaignError::io(path))
}

/// The digest of what can be read.
pub fn digest(from: impl Read) -> io::Result<String> {
    let mut hash = Sha256::new();
    each_piece(from, |piece| hash.update(piece))?;
    Ok(text_of(hash))
}

/// A digest as text.
pub fn text_of(hash: Sha256) -> String {
    hash.finalize().iter().fold(String::with_capacity(64), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Proves that the digest is SHA-256, that a list reads back, and that no name leads out of the folder.
    #[test]
    fn lists() {
        let empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        assert_eq!(digest(&b""[..]).unwrap(), empty);
        let folder = tempfile::tempdir().unwrap();
        let put = |name: &str| std::fs::write(folder.path().join(SUMS), format!("{empty}  {name}\n")).unwrap();
        put("findings/a-b.json");
        let sums = Sums::read(folder.path()).unwrap().unwrap();
        assert!(sums.has("findings/a-b.json", empty));
        assert_eq!(sums.difference(folder.path()).unwrap(), "SHA256SUMS does not list campaign.json");
        for name in ["../x.json", "findings/../x.json", "findings/.json", "findings/a/b.json", "notes.md", "/x.json"] {
            put(name);
            assert_eq!(Sums::read(folder.path()).unwrap_err(), "SHA256SUMS is damaged", "{name}");
        }
    }
}
