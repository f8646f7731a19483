//! The processes: who is alive, and the router of each to which anything has happened yet.
//!
//! Most contexts of a large tree are leaves that only ever connect. Until something reaches such a *newborn*, all there
//! is to say of its router is whose child it is, so none is made. That can not be seen from outside.

use crate::link::Incarnation;
use crate::protocol::{ContextId, Router, RouterOptions, StreamId};

/// A life: dead, newborn, or the index of its router.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Life(u32);

impl Life {
    const DEAD: Life = Life(u32::MAX);
    const NEWBORN: Life = Life(u32::MAX - 1);
}

/// All processes, by incarnation.
#[derive(Debug, Default)]
pub(super) struct Processes {
    lives: Vec<Life>,
    routers: Vec<Router>,
    /// The routers of the dead, to be used again.
    free: Vec<u32>,
    dead: usize,
}

impl Processes {
    /// The master alone; keeps the allocations.
    pub fn reset(&mut self, options: RouterOptions) {
        self.lives.clear();
        self.lives.push(Life(0));
        self.dead = 0;
        match self.routers.first_mut() {
            Some(first) => first.reuse_as_master(options),
            None => self.routers.push(Router::master(options)),
        }
        self.free.clear();
        let all = 1..u32::try_from(self.routers.len()).expect("fewer than 2^32 routers");
        self.free.extend(all.rev());
    }

    /// Makes room for so many contexts more.
    pub fn reserve(&mut self, contexts: usize) {
        self.lives.reserve_exact(contexts);
    }

    /// One more context is born.
    pub fn add(&mut self) {
        self.lives.push(Life::NEWBORN);
    }

    pub fn live_count(&self) -> usize {
        self.lives.len() - self.dead
    }

    pub fn is_alive(&self, context: Incarnation) -> bool {
        self.lives[context.index()] != Life::DEAD
    }

    pub fn is_newborn(&self, context: Incarnation) -> bool {
        self.lives[context.index()] == Life::NEWBORN
    }

    /// The router of a context that is neither dead nor newborn.
    pub fn get(&self, context: Incarnation) -> Option<&Router> {
        self.routers.get(self.lives[context.index()].0 as usize)
    }

    /// The router of a live context, which of a newborn is made now: as the child that `birth` says.
    ///
    /// # Panics
    /// When the context is dead.
    pub fn get_mut(&mut self, context: Incarnation, birth: impl FnOnce() -> Birth) -> &mut Router {
        let life = &mut self.lives[context.index()];
        assert!(*life != Life::DEAD, "only a live context does anything");
        if *life == Life::NEWBORN {
            let Birth { id, parent_id, options } = birth();
            let index = self.free.pop();
            *life = Life(index.unwrap_or(u32::try_from(self.routers.len()).expect("fewer than 2^32 routers")));
            match index {
                Some(index) => self.routers[index as usize].reuse_as_child(id, parent_id, context.0, options),
                None => self.routers.push(Router::child(id, parent_id, context.0, options)),
            }
        }
        &mut self.routers[life.0 as usize]
    }

    /// A context dies.
    ///
    /// # Panics
    /// When it is dead already.
    pub fn remove(&mut self, context: Incarnation) {
        let life = std::mem::replace(&mut self.lives[context.index()], Life::DEAD);
        assert!(life != Life::DEAD, "a context dies once");
        self.dead += 1;
        if life != Life::NEWBORN {
            self.free.push(life.0);
        }
    }
}

/// What a router is made of.
pub(super) struct Birth {
    pub id: ContextId,
    pub parent_id: ContextId,
    pub options: RouterOptions,
}

/// The route table of a live context.
#[derive(Clone, Copy, Debug)]
pub enum Table<'a> {
    /// Of one to which nothing has happened since its birth: the way to its parent.
    Newborn(ContextId),
    /// Of any other.
    Router(&'a Router),
}

impl Table<'_> {
    /// The stream for `target`, without the default route.
    pub fn route(&self, target: ContextId) -> Option<StreamId> {
        match self {
            Table::Newborn(parent) => (*parent == target).then_some(StreamId::PARENT),
            Table::Router(router) => router.route(target),
        }
    }

    /// The id of the peer of an open stream.
    pub fn remote_id(&self, stream: StreamId) -> ContextId {
        match self {
            Table::Newborn(parent) => *parent,
            Table::Router(router) => router.remote_id(stream),
        }
    }

    /// How many entries there are.
    pub fn route_count(&self) -> usize {
        match self {
            Table::Newborn(_) => 1,
            Table::Router(router) => router.route_count(),
        }
    }

    /// Calls `f` with each entry, (destination, next hop), ascending by destination.
    pub fn each_route(&self, mut f: impl FnMut(ContextId, ContextId)) {
        match self {
            Table::Newborn(parent) => f(*parent, *parent),
            Table::Router(router) => router.each_route(f),
        }
    }
}
