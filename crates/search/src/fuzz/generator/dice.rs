//! Small draws from the one stream of a seed: half a word each, by a multiplication, without retries.

use crate::draw;
use rand::Rng;
use rand_chacha::ChaCha8Rng;
use std::collections::BTreeMap;

/// The stream of a seed.
pub struct Dice(ChaCha8Rng);

impl Dice {
    pub fn new(seed: u64) -> Self {
        Dice(draw::stream(seed, "fuzz", 0))
    }

    /// A number below `end`, each as likely as any other (to `end` parts in 2^32).
    pub fn below(&mut self, end: u32) -> u32 {
        assert!(end > 0, "there is a number to draw");
        let product = u64::from(self.0.next_u32()) * u64::from(end);
        (product >> 32) as u32
    }

    /// A number from `min` to `max`.
    pub fn between(&mut self, min: u32, max: u32) -> u32 {
        min + self.below(max - min + 1)
    }

    /// True in `chance` of 100 cases.
    pub fn percent(&mut self, chance: u32) -> bool {
        self.below(100) < chance
    }

    /// One of these.
    pub fn pick<T: Copy>(&mut self, all: &[T]) -> T {
        all[self.below(u32::try_from(all.len()).expect("a short list")) as usize]
    }

    /// One of these by their weights, which must not all be 0.
    pub fn weighted<T>(&mut self, all: impl Iterator<Item = (T, u32)> + Clone) -> T {
        let total = all.clone().map(|(_, weight)| weight).sum();
        let mut place = self.below(total);
        for (item, weight) in all {
            match place.checked_sub(weight) {
                Some(rest) => place = rest,
                None => return item,
            }
        }
        unreachable!("the place is below the sum")
    }

    /// One of these by their weights, which must not all be 0.
    pub fn weighted_key<K: Copy>(&mut self, all: &BTreeMap<K, u32>) -> K {
        self.weighted(all.iter().map(|(key, weight)| (*key, *weight)))
    }

    /// Shuffles these.
    pub fn shuffle<T>(&mut self, all: &mut [T]) {
        for end in (2..=all.len()).rev() {
            let place = self.below(u32::try_from(end).expect("a short list")) as usize;
            all.swap(end - 1, place);
        }
    }
}
