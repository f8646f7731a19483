//! How a program is described to people: by what it says about itself in its first line.

use super::answer::Hello;
use crate::mitogen::Mitogen;
use crate::monitors::is_name;
use crate::process::{
    ContextId, Data, ErrorRow, Family, Feature, LoggedError, Message, Monitor, MonitorRow, Names, News, Payload, Place,
    PlaceRow, TimerId, Truth,
};
use crate::time::Span;
use std::sync::OnceLock;

/// The most kinds, and the most errors.
const NAMES_MAX: usize = 200;

/// The word in `can` for a program that saves its state.
pub const SNAPSHOT: &str = "snapshot";

/// The rank of a program's places in lists: behind all others.
const RANK: u16 = 1_000;

/// A kind of a program's own messages.
#[derive(Debug)]
struct Kind {
    name: String,
    news: Option<fn(ContextId) -> News>,
}

/// The family of one program.
#[derive(Debug)]
pub struct ProgramFamily {
    name: &'static str,
    /// What `--protocol` means it by.
    option: String,
    rows: OnceLock<&'static [MonitorRow]>,
    errors: &'static [LoggedError],
    places: &'static [Place],
    /// The kinds of its own messages, and the places of their handlers.
    kinds: Vec<Kind>,
    handlers: &'static [Place],
    announcements: (Place, Place),
    /// The names of errors that are only counted.
    counted: &'static [&'static str],
    truth: Truth,
    features: Vec<Feature>,
    /// Whether it can save its state, and go back to it.
    has_snapshots: bool,
    settles_within: Option<Span>,
    /// Whether it is a Mitogen: then the built-in family knows all about it.
    is_mitogen: bool,
    /// The length of a frame's header, in bytes.
    header: u64,
}

impl ProgramFamily {
    /// The family of the program that is called `name`, and its only monitor. They live as long as treequake. `option` is what
    /// `--protocol` means it by.
    ///
    /// # Errors
    /// If what the program says about itself cannot be used.
    pub fn new(
        name: &str,
        command: &str,
        option: String,
        hello: &Hello,
    ) -> Result<(&'static ProgramFamily, Monitor), String> {
        let is_mitogen = match hello.family.as_deref() {
            None => false,
            Some("mitogen") => true,
            Some(other) => return Err(format!("`family` is `{other}`; it can only be `mitogen`, or left out")),
        };
        check_names("kinds", &hello.kinds)?;
        check_names("errors", &hello.errors)?;
        check_names("counted", &hello.counted)?;
        let truth = match hello.truth.as_deref() {
            None | Some("tables") => Truth::Tables,
            Some("reach") => Truth::Reach,
            Some(other) => return Err(format!("`truth` is `{other}`; it must be `tables` or `reach`")),
        };
        let settles_within = hello.settles_within.as_deref().map(Span::parse).transpose();
        let settles_within = settles_within.map_err(|error| format!("`settles_within` is wrong: {error}"))?;
        let is_feature = |can: &&String| *can != SNAPSHOT;
        let features: Result<Vec<Feature>, String> =
            hello.can.iter().filter(is_feature).map(|can| feature(can)).collect();
        let place = |name: &str, words: String| {
            let row = PlaceRow { rank: RANK, name: leak(name), words: leak(&words) };
            Place::of(Box::leak(Box::new(row)))
        };
        let handler = |kind: &String| place(&format!("on-{kind}"), format!("caused by the handler of {kind} messages"));
        let handlers: &'static [Place] = hello.kinds.iter().map(handler).collect::<Vec<_>>().leak();
        let announcements = (
            place("on-announce", "caused by the handler of announcements".to_owned()),
            place("on-retract", "caused by the handler of retractions".to_owned()),
        );
        let error = |(code, name): (usize, &String)| {
            let row = ErrorRow {
                code: u8::try_from(code).expect("at most 200 errors"),
                name: leak(name),
                words: leak(&format!("the program logs {name}")),
                place: place(name, format!("caused by the error {name}")),
                is_crash: false,
            };
            LoggedError::of(Box::leak(Box::new(row)))
        };
        let errors: Vec<LoggedError> = hello.errors.iter().enumerate().map(error).collect();
        let places = [handlers, &[announcements.0, announcements.1]].concat();
        let family: &'static ProgramFamily = Box::leak(Box::new(ProgramFamily {
            name: leak(name),
            option,
            rows: OnceLock::new(),
            errors: errors.leak(),
            places: places.leak(),
            kinds: kinds(hello)?,
            handlers,
            announcements,
            counted: hello.counted.iter().map(|name| leak(name)).collect::<Vec<_>>().leak(),
            truth,
            features: features?,
            has_snapshots: hello.can.iter().any(|can| can == SNAPSHOT),
            settles_within,
            is_mitogen,
            header: hello.header_bytes,
        }));
        let rows: &'static [MonitorRow] =
            Box::leak(Box::new([MonitorRow::new(family.name, leak(&format!("the program `{command}`")), family, 0)]));
        family.rows.get_or_init(|| rows);
        Ok((family, Monitor::of(&rows[0])))
    }

    /// The length of a frame's header, in bytes.
    pub fn header(&self) -> u64 {
        self.header
    }

    /// Whether it can save its state, and go back to it.
    pub fn has_snapshots(&self) -> bool {
        self.has_snapshots
    }

    /// The number of a kind of message.
    pub fn kind(&self, name: &str) -> Option<u8> {
        self.kinds
            .iter()
            .position(|kind| kind.name == name)
            .map(|place| u8::try_from(place).expect("at most 200 kinds"))
    }

    /// The name of a kind of message; empty if there is none with this number.
    pub fn kind_name(&self, kind: u8) -> &str {
        self.kinds.get(usize::from(kind)).map_or("", |kind| kind.name.as_str())
    }

    /// The name of an error that is only counted, if it has one like this.
    pub fn counted(&self, name: &str) -> Option<&'static str> {
        self.counted.iter().copied().find(|counted| *counted == name)
    }

    /// The error with a name.
    pub fn error(&self, name: &str) -> Option<LoggedError> {
        self.errors().iter().copied().find(|error| error.name() == name)
    }
}

