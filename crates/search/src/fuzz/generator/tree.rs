//! The model of the tree while steps are drawn: the contexts that would exist if news were instant.
//!
//! In the run news takes time, so a context that is dead here may live a little longer there. But a context that is alive
//! here is alive there, except for keepalives on links with random latencies; so a step that is possible here is possible
//! there. A context below a link that holds the news of a loss lives on here as well, as an orphan, until the link heals.
//!
//! The possible targets of steps are kept in [`Group`]s, so drawing one, and changing the tree, takes constant time.

use super::dice::Dice;
use super::links::Link;
use crate::process::ContextId;
use crate::scenario::Ways;

/// A life of a context.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Node(pub u32);

pub const MASTER: Node = Node(0);

/// No node, no place.
const NONE: u32 = u32::MAX;

/// Some of the nodes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Group {
    /// Live contexts, without the master.
    Alive,
    /// Live contexts whose parent has not closed its end, and which have not left it.
    Open,
    /// The open ones whose links are not cut.
    Whole,
    /// Contexts whose links are cut, dead or alive.
    Cut,
    /// Live contexts, and the master, that can have one more child.
    Roomy,
    /// Live contexts with a slow link.
    Slowed,
    /// Contexts that live only because they do not know that their parent is gone.
    Orphaned,
}

const GROUPS: usize = 7;

/// The limits of a tree.
#[derive(Clone, Copy, Debug, Default)]
pub struct Limits {
    pub depth: u32,
    pub fanout: u32,
}

#[derive(Clone, Debug)]
struct Place {
    id: ContextId,
    parent: u32,
    first_child: u32,
    next_sibling: u32,
    depth: u32,
    children_alive: u32,
    link: Link,
    factor: u32,
    cut: Cut,
    is_detached: bool,
    /// The time since which its link answers no probe, in nanoseconds.
    blocked_since: Option<u64>,
    /// Its place in each group.
    places: [u32; GROUPS],
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Cut {
    down: bool,
    up: bool,
}

/// The memory of a tree of more nodes is not kept for the next one.
const LARGE: usize = 10_000;

/// The contexts that died in a change.
pub type Deaths = Vec<Node>;

#[derive(Clone, Debug, Default)]
pub struct Tree {
    nodes: Vec<Place>,
    groups: [Vec<Node>; GROUPS],
    limits: Limits,
    depth: u32,
    /// The contexts that died in the last change; the first one is its cause.
    pub died: Deaths,
}

impl Tree {
    /// The master alone, in the memory of a tree that is done with.
    pub fn in_memory(memory: Tree, limits: Limits) -> Self {
        // All fields by name, so that none is forgotten.
        let Tree { mut nodes, mut groups, limits: _, depth: _, mut died } = memory;
        nodes.clear();
        groups.iter_mut().for_each(Vec::clear);
        died.clear();
        let mut tree = Tree { nodes, groups, limits, depth: 0, died };
        let link = Link { id: crate::scenario::LinkId(0), latency: 0, window: None };
        tree.push(ContextId::MASTER, NONE, link, 0);
        tree.join(MASTER, Group::Roomy);
        tree
    }

    /// Adds a node, which is in no group and has no sibling.
    fn push(&mut self, id: ContextId, parent: u32, link: Link, depth: u32) -> &mut Place {
        let place = self.nodes.len();
        self.nodes.push(Place {
            id,
            parent,
            first_child: NONE,
            next_sibling: NONE,
            depth,
            children_alive: 0,
            link,
            factor: 1,
            cut: Cut::default(),
            is_detached: false,
            blocked_since: None,
            places: [NONE; GROUPS],
        });
        &mut self.nodes[place]
    }

    // Queries.

    /// Whether its memory is not to be kept for the next tree.
    pub fn is_large(&self) -> bool {
        self.nodes.len() > LARGE
    }

    pub fn id(&self, node: Node) -> ContextId {
        self.nodes[node.0 as usize].id
    }

    /// The parent of a node; the master has none.
    pub fn parent(&self, node: Node) -> Node {
        Node(self.nodes[node.0 as usize].parent)
    }

