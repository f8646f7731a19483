//! What can be known of a world after some steps, in whatever order messages arrive, and so which steps make sense next.
//!
//! A step is left out only if it would be skipped in every order. Where that is not certain, it stays.

use super::moves::{Kind, Move};

/// What is known of a process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Life {
    /// It lives in every order.
    Alive,
    /// That depends on the order.
    Perhaps,
    /// It is dead in every order.
    Dead,
}

/// What is known of a context.
#[derive(Clone, Copy, Debug)]
struct Known {
    life: Life,
    /// The contexts that may be its parent, as bits.
    parents: u64,
    /// Its parent has closed the stream to it in every order, or is dead.
    is_closed: bool,
    /// Its link to its parent is partitioned in every order, or it was not alive.
    is_cut: bool,
    /// It has left its parent in every order, or it was not alive.
    is_detached: bool,
}

/// What is known of a world.
#[derive(Clone, Debug)]
pub struct Sight {
    /// The master first, then each context that was there.
    contexts: Vec<Known>,
    /// The contexts with links that may be partitioned, in the order in which that was done.
    held: Vec<u32>,
}

impl Sight {
    /// A tree, with the parent of context 1, of context 2, and so on.
    pub fn of(parents: &[u32]) -> Self {
        let known =
            |parents: u64| Known { life: Life::Alive, parents, is_closed: false, is_cut: false, is_detached: false };
        let contexts = parents.iter().map(|parent| known(1 << parent));
        Sight { contexts: [known(0)].into_iter().chain(contexts).collect(), held: Vec::new() }
    }

    /// The contexts with links that may be partitioned, in the order in which that was done.
    pub fn held(&self) -> &[u32] {
        &self.held
    }

    /// All steps of these kinds that are done in some order, in their order.
    pub fn moves(&self, kinds: &[Kind], reuse: bool) -> Vec<Move> {
        let mut moves: Vec<Move> = kinds.iter().flat_map(|kind| self.of_kind(*kind, reuse)).collect();
        moves.sort_unstable();
        moves.dedup();
        moves
    }

    fn of_kind(&self, kind: Kind, reuse: bool) -> Vec<Move> {
        let all = || 0..self.contexts.len() as u32;
        let may_live = |id: &u32| self.of_id(*id).life != Life::Dead;
        let children = || all().skip(1).filter(may_live);
        let pairs = |make: fn(u32, u32) -> Move| {
            all().filter(may_live).flat_map(|from| all().map(move |to| make(from, to))).collect()
        };
        match kind {
            Kind::Connect => self.connects(reuse),
            Kind::Kill => children().map(Move::Kill).collect(),
            Kind::Disconnect => children().filter(|id| !self.of_id(*id).is_closed).map(Move::Disconnect).collect(),
            Kind::Partition => children().filter(|id| !self.of_id(*id).is_cut).map(Move::Partition).collect(),
            Kind::Heal => self.held.iter().copied().map(Move::Heal).collect(),
            Kind::Call => pairs(Move::Call),
            Kind::Send => pairs(Move::Send),
            Kind::Detach => children().filter(|id| !self.of_id(*id).is_detached).map(Move::Detach).collect(),
        }
    }

    /// A fresh context below any that may live; with `reuse`, also one that may be dead by then.
    fn connects(&self, reuse: bool) -> Vec<Move> {
        let fresh = self.contexts.len() as u32;
        let parents = || (0..fresh).filter(|id| self.of_id(*id).life != Life::Dead);
        let again = (1..fresh).filter(|id| reuse && self.of_id(*id).life != Life::Alive);
        let ids = again.chain([fresh]);
        ids.flat_map(|id| parents().filter(move |parent| *parent != id).map(move |parent| Move::Connect(id, parent)))
            .collect()
    }

    fn of_id(&self, id: u32) -> &Known {
        &self.contexts[id as usize]
    }

    /// What is known after one more step.
    pub fn after(&self, step: Move) -> Sight {
        let mut next = self.clone();
        match step {
            Move::Connect(id, parent) => next.connect(id, parent),
            Move::Kill(id) => {
                next.contexts[id as usize].life = Life::Dead;
                next.lose_below(id);
                for child in &mut next.contexts {
                    child.is_closed |= child.parents == 1 << id;
                }
            }
            Move::Disconnect(id) => {
                next.lose(id);
                next.contexts[id as usize].is_closed = true;
            }
            Move::Partition(id) => {
                next.contexts[id as usize].is_cut = true;
                if !next.held.contains(&id) {
                    next.held.push(id);
                }
            }
            Move::Heal(id) => {
                next.contexts[id as usize].is_cut = false;
                next.held.retain(|held| *held != id);
            }
            Move::Detach(id) => next.contexts[id as usize].is_detached = true,
            Move::Call(..) | Move::Send(..) => {}
        }
        next
    }

    fn connect(&mut self, id: u32, parent: u32) {
        let above = self.of_id(parent).life;
        let before = self.contexts.get(id as usize).copied();
        let dead = |known: &Known| known.life == Life::Dead;
        let (life, parents) = match before.filter(|known| !dead(known)) {
            // Where it still lives, the step is skipped.
            Some(known) => (Life::Perhaps, known.parents | 1 << parent),
            None if above == Life::Alive => (Life::Alive, 1 << parent),
            None => (Life::Perhaps, 1 << parent),
        };
        let known = Known { life, parents, is_closed: false, is_cut: false, is_detached: false };
        match self.contexts.get_mut(id as usize) {
            Some(place) => *place = known,
            None => self.contexts.push(known),
        }
    }

    /// The context and all below it may die.
    fn lose(&mut self, id: u32) {
        if self.of_id(id).life == Life::Alive {
            self.contexts[id as usize].life = Life::Perhaps;
        }
        self.lose_below(id);
    }

    fn lose_below(&mut self, id: u32) {
        let mut lost = 1_u64 << id;
        loop {
            let more = (0_u64..).zip(&self.contexts).filter(|(_, known)| known.parents & lost != 0);
            let grown = more.fold(lost, |lost, (place, _)| lost | 1 << place);
            if grown == lost {
                break;
            }
            lost = grown;
        }
        for (place, known) in (0..).zip(&mut self.contexts) {
            if place != id && lost >> place & 1 == 1 && known.life == Life::Alive {
                known.life = Life::Perhaps;
            }
        }
    }
}
