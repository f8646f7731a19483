//! Silences: long pauses between events, which pictures fold so that short bursts stay readable.
//!
//! Sequences, which give each event a row, share one law: a silence is many times as long as the [`usual_pause`]. Time
//! axes share out a width, so each has a law of its own for which of the [`longest_pauses`] are worth a fold; at those
//! pauses it cuts time into [`bursts`].

use super::{Span, Time};
use std::cmp::Reverse;

/// A stretch of virtual time, in nanoseconds: from its begin to its end.
pub type Stretch = (u64, u64);

/// The length of a stretch.
pub fn length((from, to): &Stretch) -> u64 {
    to - from
}

/// The median of the pauses between these times, which must ascend; a pause of no length does not count. `None` if all
/// times are equal.
pub fn usual_pause(times: impl IntoIterator<Item = Time>) -> Option<Span> {
    let mut before = None;
    let pause = |time: Time| before.replace(time).map(|before| time.since(before));
    let mut pauses: Vec<Span> = times.into_iter().filter_map(pause).filter(|pause| *pause > Span::default()).collect();
    let middle = pauses.len() / 2;
    (!pauses.is_empty()).then(|| *pauses.select_nth_unstable(middle).1)
}

/// The pauses of at least `least` between these times, which must ascend: at most `most` of them, the longest first,
/// and of equal ones the earliest first.
pub fn longest_pauses(times: &[u64], least: u64, most: usize) -> Vec<Stretch> {
    let pauses = times.windows(2).map(|pair| (pair[0], pair[1]));
    let mut pauses: Vec<Stretch> = pauses.filter(|pause| length(pause) >= least).collect();
    let rank = |pause: &Stretch| (Reverse(length(pause)), pause.0);
    if pauses.len() > most && most > 0 {
        pauses.select_nth_unstable_by_key(most - 1, rank);
    }
    pauses.truncate(most);
    pauses.sort_unstable_by_key(rank);
    pauses
}

/// What is left of a stretch if these pauses in it are cut out, in order of time.
pub fn bursts((first, last): Stretch, pauses: &[Stretch]) -> Vec<Stretch> {
    let mut pauses = pauses.to_vec();
    pauses.sort_unstable();
    let starts = std::iter::once(first).chain(pauses.iter().map(|pause| pause.1));
    let ends = pauses.iter().map(|pause| pause.0).chain([last]);
    starts.zip(ends).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Proves what the usual pause is: the median, without pauses of no length.
    #[test]
    fn the_usual_pause() {
        let usual = |times: &[u64]| usual_pause(times.iter().map(|ns| Time::from_ns(*ns))).map(Span::as_ns);
        assert_eq!(usual(&[0, 0, 5, 5, 8, 100]), Some(5));
        assert_eq!(usual(&[0, 5, 8]), Some(5));
        assert_eq!(usual(&[7, 7]), None);
        assert_eq!(usual(&[]), None);
    }

    /// Proves which pauses are the longest, in which order, and what they leave.
    #[test]
    fn pauses_and_bursts() {
        let times = [0, 3, 10, 13, 20, 40];
        assert_eq!(longest_pauses(&times, 3, 3), [(20, 40), (3, 10), (13, 20)]);
        assert_eq!(longest_pauses(&times, 4, 9), [(20, 40), (3, 10), (13, 20)]);
        assert_eq!(longest_pauses(&times, 0, 0), []);
        assert_eq!(bursts((0, 40), &[(20, 40), (3, 10)]), [(0, 3), (10, 20), (40, 40)]);
    }
}
