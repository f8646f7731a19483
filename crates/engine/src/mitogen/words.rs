//! How to describe Mitogen to people: its monitors, its errors, and the places where it goes wrong.

use super::handles::{ADD_ROUTE, DEL_ROUTE, DETACHING, SHUTDOWN};
use super::life::timer_words;
#[cfg(feature = "mutations")]
use super::mutation::Mutation;
use super::revision::Revision;
use super::wire;
use crate::process::{
    ContextId, Data, ErrorRow, Family, Feature, LoggedError, Message, Monitor, MonitorRow, Names, Payload, Place,
    PlaceRow, TimerId, places,
};

/// The family of Mitogen's monitors.
#[derive(Debug)]
pub struct Mitogen;

macro_rules! rows {
    ($($place:literal, $name:literal, $about:literal;)*) => {
        &[$(MonitorRow::new($name, $about, &Mitogen, $place)),*]
    };
}

/// The revisions, oldest first, in the order of [`Revision::ALL`].
static ROWS: &[MonitorRow] = rows! {
    0, "mitogen-0.2.3", "release 0.2.3";
    1, "mitogen-seed", "commit 0394dac2c7 of October 2018, before 0.2.4";
    2, "mitogen-0.2.4", "release 0.2.4";
    3, "mitogen-0.2.9", "release 0.2.9";
    4, "mitogen-0.3", "release 0.3.54";
};

impl Revision {
    /// The monitor of this revision.
    pub fn monitor(self) -> Monitor {
        Monitor::of(&ROWS[self as usize])
    }

    /// The name in scenario files and on the command line.
    pub const fn name(self) -> &'static str {
        ROWS[self as usize].name
    }

    /// The revision that a monitor runs: the newest, if the monitor is broken on purpose.
    pub(super) fn of(monitor: Monitor) -> Self {
        Revision::ALL.get(usize::from(monitor.place())).copied().unwrap_or_default()
    }
}

/// Mitogen 0.3 with one fault each, in the order of [`Mutation::ALL`].
#[cfg(feature = "mutations")]
static MUTATED: &[MonitorRow] = rows! {
    5, "mitogen-0.3+add-route-twice", "";
    6, "mitogen-0.3+duplicate-overwrites", "";
    7, "mitogen-0.3+del-route-not-up", "";
    8, "mitogen-0.3+del-route-not-down", "";
    9, "mitogen-0.3+retracted-stays-in-set", "";
    10, "mitogen-0.3+retracted-towards-parent", "";
    11, "mitogen-0.3+first-route-only", "";
    12, "mitogen-0.3+listens-on-fresh-context", "";
    13, "mitogen-0.3+bounced-to-parent", "";
    14, "mitogen-0.3+no-dead-reply", "";
    15, "mitogen-0.3+egress-not-recorded", "";
    16, "mitogen-0.3+parent-not-privileged", "";
};

#[cfg(feature = "mutations")]
impl Mutation {
    /// The monitor that is broken in this way.
    pub fn monitor(self) -> Monitor {
        Monitor::of(&MUTATED[self as usize])
    }

    /// The name in tables.
    pub fn name(self) -> &'static str {
        self.monitor().name().trim_start_matches("mitogen-0.3+")
    }

    /// The fault that a monitor has, if any.
    pub(super) fn of(monitor: Monitor) -> Option<Self> {
        let place = usize::from(monitor.place()).checked_sub(Revision::ALL.len())?;
        Mutation::ALL.get(place).copied()
    }
}

const fn place(rank: u16, name: &'static str, words: &'static str) -> PlaceRow {
    PlaceRow { rank, name, words }
}

static ON_ADD_ROUTE: PlaceRow = place(10, "on-add-route", "caused by the handler of ADD_ROUTE");
static ON_DEL_ROUTE: PlaceRow = place(20, "on-del-route", "caused by the handler of a DEL_ROUTE from below");
static ON_DEL_ROUTE_FROM_ABOVE: PlaceRow =
    place(30, "on-del-route-from-above", "caused by the handler of a DEL_ROUTE from above");
static ON_DUPLICATE_ROUTE: PlaceRow =
    place(120, "on-duplicate-route", "because ADD_ROUTE was refused (`duplicate-route`)");
static ON_UNEXPECTED_DEL_ROUTE: PlaceRow =
    place(130, "on-unexpected-del-route", "because DEL_ROUTE was refused (`unexpected-del-route`)");
static ON_BAD_AUTH_ID: PlaceRow =
    place(140, "on-bad-auth-id", "because source verification dropped a message (`bad-auth-id`)");
static ON_BAD_SRC_ID: PlaceRow =
    place(150, "on-bad-src-id", "because source verification dropped a message (`bad-src-id`)");
static ON_HANDLER_CRASH: PlaceRow =
    place(160, "on-handler-crash", "because a handler raised an exception (`handler-crash`)");
static ON_FRAME_TOO_LARGE: PlaceRow =
    place(170, "on-frame-too-large", "because a frame was too long (`frame-too-large`)");

const fn error(code: u8, name: &'static str, words: &'static str, place: &'static PlaceRow) -> ErrorRow {
    ErrorRow { code, name, words, place: Place::of(place), is_crash: false }
}

