//! The digest of a trace: a hash of its records in a binary form.

use super::Record;
use crate::process::{ContextId, Message, Names, OF_CONTEXT_MAX, Payload, write_of_context};
use crate::time::Time;
use std::fmt;
use xxhash_rust::xxh3::{Xxh3, xxh3_128};

/// The digest of a trace, 128 bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Digest(pub u128);

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", self.0)
    }
}

/// Computes the digest of a trace, event by event.
///
/// The records of one event are a group. Equal groups in a row are hashed once, with a count, so identical copies of a
/// message can be counted instead of repeated. A group is hashed by its fields in a binary form (fixed widths, little
/// endian), not by its JSON. A name counts as its text and its mark.
#[derive(Clone, Default)]
pub struct Digester {
    /// The hash of what is no longer in the buffer; `None` while everything is. Most traces are short, and hashed at once.
    hash: Option<Xxh3>,
    /// The groups that are not hashed yet, each behind its [`HEADER`].
    buffer: Bytes,
    /// Where the last group starts. The end of the buffer, if the next group cannot be equal to it.
    last: usize,
    /// What the last group begins with.
    head: Head,
}

/// What a group begins with: enough to tell most of them apart, without reading what was just written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Head {
    time: Time,
    ctx: u32,
    from: u32,
    about: u32,
}

impl Head {
    #[inline]
    fn of(time: Time, record: &Record) -> Head {
        let Record::Message { ctx, from, message } = record else { return Head { time, ..Head::default() } };
        let about = match message.payload {
            Payload::Announce { target, .. } | Payload::Retract { target } => target.0,
            Payload::Data(_) | Payload::Other(_) | Payload::Text(_) => message.dst.0,
        };
        Head { time, ctx: ctx.0, from: from.0, about }
    }
}

/// The size of what precedes each group: how often the group came in a row, and its length, both as `u64`.
const HEADER: usize = 16;

/// The size at which waiting bytes are hashed.
const BATCH: usize = 16 * 1024;

impl fmt::Debug for Digester {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Digester").field(&self.digest()).finish()
    }
}

impl Digester {
    /// Starts over; keeps the allocation.
    pub fn clear(&mut self) {
        self.hash = None;
        self.buffer.truncate(0);
        self.last = 0;
    }

    /// Adds this many events in a row, each with these records. An event without records leaves no mark.
    #[inline]
    pub fn events(&mut self, time: Time, records: &[Record], names: &Names, times: u64) {
        let Some(first) = records.first() else { return };
        let start = self.begin_group();
        for record in records {
            encode(time, record, names, &mut self.buffer);
        }
        let head = Head::of(time, first);
        if self.head == head && self.equals_last(start) {
            self.buffer.truncate(start);
            let repeats = self.buffer.array_mut::<8>(self.last);
            *repeats = (u64::from_le_bytes(*repeats) + times).to_le_bytes();
            return;
        }
        self.end_group(start, times, 0);
        (self.last, self.head) = (start, head);
        if self.buffer.len() >= BATCH {
            self.hash_up_to(start);
        }
    }

    /// Whether the group at `start`, which is not complete yet, is the same as the one before it.
    #[inline]
    fn equals_last(&self, start: usize) -> bool {
        let buffer = self.buffer.as_slice();
        buffer.get(self.last + HEADER..start).is_some_and(|last| *last == buffer[start + HEADER..])
    }

    /// Adds the table of a context that has one route: to its parent.
    pub fn table_of_newborn(&mut self, time: Time, ctx: ContextId, parent: ContextId) {
        let start = self.begin_group();
        put(TABLE, time, [ctx.0, 1, parent.0, parent.0], &mut self.buffer);
        self.end_group(start, 1, 0);
        self.end_table();
    }

    /// Adds the table of a context, as [`Record::Table`] would: an event of its own, hashed as it comes.
    pub fn table(
        &mut self,
        time: Time,
        ctx: ContextId,
        route_count: usize,
        each: impl FnOnce(&mut dyn FnMut(ContextId, ContextId)),
    ) {
        let start = self.begin_group();
        begin_table(time, ctx, route_count, &mut self.buffer);
        self.end_group(start, 1, 8 * route_count);
        each(&mut |target, next_hop| {
            encode_route(target, next_hop, &mut self.buffer);
            if self.buffer.len() >= BATCH {
                self.hash_up_to(self.buffer.len());
            }
        });
        self.end_table();
    }

    /// No two tables are equal, so none waits for the next.
    fn end_table(&mut self) {
        if self.buffer.len() >= BATCH {
            self.hash_up_to(self.buffer.len());
        }
        self.last = self.buffer.len();
    }

    /// The digest of all events so far.
    pub fn digest(&self) -> Digest {
        match &self.hash {
            None => Digest(xxh3_128(self.buffer.as_slice())),
            Some(hash) => {
                let mut hash = hash.clone();
                hash.update(self.buffer.as_slice());
                Digest(hash.digest128())
            }
        }
    }

    /// Leaves room for the header of a group, which starts here.
    #[inline]
    fn begin_group(&mut self) -> usize {
        let start = self.buffer.len();
        self.buffer.push([0; HEADER]);
        start
    }

