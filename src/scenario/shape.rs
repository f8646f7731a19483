//! The shapes of trees: which context hangs below which. Scenario files, the fuzzer, sweeps and `treequake new` share
//! them.
//!
//! In files, the contexts of a tree are then numbered level by level, and get names that say where they are.

use crate::draw;
use crate::process::ContextId;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use std::borrow::Cow;
use std::str::FromStr;

/// The most contexts that a topology may have.
pub const MAX_CONTEXTS: u64 = 4_000_000;

/// The longest name that is made of the names above; a context further down is called by its id.
const NAME_MAX: usize = 100;

/// A shape of trees.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum TreeShape {
    /// All contexts below the master.
    Star,
    /// Each context below the one before.
    Chain,
    /// Each context has the same number of children.
    Kary,
    /// Each context below any that was there before it.
    Random,
    /// A chain with leaves at each of its joints.
    Caterpillar,
    /// Levels with names, such as bastions, hosts below them, and accounts below those.
    Fleet,
}

impl TreeShape {
    /// All shapes, in the order in which errors list them.
    pub const ALL: [TreeShape; 6] = [
        TreeShape::Star,
        TreeShape::Chain,
        TreeShape::Kary,
        TreeShape::Random,
        TreeShape::Caterpillar,
        TreeShape::Fleet,
    ];

    /// The word in files and reports.
    pub const fn name(self) -> &'static str {
        match self {
            TreeShape::Star => "star",
            TreeShape::Chain => "chain",
            TreeShape::Kary => "kary",
            TreeShape::Random => "random",
            TreeShape::Caterpillar => "caterpillar",
            TreeShape::Fleet => "fleet",
        }
    }

    /// The keys of a topology that give its size.
    pub const fn size_keys(self) -> &'static [&'static str] {
        match self {
            TreeShape::Star | TreeShape::Chain | TreeShape::Random => &["contexts"],
            TreeShape::Kary | TreeShape::Caterpillar => &["contexts", "fanout"],
            TreeShape::Fleet => &["levels"],
        }
    }

    /// How a tree of this shape grows; `None` for a fleet, whose contexts do not go by their numbers alone.
    pub fn growth(self, fanout: Option<u64>, spine: Spine) -> Option<Growth> {
        match self {
            TreeShape::Star => Some(Growth::Star),
            TreeShape::Chain => Some(Growth::Chain),
            TreeShape::Kary => Some(Growth::Kary { fanout: fanout.unwrap_or(2) }),
            TreeShape::Random => Some(Growth::Random),
            TreeShape::Caterpillar => Some(Growth::Caterpillar { legs: fanout.unwrap_or(1), spine }),
            TreeShape::Fleet => None,
        }
    }
}

impl FromStr for TreeShape {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        let names = TreeShape::ALL.map(TreeShape::name).join(", ");
        let shape = TreeShape::ALL.into_iter().find(|shape| shape.name() == name);
        shape.ok_or_else(|| format!("unknown shape `{name}`; the shapes are {names}"))
    }
}

impl Serialize for TreeShape {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

impl<'de> Deserialize<'de> for TreeShape {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Cow::<'de, str>::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

/// How a tree grows, context by context.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Growth {
    /// All contexts below the master.
    Star,
    /// Each context below the one before.
    Chain,
    /// Each context has the same number of children, level by level.
    Kary {
        /// How many.
        fanout: u64,
    },
    /// Each context below any that was there before it, the master included: a random recursive tree.
    Random,
    /// A chain of joints with leaves at each.
    Caterpillar {
        /// How many leaves each joint has.
        legs: u64,
        /// Where the joints are.
        spine: Spine,
    },
}

/// Where the joints of a caterpillar are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Spine {
    /// The first context is the first joint; below each joint, the next joint comes before the legs.
    BelowMaster,
    /// The master is the first joint; below each joint, the next joint comes after the legs.
    FromMaster,
}