/// The kinds that a program names, and which of them bring news.
fn kinds(hello: &Hello) -> Result<Vec<Kind>, String> {
    let Hello { kinds, announces, retracts, .. } = hello;
    for (what, named) in [("announces", announces), ("retracts", retracts)] {
        if let Some(stranger) = named.iter().find(|name| !kinds.contains(name)) {
            return Err(format!("`{what}` has `{stranger}`, which is not in `kinds`"));
        }
    }
    if let Some(both) = announces.iter().find(|name| retracts.contains(name)) {
        return Err(format!("`{both}` is in `announces` and in `retracts`; it can only be in one"));
    }
    let news = |name: &String| -> Option<fn(ContextId) -> News> {
        match (announces.contains(name), retracts.contains(name)) {
            (true, _) => Some(News::Announce),
            (_, true) => Some(News::Retract),
            (false, false) => None,
        }
    };
    Ok(kinds.iter().map(|name| Kind { name: name.clone(), news: news(name) }).collect())
}

/// A word of a command line, in quotes if it needs some.
fn quoted(text: &str) -> String {
    shlex::try_quote(text).map_or_else(|_| text.to_owned(), |quoted| quoted.into_owned())
}

fn leak(text: &str) -> &'static str {
    Box::leak(text.to_owned().into_boxed_str())
}

fn check_names(what: &str, names: &[String]) -> Result<(), String> {
    if names.len() > NAMES_MAX {
        return Err(format!("it has {} {what}; at most {NAMES_MAX} are possible", names.len()));
    }
    for (n, name) in names.iter().enumerate() {
        if !is_name(name) {
            return Err(format!(
                "`{name}` in `{what}` is no name: it must be letters, digits, `.`, `-` and `_`, up to 60"
            ));
        }
        if names[..n].contains(name) {
            return Err(format!("`{name}` is in `{what}` twice"));
        }
    }
    Ok(())
}

fn feature(name: &str) -> Result<Feature, String> {
    match name {
        "shutdown" => Ok(Feature::Shutdown),
        "detach" => Ok(Feature::Detach),
        "unidirectional" => Ok(Feature::Unidirectional),
        _ => Err(format!("`can` has `{name}`; it can have `shutdown`, `detach`, `unidirectional` and `snapshot`")),
    }
}