    /// Writes the header of the group at `start`, of which `rest` bytes are yet to come.
    #[inline]
    fn end_group(&mut self, start: usize, repeats: u64, rest: usize) {
        let len = self.buffer.len() - start - HEADER + rest;
        let header = u128::from(len as u64) << 64 | u128::from(repeats);
        *self.buffer.array_mut(start) = header.to_le_bytes();
    }

    /// Hashes what comes before `end`.
    #[cold]
    fn hash_up_to(&mut self, end: usize) {
        self.hash.get_or_insert_default().update(&self.buffer.as_slice()[..end]);
        self.buffer.drop_first(end);
        self.last = self.last.saturating_sub(end);
    }
}

/// Bytes in a row, with room for more behind them. What comes next is written right there: to put it together elsewhere
/// and then copy it takes longer.
#[derive(Clone, Default)]
struct Bytes {
    /// The bytes, and the room.
    all: Vec<u8>,
    len: usize,
}

impl Bytes {
    #[inline]
    fn len(&self) -> usize {
        self.len
    }

    fn as_slice(&self) -> &[u8] {
        &self.all[..self.len]
    }

    /// The room behind the bytes. What is written there counts once [`add`](Self::add) is called.
    #[inline]
    fn room<const N: usize>(&mut self) -> &mut [u8; N] {
        if self.all.len() < self.len + N {
            self.grow(N);
        }
        self.array_mut(self.len)
    }

    #[cold]
    fn grow(&mut self, most: usize) {
        self.all.resize((2 * self.len).max(self.len + most), 0);
    }

    /// The bytes at `start`.
    #[inline]
    fn array_mut<const N: usize>(&mut self, start: usize) -> &mut [u8; N] {
        self.all[start..].first_chunk_mut().expect("so many bytes are there")
    }

    /// So many bytes have been written.
    #[inline]
    fn add(&mut self, written: usize) {
        self.len += written;
    }

    #[inline]
    fn push<const N: usize>(&mut self, bytes: [u8; N]) {
        *self.room() = bytes;
        self.add(N);
    }

    fn extend(&mut self, bytes: &[u8]) {
        let end = self.len + bytes.len();
        if self.all.len() < end {
            self.grow(bytes.len());
        }
        self.all[self.len..end].copy_from_slice(bytes);
        self.len = end;
    }

    fn truncate(&mut self, len: usize) {
        self.len = len;
    }

    fn drop_first(&mut self, count: usize) {
        self.all.copy_within(count..self.len, 0);
        self.len -= count;
    }
}

/// The size of a record's kind, its time, and so many numbers.
const fn size_of_head(numbers: usize) -> usize {
    9 + 4 * numbers
}

/// Writes a record's kind, its time, and numbers at the start of `bytes`.
#[inline]
fn write_head<const N: usize>(kind: u8, time: Time, fields: [u32; N], bytes: &mut [u8]) {
    let (head, _) = bytes.split_at_mut(size_of_head(N));
    head[0] = kind;
    head[1..9].copy_from_slice(&time.as_ns().to_le_bytes());
    for (place, field) in head[9..].chunks_exact_mut(4).zip(fields) {
        place.copy_from_slice(&field.to_le_bytes());
    }
}

/// Appends a record's kind, its time, and up to four numbers.
#[inline]
fn put<const N: usize>(kind: u8, time: Time, fields: [u32; N], out: &mut Bytes) {
    write_head(kind, time, fields, out.room::<{ size_of_head(4) }>());
    out.add(size_of_head(N));
}

/// The binary form of a record.
#[inline]
fn encode(time: Time, record: &Record, names: &Names, out: &mut Bytes) {
    match record {
        Record::Message { ctx, from, message } => encode_message(time, *ctx, *from, message, names, out),
        Record::Eof { ctx, from } => put(1, time, [ctx.0, from.0], out),
        Record::Signal { ctx, context, again: _ } => put(2, time, [ctx.0, context.0], out),
        Record::Error { ctx, error } => put(3, time, [ctx.0, u32::from(error.code())], out),
        Record::Reply { ctx, call, dead } => {
            put(4, time, [ctx.0, u32::from(*dead)], out);
            out.push(call.to_le_bytes());
        }
        Record::Exit { ctx } => put(5, time, [ctx.0], out),
        Record::Skipped { why } => {
            let (reason, id) = why.code();
            put(6, time, [u32::from(reason), id.0], out);
        }
        Record::Storm => put(7, time, [], out),
        Record::Table { ctx, routes } => {
            begin_table(time, *ctx, routes.len(), out);
            routes.iter().for_each(|(target, next_hop)| encode_route(*target, *next_hop, out));
        }
        Record::Timeout { ctx, from } => put(9, time, [ctx.0, from.0], out),
        Record::Shutdown { ctx } => put(10, time, [ctx.0], out),
        Record::Detached { ctx } => put(11, time, [ctx.0], out),
    }
}

/// The kind of a table among records.
const TABLE: u8 = 8;

