//! The trace: what happened in a run, record by record, as NDJSON and as a digest.

use crate::process::{ContextId, Family, LoggedError, Message, Name, Names, OF_CONTEXT_MAX, Payload, write_of_context};
use crate::time::Time;
use serde::ser::{Serialize, SerializeMap, Serializer};
use std::fmt;
use std::io::{self, Write};
use xxhash_rust::xxh3::{Xxh3, xxh3_128};

/// Why a step was skipped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Skip {
    /// `connect`: the id is already alive.
    AlreadyAlive(ContextId),
    /// `connect`: the parent is not alive.
    ParentNotAlive(ContextId),
    /// `send`, `call`: the sender is not alive.
    SenderNotAlive(ContextId),
    /// `kill`, `disconnect`, `partition`: the context is not alive.
    NotAlive(ContextId),
    /// `kill`, `disconnect`, `partition` and others: this cannot be done to the master.
    Master,
    /// `disconnect`: the parent has already closed its end, or is dead.
    ParentEndClosed(ContextId),
    /// `detach`: the context is already detached, or about to be.
    AlreadyDetached(ContextId),
    /// The monitor of the context has no such step.
    Unknown(ContextId),
    /// `shutdown`: the context is already shutting down.
    AlreadyShuttingDown(ContextId),
    /// `partition`: the link is already partitioned.
    AlreadyPartitioned(ContextId),
    /// `heal`: no link of the id is partitioned.
    NotPartitioned(ContextId),
}

impl fmt::Display for Skip {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Skip::AlreadyAlive(id) => write!(f, "context {id} is already alive"),
            Skip::ParentNotAlive(id) => write!(f, "the parent, context {id}, is not alive"),
            Skip::SenderNotAlive(id) => write!(f, "the sender, context {id}, is not alive"),
            Skip::NotAlive(id) => write!(f, "context {id} is not alive"),
            Skip::Master => write!(f, "the master always exists"),
            Skip::ParentEndClosed(id) => write!(f, "the parent's end of the link to context {id} is already closed"),
            Skip::AlreadyPartitioned(id) => write!(f, "the link of context {id} is already partitioned"),
            Skip::AlreadyDetached(id) => write!(f, "context {id} is already detached, or about to be"),
            Skip::AlreadyShuttingDown(id) => write!(f, "context {id} is already shutting down"),
            Skip::NotPartitioned(id) => write!(f, "no link of context {id} is partitioned"),
            Skip::Unknown(id) => write!(f, "the monitor of context {id} has no such step"),
        }
    }
}

impl Skip {
    /// A number for each reason, and the context that it is about.
    fn code(self) -> (u8, ContextId) {
        match self {
            Skip::AlreadyAlive(id) => (0, id),
            Skip::ParentNotAlive(id) => (1, id),
            Skip::SenderNotAlive(id) => (2, id),
            Skip::NotAlive(id) => (3, id),
            Skip::Master => (4, ContextId::MASTER),
            Skip::ParentEndClosed(id) => (5, id),
            Skip::AlreadyPartitioned(id) => (6, id),
            Skip::NotPartitioned(id) => (7, id),
            Skip::AlreadyDetached(id) => (8, id),
            Skip::AlreadyShuttingDown(id) => (9, id),
            Skip::Unknown(id) => (10, id),
        }
    }
}

/// One record of a trace. Its time is in the [`Entry`].
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Record {
    /// A message has arrived on a link and is about to be handled.
    Message {
        /// The context that received it.
        ctx: ContextId,
        /// The neighbour that it came from.
        from: ContextId,
        /// The message as it was on the wire.
        message: Message,
    },
    /// An EOF has arrived at an open end of a live context.
    Eof {
        /// The context that received it.
        ctx: ContextId,
        /// The neighbour that it came from.
        from: ContextId,
    },
    /// An end of a link gives up, because it has heard nothing for too long.
    Timeout {
        /// The context that gives up.
        ctx: ContextId,
        /// The neighbour that was not heard.
        from: ContextId,
    },
    /// A context begins to shut down.
    Shutdown {
        /// The context.
        ctx: ContextId,
    },
    /// A context has left its parent and lives on.
    Detached {
        /// The context.
        ctx: ContextId,
    },
    /// The disconnect signal of a context object fires.
    Signal {
        /// The context that the object is in.
        ctx: ContextId,
        /// The id of the context object.
        context: ContextId,
        /// Whether this same object has fired before. Not in the written trace.
        again: bool,
    },
    /// An error was logged.
    Error {
        /// The context that logged it.
        ctx: ContextId,
        /// The error.
        error: LoggedError,
    },
    /// A call has ended.
    Reply {
        /// The context that made it.
        ctx: ContextId,
        /// Its number. Calls count from 1 over the whole run.
        call: u64,
        /// Whether it ended `dead` rather than `ok`.
        dead: bool,
    },
    /// A context has died.
    Exit {
        /// The context.
        ctx: ContextId,
    },
    /// A step could not be done.
    Skipped {
        /// The reason.
        why: Skip,
    },
    /// The run was stopped at the limit.
    Storm,
    /// The route table of a live context, at the end of the run.
    Table {
        /// The context.
        ctx: ContextId,
        /// Destination and next hop, ascending by destination.
        routes: Vec<(ContextId, ContextId)>,
    },
}

