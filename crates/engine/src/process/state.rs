//! The state of a run, as bytes.

use crate::time::Time;

/// Takes in the state of a run: all that decides what will happen, and nothing else.
///
/// Two states with the same bytes have the same future. So the code that writes a part must write everything that can
/// make a difference to anything that is done later, in an order that depends on the part alone, and so that no two different
/// parts give the same bytes: the length of a list comes before its items, and a value that may be missing is written with
/// [`option`](Self::option). Times are written as what is [left](Self::left) of them. What only counts what has happened is
/// left out.
///
/// A writer either keeps the bytes, or compares them with those of another state, which costs no memory.
#[derive(Debug)]
pub struct StateWriter<'b> {
    mode: Mode<'b>,
    is_known: bool,
    has_records: bool,
}

#[derive(Debug)]
enum Mode<'b> {
    Keep(Vec<u8>),
    /// What is left of the other state; `None` once the two differ.
    Compare(Option<&'b [u8]>),
}

impl Default for StateWriter<'_> {
    fn default() -> Self {
        StateWriter { mode: Mode::Keep(Vec::new()), is_known: true, has_records: true }
    }
}

impl<'b> StateWriter<'b> {
    /// A writer that compares what it gets with another state.
    pub fn comparing(other: &'b [u8]) -> Self {
        StateWriter { mode: Mode::Compare(Some(other)), is_known: true, has_records: true }
    }

    /// A writer that keeps the bytes in this memory.
    pub fn in_memory(mut memory: Vec<u8>) -> Self {
        memory.clear();
        StateWriter { mode: Mode::Keep(memory), is_known: true, has_records: true }
    }

    /// The same for those who do not look at records: two states may have the same bytes if they differ only in what will be
    /// recorded, or in which order.
    pub fn without_records(memory: Vec<u8>) -> Self {
        StateWriter { has_records: false, ..StateWriter::in_memory(memory) }
    }

    /// Whether what only shows in records is part of the state.
    pub fn has_records(&self) -> bool {
        self.has_records
    }

    /// The bytes; `None` if a part of the state is unknown.
    ///
    /// # Panics
    /// If the writer compares.
    pub fn into_bytes(self) -> Option<Vec<u8>> {
        match self.mode {
            Mode::Keep(bytes) => self.is_known.then_some(bytes),
            Mode::Compare(_) => panic!("a writer that compares keeps nothing"),
        }
    }

    /// Whether the state is the other one, now that it is written completely.
    pub fn is_equal(&self) -> bool {
        self.is_known && matches!(self.mode, Mode::Compare(Some([])))
    }

    /// Whether the rest of the state no longer matters: it is known to be another one, or a part of it is unknown.
    #[inline]
    pub fn is_decided(&self) -> bool {
        !self.is_known || matches!(self.mode, Mode::Compare(None))
    }

    /// A part of the state cannot be written, or never comes back. The state then equals no other one.
    pub fn unknown(&mut self) {
        self.is_known = false;
    }

    /// Bytes as they are. Their number must follow from what was written before.
    #[inline]
    pub fn raw(&mut self, part: &[u8]) {
        match &mut self.mode {
            Mode::Keep(bytes) => bytes.extend_from_slice(part),
            Mode::Compare(rest) => *rest = rest.and_then(|rest| rest.strip_prefix(part)),
        }
    }

    /// A small number.
    #[inline]
    pub fn u8(&mut self, number: u8) {
        self.raw(&[number]);
    }

    /// A number.
    #[inline]
    pub fn u32(&mut self, number: u32) {
        self.raw(&number.to_le_bytes());
    }

    /// A large number.
    #[inline]
    pub fn u64(&mut self, number: u64) {
        self.raw(&number.to_le_bytes());
    }

    /// Whether something is so.
    #[inline]
    pub fn flag(&mut self, is_so: bool) {
        self.u8(u8::from(is_so));
    }

    /// How many items follow.
    #[inline]
    pub fn len(&mut self, count: usize) {
        self.u64(count as u64);
    }

    /// A number that may be missing.
    #[inline]
    pub fn option(&mut self, number: Option<u32>) {
        self.flag(number.is_some());
        self.u32(number.unwrap_or(0));
    }

    /// How long it is from `now` until `at`; 0 if that is over.
    #[inline]
    pub fn left(&mut self, at: Time, now: Time) {
        self.u64(at.as_ns().saturating_sub(now.as_ns()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn write(state: &mut StateWriter<'_>, items: &[u32]) {
        state.len(items.len());
        items.iter().for_each(|item| state.u32(*item));
    }

    fn bytes(items: &[u32]) -> Vec<u8> {
        let mut state = StateWriter::default();
        write(&mut state, items);
        state.into_bytes().unwrap()
    }

    /// Proves that comparing finds what comparing the bytes finds: equal, longer, shorter, other.
    #[test]
    fn comparing_is_comparing_the_bytes() {
        let lists: [&[u32]; 5] = [&[], &[1], &[1, 2], &[2, 1], &[1, 2, 0]];
        for one in lists {
            for other in lists {
                let kept = bytes(other);
                let mut state = StateWriter::comparing(&kept);
                write(&mut state, one);
                assert_eq!(state.is_equal(), one == other, "{one:?} {other:?}");
                assert!(one == other || bytes(one) != kept);
            }
        }
    }

    /// Proves that a state with an unknown part equals nothing, not even itself, and that a missing number is not 0.
    #[test]
    fn the_unknown_equals_nothing() {
        let mut state = StateWriter::default();
        state.unknown();
        assert_eq!(state.into_bytes(), None);
        let mut state = StateWriter::comparing(&[]);
        assert!(state.is_equal() && !state.is_decided());
        state.unknown();
        assert!(!state.is_equal() && state.is_decided());
        let mut option = StateWriter::default();
        option.option(None);
        let none = option.into_bytes().unwrap();
        let mut other = StateWriter::comparing(&none);
        other.option(Some(0));
        assert!(!other.is_equal() && other.is_decided());
    }
}
