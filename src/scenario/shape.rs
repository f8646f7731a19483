//! The shapes of topologies: trees of contexts, numbered level by level, with names that say the place.

use crate::draw;
use crate::process::ContextId;

/// The longest name that is made of the names above; below it, a context is called by its id.
const NAME_MAX: usize = 100;

/// A tree to be made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Shape {
    /// All below the master.
    Star { contexts: u64 },
    /// Each below the one before.
    Chain { contexts: u64 },
    /// Each has so many children, level by level.
    Kary { contexts: u64, fanout: u64 },
    /// Each below any that was there before it, drawn: a random recursive tree.
    Random { contexts: u64 },
    /// A chain with so many leaves at each of its joints.
    Caterpillar { contexts: u64, legs: u64 },
    /// Levels, each with a name and a number below each of the level above.
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

impl Shape {
    /// How many contexts the tree has, or `None` if that is too large a number.
    pub fn contexts(&self) -> Option<u64> {
        match self {
            Shape::Star { contexts }
            | Shape::Chain { contexts }
            | Shape::Kary { contexts, .. }
            | Shape::Random { contexts }
            | Shape::Caterpillar { contexts, .. } => Some(*contexts),
            Shape::Fleet { levels } => {
                let mut width = 1_u64;
                levels.iter().try_fold(0_u64, |all, (_, count)| {
                    width = width.checked_mul(*count)?;
                    all.checked_add(width)
                })
            }
        }
    }

    /// The contexts of the tree, by id. `seed` matters to a random one only.
    pub fn members(&self, seed: u64) -> Vec<Member> {
        let contexts = usize::try_from(self.contexts().expect("checked before")).expect("checked before");
        // The parent of each, in the order in which they are made; 0 is the master.
        let parents: Vec<usize> = match self {
            Shape::Star { .. } => vec![0; contexts],
            Shape::Chain { .. } => (0..contexts).collect(),
            Shape::Kary { fanout, .. } => {
                let fanout = usize::try_from(*fanout).unwrap_or(usize::MAX);
                (0..contexts).map(|n| n / fanout).collect()
            }
            Shape::Random { .. } => {
                let mut rng = draw::stream(seed, "topology", 0);
                let below = |n: usize| usize::try_from(draw::below(&mut rng, n as u64 + 1)).expect("it is below");
                (0..contexts).map(below).collect()
            }
            Shape::Caterpillar { legs, .. } => caterpillar(contexts, usize::try_from(*legs).unwrap_or(usize::MAX)),
            Shape::Fleet { levels } => fleet(levels),
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
        let own = match self {
            Shape::Star { .. } => return format!("host-{n}"),
            Shape::Chain { .. } => return format!("hop-{id}"),
            Shape::Caterpillar { .. } if n == 1 => {
                return format!("joint-{}", parent.map_or(0, |parent| parent.depth) + 1);
            }
            Shape::Caterpillar { .. } => format!("leg-{}", n - 1),
            Shape::Fleet { levels } => match &levels[parent.map_or(0, |parent| parent.depth)] {
                (name, 1) => name.clone(),
                (name, _) => format!("{name}-{n}"),
            },
            Shape::Kary { .. } | Shape::Random { .. } if parent.is_none() => format!("node-{n}"),
            Shape::Kary { .. } | Shape::Random { .. } => n.to_string(),
        };
        match parent {
            Some(parent) if parent.name.len() + own.len() < NAME_MAX => format!("{}.{own}", parent.name),
            Some(_) => format!("node-{id}"),
            None => own,
        }
    }
}

/// The spine first at each joint, then its legs.
fn caterpillar(contexts: usize, legs: usize) -> Vec<usize> {
    let mut parents = vec![0];
    let mut joint = 1;
    while parents.len() < contexts {
        let next_joint = parents.len() + 1;
        let children = legs.saturating_add(1).min(contexts - parents.len());
        parents.extend(std::iter::repeat_n(joint, children));
        joint = next_joint;
    }
    parents.truncate(contexts);
    parents
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

    fn shown(shape: &Shape) -> Vec<String> {
        let members = shape.members(1);
        assert!(members.iter().enumerate().all(|(n, m)| m.id == id(n + 1) && m.parent < m.id));
        assert!(members.windows(2).all(|pair| pair[0].depth <= pair[1].depth && pair[0].parent <= pair[1].parent));
        members.iter().map(|m| format!("{}<{} {}", m.parent, m.id, m.name)).collect()
    }

    /// Proves for each shape that ids go level by level, parents before children, and that names say the place.
    #[test]
    fn shapes_are_numbered_and_named() {
        assert_eq!(shown(&Shape::Star { contexts: 2 }), ["0<1 host-1", "0<2 host-2"]);
        assert_eq!(shown(&Shape::Chain { contexts: 2 }), ["0<1 hop-1", "1<2 hop-2"]);
        assert_eq!(
            shown(&Shape::Kary { contexts: 5, fanout: 2 }),
            ["0<1 node-1", "0<2 node-2", "1<3 node-1.1", "1<4 node-1.2", "2<5 node-2.1"]
        );
        assert_eq!(
            shown(&Shape::Caterpillar { contexts: 6, legs: 1 }),
            ["0<1 joint-1", "1<2 joint-2", "1<3 joint-1.leg-1", "2<4 joint-3", "2<5 joint-2.leg-1", "4<6 joint-4"]
        );
        let levels = [("bastion", 2), ("host", 2), ("sudo", 1)].map(|(name, count)| (name.to_owned(), count)).to_vec();
        let fleet = Shape::Fleet { levels };
        assert_eq!(fleet.contexts(), Some(10));
        assert_eq!(shown(&fleet)[2], "1<3 bastion-1.host-1");
        assert_eq!(shown(&fleet)[9], "6<10 bastion-2.host-2.sudo");
        assert_eq!(shown(&Shape::Random { contexts: 500 }).len(), 500);
        assert_eq!(Shape::Fleet { levels: vec![("a".to_owned(), u64::MAX); 2] }.contexts(), None);
    }
}
