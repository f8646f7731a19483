//! The tree at time 0: gives each context its parent.

use super::dice::Dice;
use super::links::Links;
use super::tree::{MASTER, Node, Tree};
use crate::process::{ContextId, Name};
use crate::scenario::{Connect, Growth, Spine, TreeShape};

/// Plants a tree, and returns its connects, parents first. If the limits of the tree do not allow a context where its
/// shape wants it, it goes anywhere else; if there is no room at all, the tree stays smaller.
pub fn plant(shape: TreeShape, contexts: u32, tree: &mut Tree, links: &Links, dice: &mut Dice) -> Vec<Connect> {
    let mut connects = Vec::with_capacity(contexts as usize);
    let mut planter = Planter::new(shape, dice);
    for n in 0..contexts {
        let wanted = planter.parent(n, tree, dice);
        let Some(parent) = tree.room_at(wanted).or_else(|| tree.any_room(dice)) else { break };
        let link = links.pick(dice);
        let id = ContextId(n + 1);
        tree.connect(id, parent, link);
        connects.push(Connect { id, parent: tree.id(parent), name: Some(Name::OF_CONTEXT), link: link.id });
    }
    connects
}

/// The places that a shape wants for its contexts.
enum Planter {
    Grown(Growth),
    Fleet(Fleet),
}

impl Planter {
    fn new(shape: TreeShape, dice: &mut Dice) -> Self {
        let fanout = match shape {
            TreeShape::Kary => Some(dice.between(2, 5)),
            TreeShape::Caterpillar => Some(dice.between(1, 3)),
            TreeShape::Star | TreeShape::Chain | TreeShape::Random | TreeShape::Fleet => None,
        };
        match shape.growth(fanout.map(u64::from), Spine::FromMaster) {
            Some(growth) => Planter::Grown(growth),
            None => Planter::Fleet(Fleet { bastions: dice.below(4), trunk: MASTER, accounts: 0 }),
        }
    }

    /// The wanted parent of context number `n`, from 0. Nodes are numbered as they are planted; the master is 0.
    fn parent(&mut self, n: u32, tree: &Tree, dice: &mut Dice) -> Node {
        match self {
            Planter::Grown(growth) => {
                let below = |end| dice.below(u32::try_from(end).expect("at most all nodes")).into();
                Node(u32::try_from(growth.parent(n.into(), below)).expect("it is there already"))
            }
            Planter::Fleet(fleet) => fleet.parent(n, tree, dice),
        }
    }
}

/// Bastions, one below the other, and below the last of them hosts with up to two accounts each, one below the other.
struct Fleet {
    /// How many bastions there are besides the first.
    bastions: u32,
    /// The last bastion.
    trunk: Node,
    /// How many accounts the last host still gets.
    accounts: u32,
}

impl Fleet {
    fn parent(&mut self, n: u32, tree: &Tree, dice: &mut Dice) -> Node {
        let last = Node(n);
        if n <= self.bastions {
            self.trunk = last;
            return self.trunk;
        }
        if self.accounts > 0 && tree.room_at(last).is_some() {
            self.accounts -= 1;
            return last;
        }
        self.accounts = dice.below(3);
        self.trunk
    }
}