/// A record as one line of the written trace.
#[derive(Clone, Copy, Debug)]
pub struct Entry<'a> {
    /// When it happened.
    pub time: Time,
    /// What happened.
    pub record: &'a Record,
    /// The names that messages refer to.
    pub names: &'a Names,
    /// The family of the run's monitors, which words the payload.
    pub family: &'a dyn Family,
}

impl Serialize for Entry<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut line = serializer.serialize_map(None)?;
        let t = self.time.as_ns();
        let kind = match self.record {
            Record::Message { .. } => "message",
            Record::Eof { .. } => "eof",
            Record::Timeout { .. } => "timeout",
            Record::Shutdown { .. } => "shutdown",
            Record::Detached { .. } => "detached",
            Record::Signal { .. } => "signal",
            Record::Error { .. } => "error",
            Record::Reply { .. } => "reply",
            Record::Exit { .. } => "exit",
            Record::Skipped { .. } => "skipped",
            Record::Storm => "storm",
            Record::Table { .. } => "table",
        };
        line.serialize_entry("kind", kind)?;
        line.serialize_entry("t", &t)?;
        match self.record {
            Record::Message { ctx, from, message } => {
                line.serialize_entry("ctx", &ctx.0)?;
                line.serialize_entry("from", &from.0)?;
                line.serialize_entry("dst", &message.dst.0)?;
                line.serialize_entry("src", &message.src.0)?;
                line.serialize_entry("auth", &message.auth.0)?;
                line.serialize_entry("handle", &message.handle.0)?;
                line.serialize_entry("reply_to", &message.reply_to.0)?;
                line.serialize_entry("data", &self.family.payload_text(message, self.names))?;
            }
            Record::Eof { ctx, from } | Record::Timeout { ctx, from } => {
                line.serialize_entry("ctx", &ctx.0)?;
                line.serialize_entry("from", &from.0)?;
            }
            Record::Signal { ctx, context, again: _ } => {
                line.serialize_entry("ctx", &ctx.0)?;
                line.serialize_entry("context", &context.0)?;
            }
            Record::Error { ctx, error } => {
                line.serialize_entry("ctx", &ctx.0)?;
                line.serialize_entry("error", error.name())?;
            }
            Record::Reply { ctx, call, dead } => {
                line.serialize_entry("ctx", &ctx.0)?;
                line.serialize_entry("call", call)?;
                line.serialize_entry("status", if *dead { "dead" } else { "ok" })?;
            }
            Record::Exit { ctx } | Record::Shutdown { ctx } | Record::Detached { ctx } => {
                line.serialize_entry("ctx", &ctx.0)?
            }
            Record::Skipped { why } => line.serialize_entry("why", &why.to_string())?,
            Record::Storm => {}
            Record::Table { ctx, routes } => {
                line.serialize_entry("ctx", &ctx.0)?;
                line.serialize_entry("routes", &Routes(routes))?;
            }
        }
        line.end()
    }
}

struct Routes<'a>(&'a [(ContextId, ContextId)]);

impl Serialize for Routes<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(target, next_hop)| (target.0.to_string(), next_hop.0)))
    }
}

/// Writes a trace as NDJSON: one record a line.
pub struct Writer<'a> {
    out: &'a mut dyn Write,
}

impl<'a> Writer<'a> {
    /// A trace that goes to `out`.
    pub fn new(out: &'a mut dyn Write) -> Self {
        Writer { out }
    }

    /// Writes one record.
    ///
    /// # Errors
    /// Those of the output.
    pub fn write(&mut self, entry: Entry<'_>) -> io::Result<()> {
        serde_json::to_writer(&mut self.out, &entry)?;
        self.out.write_all(b"\n")
    }

