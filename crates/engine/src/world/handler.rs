//! Which handler of the protocol is at work in an event. Classes of failures are named after it.

use super::World;
use super::happened::What;
use crate::link::Direction;
use crate::process::{Family, Message, MessageKind, Place, places};
use crate::scenario::Action;

/// What sets a handler to work.
#[derive(Clone, Copy, Debug)]
pub enum Work<'a> {
    /// A step of the scenario.
    Step(Action),
    /// An arrival: of a message, or of an EOF.
    Arrival {
        /// The message, if it was one.
        message: Option<&'a Message>,
        /// Whether it came from the parent.
        is_down: bool,
    },
    /// An end of a link gave up.
    Timeout,
    /// A timer was due.
    Timer,
}

/// The handler that does this work.
pub fn handler(family: &dyn Family, work: Work<'_>) -> Place {
    match work {
        Work::Step(step) => step.kind().handler(),
        Work::Arrival { message: Some(message), is_down } => {
            let general = match message.kind() {
                MessageKind::Announce | MessageKind::Retract | MessageKind::Other => places::ON_MESSAGE,
                _ => places::ON_FORWARD,
            };
            family.place_of(message, is_down).unwrap_or(general)
        }
        Work::Arrival { message: None, .. } | Work::Timeout => places::ON_DISCONNECT,
        Work::Timer => family.place_of_timer().unwrap_or(places::ON_TIMER),
    }
}

impl World<'_> {
    /// The handler that was at work in the event that has just happened.
    pub fn handler(&self) -> Place {
        let happened = self.happened();
        let work = match happened.what {
            Some(What::Step(place)) => Work::Step(self.action(place)),
            Some(What::Arrival(lane)) => {
                Work::Arrival { message: happened.message(), is_down: lane.direction() == Direction::Down }
            }
            Some(What::Timeout(_)) => Work::Timeout,
            Some(What::Timer(_)) => Work::Timer,
            None => return places::UNTOLD,
        };
        handler(self.family(), work)
    }
}
