//! The trace: what happened in a run, record by record, as NDJSON and as a digest.

mod digest;

use crate::process::{ContextId, Family, LoggedError, Message, Names};
use crate::time::Time;
pub use digest::{Digest, Digester};
use serde::ser::{Serialize, SerializeMap, Serializer};
use std::fmt;
use std::io::{self, Write};

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