    /// The depth of the deepest node so far.
    pub fn depth(&self) -> u32 {
        self.depth
    }

    /// The number of nodes so far, including the master.
    pub fn len(&self) -> u32 {
        u32::try_from(self.nodes.len()).expect("fewer than 2^32 contexts")
    }

    pub fn group(&self, group: Group) -> &[Node] {
        &self.groups[group as usize]
    }

    pub fn is_in(&self, node: Node, group: Group) -> bool {
        self.nodes[node.0 as usize].places[group as usize] != NONE
    }

    /// One node of a group, which must not be empty.
    pub fn pick(&self, group: Group, dice: &mut Dice) -> Node {
        dice.pick(self.group(group))
    }

    /// Any live context, including the master.
    pub fn anyone(&self, dice: &mut Dice) -> Node {
        let alive = self.group(Group::Alive);
        let place = dice.below(alive.len() as u32 + 1) as usize;
        alive.get(place).copied().unwrap_or(MASTER)
    }

    /// The node, if it can have one more child.
    pub fn room_at(&self, node: Node) -> Option<Node> {
        self.is_in(node, Group::Roomy).then_some(node)
    }

    /// Any node that can have one more child.
    pub fn any_room(&self, dice: &mut Dice) -> Option<Node> {
        (!self.group(Group::Roomy).is_empty()).then(|| self.pick(Group::Roomy, dice))
    }

    /// The node and the live ones below it, as far as links are not cut.
    pub fn whole_below(&self, root: Node, most: usize) -> Vec<Node> {
        let mut all = vec![root];
        let mut next = 0;
        while let Some(node) = all.get(next).copied() {
            next += 1;
            for child in self.children(node) {
                if self.is_in(child, Group::Whole) && all.len() < most {
                    all.push(child);
                }
            }
        }
        all
    }

    fn children(&self, node: Node) -> impl Iterator<Item = Node> + '_ {
        let known = |node: u32| (node != NONE).then_some(Node(node));
        let first = known(self.nodes[node.0 as usize].first_child);
        std::iter::successors(first, move |child| known(self.nodes[child.0 as usize].next_sibling))
    }

    /// When the keepalive of a link closes it, if nothing changes.
    pub fn gives_up_at(&self, node: Node) -> Option<u64> {
        let place = &self.nodes[node.0 as usize];
        place.blocked_since?.checked_add(place.link.window?)
    }

    // Changes.

    /// A context appears. Its parent has room for one more child.
    pub fn connect(&mut self, id: ContextId, parent: Node, link: Link) -> Node {
        let node = Node(self.len());
        let above = &mut self.nodes[parent.0 as usize];
        above.children_alive += 1;
        let (depth, is_full) = (above.depth + 1, above.children_alive >= self.limits.fanout);
        let first = std::mem::replace(&mut above.first_child, node.0);
        self.depth = self.depth.max(depth);
        if is_full {
            self.leave(parent, Group::Roomy);
        }
        let has_room = depth < self.limits.depth && self.limits.fanout > 0;
        let mut places = [NONE; GROUPS];
        let mut join = |group: Group| {
            let members = &mut self.groups[group as usize];
            places[group as usize] = members.len() as u32;
            members.push(node);
        };
        join(Group::Alive);
        join(Group::Open);
        join(Group::Whole);
        if has_room {
            join(Group::Roomy);
        }
        let place = self.push(id, parent.0, link, depth);
        place.next_sibling = first;
        place.places = places;
        node
    }

    /// A process dies, and every one below it that hears of it.
    pub fn kill(&mut self, node: Node) {
        self.died.clear();
        self.die(node);
    }

    /// The parent closes its end.
    pub fn disconnect(&mut self, node: Node) {
        self.died.clear();
        self.lose_parent(node);
    }

    pub fn partition(&mut self, node: Node, ways: Ways, now: u64) {
        let cut = &mut self.nodes[node.0 as usize].cut;
        cut.down |= ways != Ways::Up;
        cut.up |= ways != Ways::Down;
        self.leave(node, Group::Whole);
        self.join(node, Group::Cut);
        self.look_at_block(node, now);
    }

