//! The generator: a scenario of a seed.

use super::profile::Profile;
use crate::draw;
use crate::protocol::{ContextId, Data, Name, Revision};
use crate::scenario::link::LinkOptions;
use crate::scenario::{Action, Catalog, Connect, Scenario, Step};
use crate::time::{Span, Time};
use std::collections::BTreeMap;

/// A kind of step that a case may have, or of fault that it may meet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FaultKind {
    /// A process dies.
    Kill,
    /// A call.
    Call,
}

impl FaultKind {
    /// The word in files and reports.
    pub const fn name(self) -> &'static str {
        match self {
            FaultKind::Kill => "kill",
            FaultKind::Call => "call",
        }
    }
}

/// What a seed has drawn before anything else, as in swarm testing: some kinds are off, the rest have very different
/// weights.
#[derive(Clone, Debug, PartialEq)]
pub struct Mix {
    /// The shape of the tree.
    pub shape: &'static str,
    /// How many contexts connect at time 0.
    pub contexts: u32,
    /// The depth of the deepest of them.
    pub depth: u32,
    /// The kinds that are on, with their weights.
    pub weights: BTreeMap<FaultKind, u32>,
}

/// One case.
#[derive(Clone, Debug)]
pub struct Case {
    /// The seed that it was made of.
    pub seed: u64,
    /// What the seed has drawn.
    pub mix: Mix,
    /// What is run.
    pub scenario: Scenario,
}

/// Makes the case of a seed: the same in every process, for one version of treequake.
pub fn generate(_profile: &Profile, revision: Revision, seed: u64) -> Case {
    let mut rng = draw::stream(seed, "fuzz", 0);
    let mut below = |end: u32| draw::below(&mut rng, u64::from(end)) as u32;
    let mut catalog = Catalog::default();
    let link = catalog.link(LinkOptions::constant(Span::from_ms(1)));
    let contexts: Vec<Connect> = (1..=16)
        .map(|id| Connect { id: ContextId(id), parent: ContextId(below(id)), name: Some(Name::OF_CONTEXT), link })
        .collect();
    let events = (0..5).map(|n| {
        let (id, to) = (ContextId(1 + below(16)), ContextId(below(17)));
        let action = match n {
            0 => Action::Kill { id },
            _ => Action::Call { from: id, to, data: Data::default() },
        };
        Step::new(Time::from_ns((20 + n) * 1_000_000), action)
    });
    let scenario = Scenario { revision, ..Scenario::new(catalog, contexts, events.collect()) };
    let weights = BTreeMap::from([(FaultKind::Kill, 1), (FaultKind::Call, 4)]);
    Case { seed, mix: Mix { shape: "random", contexts: 16, depth: 16, weights }, scenario }
}
