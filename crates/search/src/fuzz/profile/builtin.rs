//! The built-in profiles.

use super::{Band, Between, Latency, Pace, Profile, ProfileError};
use crate::fuzz::mix::Weights;
use crate::scenario::{StepKind, TreeShape};
use crate::time::Span;
use std::collections::BTreeMap;
use std::str::FromStr;

impl Default for Profile {
    /// What real Mitogen can encounter.
    fn default() -> Self {
        default()
    }
}

impl FromStr for Profile {
    type Err = ProfileError;

    /// Finds a built-in profile by its name.
    fn from_str(name: &str) -> Result<Self, ProfileError> {
        let place = Profile::NAMES.iter().position(|known| *known == name);
        let all: [fn() -> Profile; 5] = [default, reuse, deep, wide, gentle];
        place.map(|place| all[place]()).ok_or_else(|| ProfileError::Unknown(name.chars().take(50).collect()))
    }
}

const KINDS: Weights = Weights::of(&[
    (StepKind::Connect, 4),
    (StepKind::Kill, 4),
    (StepKind::Disconnect, 4),
    (StepKind::Partition, 2),
    (StepKind::PartitionDown, 1),
    (StepKind::PartitionUp, 1),
    (StepKind::Heal, 4),
    (StepKind::Slow, 1),
    (StepKind::Swizzle, 1),
    (StepKind::Shutdown, 2),
    (StepKind::Detach, 1),
    (StepKind::Call, 8),
    (StepKind::Send, 4),
]);

/// What can happen to real Mitogen: no id is reused, and trees are as deep and as broad as real fleets, and beyond.
/// Most trees are small: a small tree fails just as well, and runs and shrinks faster.
fn default() -> Profile {
    Profile {
        name: "default".to_owned(),
        contexts: vec![Band { weight: 7, min: 3, max: 24 }, Band { weight: 1, min: 25, max: 64 }],
        shapes: BTreeMap::from([
            (TreeShape::Star, 1),
            (TreeShape::Chain, 1),
            (TreeShape::Kary, 2),
            (TreeShape::Random, 4),
            (TreeShape::Caterpillar, 2),
            (TreeShape::Fleet, 4),
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

/// Ids are used again, and often; Mitogen's own ids never are.
fn reuse() -> Profile {
    Profile {
        name: "reuse".to_owned(),
        contexts: vec![Band { weight: 1, min: 3, max: 16 }],
        kinds: KINDS
            .with(StepKind::Reconnect, 12)
            .with(StepKind::Connect, 1)
            .with(StepKind::Partition, 4)
            .with(StepKind::PartitionDown, 2)
            .with(StepKind::Kill, 8),
        ..default()
    }
}

/// Chains and caterpillars, much deeper than any fleet.
fn deep() -> Profile {
    Profile {
        name: "deep".to_owned(),
        contexts: vec![Band { weight: 3, min: 8, max: 24 }, Band { weight: 1, min: 25, max: 40 }],
        shapes: BTreeMap::from([(TreeShape::Chain, 1), (TreeShape::Caterpillar, 2)]),
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
        shapes: BTreeMap::from([(TreeShape::Star, 1), (TreeShape::Fleet, 2)]),
        depth_max: 3,
        fanout_max: 200,
        ..default()
    }
}

/// A few faults, far apart: each has settled before the next one.
fn gentle() -> Profile {
    Profile {
        name: "gentle".to_owned(),
        contexts: vec![Band { weight: 1, min: 3, max: 24 }],
        steps: Between { min: 1, max: 6 },
        paces: BTreeMap::from([(Pace::Settling, 1)]),
        latencies: BTreeMap::from([(Latency::One, 1), (Latency::Few, 1)]),
        bandwidth: 0,
        keepalives: 10,
        kinds: KINDS.with(StepKind::Swizzle, 0).with(StepKind::Slow, 0),
        ..default()
    }
}
