//! The names that travel in route announcements, and the texts that a protocol sends. Each text is kept once.
//!
//! A [`Name`] also carries a small *mark*, a number for the protocol to use. Mitogen's port counts in it how often a
//! release mangled the name on its way, so the mangled text is only made where somebody reads it.

use super::ids::ContextId;
use std::borrow::Cow;
use std::collections::HashMap;
use std::num::NonZeroU32;
use std::ops::Range;
use std::sync::{Arc, OnceLock, PoisonError, RwLock};

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

    /// Whether the text is that of [`Name::OF_CONTEXT`], whatever the mark.
    pub fn is_of_context(self) -> bool {
        self.place().is_none()
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

/// Names from here on are those that a run has added.
const LATER: usize = 1 << 25;

/// How many bytes a run can add.
const LATER_BYTES_MAX: usize = 1 << 30;

/// All names of a scenario, one after another in one text, and whatever texts its runs have added.
#[derive(Clone, Debug, Default)]
pub struct Names {
    text: String,
    /// Where each name ends; it begins where the one before ends.
    ends: Vec<u32>,
    later: OnceLock<Box<Later>>,
}

/// Two are equal if the names of their scenarios are.
impl PartialEq for Names {
    fn eq(&self, other: &Self) -> bool {
        (&self.text, &self.ends) == (&other.text, &other.ends)
    }
}

impl Eq for Names {}

impl Names {
    /// How many bytes the names of the scenario take together.
    pub fn bytes(&self) -> usize {
        self.text.len()
    }

    /// Whether every name and every text has the same number in both, those that runs have added included.
    pub fn are_same(&self, other: &Names) -> bool {
        let later = |names: &Names| {
            let later = names.later.get();
            later.map_or_else(Vec::new, |later| later.0.read().unwrap_or_else(PoisonError::into_inner).all.clone())
        };
        self == other && later(self) == later(other)
    }
}

/// Texts that were added while a run went on.
#[derive(Debug, Default)]
struct Later(RwLock<Texts>);

#[derive(Clone, Debug, Default)]
struct Texts {
    all: Vec<Arc<str>>,
    /// Looked up, never walked.
    places: HashMap<Arc<str>, usize>,
    bytes: usize,
}

impl Clone for Later {
    fn clone(&self) -> Self {
        Later(RwLock::new(self.0.read().unwrap_or_else(PoisonError::into_inner).clone()))
    }
}

impl Names {
    /// A [`Name`] for `text`, or `None` if `text` is empty. Equal texts get different names.
    ///
    /// # Panics
    /// If there are more than 33 million names, or 4 GiB of them.
    pub fn intern(&mut self, text: impl AsRef<str>) -> Option<Name> {
        let text = text.as_ref();
        if text.is_empty() {
            return None;
        }
        let place = Some(self.ends.len()).filter(|place| *place < LATER - 2).map(|place| place as u32 + 2);
        self.text.push_str(text);
        self.ends.push(u32::try_from(self.text.len()).expect("less than 4 GiB of names"));
        NonZeroU32::new(place.expect("fewer than 2^25 names") << MARK_BITS).map(Name)
    }

    /// A [`Name`] for a text that comes up during a run, or `None` if `text` is empty. Equal texts get the same name. Its
    /// number depends on what was added before, in this run or in another one of the same scenario, so nothing may depend on
    /// it but the text.
    ///
    /// # Errors
    /// If that would be too much: a GiB, or 33 million texts.
    pub fn intern_later(&self, text: &str) -> Result<Option<Name>, TooManyTexts> {
        if text.is_empty() {
            return Ok(None);
        }
        let name = |index: usize| {
            let place = u32::try_from(LATER + index).expect("fewer than 2^26 names");
            Ok(NonZeroU32::new(place << MARK_BITS).map(Name))
        };
        let later = &self.later.get_or_init(Box::default).0;
        if let Some(index) = later.read().unwrap_or_else(PoisonError::into_inner).places.get(text) {
            return name(*index);
        }
        let mut texts = later.write().unwrap_or_else(PoisonError::into_inner);
        if let Some(index) = texts.places.get(text) {
            return name(*index);
        }
        let index = texts.all.len();
        if texts.bytes + text.len() > LATER_BYTES_MAX || index >= LATER - 2 {
            return Err(TooManyTexts);
        }
        let text: Arc<str> = text.into();
        texts.bytes += text.len();
        texts.all.push(text.clone());
        texts.places.insert(text, index);
        name(index)
    }

    /// How many bytes the names of the scenario have together.
    pub fn len_in_bytes(&self) -> usize {
        self.text.len()
    }

    /// The text that the name of `target` was given, whatever its mark.
    pub fn original(&self, name: Name, target: ContextId) -> Cow<'_, str> {
        match name.place() {
            Some(place) if place + 2 >= LATER => Cow::Owned(self.later_at(place).to_string()),
            Some(place) => Cow::Borrowed(self.at(place)),
            None => Cow::Owned(format!("ctx.{target}")),
        }
    }

    /// How many bytes [`original`](Self::original) has.
    pub fn original_len(&self, name: Name, target: ContextId) -> u64 {
        match name.place() {
            None => "ctx.".len() as u64 + target.digits(),
            Some(place) if place + 2 >= LATER => self.later_at(place).len() as u64,
            Some(place) => self.range(place).len() as u64,
        }
    }

    fn later_at(&self, place: usize) -> Arc<str> {
        let later = self.later.get().expect("the name is from here");
        later.0.read().unwrap_or_else(PoisonError::into_inner).all[place + 2 - LATER].clone()
    }

    fn at(&self, place: usize) -> &str {
        &self.text[self.range(place)]
    }

    fn range(&self, place: usize) -> Range<usize> {
        let start = if place == 0 { 0 } else { self.ends[place - 1] as usize };
        start..self.ends[place] as usize
    }
}

