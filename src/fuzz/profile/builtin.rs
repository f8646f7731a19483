//! The profiles that are built in.

use super::{Band, Between, Latency, Pace, Profile, ProfileError, Shape};
use crate::fuzz::mix::{FaultKind, Weights};
use crate::time::Span;
use std::collections::BTreeMap;
use std::str::FromStr;

impl Default for Profile {
    /// What real Mitogen can meet.
    fn default() -> Self {
        default()
    }
}

impl FromStr for Profile {
    type Err = ProfileError;

    /// One of those that are built in.
    fn from_str(name: &str) -> Result<Self, ProfileError> {
        let place = Profile::NAMES.iter().position(|known| *known == name);
        let all: [fn() -> Profile; 5] = [default, reuse, deep, wide, gentle];
        place.map(|place| all[place]()).ok_or_else(|| ProfileError::Unknown(name.chars().take(50).collect()))
    }
}

const KINDS: Weights = Weights::of(&[
    (FaultKind::Connect, 4),
    (FaultKind::Kill, 4),
    (FaultKind::Disconnect, 4),
    (FaultKind::Partition, 2),
    (FaultKind::PartitionDown, 1),
    (FaultKind::PartitionUp, 1),
    (FaultKind::Heal, 4),
    (FaultKind::Slow, 1),
    (FaultKind::Swizzle, 1),
    (FaultKind::Shutdown, 2),
    (FaultKind::Detach, 1),
    (FaultKind::Call, 8),
    (FaultKind::Send, 4),
]);

/// What real Mitogen can meet: no id is used again; trees as deep and as broad as real fleets, and beyond. Most are
/// small: a small one fails as well, runs sooner and shrinks sooner.
fn default() -> Profile {
    Profile {
        name: "default".to_owned(),
        contexts: vec![Band { weight: 7, min: 3, max: 24 }, Band { weight: 1, min: 25, max: 64 }],
        shapes: BTreeMap::from([
            (Shape::Star, 1),
            (Shape::Chain, 1),
            (Shape::Kary, 2),
            (Shape::Random, 4),
            (Shape::Caterpillar, 2),
            (Shape::Fleet, 4),
        ]),
        depth_max: 12,
        fanout_max: 64,
        steps: Between { min: 2, max: 20 },
        paces: BTreeMap::from([(Pace::Burst, 1), (Pace::Racing, 4), (Pace::Settling, 2)]),
        latencies: BTreeMap::from([
            (Latency::One, 4),
            (Latency::Few, 4),
            (Latency::Uniform, 1),
            (Latency::Exponential, 1),
            (Latency::LogNormal, 1),
        ]),
        latency: (Span::from_ns(250_000), Span::from_ms(200)),
        bandwidth: 10,
        keepalives: 20,
        unidirectional: 10,
        kinds: KINDS,
        max_events: 100_000,
    }
}

/// Ids are used again, and often: what Mitogen's own ids never are.
fn reuse() -> Profile {
    Profile {
        name: "reuse".to_owned(),
        contexts: vec![Band { weight: 1, min: 3, max: 16 }],
        kinds: KINDS
            .with(FaultKind::Reconnect, 12)
            .with(FaultKind::Connect, 1)
            .with(FaultKind::Partition, 4)
            .with(FaultKind::PartitionDown, 2)
            .with(FaultKind::Kill, 8),
        ..default()
    }
}

/// Chains and caterpillars, much deeper than any fleet.
fn deep() -> Profile {
    Profile {
        name: "deep".to_owned(),
        contexts: vec![Band { weight: 3, min: 8, max: 24 }, Band { weight: 1, min: 25, max: 40 }],
        shapes: BTreeMap::from([(Shape::Chain, 1), (Shape::Caterpillar, 2)]),
        depth_max: 40,
        fanout_max: 4,
        ..default()
    }
}

/// Stars, and fleets of hosts with their accounts.
fn wide() -> Profile {
    Profile {
        name: "wide".to_owned(),
        contexts: vec![Band { weight: 3, min: 24, max: 80 }, Band { weight: 1, min: 81, max: 200 }],
        shapes: BTreeMap::from([(Shape::Star, 1), (Shape::Fleet, 2)]),
        depth_max: 3,
        fanout_max: 200,
        ..default()
    }
}

/// A few faults, far apart: each has settled before the next.
fn gentle() -> Profile {
    Profile {
        name: "gentle".to_owned(),
        contexts: vec![Band { weight: 1, min: 3, max: 24 }],
        steps: Between { min: 1, max: 6 },
        paces: BTreeMap::from([(Pace::Settling, 1)]),
        latencies: BTreeMap::from([(Latency::One, 1), (Latency::Few, 1)]),
        bandwidth: 0,
        keepalives: 10,
        kinds: KINDS.with(FaultKind::Swizzle, 0).with(FaultKind::Slow, 0),
        ..default()
    }
}
