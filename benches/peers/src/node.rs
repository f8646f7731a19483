//! Mitogen's routing once more, small: what the peers run that have no routing protocol of their own (turmoil, stateright).
//!
//! A context connects, dies, or is disconnected, and ADD_ROUTE and DEL_ROUTE follow, as in release 0.3; `docs/model.md` says
//! what each step means. Left out is all that needs a message of another kind: calls, dead messages, context objects. Without
//! those, no context is the destination of a message that passes another one, so DEL_ROUTE never goes down.
//!
//! All state is a few fixed arrays, so that the peer pays for itself and not for this. The code that runs a node asserts that its
//! tables are those of treequake.

use std::collections::BTreeMap;

/// A set of ids below 32, one bit for each.
type Ids = u32;

/// No next hop.
const NONE: u8 = u8::MAX;

/// What is on a link.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Item {
    /// ADD_ROUTE: the sender reaches this context.
    Add(u8),
    /// DEL_ROUTE: the sender has lost this context.
    Del(u8),
    /// The other end is closed.
    End,
}

/// A context, dead or alive, of a scenario with ids below `N`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Node<const N: usize> {
    /// Its own id.
    id: u8,
    /// Its parent; itself for the master.
    parent: u8,
    is_alive: bool,
    /// The neighbours that it has an open stream to.
    open: Ids,
    /// The route table: the next hop to each id. A neighbour stands for the one stream to it.
    table: [u8; N],
    /// `_routes_by_stream`: what must be retracted with the stream to each child.
    noticed: [Ids; N],
}

impl<const N: usize> Node<N> {
    /// Before anything has happened: only the master is alive.
    pub fn new(id: u8) -> Self {
        Node { id, parent: id, is_alive: id == 0, open: 0, table: [NONE; N], noticed: [0; N] }
    }

    /// Its own id.
    pub fn id(&self) -> u8 {
        self.id
    }

    /// Whether it lives.
    pub fn is_alive(&self) -> bool {
        self.is_alive
    }

    /// Its parent; itself for the master, or where it has never appeared.
    pub fn parent(&self) -> u8 {
        self.parent
    }

    /// Whether what `neighbour` sends is received.
    pub fn hears(&self, neighbour: u8) -> bool {
        self.is_alive && self.open & bit(neighbour) != 0
    }

    /// Its routes, if it lives: destination to next hop.
    pub fn routes(&self) -> Option<BTreeMap<u8, u8>> {
        let known = (0..).zip(self.table).filter(|(_, hop)| *hop != NONE);
        self.is_alive.then(|| known.collect())
    }

    /// It appears below a parent, with a route to it.
    pub fn appear(&mut self, parent: u8) {
        *self = Node { parent, is_alive: true, open: bit(parent), ..Node::new(self.id) };
        self.table[usize::from(parent)] = parent;
    }

    /// A child has appeared: `Router.register`, then `RouteMonitor.notice_stream`.
    pub fn accept(&mut self, child: u8, mut send: impl FnMut(u8, Item)) {
        self.open |= bit(child);
        self.table[usize::from(child)] = child;
        self.noticed[usize::from(child)] = bit(child);
        self.propagate_up(Item::Add(child), &mut send);
    }

    /// It dies, and every end that it holds closes.
    pub fn die(&mut self, mut send: impl FnMut(u8, Item)) {
        ids(self.open).for_each(|neighbour| send(neighbour, Item::End));
        *self = Node { is_alive: false, ..Node::new(self.id) };
    }

    /// It closes its stream to a child: the listeners run, then the end closes.
    pub fn disconnect(&mut self, child: u8, mut send: impl FnMut(u8, Item)) {
        self.lose_child(child, &mut send);
        send(child, Item::End);
    }

    /// What a neighbour sent arrives. Says whether anything was there to receive it.
    pub fn receive(&mut self, from: u8, item: Item, mut send: impl FnMut(u8, Item)) -> bool {
        if !self.hears(from) {
            return false;
        }
        match item {
            Item::End if from == self.parent => {
                // The other end is closed, so nothing is sent there.
                self.open &= !bit(from);
                self.die(send);
            }
            Item::End => self.lose_child(from, &mut send),
            // Source verification, as in `Router._async_route`.
            Item::Add(_) | Item::Del(_) if self.stream_by_id(from) != Some(from) => {}
            Item::Add(target) => self.on_add_route(from, target, &mut send),
            Item::Del(target) => self.on_del_route(from, target, &mut send),
        }
        true
    }

    /// `RouteMonitor._on_add_route`.
    fn on_add_route(&mut self, from: u8, target: u8, send: &mut impl FnMut(u8, Item)) {
        if self.stream_by_id(target).is_some_and(|current| !self.is_parent(current)) {
            // "Cannot add duplicate route".
            return;
        }
        self.noticed[usize::from(from)] |= bit(target);
        self.table[usize::from(target)] = from;
        self.propagate_up(Item::Add(target), send);
    }

    /// `RouteMonitor._on_del_route`.
    fn on_del_route(&mut self, from: u8, target: u8, send: &mut impl FnMut(u8, Item)) {
        if self.stream_by_id(target) != Some(from) {
            // "Received DEL_ROUTE for ..., expected ...".
            return;
        }
        self.noticed[usize::from(from)] &= !bit(target);
        self.table[usize::from(target)] = NONE;
        self.propagate_up(Item::Del(target), send);
    }

    /// The disconnect listeners of the stream to a child, in the order of release 0.3: the router's, then the route monitor's.
    fn lose_child(&mut self, child: u8, send: &mut impl FnMut(u8, Item)) {
        self.table.iter_mut().filter(|hop| **hop == child).for_each(|hop| *hop = NONE);
        for target in ids(std::mem::take(&mut self.noticed[usize::from(child)])) {
            self.table[usize::from(target)] = NONE;
            self.propagate_up(Item::Del(target), send);
        }
        self.open &= !bit(child);
    }

    /// `Router.stream_by_id`: with the parent's as the default.
    fn stream_by_id(&self, id: u8) -> Option<u8> {
        let exact = |id: u8| Some(self.table[usize::from(id)]).filter(|hop| *hop != NONE);
        exact(id).or_else(|| exact(self.parent))
    }

    /// Whether a neighbour is the parent; the master has none.
    fn is_parent(&self, neighbour: u8) -> bool {
        self.id != 0 && neighbour == self.parent
    }

    fn propagate_up(&self, item: Item, send: &mut impl FnMut(u8, Item)) {
        if self.id != 0 {
            send(self.parent, item);
        }
    }
}

fn bit(id: u8) -> Ids {
    1 << id
}

/// The ids of a set, ascending.
fn ids(mut set: Ids) -> impl Iterator<Item = u8> {
    std::iter::from_fn(move || {
        let first = set.trailing_zeros() as u8;
        (set != 0).then(|| set &= set - 1)?;
        Some(first)
    })
}