    /// Writes whatever is buffered.
    ///
    /// # Errors
    /// Those of the output.
    pub fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

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
#[derive(Clone)]
pub struct Digester {
    /// The hash of what is no longer in the buffer; `None` while everything is. Most traces are short, and hashed at once.
    hash: Option<Xxh3>,
    /// What is not hashed yet: complete groups, each behind its [`HEADER`], and the group that is being put together.
    buffer: Vec<u8>,
    /// Where the last complete group starts.
    last: usize,
    /// Where the current group starts. There is room for its header, which is not filled in yet.
    current: usize,
    /// What the last complete group begins with, and what the current one does.
    heads: [Head; 2],
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

impl Default for Digester {
    fn default() -> Self {
        Digester { hash: None, buffer: vec![0; HEADER], last: 0, current: 0, heads: [Head::default(); 2] }
    }
}

impl fmt::Debug for Digester {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Digester").field(&self.digest()).finish()
    }
}

impl Digester {
    /// Starts over; keeps the allocation.
    pub fn clear(&mut self) {
        self.hash = None;
        self.buffer.clear();
        self.buffer.resize(HEADER, 0);
        (self.last, self.current) = (0, 0);
    }

    /// Adds a record to the group of the current event.
    #[inline]
    pub fn record(&mut self, time: Time, record: &Record, names: &Names) {
        if self.buffer.len() == self.current + HEADER {
            self.heads[1] = Head::of(time, record);
        }
        encode(time, record, names, &mut self.buffer);
    }

    /// Ends the current event. An event without records leaves no mark.
    pub fn end_event(&mut self) {
        self.end_events(1);
    }

    /// Ends this many events in a row, each with the records of the current group.
    #[inline]
    pub fn end_events(&mut self, times: u64) {
        let group = self.current + HEADER;
        let len = self.buffer.len() - group;
        if len == 0 {
            return;
        }
        let [last, now] = self.heads;
        self.heads[0] = now;
        if last == now && self.equals_last(group) {
            self.buffer.truncate(group);
            let repeats = &mut self.buffer[self.last..self.last + 8];
            let before = u64::from_le_bytes(repeats.try_into().expect("eight bytes"));
            repeats.copy_from_slice(&(before + times).to_le_bytes());
            return;
        }
        self.fill_header(times, len as u64);
        self.last = self.current;
        self.begin_group();
        if self.current >= BATCH {
            self.hash_up_to(self.last);
        }
    }

    /// Whether the current group, which begins at `group`, is the same as the last one.
    #[inline]
    fn equals_last(&self, group: usize) -> bool {
        self.buffer.get(self.last + HEADER..self.current).is_some_and(|last| *last == self.buffer[group..])
    }

    /// Adds the table of a context that has one route: to its parent.
    pub fn table_of_newborn(&mut self, time: Time, ctx: ContextId, parent: ContextId) {
        put(TABLE, time, [ctx.0, 1, parent.0, parent.0], &mut self.buffer);
        self.fill_header(1, (self.buffer.len() - self.current - HEADER) as u64);
        self.begin_group();
        if self.current >= BATCH {
            self.hash_up_to(self.current);
        }
        // No two tables are equal, so none waits for the next.
        self.last = self.current;
    }

    /// Adds the table of a context, as [`Record::Table`] would: an event of its own, hashed as it comes.
    pub fn table(
        &mut self,
        time: Time,
        ctx: ContextId,
        route_count: usize,
        each: impl FnOnce(&mut dyn FnMut(ContextId, ContextId)),
    ) {
        begin_table(time, ctx, route_count, &mut self.buffer);
        let len = self.buffer.len() - self.current - HEADER + 8 * route_count;
        self.fill_header(1, len as u64);
        each(&mut |target, next_hop| {
            encode_route(target, next_hop, &mut self.buffer);
            if self.buffer.len() >= BATCH {
                self.hash.get_or_insert_default().update(&self.buffer);
                self.buffer.clear();
            }
        });
        self.begin_group();
        // No two tables are equal, so none waits for the next.
        self.last = self.current;
    }

    /// The digest of all events so far.
    pub fn digest(&self) -> Digest {
        let rest = &self.buffer[..self.current];
        match &self.hash {
            None => Digest(xxh3_128(rest)),
            Some(hash) => {
                let mut hash = hash.clone();
                hash.update(rest);
                Digest(hash.digest128())
            }
        }
    }

    #[inline]
    fn fill_header(&mut self, repeats: u64, len: u64) {
        let header = u128::from(len) << 64 | u128::from(repeats);
        self.buffer[self.current..self.current + HEADER].copy_from_slice(&header.to_le_bytes());
    }

    #[inline]
    fn begin_group(&mut self) {
        self.current = self.buffer.len();
        self.buffer.extend_from_slice(&[0; HEADER]);
    }