impl Growth {
    /// The parent of the context that is made after `count` others. Contexts are numbered from 1 in the order in which
    /// they are made, 0 is the master. `below` draws a number below another.
    pub fn parent(self, count: u64, below: impl FnOnce(u64) -> u64) -> u64 {
        match self {
            Growth::Star => 0,
            Growth::Chain => count,
            Growth::Kary { fanout } => count / fanout,
            Growth::Random => below(count + 1),
            Growth::Caterpillar { legs, spine: Spine::FromMaster } => count / (legs + 1) * (legs + 1),
            Growth::Caterpillar { .. } if count == 0 => 0,
            // The first joint is number 1, and the next is the first below each joint.
            Growth::Caterpillar { legs, spine: Spine::BelowMaster } => match (count - 1) / (legs + 1) {
                0 => 1,
                joint => 2 + (joint - 1) * (legs + 1),
            },
        }
    }
}

/// A tree to be made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TreePlan {
    /// One that grows to a number of contexts.
    Grown { contexts: u64, growth: Growth },
    /// Levels, each with a name and a number of contexts below each context of the level above.
    Fleet { levels: Vec<(String, u64)> },
}

/// A context of a tree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    /// Its id.
    pub id: ContextId,
    /// Its parent's.
    pub parent: ContextId,
    /// Its name.
    pub name: String,
    /// How deep it is; 1 below the master.
    pub depth: usize,
}

impl TreePlan {
    /// How many contexts the tree has, or `None` if the number is too large.
    pub fn contexts(&self) -> Option<u64> {
        match self {
            TreePlan::Grown { contexts, .. } => Some(*contexts),
            TreePlan::Fleet { levels } => {
                let mut width = 1_u64;
                levels.iter().try_fold(0_u64, |all, (_, count)| {
                    width = width.checked_mul(*count)?;
                    all.checked_add(width)
                })
            }
        }
    }

    /// The contexts of the tree, by id. Only a random one depends on `seed`.
    pub fn members(&self, seed: u64) -> Vec<Member> {
        let mut rng = draw::stream(seed, "topology", 0);
        // The parent of each, in the order in which they are made; 0 is the master.
        let parents: Vec<usize> = match self {
            TreePlan::Grown { contexts, growth } => {
                let parent = |count| growth.parent(count, |end| draw::below(&mut rng, end));
                (0..*contexts)
                    .map(parent)
                    .map(|parent| usize::try_from(parent).expect("at most a few million"))
                    .collect()
            }
            TreePlan::Fleet { levels } => fleet(levels),
        };
        self.number(&parents)
    }

    /// Numbers a tree level by level, and names its contexts.
    fn number(&self, parents: &[usize]) -> Vec<Member> {
        let mut children: Vec<Vec<usize>> = vec![Vec::new(); parents.len() + 1];
        parents.iter().enumerate().for_each(|(n, parent)| children[*parent].push(n + 1));
        let mut members: Vec<Member> = Vec::with_capacity(parents.len());
        // What each was called when it was made, and its place among the members; the master has none.
        let mut queue: Vec<(usize, Option<usize>)> = vec![(0, None)];
        let mut next = 0;
        while let Some(&(made, place)) = queue.get(next) {
            next += 1;
            for (n, child) in children[made].iter().enumerate() {
                let parent = place.map(|place| &members[place]);
                let member = Member {
                    id: id(members.len() + 1),
                    parent: parent.map_or(ContextId::MASTER, |parent| parent.id),
                    name: self.name(parent, members.len() + 1, n + 1),
                    depth: parent.map_or(0, |parent| parent.depth) + 1,
                };
                queue.push((*child, Some(members.len())));
                members.push(member);
            }
        }
        members
    }

