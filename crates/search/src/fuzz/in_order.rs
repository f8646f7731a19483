//! What threads send, in the order of its numbers.

use std::collections::BTreeMap;
use std::sync::mpsc::Receiver;

/// What is received, in the order of the numbers that it comes with, which count from 0. What comes early is kept until its
/// turn.
pub fn in_order<T>(receiver: Receiver<(u64, T)>) -> impl Iterator<Item = T> {
    let (mut early, mut next) = (BTreeMap::new(), 0);
    std::iter::from_fn(move || {
        loop {
            if let Some(found) = early.remove(&next) {
                next += 1;
                return Some(found);
            }
            let (number, found) = receiver.recv().ok()?;
            early.insert(number, found);
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc::channel;

    /// Proves that nothing overtakes, and that nothing comes after a gap.
    #[test]
    fn nothing_overtakes() {
        let (sender, receiver) = channel();
        for number in [2, 0, 1, 4, 3, 6] {
            sender.send((number, number * 10)).unwrap();
        }
        drop(sender);
        assert_eq!(in_order(receiver).collect::<Vec<_>>(), [0, 10, 20, 30, 40]);
    }
}