impl Family for ProgramFamily {
    fn name(&self) -> &'static str {
        self.name
    }

    fn monitors(&self) -> &'static [MonitorRow] {
        self.rows.get().copied().unwrap_or_default()
    }

    fn errors(&self) -> &'static [LoggedError] {
        if self.is_mitogen { Mitogen.errors() } else { self.errors }
    }

    fn places(&self) -> &'static [Place] {
        if self.is_mitogen { Mitogen.places() } else { self.places }
    }

    fn knows(&self, feature: Feature) -> bool {
        self.features.contains(&feature)
    }

    fn settles_within(&self) -> Option<Span> {
        self.settles_within
    }

    fn option(&self, _: &str) -> String {
        format!("--protocol {}", quoted(&self.option))
    }

    fn truth(&self) -> Truth {
        self.truth
    }

    fn place_of(&self, message: &Message, is_down: bool) -> Option<Place> {
        if self.is_mitogen {
            return Mitogen.place_of(message, is_down);
        }
        match message.payload {
            Payload::Announce { .. } => Some(self.announcements.0),
            Payload::Retract { .. } => Some(self.announcements.1),
            Payload::Text(text) => self.handlers.get(usize::from(text.kind)).copied(),
            Payload::Data(_) | Payload::Other(_) => None,
        }
    }

    fn kinds(&self) -> &'static [Place] {
        if self.is_mitogen { Mitogen.kinds() } else { self.handlers }
    }

    fn place_of_timer(&self) -> Option<Place> {
        if self.is_mitogen { Mitogen.place_of_timer() } else { None }
    }

    fn is_too_long(&self, data: Data, is_reply: bool) -> bool {
        self.is_mitogen && Mitogen.is_too_long(data, is_reply)
    }

    fn news(&self, message: &Message) -> Option<News> {
        match message.payload {
            Payload::Announce { target, .. } => Some(News::Announce(target)),
            Payload::Retract { target } => Some(News::Retract(target)),
            Payload::Text(text) => {
                self.kinds.get(usize::from(text.kind)).and_then(|kind| kind.news).map(|news| news(text.target))
            }
            Payload::Data(_) | Payload::Other(_) => None,
        }
    }

    fn asked(&self, error: LoggedError, message: &Message) -> Option<ContextId> {
        if self.is_mitogen {
            return Mitogen.asked(error, message);
        }
        match self.news(message)? {
            News::Announce(target) | News::Retract(target) => Some(target),
        }
    }

    fn error_words(&self, error: LoggedError, context: &str) -> String {
        if self.is_mitogen { Mitogen.error_words(error, context) } else { format!("{context} logs {}", error.name()) }
    }

    fn announcement(&self) -> &'static str {
        if self.is_mitogen { Mitogen.announcement() } else { "announcement" }
    }

    fn retraction(&self) -> &'static str {
        if self.is_mitogen { Mitogen.retraction() } else { "retraction" }
    }

    fn timer(&self, timer: TimerId) -> &'static str {
        if self.is_mitogen { Mitogen.timer(timer) } else { "a timer" }
    }

    fn other(&self, message: &Message) -> String {
        match message.payload {
            Payload::Text(text) => {
                let kind = self.kinds.get(usize::from(text.kind)).map_or("message", |kind| kind.name.as_str());
                match self.news(message) {
                    Some(_) => format!("{kind} {}", text.target),
                    None => format!("{kind} about {}", text.target),
                }
            }
            _ if self.is_mitogen => Mitogen.other(message),
            _ => format!("message to handle {}", message.handle.0),
        }
    }

    fn says_once(&self) -> bool {
        self.is_mitogen && Mitogen.says_once()
    }

    fn details(&self, message: &Message, names: &Names) -> String {
        match message.payload {
            _ if self.is_mitogen => String::new(),
            Payload::Announce { target, name: Some(name) } => names.original(name, target).into_owned(),
            // Many programs put the kind and the context into the text, too.
            Payload::Text(_) if self.payload_text(message, names) == self.other(message) => String::new(),
            Payload::Text(_) => self.payload_text(message, names),
            Payload::Data(_) | Payload::Other(_) | Payload::Announce { name: None, .. } | Payload::Retract { .. } => {
                String::new()
            }
        }
    }

    fn payload_text(&self, message: &Message, names: &Names) -> String {
        match message.payload {
            Payload::Data(_) | Payload::Other(_) => String::new(),
            Payload::Announce { target, name: Some(name) } => format!("{target}:{}", names.original(name, target)),
            Payload::Announce { target, name: None } | Payload::Retract { target } => target.to_string(),
            Payload::Text(text) => {
                text.body.map_or_else(String::new, |body| names.original(body, text.target).into_owned())
            }
        }
    }
}
