//! The ground truth: the tree of contexts as it really is, in a petgraph graph.
//!
//! A node is one life of a context. An edge is the link that it was connected by, which also says whether the context
//! is on the tree: alive, and not orphaned, as seen from the master. The graph only grows. A context that dies, or
//! whose link is closed, keeps its place, and is marked as off the tree together with everything below it, since
//! nothing ever comes back. So each node is visited at most twice in a run, whatever happens.

use crate::link::{Direction, Ends, Incarnation, LaneId, Link};
use crate::process::ContextId;
use petgraph::graph::{DiGraph, EdgeIndex, NodeIndex};

/// The tree of all contexts that ever lived, and their links.
#[derive(Debug)]
pub struct Topology {
    /// The link of a context is the only edge that leads to it. It is added together with the context, so its number is
    /// one less.
    graph: DiGraph<ContextId, Link>,
}

impl Clone for Topology {
    fn clone(&self) -> Self {
        Topology { graph: self.graph.clone() }
    }

    fn clone_from(&mut self, other: &Self) {
        self.graph.clone_from(&other.graph);
    }
}

impl Default for Topology {
    /// The master alone.
    fn default() -> Self {
        let mut topology = Topology { graph: DiGraph::new() };
        topology.clear();
        topology
    }
}

impl Topology {
    /// Leaves the master alone; keeps the allocations.
    pub fn clear(&mut self) {
        self.graph.clear();
        self.graph.add_node(ContextId::MASTER);
    }

    /// Makes room for this many more contexts.
    pub fn reserve(&mut self, contexts: usize) {
        self.graph.reserve_exact_nodes(contexts);
        self.graph.reserve_exact_edges(contexts);
    }

    /// Adds a context below `parent`. Returns its number, which is the next one.
    pub fn connect(&mut self, parent: Incarnation, id: ContextId, mut link: Link) -> Incarnation {
        link.is_attached = self.is_attached(parent);
        let node = self.graph.add_node(id);
        let edge = self.graph.add_edge(node_of(parent), node, link);
        let child = incarnation_of(node);
        assert_eq!(edge, edge_of(child), "one link for each context but the master");
        child
    }

    /// A context has died, or the link above it is closed at an end: it and everything below it leave the tree. Appends
    /// those that were on the tree to `left`, `root` first. Appends nothing if `root` had already left.
    pub fn detach(&mut self, root: Incarnation, left: &mut Vec<Incarnation>) {
        let mut next = left.len();
        self.leave(root, left);
        while let Some(&parent) = left.get(next) {
            let mut edges = self.graph.neighbors(node_of(parent)).detach();
            while let Some(child) = edges.next_node(&self.graph) {
                self.leave(incarnation_of(child), left);
            }
            next += 1;
        }
    }

    fn leave(&mut self, context: Incarnation, left: &mut Vec<Incarnation>) {
        if std::mem::replace(&mut self.link_mut(context).is_attached, false) {
            left.push(context);
        }
    }

    /// Whether a context is alive and not orphaned.
    pub fn is_attached(&self, context: Incarnation) -> bool {
        context == Incarnation::MASTER || self.link(context).is_attached
    }

    /// The id of a context.
    pub fn id(&self, context: Incarnation) -> ContextId {
        self.graph[node_of(context)]
    }

    /// The parent that a context was connected by; `None` for the master.
    pub fn parent(&self, context: Incarnation) -> Option<Incarnation> {
        (context != Incarnation::MASTER).then(|| self.parent_of(context))
    }

    /// The parent that a context other than the master was connected by.
    pub fn parent_of(&self, child: Incarnation) -> Incarnation {
        incarnation_of(self.graph.raw_edges()[edge_of(child).index()].source())
    }

    /// The link of a context to its parent.
    ///
    /// # Panics
    /// For the master.
    pub fn link(&self, child: Incarnation) -> &Link {
        &self.graph[edge_of(child)]
    }

    /// The link of a context to its parent, mutable.
    ///
    /// # Panics
    /// For the master.
    pub fn link_mut(&mut self, child: Incarnation) -> &mut Link {
        &mut self.graph[edge_of(child)]
    }

    /// All children that a context ever had, ascending.
    pub fn children(&self, context: Incarnation) -> Vec<Incarnation> {
        let mut children: Vec<_> = self.graph.neighbors(node_of(context)).map(incarnation_of).collect();
        children.sort_unstable();
        children
    }

    /// The children of a context that are on the tree, in no particular order.
    pub fn attached_children(&self, context: Incarnation) -> impl Iterator<Item = Incarnation> + '_ {
        let children = self.graph.neighbors(node_of(context)).map(incarnation_of);
        children.filter(|child| self.is_attached(*child))
    }

    /// The contexts at the ends of a lane.
    #[inline]
    pub fn ends(&self, lane: LaneId) -> Ends {
        let (child, parent) = (self.id(lane.child()), self.id(self.parent_of(lane.child())));
        match lane.direction() {
            Direction::Down => Ends { to: child, from: parent },
            Direction::Up => Ends { to: parent, from: child },
        }
    }

    /// How many contexts ever lived, including the master.
    pub fn len(&self) -> usize {
        self.graph.node_count()
    }

    /// Whether there is not even a master, which never happens.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The context and its ancestors, upward, as they were when the context appeared.
    pub fn lineage(&self, context: Incarnation) -> impl Iterator<Item = Incarnation> + '_ {
        std::iter::successors(Some(context), |context| self.parent(*context))
    }

    /// All contexts that ever lived, in the order of their numbers.
    pub fn contexts(&self) -> impl Iterator<Item = Incarnation> + '_ {
        self.graph.node_indices().map(incarnation_of)
    }
}

fn node_of(context: Incarnation) -> NodeIndex {
    NodeIndex::new(context.index())
}

fn edge_of(child: Incarnation) -> EdgeIndex {
    EdgeIndex::new(child.index().checked_sub(1).expect("the master has no link"))
}

fn incarnation_of(node: NodeIndex) -> Incarnation {
    Incarnation(u32::try_from(node.index()).expect("petgraph counts in u32"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::LinkId;

    /// Proves what "orphaned" means: everything below a lost context leaves the tree at once and only once, and a
    /// context that connects below an orphan is an orphan from birth.
    #[test]
    fn a_branch_leaves_once() {
        let mut tree = Topology::default();
        let mut connect = |parent, id| tree.connect(parent, ContextId(id), Link::new(LinkId(0)));
        let a = connect(Incarnation::MASTER, 1);
        let b = connect(a, 2);
        let c = connect(b, 3);
        let d = connect(Incarnation::MASTER, 4);
        let mut left = vec![d];
        tree.detach(b, &mut left);
        assert_eq!(left, [d, b, c]);
        tree.detach(c, &mut left);
        assert_eq!(left, [d, b, c]);
        let e = tree.connect(c, ContextId(5), Link::new(LinkId(0)));
        tree.detach(a, &mut left);
        assert_eq!(left, [d, b, c, a]);
        let attached: Vec<_> = tree.contexts().filter(|c| tree.is_attached(*c)).collect();
        assert_eq!(attached, [Incarnation::MASTER, d]);
        assert_eq!(tree.lineage(e).collect::<Vec<_>>(), [e, c, b, a, Incarnation::MASTER]);
    }
}
