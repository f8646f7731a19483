//! The shapes of trees: which context hangs below which. Scenario files, the fuzzer, sweeps and `treequake new` share
//! them.
//!
//! In files, the contexts of a tree are then numbered level by level, and get names that say where they are.

use crate::draw;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use std::borrow::Cow;
use std::fmt::{self, Write};
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

    /// The parent of each context, by id from 1; 0 is the master. Ids go level by level, so parents are in ascending
    /// order, too. Only a random tree depends on `seed`.
    pub fn parents(&self, seed: u64) -> Vec<u32> {
        let made = match self {
            TreePlan::Grown { contexts, growth } => {
                let mut rng = draw::stream(seed, "topology", 0);
                let parent = |count| growth.parent(count, |end| draw::below(&mut rng, end));
                let small = |parent| u32::try_from(parent).expect("at most a few million contexts");
                (0..*contexts).map(parent).map(small).collect()
            }
            TreePlan::Fleet { levels } => fleet(levels),
        };
        if made.is_sorted() { made } else { by_level(&made) }
    }

    /// Writes the name of the context `id` at `depth` (1 is below the master), child number `n` of `parent`.
    pub fn write_name(&self, parent: Option<&str>, depth: usize, id: u32, n: u32, out: &mut String) {
        let below = |out: &mut String, own: fmt::Arguments<'_>| match parent {
            Some(parent) => {
                put(out, format_args!("{parent}.{own}"));
                if out.len() > NAME_MAX {
                    put(out, format_args!("node-{id}"));
                }
            }
            None => put(out, own),
        };
        match self {
            TreePlan::Grown { growth, .. } => match growth {
                Growth::Star => put(out, format_args!("host-{n}")),
                Growth::Chain => put(out, format_args!("hop-{id}")),
                Growth::Caterpillar { .. } if n == 1 => put(out, format_args!("joint-{depth}")),
                Growth::Caterpillar { .. } => below(out, format_args!("leg-{}", n - 1)),
                Growth::Kary { .. } | Growth::Random if parent.is_none() => put(out, format_args!("node-{n}")),
                Growth::Kary { .. } | Growth::Random => below(out, format_args!("{n}")),
            },
            TreePlan::Fleet { levels } => match &levels[depth - 1] {
                (name, 1) => below(out, format_args!("{name}")),
                (name, _) => below(out, format_args!("{name}-{n}")),
            },
        }
    }
}

/// Puts a text in the place of another.
fn put(out: &mut String, text: fmt::Arguments<'_>) {
    out.clear();
    out.write_fmt(text).expect("a string takes everything");
}

/// The parents of a fleet, level by level.
fn fleet(levels: &[(String, u64)]) -> Vec<u32> {
    let mut parents = Vec::new();
    let mut above = 0..1;
    for (_, count) in levels {
        let first = id(parents.len() + 1);
        for parent in above {
            parents.extend((0..*count).map(|_| parent));
        }
        above = first..id(parents.len() + 1);
    }
    parents
}

/// Numbers a tree level by level. `made` has the parent of each context, in the order in which they are made.
fn by_level(made: &[u32]) -> Vec<u32> {
    // The children of `parent` are at starts[parent]..starts[parent + 1].
    let mut starts = vec![0_u32; made.len() + 2];
    made.iter().for_each(|parent| starts[*parent as usize + 1] += 1);
    (1..starts.len()).for_each(|n| starts[n] += starts[n - 1]);
    let (mut children, mut free) = (vec![0; made.len()], starts.clone());
    for (n, parent) in made.iter().enumerate() {
        let place = &mut free[*parent as usize];
        children[*place as usize] = id(n + 1);
        *place += 1;
    }
    // What each was called when it was made, by id.
    let mut order = Vec::with_capacity(made.len() + 1);
    order.push(0);
    let mut parents = Vec::with_capacity(made.len());
    for parent in 0..=made.len() {
        let number = order[parent] as usize;
        for child in &children[starts[number] as usize..starts[number + 1] as usize] {
            order.push(*child);
            parents.push(id(parent));
        }
    }
    parents
}

fn id(number: usize) -> u32 {
    u32::try_from(number).expect("at most a few million contexts")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(plan: &TreePlan) -> Vec<String> {
        let parents = plan.parents(1);
        assert!(parents.is_sorted() && parents.iter().zip(1..).all(|(parent, id)| *parent < id));
        let (mut names, mut depths) = (vec![String::new()], vec![0]);
        let named = parents.iter().enumerate().map(|(place, parent)| {
            let n = parents[..=place].iter().filter(|other| *other == parent).count();
            let above = Some(*parent as usize).filter(|parent| *parent > 0).map(|parent| names[parent].clone());
            let (depth, mut name) = (depths[*parent as usize] + 1, String::new());
            plan.write_name(above.as_deref(), depth, id(place + 1), id(n), &mut name);
            depths.push(depth);
            names.push(name.clone());
            format!("{parent}<{} {name}", place + 1)
        });
        named.collect()
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