fn begin_table(time: Time, ctx: ContextId, route_count: usize, out: &mut Bytes) {
    put(TABLE, time, [ctx.0, u32::try_from(route_count).expect("fewer than 2^32 routes")], out);
}

#[inline]
fn encode_route(target: ContextId, next_hop: ContextId, out: &mut Bytes) {
    let both = u64::from(next_hop.0) << 32 | u64::from(target.0);
    out.push(both.to_le_bytes());
}

/// The size of what precedes a text: a mark or a kind, an id, and its length as a `u64`.
const TEXT_HEAD: usize = 13;

/// The binary form of a message. Most are route updates.
#[inline]
fn encode_message(time: Time, ctx: ContextId, from: ContextId, m: &Message, names: &Names, out: &mut Bytes) {
    const HEAD: usize = size_of_head(7);
    const TEXT: usize = HEAD + TEXT_HEAD;
    let bytes = out.room::<{ TEXT + OF_CONTEXT_MAX }>();
    let fields = [ctx.0, from.0, m.dst.0, m.src.0, m.auth.0, m.handle.0, m.reply_to.0];
    write_head(0, time, fields, bytes);
    let (_, rest) = bytes.split_at_mut(HEAD);
    let (head, text) = rest.split_first_chunk_mut::<TEXT_HEAD>().expect("there is room for it");
    // The text that follows, and the context that it is about.
    let named = match m.payload {
        Payload::Announce { target, name: None } | Payload::Retract { target } => {
            head[..4].copy_from_slice(&target.0.to_le_bytes());
            return out.add(HEAD + 4);
        }
        Payload::Announce { target, name: Some(name) } => {
            head[..4].copy_from_slice(&target.0.to_le_bytes());
            head[4] = name.mark();
            if name.is_of_context() {
                let text = text.first_chunk_mut().expect("there is room for it");
                let len = write_of_context(target, text);
                head[5..].copy_from_slice(&(len as u64).to_le_bytes());
                return out.add(TEXT + len);
            }
            Some((name, target))
        }
        Payload::Text(text) => {
            head[0] = text.kind;
            head[1..5].copy_from_slice(&text.target.0.to_le_bytes());
            text.body.map(|body| (body, text.target))
        }
        Payload::Data(_) => return out.add(HEAD),
        Payload::Other(other) => {
            head[0] = other.kind;
            head[1..5].copy_from_slice(&other.target.0.to_le_bytes());
            head[5..9].copy_from_slice(&other.number.to_le_bytes());
            return out.add(HEAD + 9);
        }
    };
    let text = named.map(|(name, target)| names.original(name, target)).unwrap_or_default();
    head[5..].copy_from_slice(&(text.len() as u64).to_le_bytes());
    out.add(TEXT);
    out.extend(text.as_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;

    fn digest(events: &[&[Record]]) -> Digest {
        let (names, mut digester) = (Names::default(), Digester::default());
        for (n, event) in events.iter().enumerate() {
            let time = Time::from_ns(n as u64 / 4);
            digester.events(time, event, &names, 1);
        }
        digester.digest()
    }

    /// Proves that the digest does not depend on how much waits to be hashed, nor on how a table is added.
    #[test]
    fn a_digest_does_not_depend_on_batches() {
        let names = Names::default();
        let (mut one, mut other) = (Digester::default(), Digester::default());
        let mut hash = Xxh3::default();
        for n in 0..5_000 {
            let (time, ctx) = (Time::from_ns(u64::from(n)), ContextId(n));
            let routes: Vec<_> = (0..n % 9).map(|id| (ContextId(n + id), ContextId(n))).collect();
            let record = Record::Table { ctx, routes: routes.clone() };
            let mut group = Bytes::default();
            encode(time, &record, &names, &mut group);
            hash.update(&1_u64.to_le_bytes());
            hash.update(&(group.len() as u64).to_le_bytes());
            hash.update(group.as_slice());
            one.events(time, &[record], &names, 1);
            match routes[..] {
                [(parent, _)] => other.table_of_newborn(time, ctx, parent),
                _ => other.table(time, ctx, routes.len(), |put| routes.iter().for_each(|(a, b)| put(*a, *b))),
            }
        }
        assert_eq!([one.digest(), other.digest()], [Digest(hash.digest128()); 2]);
        one.clear();
        assert_eq!(one.digest(), Digester::default().digest());
    }

    /// Proves that the digest sees each record, the order, the grouping by event and the number of repeats.
    #[test]
    fn a_digest_tells_traces_apart() {
        let [a, b] = [1, 2].map(|n| Record::Exit { ctx: ContextId(n) });
        let (a, b, ab) = (std::slice::from_ref(&a), std::slice::from_ref(&b), [a.clone(), b.clone()]);
        let traces: [&[&[Record]]; 8] = [&[], &[a], &[b], &[a, a], &[a, b], &[b, a], &[&ab], &[a, a, a]];
        let mut digests = traces.map(digest).to_vec();
        digests.sort_unstable();
        digests.dedup();
        assert_eq!(digests.len(), 8);
        assert_eq!(digest(&[a, &[], a]), digest(&[a, a]), "an event without records leaves no mark");
    }
}
