//! What treequake writes to a program: the lines of `docs/protocols.md`.

use super::answer::Answer;
use super::family::ProgramFamily;
use crate::process::{ContextId, Data, Family, Message, Names, Payload};
use serde::Serialize;

/// The version of the specification.
pub const VERSION: u32 = 1;

/// The first line.
#[derive(Serialize)]
pub struct Hello {
    pub treequake: u32,
    pub version: &'static str,
}

/// A request: its number, and what it is about.
#[derive(Serialize)]
pub struct Request<'a> {
    pub n: u64,
    #[serde(flatten)]
    pub ask: Ask<'a>,
    #[serde(skip_serializing_if = "<[u32]>::is_empty")]
    pub ended: &'a [u32],
}

/// What a request asks.
#[derive(Serialize)]
#[serde(untagged)]
pub enum Ask<'a> {
    Start {
        r#do: &'static str,
        seed: u64,
        unidirectional: bool,
        monitor: &'a str,
    },
    Snapshot {
        r#do: &'static str,
    },
    Restore {
        r#do: &'static str,
        state: &'a str,
    },
    Of {
        t: u64,
        process: u32,
        #[serde(flatten)]
        event: Event<'a>,
    },
}

/// What is wrong with an answer that refuses a request, or acts on it, and must not; `None` if nothing is. `what` is the
/// request's word.
pub fn misfit(what: &str, answer: &Answer) -> Option<String> {
    let can_be_refused = ["send", "call", "shutdown", "detach"].contains(&what);
    if answer.refused.is_some() && !can_be_refused {
        return Some(format!("a `{what}` cannot be refused"));
    }
    if what == "snapshot" && answer.state.is_none() {
        return Some("the answer to a `snapshot` must have a `state`, a text".to_owned());
    }
    if what != "snapshot" && answer.state.is_some() {
        return Some("only the answer to a `snapshot` has a `state`".to_owned());
    }
    if answer.effects.is_empty() {
        return None;
    }
    match what {
        "start" => {
            Some("the answer to `start` must have no effects; the master can act on its first request".to_owned())
        }
        "snapshot" | "restore" => Some(format!("the answer to a `{what}` must have no effects")),
        _ => None,
    }
}

/// What has happened to a process.
#[derive(Serialize)]
#[serde(tag = "do", rename_all = "lowercase")]
pub enum Event<'a> {
    Connect { stream: u32, id: u32, name: &'a str },
    Birth { id: u32, parent: u32, name: &'a str },
    Message { stream: u32, message: Handed<'a> },
    Disconnect { stream: u32 },
    Timer { timer: u32 },
    Send { to: u32, bytes: u32, reply_bytes: u32 },
    Call { to: u32, bytes: u32, reply_bytes: u32 },
    Reply { message: Handed<'a> },
    Shutdown { to: u32 },
    Detach {},
}

impl<'a> Event<'a> {
    /// The word for it in a line.
    pub fn name(&self) -> &'static str {
        match self {
            Event::Connect { .. } => "connect",
            Event::Birth { .. } => "birth",
            Event::Message { .. } => "message",
            Event::Disconnect { .. } => "disconnect",
            Event::Timer { .. } => "timer",
            Event::Send { .. } => "send",
            Event::Call { .. } => "call",
            Event::Reply { .. } => "reply",
            Event::Shutdown { .. } => "shutdown",
            Event::Detach {} => "detach",
        }
    }

    pub fn send(to: ContextId, data: Data) -> Self {
        Event::Send { to: to.0, bytes: data.len, reply_bytes: data.reply_len }
    }

    pub fn call(to: ContextId, data: Data) -> Self {
        Event::Call { to: to.0, bytes: data.len, reply_bytes: data.reply_len }
    }
}

/// A message, as it is handed over.
#[derive(Serialize)]
pub struct Handed<'a> {
    dst: u32,
    src: u32,
    auth: u32,
    handle: u32,
    reply_to: u32,
    #[serde(flatten)]
    payload: Load<'a>,
}

#[derive(Serialize)]
#[serde(untagged)]
enum Load<'a> {
    Announce { announce: Announced },
    Retract { retract: u32 },
    Data { data: Bytes },
    Text { kind: &'a str, about: u32, body: String },
}

#[derive(Serialize)]
struct Announced {
    id: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
}

#[derive(Serialize)]
struct Bytes {
    bytes: u32,
    reply_bytes: u32,
}

impl<'a> Handed<'a> {
    /// A message in words that the program knows.
    pub fn new(message: &Message, names: &Names, family: &'a ProgramFamily) -> Self {
        let Message { dst, src, auth, handle, reply_to, payload } = *message;
        let payload = match payload {
            Payload::Data(data) => Load::Data { data: Bytes { bytes: data.len, reply_bytes: data.reply_len } },
            Payload::Announce { target, name } => Load::Announce {
                announce: Announced { id: target.0, name: name.map(|name| names.original(name, target).into_owned()) },
            },
            Payload::Retract { target } => Load::Retract { retract: target.0 },
            Payload::Text(text) => Load::Text {
                kind: family.kind_name(text.kind),
                about: text.target.0,
                body: text.body.map_or_else(String::new, |body| names.original(body, text.target).into_owned()),
            },
            Payload::Other(other) => Load::Text { kind: "", about: other.target.0, body: other.number.to_string() },
        };
        Handed { dst: dst.0, src: src.0, auth: auth.0, handle: handle.0, reply_to: reply_to.0, payload }
    }
}

/// The length of a message's payload, for its frame.
pub fn payload_len(message: &Message, names: &Names, family: &dyn Family) -> u64 {
    match message.payload {
        Payload::Data(data) => u64::from(data.len),
        _ => family.payload_text(message, names).len() as u64,
    }
}