/// The longest text of [`Name::OF_CONTEXT`], in bytes.
pub const OF_CONTEXT_MAX: usize = "ctx.4294967295".len();

/// Writes `ctx.ID` at the start of `text`. Returns its length. A digest takes this in for almost every announcement.
#[inline]
pub fn write_of_context(id: ContextId, text: &mut [u8; OF_CONTEXT_MAX]) -> usize {
    const START: usize = "ctx.".len();
    text[..START].copy_from_slice(b"ctx.");
    // Most ids are small.
    if id.0 < 100 {
        let [tens, ones] = [id.0 / 10, id.0 % 10].map(|digit| b'0' + digit as u8);
        let has_tens = id.0 >= 10;
        text[START] = if has_tens { tens } else { ones };
        text[START + 1] = ones;
        return START + 1 + usize::from(has_tens);
    }
    let len = START + id.digits() as usize;
    let mut rest = id.0;
    for digit in text[START..len].iter_mut().rev() {
        *digit = b'0' + (rest % 10) as u8;
        rest /= 10;
    }
    len
}

/// The runs of a scenario have added more texts than memory is meant to hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooManyTexts;

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

    /// Proves that texts of a run are found again, are no names of the scenario, and can be read whatever the mark.
    #[test]
    fn texts_of_a_run_are_kept_apart() {
        let (mut names, id) = (Names::default(), ContextId(7));
        let web = names.intern("web").unwrap();
        let later = names.intern_later("web").unwrap().unwrap();
        let other = names.intern_later("öl").unwrap().unwrap();
        assert_eq!(names.intern_later("web").unwrap(), Some(later));
        assert!(web != later && later != other);
        assert_eq!((names.original(later, id), names.original(other.with_mark(3), id)), ("web".into(), "öl".into()));
        assert_eq!((names.original_len(later, id), names.original_len(other, id)), (3, 3));
        assert_eq!(names.intern_later(""), Ok(None));
        let copy = names.clone();
        assert_eq!((copy.original(other, id), &copy), ("öl".into(), &names));
    }

    /// Proves that the name of a context is written as it is spelt, for numbers of every length.
    #[test]
    fn names_of_contexts_are_written_as_they_are() {
        let names = Names::default();
        for id in [0, 9, 10, 99, 100, 4_096, 99_999, 1_234_567_890, u32::MAX].map(ContextId) {
            let mut text = [0; OF_CONTEXT_MAX];
            let len = write_of_context(id, &mut text);
            let original = names.original(Name::OF_CONTEXT, id);
            assert_eq!(&text[..len], original.as_bytes());
            assert_eq!(names.original_len(Name::OF_CONTEXT, id), len as u64);
        }
    }
}
