//! Who is below whom among all contexts that ever lived. A question costs as much in a deep tree as in a flat one.

use crate::link::Incarnation;

/// The lives in an order in which everything below a life directly follows it.
#[derive(Clone, Debug, Default)]
pub(super) struct Descent {
    places: Vec<u32>,
    /// The lives, by place.
    order: Vec<Incarnation>,
    /// How many lives each branch has, including the one at its top.
    sizes: Vec<u32>,
    /// The children of each life, in that order.
    children: Vec<Vec<Incarnation>>,
}

impl Descent {
    /// The descent of lives, given their parents. Lives are numbered as they begin, so each comes after its parent.
    pub fn of(lives: &[Option<Incarnation>]) -> Self {
        let mut descent = Descent {
            places: vec![0; lives.len()],
            order: vec![Incarnation::MASTER; lives.len()],
            sizes: vec![1; lives.len()],
            children: vec![Vec::new(); lives.len()],
        };
        let parents = || lives.iter().enumerate().filter_map(|(life, kept)| Some((life, (*kept)?.index())));
        for (life, parent) in parents() {
            descent.children[parent].push(Incarnation(life as u32));
        }
        for (life, parent) in parents().collect::<Vec<_>>().into_iter().rev() {
            descent.sizes[parent] += descent.sizes[life];
        }
        // The place of the next child of each life.
        let mut next = vec![1; lives.len()];
        for (life, parent) in parents() {
            descent.places[life] = next[parent];
            next[life] = next[parent] + 1;
            next[parent] += descent.sizes[life];
            descent.order[descent.places[life] as usize] = Incarnation(life as u32);
        }
        descent
    }

    /// All lives below a context. Their places follow its own.
    pub fn below(&self, context: Incarnation) -> &[Incarnation] {
        let (place, size) = (self.places[context.index()] as usize, self.sizes[context.index()] as usize);
        &self.order[place + 1..place + size]
    }

    /// The child of `context` that leads to `other`, if that is below it.
    pub fn child_towards(&self, context: Incarnation, other: Incarnation) -> Option<Incarnation> {
        let (from, place) = (self.places[context.index()], self.places[other.index()]);
        if place <= from || place - from >= self.sizes[context.index()] {
            return None;
        }
        let children = &self.children[context.index()];
        let after = children.partition_point(|child| self.places[child.index()] <= place);
        children[..after].last().copied()
    }
}
