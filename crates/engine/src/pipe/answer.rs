//! What a program writes to treequake: the lines of `docs/protocols.md`, as they are read.

use super::wrong_line::in_words;
use serde::Deserialize;

/// The program's first line.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct Hello {
    pub protocol: u64,
    #[serde(default)]
    pub name: Option<String>,
    #[serde(default)]
    pub kinds: Vec<String>,
    #[serde(default)]
    pub errors: Vec<String>,
    #[serde(default)]
    pub announces: Vec<String>,
    #[serde(default)]
    pub retracts: Vec<String>,
    #[serde(default)]
    pub counted: Vec<String>,
    #[serde(default)]
    pub truth: Option<String>,
    #[serde(default)]
    pub can: Vec<String>,
    #[serde(default)]
    pub settles_within: Option<String>,
    #[serde(default)]
    pub family: Option<String>,
    #[serde(default = "default_header")]
    pub header_bytes: u64,
}

fn default_header() -> u64 {
    26
}

/// An answer.
#[derive(Clone, Debug, Deserialize, PartialEq)]
pub struct Answer {
    pub n: u64,
    #[serde(default)]
    pub effects: Vec<Effect>,
    #[serde(default)]
    pub handle: Option<u32>,
    #[serde(default)]
    pub refused: Option<Refused>,
    #[serde(default)]
    pub lives: bool,
    #[serde(default)]
    pub counted: Vec<String>,
    #[serde(default)]
    pub state: Option<Box<str>>,
    #[serde(skip)]
    pub has_ended: bool,
}

/// Why a request is refused.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq)]
#[serde(rename_all = "lowercase")]
pub enum Refused {
    Unknown,
    Already,
}

/// One thing that a process does.
#[derive(Clone, Debug, Deserialize, PartialEq)]
#[serde(rename_all = "lowercase")]
pub enum Effect {
    Send {
        stream: u32,
        message: Message,
    },
    Route {
        to: u32,
        // It must be there, so that a misspelt key does not take a route away.
        #[serde(deserialize_with = "Option::deserialize")]
        via: Option<u32>,
    },
    Signal {
        context: u32,
        #[serde(default)]
        again: bool,
    },
    Error(String),
    Timer {
        timer: u32,
        after: u64,
    },
    Clear(u32),
    Close(u32),
    Deliver(Message),
    Reply {
        handle: u32,
        #[serde(default)]
        dead: bool,
    },
    Note(Note),
    Exit(Exit),
    Crash(String),
}

/// What a process notes about itself.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq)]
#[serde(rename_all = "kebab-case")]
pub enum Note {
    ShutsDown,
    Detached,
}

/// How a process ends by itself.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq)]
#[serde(rename_all = "lowercase")]
pub enum Exit {
    Done,
}

/// A message that a process sends or hands over.
#[derive(Clone, Debug, Deserialize, PartialEq)]
pub struct Message {
    pub dst: u32,
    #[serde(default)]
    pub src: Option<u32>,
    #[serde(default)]
    pub auth: Option<u32>,
    #[serde(default)]
    pub handle: Option<u32>,
    #[serde(default)]
    pub reply_to: u32,
    #[serde(default)]
    pub announce: Option<Announced>,
    #[serde(default)]
    pub retract: Option<u32>,
    #[serde(default)]
    pub data: Option<Bytes>,
    #[serde(default)]
    pub body: Option<String>,
    #[serde(default)]
    pub kind: Option<String>,
    #[serde(default)]
    pub about: Option<u32>,
}

/// News of a context.
#[derive(Clone, Debug, Deserialize, PartialEq)]
pub struct Announced {
    pub id: u32,
    #[serde(default)]
    pub name: Option<String>,
}

/// The application's bytes.
#[derive(Clone, Debug, Deserialize, PartialEq)]
pub struct Bytes {
    #[serde(default)]
    pub bytes: u32,
    #[serde(default)]
    pub reply_bytes: u32,
}

/// Reads a line. The error says what is wrong, and where.
pub fn read<'l, T: Deserialize<'l>>(line: &'l [u8]) -> Result<T, String> {
    let text = std::str::from_utf8(line).map_err(|error| format!("byte {} is not UTF-8", error.valid_up_to() + 1))?;
    if !text.trim_start().starts_with('{') {
        return Err(
            "it is not a JSON object; a program must write nothing but answers to its standard output".to_owned()
        );
    }
    serde_json::from_str(text).map_err(|error| in_words(text, &error))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Proves that what the specification gives as an example is read, with its defaults, and that unknown fields are left
    /// aside.
    #[test]
    fn the_example_is_read() {
        let line =
            br#"{"n": 7, "mood": "fine", "effects": [{"route": {"to": 5, "via": 3}}, {"route": {"to": 6, "via": null}},
            {"send": {"stream": 0, "message": {"dst": 0, "announce": {"id": 5}}}}, {"note": "shuts-down"}]}"#;
        let answer: Answer = read(line).unwrap();
        assert_eq!((answer.n, answer.effects.len(), answer.handle, answer.lives), (7, 4, None, false));
        assert_eq!(answer.effects[1], Effect::Route { to: 6, via: None });
    }
}