    /// The link delivers again, including news of losses.
    pub fn heal(&mut self, node: Node, now: u64) {
        self.died.clear();
        self.nodes[node.0 as usize].cut = Cut::default();
        self.leave(node, Group::Cut);
        self.look_at_block(node, now);
        if self.is_in(node, Group::Open) {
            self.join(node, Group::Whole);
        } else if self.is_in(node, Group::Orphaned) {
            self.die(node);
        }
    }

    pub fn slow(&mut self, node: Node, factor: u32, now: u64) {
        self.nodes[node.0 as usize].factor = factor;
        if factor == 1 {
            self.leave(node, Group::Slowed);
        } else {
            self.join(node, Group::Slowed);
        }
        self.look_at_block(node, now);
    }

    /// The context leaves its parent and lives on.
    pub fn detach(&mut self, node: Node) {
        self.nodes[node.0 as usize].is_detached = true;
        self.leave(node, Group::Open);
        self.leave(node, Group::Whole);
    }

    /// The keepalive of a link closes it.
    pub fn give_up(&mut self, node: Node) {
        self.died.clear();
        if self.is_in(node, Group::Alive) && !self.nodes[node.0 as usize].is_detached {
            self.die(node);
        }
    }

    fn lose_parent(&mut self, node: Node) {
        self.leave(node, Group::Open);
        self.leave(node, Group::Whole);
        if self.nodes[node.0 as usize].cut.down {
            self.join(node, Group::Orphaned);
        } else {
            self.die(node);
        }
    }

    fn die(&mut self, node: Node) {
        let mut next = self.died.len();
        self.bury(node);
        while let Some(dead) = self.died.get(next).copied() {
            next += 1;
            let mut child = self.nodes[dead.0 as usize].first_child;
            while child != NONE {
                let place = &self.nodes[child as usize];
                let (node, sibling, is_cut) = (Node(child), place.next_sibling, place.cut.down);
                if self.is_in(node, Group::Open) {
                    self.leave(node, Group::Open);
                    self.leave(node, Group::Whole);
                    if is_cut { self.join(node, Group::Orphaned) } else { self.bury(node) }
                }
                child = sibling;
            }
        }
    }

    fn bury(&mut self, node: Node) {
        self.died.push(node);
        for group in [Group::Alive, Group::Open, Group::Whole, Group::Roomy, Group::Slowed, Group::Orphaned] {
            self.leave(node, group);
        }
        let parent = self.parent(node);
        self.nodes[parent.0 as usize].children_alive -= 1;
        self.make_room(parent);
    }

    fn make_room(&mut self, node: Node) {
        let place = &self.nodes[node.0 as usize];
        let has_room = place.depth < self.limits.depth && place.children_alive < self.limits.fanout;
        if has_room && (node == MASTER || self.is_in(node, Group::Alive)) {
            self.join(node, Group::Roomy);
        } else {
            self.leave(node, Group::Roomy);
        }
    }

    /// A link answers no probe while it is cut, or slower than its keepalive allows.
    fn look_at_block(&mut self, node: Node, now: u64) {
        let place = &mut self.nodes[node.0 as usize];
        let round_trip = place.link.latency.saturating_mul(2).saturating_mul(u64::from(place.factor));
        let is_blocked = place.cut != Cut::default() || place.link.window.is_some_and(|window| round_trip > window);
        place.blocked_since = is_blocked.then(|| place.blocked_since.unwrap_or(now));
    }

    fn join(&mut self, node: Node, group: Group) {
        let members = &mut self.groups[group as usize];
        let place = &mut self.nodes[node.0 as usize].places[group as usize];
        if *place == NONE {
            *place = members.len() as u32;
            members.push(node);
        }
    }

    fn leave(&mut self, node: Node, group: Group) {
        let members = &mut self.groups[group as usize];
        let place = std::mem::replace(&mut self.nodes[node.0 as usize].places[group as usize], NONE);
        if place == NONE {
            return;
        }
        members.swap_remove(place as usize);
        if let Some(moved) = members.get(place as usize) {
            self.nodes[moved.0 as usize].places[group as usize] = place;
        }
    }
}
