//! A set of places that is asked for its n-th member: who lives, while churn is drawn.

/// A set of places from 0 up. Adding, removing and finding the n-th take logarithmic time; each place takes a bit.
#[derive(Clone, Debug, Default)]
pub struct Living {
    /// Which places are in the set, 64 to a word.
    words: Vec<u64>,
    /// A Fenwick tree: node n, from 1, counts the members in the words from n - (n & -n) up to n.
    counts: Vec<u32>,
    places: usize,
    len: usize,
}

impl Living {
    /// The set of the places at which `members` are true. It takes linear time.
    pub fn of(members: impl Iterator<Item = bool>) -> Self {
        let mut living = Living::default();
        for is_member in members {
            if living.places.is_multiple_of(64) {
                living.words.push(0);
            }
            living.words[living.places / 64] |= u64::from(is_member) << (living.places % 64);
            living.places += 1;
            living.len += usize::from(is_member);
        }
        living.counts = living.words.iter().map(|word| word.count_ones()).collect();
        for node in 1..=living.counts.len() {
            let count = living.counts[node - 1];
            if let Some(above) = living.counts.get_mut(node + lowest_bit(node) - 1) {
                *above += count;
            }
        }
        living
    }

    /// How many members the set has.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether a place is in the set.
    pub fn has(&self, place: usize) -> bool {
        self.words.get(place / 64).is_some_and(|word| word >> (place % 64) & 1 == 1)
    }

    /// Goes on to the next place, which is in the set or not.
    pub fn push(&mut self, is_member: bool) {
        if self.places.is_multiple_of(64) {
            self.words.push(0);
            let node = self.words.len();
            let (mut count, mut below) = (0, node - 1);
            while below > node - lowest_bit(node) {
                count += self.counts[below - 1];
                below -= lowest_bit(below);
            }
            self.counts.push(count);
        }
        let place = self.places;
        self.places += 1;
        if is_member {
            self.words[place / 64] |= 1 << (place % 64);
            self.len += 1;
            self.count(place, |count| count + 1);
        }
    }

    /// Removes a place; whether it was in the set.
    pub fn remove(&mut self, place: usize) -> bool {
        let was_member = self.has(place);
        if was_member {
            self.words[place / 64] &= !(1 << (place % 64));
            self.len -= 1;
            self.count(place, |count| count - 1);
        }
        was_member
    }

    fn count(&mut self, place: usize, change: impl Fn(u32) -> u32) {
        let mut node = place / 64 + 1;
        while let Some(count) = self.counts.get_mut(node - 1) {
            *count = change(*count);
            node += lowest_bit(node);
        }
    }

    /// The member number `n` from 0, in ascending order.
    ///
    /// # Panics
    /// If there are not so many.
    pub fn nth(&self, n: usize) -> usize {
        assert!(n < self.len, "there are so many members");
        let (mut word, mut rest) = (0, n);
        let mut step = self.counts.len().next_power_of_two();
        while step > 0 {
            if let Some(count) = self.counts.get(word + step - 1)
                && *count as usize <= rest
            {
                rest -= *count as usize;
                word += step;
            }
            step /= 2;
        }
        let mut bits = self.words[word];
        (0..rest).for_each(|_| bits &= bits - 1);
        word * 64 + bits.trailing_zeros() as usize
    }
}

fn lowest_bit(node: usize) -> usize {
    node & node.wrapping_neg()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        /// Proves that the set has the members that a plain list has, in the same order.
        #[test]
        fn the_nth_is_that_of_a_list(
            start in prop::collection::vec(any::<bool>(), 0..600),
            steps in prop::collection::vec((0_u8..4, any::<usize>()), 0..600),
        ) {
            let mut living = Living::of(start.iter().copied());
            let mut list: Vec<usize> = (0..start.len()).filter(|place| start[*place]).collect();
            let mut places = start.len();
            for (kind, number) in steps {
                match kind {
                    0 if !list.is_empty() => {
                        let place = list.remove(number % list.len());
                        prop_assert!(living.remove(place));
                        prop_assert!(!living.remove(place));
                    }
                    kind => {
                        living.push(kind != 1);
                        list.extend((kind != 1).then_some(places));
                        places += 1;
                    }
                }
                prop_assert_eq!(living.len(), list.len());
                if let Some(n) = number.checked_rem(list.len()) {
                    prop_assert_eq!(living.nth(n), list[n]);
                }
            }
        }
    }
}
