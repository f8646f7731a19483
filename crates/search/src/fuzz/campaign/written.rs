//! What is known of the rows once all of them are written: how many bytes they are, and their digests.

use super::files::each_piece;
use super::sums;
use sha2::{Digest, Sha256};
use std::fmt;
use std::io::{self, Read};
use xxhash_rust::xxh3::Xxh3;

/// Takes in rows, as they are written.
#[derive(Clone, Default)]
pub struct Writing {
    bytes: u64,
    digest: Xxh3,
    sum: Sha256,
}

/// All rows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Written {
    /// How many bytes they are.
    pub bytes: u64,
    /// Their digest by XXH3.
    pub digest: u128,
    /// Their digest by SHA-256, as text.
    pub sum: String,
}

impl Writing {
    /// Takes in more rows.
    pub fn add(&mut self, rows: &[u8]) {
        self.bytes += rows.len() as u64;
        self.digest.update(rows);
        self.sum.update(rows);
    }

    /// No more rows follow.
    pub fn end(self) -> Written {
        Written { bytes: self.bytes, digest: self.digest.digest128(), sum: sums::text_of(self.sum) }
    }
}

impl Written {
    /// Reads the rows of a file.
    ///
    /// # Errors
    /// Those of reading.
    pub fn read(file: impl Read) -> io::Result<Self> {
        let mut rows = Writing::default();
        each_piece(file, |piece| rows.add(piece))?;
        Ok(rows.end())
    }
}

/// The length and the digest by XXH3 of a file.
pub fn digest(file: impl Read) -> io::Result<(u64, u128)> {
    let (mut bytes, mut hash) = (0, Xxh3::new());
    each_piece(file, |piece| {
        bytes += piece.len() as u64;
        hash.update(piece);
    })?;
    Ok((bytes, hash.digest128()))
}

impl fmt::Debug for Writing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Writing").field("bytes", &self.bytes).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Proves that the digests of rows do not depend on the pieces in which they come, and that the sum is that of the file.
    #[test]
    fn pieces_make_no_difference() {
        let rows: Vec<u8> = (0..200_000_u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
        let read = Written::read(&rows[..]).unwrap();
        for size in [1_000, 65_536, 131_071] {
            let mut writing = Writing::default();
            rows.chunks(size).for_each(|piece| writing.add(piece));
            assert_eq!(writing.end(), read);
        }
        assert_eq!((read.bytes, read.digest), digest(&rows[..]).unwrap());
        assert_eq!((read.bytes, &read.sum), (200_000, &sums::digest(&rows[..]).unwrap()));
    }
}
