//! Joins under way: contexts that some of their ancestors have not heard of yet.
//!
//! When an id connects for the first time, no ancestor but the parent has a route to it, until the news has climbed up to
//! them, one after the other. So the entries that are missing are those of all ancestors of one context, the *front*. To
//! keep the front costs a constant time and 8 bytes for each join, whatever its depth.

use crate::link::Incarnation;

/// A context on the tree.
#[derive(Clone, Copy, Debug)]
struct Join {
    /// No ancestor of this context has a route to the new one, and all of them should have one, through the child that
    /// leads here. The master, which has no ancestors, if nothing is missing.
    front: Incarnation,
    depth: u32,
}

impl Join {
    /// What is known of a context without an entry: a child of the master.
    const BELOW_MASTER: Join = Join { front: Incarnation::MASTER, depth: 1 };
}

/// The joins under way, and the depth of each context on the tree.
#[derive(Clone, Debug, Default)]
pub(super) struct Joins {
    /// By incarnation. Children of the master at the end are left out.
    joins: Vec<Join>,
}

impl Joins {
    pub fn clear(&mut self) {
        self.joins.clear();
    }

    pub fn capacity(&self) -> usize {
        self.joins.capacity()
    }

    /// Adds a context below `parent`. Nothing is missing about it.
    pub fn add(&mut self, context: Incarnation, parent: Incarnation) {
        let depth = self.depth(parent) + 1;
        if depth > 1 {
            if self.joins.len() < context.index() {
                self.joins.resize(context.index(), Join::BELOW_MASTER);
            }
            self.joins.push(Join { front: Incarnation::MASTER, depth });
        }
    }

    fn depth(&self, context: Incarnation) -> u32 {
        let is_master = context == Incarnation::MASTER;
        if is_master { 0 } else { self.joins.get(context.index()).map_or(1, |join| join.depth) }
    }

    /// No ancestor of the parent has a route to a context that was added last. Returns how many these are.
    pub fn begin(&mut self, parent: Incarnation) -> u64 {
        let missing = self.depth(parent);
        if let Some(last) = self.joins.last_mut().filter(|_| missing > 0) {
            last.front = parent;
        }
        u64::from(missing)
    }

    /// The front of a context; `None` if nothing is missing.
    #[inline]
    pub fn front(&self, context: Incarnation) -> Option<Incarnation> {
        self.joins.get(context.index()).map(|join| join.front).filter(|front| *front != Incarnation::MASTER)
    }

    /// The news of a context has arrived at the parent of its front, `ancestor`.
    #[inline]
    pub fn rise(&mut self, context: Incarnation, ancestor: Incarnation) {
        self.joins[context.index()].front = ancestor;
    }

    /// Forgets what is missing about a context. Returns its front.
    pub fn take(&mut self, context: Incarnation) -> Option<Incarnation> {
        let front = self.front(context)?;
        self.joins[context.index()].front = Incarnation::MASTER;
        Some(front)
    }

    /// All contexts about which something is missing, each with its front.
    pub fn iter(&self) -> impl Iterator<Item = (Incarnation, Incarnation)> + '_ {
        let all = (0..).map(Incarnation).zip(&self.joins);
        all.map(|(context, join)| (context, join.front)).filter(|(_, front)| *front != Incarnation::MASTER)
    }
}
