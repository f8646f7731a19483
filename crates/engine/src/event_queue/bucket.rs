//! Lists of entries, in chunks of one pool. They grow and shrink without copying, and leave no memory behind.

use super::entry::Entry;

/// How many entries a chunk has: a kilobyte, for values of 8 bytes.
pub(super) const CHUNK: usize = 32;

const NONE: u32 = u32::MAX;

/// A list of entries, in the order in which they were added. All its chunks are full except the last.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bucket {
    first: u32,
    last: u32,
    len: u32,
}

impl Bucket {
    pub(super) const EMPTY: Bucket = Bucket { first: NONE, last: NONE, len: 0 };

    pub(super) fn len(&self) -> usize {
        self.len as usize
    }

    pub(super) fn is_empty(&self) -> bool {
        self.len == 0
    }
}

/// The chunks of all buckets.
#[derive(Clone, Debug)]
pub(super) struct Pool<T> {
    chunks: Vec<[Entry<T>; CHUNK]>,
    // The chunk that follows each: in its bucket, or among the free chunks.
    next: Vec<u32>,
    free: u32,
    // Chunks from here on have not been used since the pool was cleared.
    fresh: u32,
}

impl<T> Default for Pool<T> {
    fn default() -> Self {
        Pool { chunks: Vec::new(), next: Vec::new(), free: NONE, fresh: 0 }
    }
}

impl<T: Copy> Pool<T> {
    /// Adds an entry at the end of `bucket`.
    #[inline]
    pub(super) fn push(&mut self, bucket: &mut Bucket, entry: Entry<T>) {
        let place = bucket.len() % CHUNK;
        if place == 0 {
            self.add_chunk(bucket, entry);
        } else {
            self.chunks[bucket.last as usize][place] = entry;
        }
        bucket.len += 1;
    }

    fn add_chunk(&mut self, bucket: &mut Bucket, entry: Entry<T>) {
        let chunk = self.take_chunk(entry);
        if bucket.is_empty() {
            bucket.first = chunk;
        } else {
            self.next[bucket.last as usize] = chunk;
        }
        bucket.last = chunk;
    }

    fn take_chunk(&mut self, entry: Entry<T>) -> u32 {
        let chunk = self.free;
        if chunk != NONE {
            self.free = self.next[chunk as usize];
            self.chunks[chunk as usize][0] = entry;
            return chunk;
        }
        let chunk = self.fresh;
        self.fresh += 1;
        match self.chunks.get_mut(chunk as usize) {
            Some(old) => old[0] = entry,
            None => {
                self.chunks.push([entry; CHUNK]);
                self.next.push(NONE);
            }
        }
        chunk
    }

    /// Removes the first chunk from `bucket`. Returns its number, for [`Self::entry`] and [`Self::release`], and its
    /// length.
    #[inline]
    pub(super) fn take_first(&mut self, bucket: &mut Bucket) -> Option<(u32, usize)> {
        let len = bucket.len().min(CHUNK);
        if len == 0 {
            return None;
        }
        let chunk = bucket.first;
        bucket.len -= len as u32;
        bucket.first = self.next[chunk as usize];
        Some((chunk, len))
    }

    #[inline]
    pub(super) fn entry(&self, chunk: u32, place: usize) -> Entry<T> {
        self.chunks[chunk as usize][place]
    }

    /// Gives back a chunk that was taken.
    pub(super) fn release(&mut self, chunk: u32) {
        self.next[chunk as usize] = self.free;
        self.free = chunk;
    }

    /// Moves the first chunk of `bucket` to the end of `to`. Returns false if there is none.
    pub(super) fn move_first(&mut self, bucket: &mut Bucket, to: &mut Vec<Entry<T>>) -> bool {
        let Some((chunk, len)) = self.take_first(bucket) else {
            return false;
        };
        to.extend_from_slice(&self.chunks[chunk as usize][..len]);
        self.release(chunk);
        true
    }

    /// The entries of `bucket`, in their order, chunk by chunk.
    pub(super) fn slices(&self, bucket: &Bucket) -> impl Iterator<Item = &[Entry<T>]> {
        let (mut chunk, mut left) = (bucket.first, bucket.len());
        std::iter::from_fn(move || {
            let len = left.min(CHUNK);
            let slice = self.chunks.get(chunk as usize)?.get(..len).filter(|slice| !slice.is_empty())?;
            left -= len;
            chunk = self.next[chunk as usize];
            Some(slice)
        })
    }

    /// The last entry of a bucket that is not empty.
    pub(super) fn last(&self, bucket: &Bucket) -> Entry<T> {
        self.chunks[bucket.last as usize][(bucket.len() - 1) % CHUNK]
    }

    /// Frees every chunk; keeps the memory.
    pub(super) fn clear(&mut self) {
        (self.free, self.fresh) = (NONE, 0);
    }

    #[cfg(test)]
    pub(super) fn chunks(&self) -> usize {
        self.chunks.len()
    }
}
