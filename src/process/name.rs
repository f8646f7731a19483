//! The names that travel in route announcements. Each text is kept once.
//!
//! A [`Name`] also carries a small *mark*, a number for the protocol to use. Mitogen's port counts in it how often a
//! release mangled the name on its way, so the mangled text is only made where somebody reads it.

use super::ids::ContextId;
use std::borrow::Cow;
use std::num::NonZeroU32;

/// A name from one [`Names`]: which text it is, and a mark. Never empty: an empty name is sent as no name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Name(NonZeroU32);

/// How many bits of a [`Name`] are its mark.
const MARK_BITS: u32 = 6;

impl Name {
    /// The name of a context that the scenario gives none: `ctx.ID`, with the id that the route is for.
    pub const OF_CONTEXT: Name = Name(NonZeroU32::new(1 << MARK_BITS).expect("not zero"));

    /// The largest mark.
    pub const MARK_MAX: u8 = (1 << MARK_BITS) - 1;

    /// The same name with another mark.
    ///
    /// # Panics
    /// If `mark` is larger than [`Name::MARK_MAX`].
    pub fn with_mark(self, mark: u8) -> Self {
        assert!(mark <= Name::MARK_MAX, "a mark has six bits");
        let place = self.0.get() & !u32::from(Name::MARK_MAX);
        Name(NonZeroU32::new(place | u32::from(mark)).expect("a name has a place"))
    }

    /// Its mark; 0 unless a protocol has set one.
    pub fn mark(self) -> u8 {
        (self.0.get() & u32::from(Name::MARK_MAX)) as u8
    }

    /// A number that no other name of the same [`Names`] has, or the same name with another mark.
    pub fn number(self) -> u32 {
        self.0.get()
    }

    /// Where the text is in [`Names`]; `None` for [`Name::OF_CONTEXT`].
    fn place(self) -> Option<usize> {
        (self.0.get() >> MARK_BITS).checked_sub(2).map(|place| place as usize)
    }
}

/// All names of a scenario, one after another in one text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Names {
    text: String,
    /// Where each name ends; it begins where the one before ends.
    ends: Vec<u32>,
}

impl Names {
    /// A [`Name`] for `text`, or `None` if `text` is empty. Equal texts get different names.
    ///
    /// # Panics
    /// If there are more than 67 million names, or 4 GiB of them.
    pub fn intern(&mut self, text: impl AsRef<str>) -> Option<Name> {
        let text = text.as_ref();
        if text.is_empty() {
            return None;
        }
        let place = u32::try_from(self.ends.len() + 2).ok().filter(|place| place.leading_zeros() >= MARK_BITS);
        self.text.push_str(text);
        self.ends.push(u32::try_from(self.text.len()).expect("less than 4 GiB of names"));
        NonZeroU32::new(place.expect("fewer than 2^26 names") << MARK_BITS).map(Name)
    }

    /// How many bytes all names have together.
    pub fn len_in_bytes(&self) -> usize {
        self.text.len()
    }

    /// The text that the name of `target` was given, whatever its mark.
    pub fn original(&self, name: Name, target: ContextId) -> Cow<'_, str> {
        match name.place() {
            Some(place) => Cow::Borrowed(self.at(place)),
            None => Cow::Owned(format!("ctx.{target}")),
        }
    }

    /// Appends the bytes of [`original`](Self::original) to `out`.
    pub fn write_original(&self, name: Name, target: ContextId, out: &mut Vec<u8>) {
        match name.place() {
            Some(place) => out.extend_from_slice(self.at(place).as_bytes()),
            None => {
                out.extend_from_slice(b"ctx.");
                write_decimal(target.0, out);
            }
        }
    }

    fn at(&self, place: usize) -> &str {
        let start = if place == 0 { 0 } else { self.ends[place - 1] as usize };
        &self.text[start..self.ends[place] as usize]
    }
}

/// Writes what `Display` would, at a fraction of the cost: a digest takes in one number for each ADD_ROUTE.
fn write_decimal(number: u32, out: &mut Vec<u8>) {
    let mut digits = [0; 10];
    let (mut start, mut rest) = (digits.len(), number);
    loop {
        start -= 1;
        digits[start] = b'0' + (rest % 10) as u8;
        rest /= 10;
        if rest == 0 {
            break;
        }
    }
    out.extend_from_slice(&digits[start..]);
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Proves that a mark does not change the text, and that an empty text has no name.
    #[test]
    fn marks_leave_the_text_alone() {
        let (mut names, id) = (Names::default(), ContextId(7));
        let web = names.intern("web").unwrap();
        assert_eq!((web.mark(), web.with_mark(63).with_mark(5).mark()), (0, 5));
        assert_eq!(names.original(web.with_mark(9), id), "web");
        assert_eq!(names.original(Name::OF_CONTEXT.with_mark(1), id), "ctx.7");
        assert_eq!(names.intern(""), None);
    }

    /// Proves that the appended bytes are those of the original text, for numbers of every length.
    #[test]
    fn originals_are_written_as_they_are() {
        let mut names = Names::default();
        let web = names.intern("wéb").unwrap();
        for id in [0, 9, 10, 4_096, 99_999, 1_234_567_890, u32::MAX].map(ContextId) {
            for name in [web, Name::OF_CONTEXT] {
                let mut out = b"before".to_vec();
                names.write_original(name, id, &mut out);
                assert_eq!(out, format!("before{}", names.original(name, id)).as_bytes());
            }
        }
    }
}