    /// Hashes the complete groups before `end`, where one starts.
    fn hash_up_to(&mut self, end: usize) {
        self.hash.get_or_insert_default().update(&self.buffer[..end]);
        self.buffer.drain(..end);
        self.current -= end;
        self.last = self.last.saturating_sub(end);
    }
}

/// The size of a record's kind, its time, and so many numbers.
const fn size_of_head(numbers: usize) -> usize {
    9 + 4 * numbers
}

/// Appends so many zeros, to be written over. To put bytes together elsewhere and then copy them takes longer.
#[inline]
fn room(bytes: usize, out: &mut Vec<u8>) -> &mut [u8] {
    let start = out.len();
    out.resize(start + bytes, 0);
    &mut out[start..]
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

/// Appends a record's kind, its time, and numbers.
#[inline]
fn put<const N: usize>(kind: u8, time: Time, fields: [u32; N], out: &mut Vec<u8>) {
    write_head(kind, time, fields, room(size_of_head(N), out));
}

/// The binary form of a record.
#[inline]
fn encode(time: Time, record: &Record, names: &Names, out: &mut Vec<u8>) {
    match record {
        Record::Message { ctx, from, message } => encode_message(time, *ctx, *from, message, names, out),
        Record::Eof { ctx, from } => put(1, time, [ctx.0, from.0], out),
        Record::Signal { ctx, context, again: _ } => put(2, time, [ctx.0, context.0], out),
        Record::Error { ctx, error } => put(3, time, [ctx.0, u32::from(error.code())], out),
        Record::Reply { ctx, call, dead } => {
            put(4, time, [ctx.0, u32::from(*dead)], out);
            out.extend_from_slice(&call.to_le_bytes());
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

fn begin_table(time: Time, ctx: ContextId, route_count: usize, out: &mut Vec<u8>) {
    put(TABLE, time, [ctx.0, u32::try_from(route_count).expect("fewer than 2^32 routes")], out);
}

fn encode_route(target: ContextId, next_hop: ContextId, out: &mut Vec<u8>) {
    let both = u64::from(next_hop.0) << 32 | u64::from(target.0);
    out.extend_from_slice(&both.to_le_bytes());
}

/// The binary form of a message. Most are route updates.
#[inline]
fn encode_message(time: Time, ctx: ContextId, from: ContextId, m: &Message, names: &Names, out: &mut Vec<u8>) {
    const HEAD: usize = size_of_head(7);
    const TEXT: usize = HEAD + TEXT_HEAD;
    let start = out.len();
    let bytes = room(TEXT + OF_CONTEXT_MAX, out);
    let fields = [ctx.0, from.0, m.dst.0, m.src.0, m.auth.0, m.handle.0, m.reply_to.0];
    write_head(0, time, fields, bytes);
    let len = match m.payload {
        Payload::Announce { target, name: None } | Payload::Retract { target } => {
            bytes[HEAD..HEAD + 4].copy_from_slice(&target.0.to_le_bytes());
            HEAD + 4
        }
        Payload::Announce { target, name: Some(name) } => {
            bytes[HEAD..HEAD + 4].copy_from_slice(&target.0.to_le_bytes());
            bytes[HEAD + 4] = name.mark();
            if !name.is_of_context() {
                out.truncate(start + TEXT);
                return encode_text(Some(name), target, names, out);
            }
            let len = write_of_context(target, &mut bytes[TEXT..]);
            bytes[TEXT - 8..TEXT].copy_from_slice(&(len as u64).to_le_bytes());
            TEXT + len
        }
        Payload::Text(text) => {
            bytes[HEAD] = text.kind;
            bytes[HEAD + 1..HEAD + 5].copy_from_slice(&text.target.0.to_le_bytes());
            out.truncate(start + TEXT);
            return encode_text(text.body, text.target, names, out);
        }
        Payload::Data(_) => HEAD,
        Payload::Other(other) => {
            bytes[HEAD] = other.kind;
            bytes[HEAD + 1..HEAD + 5].copy_from_slice(&other.target.0.to_le_bytes());
            bytes[HEAD + 5..HEAD + 9].copy_from_slice(&other.number.to_le_bytes());
            HEAD + 9
        }
    };
    out.truncate(start + len);
}

/// The size of what precedes a text: a mark or a kind, an id, and its length as a `u64`.
const TEXT_HEAD: usize = 13;

/// Appends a text, and writes its length into the eight bytes before it.
#[inline]
fn encode_text(text: Option<Name>, target: ContextId, names: &Names, out: &mut Vec<u8>) {
    let start = out.len();
    if let Some(text) = text {
        names.write_original(text, target, out);
    }
    let len = (out.len() - start) as u64;
    out[start - 8..start].copy_from_slice(&len.to_le_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;

    fn digest(events: &[&[Record]]) -> Digest {
        let (names, mut digester) = (Names::default(), Digester::default());
        for (n, event) in events.iter().enumerate() {
            let time = Time::from_ns(n as u64 / 4);
            event.iter().for_each(|record| digester.record(time, record, &names));
            digester.end_event();
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
            let mut group = Vec::new();
            encode(time, &record, &names, &mut group);
            hash.update(&1_u64.to_le_bytes());
            hash.update(&(group.len() as u64).to_le_bytes());
            hash.update(&group);
            one.record(time, &record, &names);
            one.end_event();
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
