//! The tree of time 0: the shapes, each context given its parent as it is planted.

use super::dice::Dice;
use super::links::Links;
use super::tree::{MASTER, Node, Tree};
use crate::fuzz::profile::Shape;
use crate::process::{ContextId, Name};
use crate::scenario::Connect;

/// Plants a tree; returns its connects in an order in which parents come first. Where the limits of the tree do not let
/// a context be where its shape wants it, it goes anywhere; where there is no room at all, the tree stays smaller.
pub fn plant(shape: Shape, contexts: u32, tree: &mut Tree, links: &Links, dice: &mut Dice) -> Vec<Connect> {
    let mut connects = Vec::with_capacity(contexts as usize);
    let mut planter = Planter::new(shape, dice);
    for n in 0..contexts {
        let wanted = planter.parent(n, tree, dice);
        let Some(parent) = tree.room_at(wanted).or_else(|| tree.any_room(dice)) else { break };
        let link = links.pick(dice);
        let id = ContextId(n + 1);
        let node = tree.connect(id, parent, link);
        connects.push(Connect { id, parent: tree.id(parent), name: Some(Name::OF_CONTEXT), link: link.id });
        planter.planted(node);
    }
    connects
}

struct Planter {
    shape: Shape,
    /// Children each, legs each, or bastions.
    number: u32,
    /// The last context of the trunk.
    trunk: Node,
    last: Node,
    /// What is next, of a caterpillar or a fleet.
    left: u32,
}

impl Planter {
    fn new(shape: Shape, dice: &mut Dice) -> Self {
        let number = match shape {
            Shape::Kary => dice.between(2, 5),
            Shape::Caterpillar => dice.between(1, 3),
            Shape::Fleet => dice.below(4),
            Shape::Star | Shape::Chain | Shape::Random => 0,
        };
        Planter { shape, number, trunk: MASTER, last: MASTER, left: 0 }
    }

    /// Where context number `n`, from 0, is to be. Nodes are numbered as they are planted, the master is 0.
    fn parent(&mut self, n: u32, tree: &Tree, dice: &mut Dice) -> Node {
        match self.shape {
            Shape::Star => MASTER,
            Shape::Chain => self.last,
            Shape::Kary => Node(n / self.number),
            Shape::Random => Node(dice.below(n + 1)),
            Shape::Caterpillar => self.caterpillar(),
            Shape::Fleet => self.fleet(n, tree, dice),
        }
    }

    /// A joint below the last one, then its legs.
    fn caterpillar(&mut self) -> Node {
        if self.left == 0 {
            self.left = self.number + 1;
        }
        self.trunk
    }

    /// The bastions, then hosts below the last of them; each host gets up to two accounts, one below the other.
    fn fleet(&mut self, n: u32, tree: &Tree, dice: &mut Dice) -> Node {
        if n <= self.number {
            self.trunk = if n == 0 { MASTER } else { self.last };
            self.left = 0;
            return self.trunk;
        }
        if self.left > 0 && tree.room_at(self.last).is_some() {
            self.left -= 1;
            return self.last;
        }
        self.left = dice.below(3);
        self.trunk
    }

    fn planted(&mut self, node: Node) {
        self.last = node;
        if self.shape == Shape::Caterpillar {
            // The legs of a joint come before the next joint, which is the last of its children.
            self.left -= 1;
            if self.left == 0 {
                self.trunk = node;
            }
        }
    }
}