static ERROR_ROWS: [ErrorRow; 7] = [
    error(0, "duplicate-route", "ADD_ROUTE is refused", &ON_DUPLICATE_ROUTE),
    error(1, "unexpected-del-route", "DEL_ROUTE is refused", &ON_UNEXPECTED_DEL_ROUTE),
    error(2, "bad-auth-id", "Source verification drops a message for its auth_id", &ON_BAD_AUTH_ID),
    error(3, "bad-src-id", "Source verification drops a message for its src_id", &ON_BAD_SRC_ID),
    error(4, "handler-crash", "A handler raises an exception", &ON_HANDLER_CRASH),
    error(5, "frame-too-large", "A frame is too long", &ON_FRAME_TOO_LARGE),
    ErrorRow {
        code: 6,
        name: "crash",
        words: "An exception ends a process",
        place: Place::of(&ON_HANDLER_CRASH),
        is_crash: true,
    },
];

/// ADD_ROUTE for an id that already has a route ("Cannot add duplicate route").
pub const DUPLICATE_ROUTE: LoggedError = LoggedError::of(&ERROR_ROWS[0]);
/// DEL_ROUTE from a stream that is not the id's ("received DEL_ROUTE for ..., expected ...").
pub const UNEXPECTED_DEL_ROUTE: LoggedError = LoggedError::of(&ERROR_ROWS[1]);
/// Source verification: the message came in on another stream than one with its auth_id should.
pub const BAD_AUTH_ID: LoggedError = LoggedError::of(&ERROR_ROWS[2]);
/// Source verification: the message came in on another stream than one with its src_id should.
pub const BAD_SRC_ID: LoggedError = LoggedError::of(&ERROR_ROWS[3]);
/// A message handler raised; `Router._invoke` logged the exception.
pub const HANDLER_CRASH: LoggedError = LoggedError::of(&ERROR_ROWS[4]);
/// A frame is longer than [`wire::MAX_MESSAGE_SIZE`]. Its receiver drops the stream.
pub const FRAME_TOO_LARGE: LoggedError = LoggedError::of(&ERROR_ROWS[5]);
/// Mitogen raised outside a message handler, which costs the process its life.
pub const CRASH: LoggedError = LoggedError::of(&ERROR_ROWS[6]);

static ERRORS: [LoggedError; 7] =
    [DUPLICATE_ROUTE, UNEXPECTED_DEL_ROUTE, BAD_AUTH_ID, BAD_SRC_ID, HANDLER_CRASH, FRAME_TOO_LARGE, CRASH];

static PLACES: [Place; 3] = [Place::of(&ON_ADD_ROUTE), Place::of(&ON_DEL_ROUTE), Place::of(&ON_DEL_ROUTE_FROM_ABOVE)];

impl Family for Mitogen {
    fn name(&self) -> &'static str {
        "mitogen"
    }

    fn monitors(&self) -> &'static [MonitorRow] {
        ROWS
    }

    fn errors(&self) -> &'static [LoggedError] {
        &ERRORS
    }

    fn places(&self) -> &'static [Place] {
        &PLACES
    }

    fn knows(&self, feature: Feature) -> bool {
        match feature {
            Feature::Shutdown | Feature::Detach | Feature::Unidirectional => true,
        }
    }

    fn place_of(&self, message: &Message, is_down: bool) -> Option<Place> {
        match message.handle {
            ADD_ROUTE => Some(Place::of(&ON_ADD_ROUTE)),
            DEL_ROUTE if is_down => Some(Place::of(&ON_DEL_ROUTE_FROM_ABOVE)),
            DEL_ROUTE => Some(Place::of(&ON_DEL_ROUTE)),
            SHUTDOWN => Some(places::ON_ENDING),
            DETACHING => Some(places::ON_DETACH),
            _ => None,
        }
    }

    fn place_of_timer(&self) -> Option<Place> {
        Some(places::ON_ENDING)
    }

    fn is_too_long(&self, data: Data, is_reply: bool) -> bool {
        u64::from(if is_reply { data.reply_len } else { data.len }) > wire::MAX_MESSAGE_SIZE
    }

    fn asked(&self, error: LoggedError, message: &Message) -> Option<ContextId> {
        match message.payload {
            _ if error == BAD_AUTH_ID => Some(message.auth),
            _ if error == BAD_SRC_ID => Some(message.src),
            Payload::Announce { target, .. } | Payload::Retract { target } => Some(target),
            Payload::Data(_) | Payload::Other(_) | Payload::Text(_) => None,
        }
    }

    /// `_on_add_route` sends nothing but `_propagate_up(ADD_ROUTE)`.
    fn only_rises(&self, message: &Message) -> bool {
        matches!(message.payload, Payload::Announce { .. })
    }

    fn error_words(&self, error: LoggedError, context: &str) -> String {
        let name = error.name();
        match name {
            "duplicate-route" | "unexpected-del-route" => format!("{context} refuses it ({name})"),
            "bad-auth-id" | "bad-src-id" => format!("{context} drops it ({name})"),
            "handler-crash" => format!("its handler in {context} raises an exception ({name})"),
            "frame-too-large" => format!("{context} drops the link: the frame is too long ({name})"),
            _ => format!("Mitogen raises an exception in {context} ({name})"),
        }
    }

    fn says_once(&self) -> bool {
        true
    }

    fn announcement(&self) -> &'static str {
        "ADD_ROUTE"
    }

    fn retraction(&self) -> &'static str {
        "DEL_ROUTE"
    }

    fn timer(&self, timer: TimerId) -> &'static str {
        timer_words(timer)
    }

    fn other(&self, message: &Message) -> String {
        match (message.payload, message.handle) {
            (Payload::Data(_), SHUTDOWN) => "SHUTDOWN".to_owned(),
            (Payload::Data(_), DETACHING) => "DETACHING".to_owned(),
            (_, handle) => format!("message to handle {}", handle.0),
        }
    }

    fn payload_text(&self, message: &Message, names: &Names) -> String {
        wire::payload_text(message, names)
    }
}
