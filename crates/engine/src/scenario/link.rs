//! The options of a link: its latency, its bandwidth, and when its ends give up on silence.

use super::latency::Latency;
use crate::draw::Distribution;
use crate::time::Span;
use std::fmt;

/// The options of a link.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LinkOptions {
    /// How long each item takes. Items keep their order.
    pub latency: Latency,
    /// How fast frames get onto the wire; `None` for at once.
    pub bandwidth: Option<Bandwidth>,
    /// When an end gives up on a silent link; `None` for never.
    pub keepalive: Option<Keepalive>,
}

impl LinkOptions {
    /// A link with a constant latency.
    pub const fn constant(latency: Span) -> Self {
        LinkOptions { latency: Latency::Model(Distribution::Constant(latency)), bandwidth: None, keepalive: None }
    }
}

/// Bits per second, in each direction.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Bandwidth(pub u64);

/// The units of a bandwidth, largest first, in bits per second.
const BANDWIDTH_UNITS: [(&str, u64); 4] = [("Gbit", 1_000_000_000), ("Mbit", 1_000_000), ("kbit", 1_000), ("bit", 1)];

impl Bandwidth {
    /// Reads a whole number and a unit, such as `10Mbit`: bits per second.
    ///
    /// # Errors
    /// What is wrong with the text.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        let digits = text.bytes().take_while(u8::is_ascii_digit).count();
        let (number, unit) = text.split_at(digits);
        let number: u64 = number.parse().map_err(|_| "it must be a whole number and a unit")?;
        let unit =
            BANDWIDTH_UNITS.iter().find(|(name, _)| *name == unit).ok_or("the units are bit, kbit, Mbit and Gbit")?;
        let bits = number.checked_mul(unit.1).ok_or("it is too large")?;
        if bits == 0 { Err("it must not be zero") } else { Ok(Bandwidth(bits)) }
    }

    /// How long a frame of this many bytes takes to get onto the wire, rounded up.
    pub fn span_of(self, bytes: u64) -> Span {
        let ns = (u128::from(bytes) * 8 * 1_000_000_000).div_ceil(u128::from(self.0));
        Span::from_ns(u64::try_from(ns).unwrap_or(u64::MAX))
    }
}

impl fmt::Display for Bandwidth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (unit, bits) =
            BANDWIDTH_UNITS.iter().find(|(_, bits)| self.0.is_multiple_of(*bits)).expect("1 divides all");
        write!(f, "{}{unit}", self.0 / bits)
    }
}

/// An end closes the link after `interval` times `count` without a message or an answer to its probes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Keepalive {
    /// The time between two probes.
    pub interval: Span,
    /// How many probes in a row may go unanswered.
    pub count: u32,
}

impl Keepalive {
    /// The longest silence of a link.
    pub fn window(self) -> Span {
        Span::from_ns(self.interval.as_ns().saturating_mul(u64::from(self.count)))
    }
}

/// The keepalives of Mitogen's ssh connections, with their names in files. Other transports (sudo, docker, local, ...)
/// have none.
pub const KEEPALIVE_PRESETS: [(&str, Keepalive); 2] = [
    // ServerAliveInterval 15, ServerAliveCountMax 3: mitogen/ssh.py, all revisions.
    ("library", Keepalive { interval: Span::from_ms(15_000), count: 3 }),
    // 30 x 10: ansible_mitogen since 3620fce0 (#593).
    ("ansible", Keepalive { interval: Span::from_ms(30_000), count: 10 }),
];

/// Typical links, with their names in files. The latency is one way: half of a round trip.
pub const LINK_PRESETS: [(&str, LinkOptions); 5] = [
    // A pipe to a process on the same machine: well below a millisecond there and back.
    ("local-pipe", LinkOptions::constant(Span::from_ns(100_000))),
    // Half a millisecond there and back within a data centre.
    ("lan", LinkOptions::constant(Span::from_ns(250_000))),
    // 26 ms: London to Paris, the example of Mitogen's documentation.
    ("rtt-26ms", LinkOptions::constant(Span::from_ms(13))),
    // 250 ms, from the same documentation.
    ("rtt-250ms", LinkOptions::constant(Span::from_ms(125))),
    // 400 ms: London to India, from the same documentation.
    ("rtt-400ms", LinkOptions::constant(Span::from_ms(200))),
];

#[cfg(test)]
mod tests {
    use super::*;

    /// Proves that a bandwidth is read exactly, and means a time for each frame.
    #[test]
    fn bandwidths_are_read_and_used() {
        assert_eq!(Bandwidth::parse("10Mbit"), Ok(Bandwidth(10_000_000)));
        assert_eq!(Bandwidth(10_000_000).span_of(1_250_000), Span::from_ms(1_000));
        assert_eq!(Bandwidth(3).span_of(1), Span::from_ns(2_666_666_667));
        assert_eq!(Bandwidth(10_500_000).to_string(), "10500kbit");
        for wrong in ["", "Mbit", "10", "10MB", "0bit", "1.5Mbit", "99999999999999Gbit", "-1bit"] {
            assert!(Bandwidth::parse(wrong).is_err(), "{wrong}");
        }
    }
}
