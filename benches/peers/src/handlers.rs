//! The route monitor's messages, on [`Router`] directly: what `mitogen_handlers.py` does with Mitogen's own code.
//!
//! All that touches the protocol is here. A message goes the whole way: source verification, the look-up of the handler
//! and its policy, the handler, and the draining of what it wants done.

use crate::measure::Measured;
use std::hint::black_box;
use std::time::Duration;
use treequake::mitogen::handles::{ADD_ROUTE, DEL_ROUTE};
use treequake::mitogen::{Revision, Router};
use treequake::process::{
    Connected, ContextId, Effects, Handle, Message, Name, Names, Payload, Process, Settings, StreamId, Surroundings,
};
use treequake::time::Time;

/// How many children the master has; routes are spread over them evenly.
const CHILDREN: u32 = 10;

/// How many routes are retracted before they are put back, so that the size of the table stays about the same.
const BLOCK: u32 = 100;

/// How many masters learn their routes in a turn.
const MASTERS: usize = 10;

/// How many children are lost in a turn.
const LOSSES: u32 = 10;

/// A master with children, and routes beyond them.
#[derive(Clone)]
struct Master {
    router: Router,
    /// The streams of the children; child number `n` is at `n - 1`.
    streams: Vec<StreamId>,
}

impl Master {
    fn new(children: u32) -> Self {
        let config = Router::config(Revision::Mitogen03.monitor(), Settings::default());
        let (mut router, mut effects, names) = (Router::root(config), Effects::default(), Names::default());
        let mut connect = |child| {
            let connected = Connected { id: ContextId(child), name: Some(Name::OF_CONTEXT), token: child };
            let stream = router.handle_connect(connected, around(&names), &mut effects);
            drain(&mut effects);
            stream
        };
        let streams = (1..=children).map(&mut connect).collect();
        Master { router, streams }
    }

    /// Learns the routes `targets`.
    fn add(&mut self, targets: impl Iterator<Item = u32>) {
        self.handle(targets, |target| (ADD_ROUTE, add_route(target)));
    }

    /// Loses the routes `targets`.
    fn del(&mut self, targets: impl Iterator<Item = u32>) {
        self.handle(targets, |target| (DEL_ROUTE, Payload::Retract { target }));
    }

    /// Handles a message about each of `targets`, from the child that it is beyond.
    fn handle(&mut self, targets: impl Iterator<Item = u32>, what: impl Fn(ContextId) -> (Handle, Payload)) {
        let (names, mut effects) = (Names::default(), Effects::default());
        for target in targets {
            let index = target as usize % self.streams.len();
            let src = ContextId(index as u32 + 1);
            let (handle, payload) = what(ContextId(target));
            let message = Message { dst: ContextId::MASTER, src, auth: src, handle, reply_to: Handle::NONE, payload };
            self.router.handle_message(&message, self.streams[index], around(&names), &mut effects);
            drain(&mut effects);
        }
    }
}

fn add_route(target: ContextId) -> Payload {
    Payload::Announce { target, name: Some(Name::OF_CONTEXT) }
}

/// Nobody is above a master.
fn around(names: &Names) -> Surroundings<'_> {
    Surroundings::new(Time::ZERO, names, &|_| false)
}

fn drain(effects: &mut Effects) {
    while let Some(effect) = effects.poll() {
        let _ = black_box(effect);
    }
}

/// The ids of `routes` contexts beyond the children.
fn beyond(children: u32, routes: u32) -> std::ops::Range<u32> {
    children + 1..children + 1 + routes
}

/// ADD_ROUTE: masters of [`CHILDREN`] children learn `routes` routes.
pub fn add_routes(routes: u32) -> Measured {
    let targets = beyond(CHILDREN, routes);
    let mut masters = vec![Master::new(CHILDREN); MASTERS];
    let measured = Measured::of(|| {
        masters.iter_mut().for_each(|master| master.add(targets.clone()));
        u64::from(routes) * MASTERS as u64
    });
    assert!(masters.iter().all(|master| master.router.route_count() as u32 == CHILDREN + routes));
    measured
}

/// DEL_ROUTE, where the route table has `routes` beyond [`CHILDREN`] children: `retractions` of them. What is retracted
/// is put back, unmeasured.
pub fn del_routes(routes: u32, retractions: u32) -> Measured {
    let targets = beyond(CHILDREN, routes);
    let mut master = Master::new(CHILDREN);
    master.add(targets.clone());
    let retract = |block| {
        let start = targets.start + block * BLOCK % routes;
        let retracted = Measured::of(|| {
            master.del(start..start + BLOCK);
            u64::from(BLOCK)
        });
        assert_eq!(master.router.route_count() as u32, CHILDREN + routes - BLOCK);
        master.add(start..start + BLOCK);
        retracted
    };
    (0..retractions / BLOCK).map(retract).fold(Measured::default(), Measured::and)
}

/// The loss of a child with `routes` routes beyond it. The mean of several, as one is too short for the clock.
pub fn lose_child(routes: u32) -> Duration {
    let mut prepared = Master::new(1);
    prepared.add(beyond(1, routes));
    let lose = |_| {
        let (mut master, mut effects, names) = (prepared.clone(), Effects::default(), Names::default());
        let lost = Measured::of(|| {
            master.router.handle_disconnect(master.streams[0], around(&names), &mut effects);
            drain(&mut effects);
            1
        });
        assert_eq!(master.router.route_count(), 0);
        lost
    };
    let all = (0..LOSSES).map(lose).fold(Measured::default(), Measured::and);
    all.time / LOSSES
}
