//! SplitMix64 (Steele, Lea and Flood, 2014): a stream of random numbers that is 8 bytes large and costs nothing to begin.
//! Most links carry a handful of messages, so a stream for each direction of each must be cheap.

use rand::TryRng;
use std::convert::Infallible;

/// The golden ratio, in 64 bits behind the point; odd.
const STEP: u64 = 0x9e37_79b9_7f4a_7c15;

/// A stream of random numbers.
#[derive(Clone, Debug)]
pub struct SplitMix64(u64);

impl SplitMix64 {
    /// The stream with this number, of a seed. Each begins where the stream of the seed is after so many numbers, mixed
    /// again: no two are pieces of one another but by chance.
    pub fn new(seed: u64, number: u64) -> Self {
        SplitMix64(mix(mix(seed).wrapping_add(number.wrapping_mul(STEP))))
    }

    /// The next 64 bits.
    #[inline]
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(STEP);
        mix(self.0)
    }
}

/// Stafford's variant 13 of the finaliser of MurmurHash3, as SplitMix64 has it.
#[inline]
const fn mix(mut bits: u64) -> u64 {
    bits = (bits ^ bits >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    bits = (bits ^ bits >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
    bits ^ bits >> 31
}

impl TryRng for SplitMix64 {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        Ok((self.next() >> 32) as u32)
    }

    #[inline]
    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        Ok(self.next())
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
        for chunk in bytes.chunks_mut(8) {
            chunk.copy_from_slice(&self.next().to_le_bytes()[..chunk.len()]);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Proves that the numbers are those of the published generator: the first of the state 0.
    #[test]
    fn numbers_are_the_published_ones() {
        let mut rng = SplitMix64(0);
        assert_eq!([rng.next(), rng.next()], [0xe220_a839_7b1d_cdaf, 0x6e78_9e6a_a1b9_65f4]);
    }
}