    /// The name of the context `id`, child number `n` of `parent`.
    fn name(&self, parent: Option<&Member>, id: usize, n: usize) -> String {
        let depth = parent.map_or(0, |parent| parent.depth);
        let own = match self {
            TreePlan::Grown { growth, .. } => match growth {
                Growth::Star => return format!("host-{n}"),
                Growth::Chain => return format!("hop-{id}"),
                Growth::Caterpillar { .. } if n == 1 => return format!("joint-{}", depth + 1),
                Growth::Caterpillar { .. } => format!("leg-{}", n - 1),
                Growth::Kary { .. } | Growth::Random if parent.is_none() => format!("node-{n}"),
                Growth::Kary { .. } | Growth::Random => n.to_string(),
            },
            TreePlan::Fleet { levels } => match &levels[depth] {
                (name, 1) => name.clone(),
                (name, _) => format!("{name}-{n}"),
            },
        };
        match parent {
            Some(parent) if parent.name.len() + own.len() < NAME_MAX => format!("{}.{own}", parent.name),
            Some(_) => format!("node-{id}"),
            None => own,
        }
    }
}

fn fleet(levels: &[(String, u64)]) -> Vec<usize> {
    let mut parents = Vec::new();
    let mut above = vec![0];
    for (_, count) in levels {
        let mut level = Vec::new();
        for parent in above {
            for _ in 0..*count {
                parents.push(parent);
                level.push(parents.len());
            }
        }
        above = level;
    }
    parents
}

fn id(number: usize) -> ContextId {
    ContextId(u32::try_from(number).expect("at most a few million contexts"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(shape: &TreePlan) -> Vec<String> {
        let members = shape.members(1);
        assert!(members.iter().enumerate().all(|(n, m)| m.id == id(n + 1) && m.parent < m.id));
        assert!(members.windows(2).all(|pair| pair[0].depth <= pair[1].depth && pair[0].parent <= pair[1].parent));
        members.iter().map(|m| format!("{}<{} {}", m.parent, m.id, m.name)).collect()
    }

    fn grown(shape: TreeShape, contexts: u64) -> Vec<String> {
        let growth = shape.growth(None, Spine::BelowMaster).unwrap();
        shown(&TreePlan::Grown { contexts, growth })
    }

    /// Proves for each shape that ids go level by level, parents before children, and that names say the place.
    #[test]
    fn shapes_are_numbered_and_named() {
        assert_eq!(grown(TreeShape::Star, 2), ["0<1 host-1", "0<2 host-2"]);
        assert_eq!(grown(TreeShape::Chain, 2), ["0<1 hop-1", "1<2 hop-2"]);
        assert_eq!(
            grown(TreeShape::Kary, 5),
            ["0<1 node-1", "0<2 node-2", "1<3 node-1.1", "1<4 node-1.2", "2<5 node-2.1"]
        );
        assert_eq!(
            grown(TreeShape::Caterpillar, 6),
            ["0<1 joint-1", "1<2 joint-2", "1<3 joint-1.leg-1", "2<4 joint-3", "2<5 joint-2.leg-1", "4<6 joint-4"]
        );
        let levels = [("bastion", 2), ("host", 2), ("sudo", 1)].map(|(name, count)| (name.to_owned(), count)).to_vec();
        let fleet = TreePlan::Fleet { levels };
        assert_eq!(fleet.contexts(), Some(10));
        assert_eq!(shown(&fleet)[2], "1<3 bastion-1.host-1");
        assert_eq!(shown(&fleet)[9], "6<10 bastion-2.host-2.sudo");
        assert_eq!(grown(TreeShape::Random, 500).len(), 500);
        assert_eq!(TreePlan::Fleet { levels: vec![("a".to_owned(), u64::MAX); 2] }.contexts(), None);
    }

    /// Proves for both caterpillars where the joints and their legs hang, in the order in which they are made.
    #[test]
    fn caterpillars_have_joints_and_legs() {
        let parents = |spine| {
            let growth = Growth::Caterpillar { legs: 2, spine };
            (0..10).map(|count| growth.parent(count, |_| unreachable!("nothing is drawn"))).collect::<Vec<_>>()
        };
        assert_eq!(parents(Spine::BelowMaster), [0, 1, 1, 1, 2, 2, 2, 5, 5, 5]);
        assert_eq!(parents(Spine::FromMaster), [0, 0, 0, 3, 3, 3, 6, 6, 6, 9]);
    }
}
