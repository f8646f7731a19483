//! What the steps of a scenario refer to by number, kept once each: names, links, labels.

use super::link::LinkOptions;
use crate::process::{Monitor, Names};
use std::collections::BTreeMap;
use std::num::NonZeroU32;
use std::sync::Arc;

/// The number of the options of a link, in one [`Catalog`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct LinkId(pub u32);

/// The number of a label, in one [`Catalog`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct LabelId(NonZeroU32);

/// What the steps of one scenario refer to.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Catalog {
    /// The names of streams.
    pub names: Names,
    links: Vec<LinkOptions>,
    /// The number of each link but the last.
    link_ids: BTreeMap<LinkOptions, LinkId>,
    labels: Vec<Arc<str>>,
}

impl Catalog {
    /// A number for `options`; equal options have one number.
    pub fn link(&mut self, options: LinkOptions) -> LinkId {
        // Most scenarios have one link, so the map is looked at, and grows, only where the last one does not fit.
        let last = self.links.last().copied();
        let count = u32::try_from(self.links.len()).expect("fewer than 2^32 links");
        if let Some(last) = last {
            if last == options {
                return LinkId(count - 1);
            }
            if let Some(known) = self.link_ids.get(&options) {
                return *known;
            }
            self.link_ids.insert(last, LinkId(count - 1));
        }
        self.links.push(options);
        LinkId(count)
    }

    /// The options that a number stands for.
    ///
    /// # Panics
    /// When the number is another catalog's.
    pub fn link_options(&self, link: LinkId) -> &LinkOptions {
        &self.links[link.0 as usize]
    }

    /// The monitor that a number stands for; `None` where it is the scenario's.
    pub fn monitor(&self, _: LinkId) -> Option<Monitor> {
        None
    }

    /// A number for a label.
    pub fn label(&mut self, text: impl Into<Arc<str>>) -> LabelId {
        self.labels.push(text.into());
        LabelId(u32::try_from(self.labels.len()).ok().and_then(NonZeroU32::new).expect("fewer than 2^32 labels"))
    }

    /// The label that a number stands for.
    ///
    /// # Panics
    /// When the number is another catalog's.
    pub fn label_text(&self, label: LabelId) -> &str {
        &self.labels[label.0.get() as usize - 1]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::Span;

    /// Proves that equal options have one number, whatever came between, and that a number leads back to them.
    #[test]
    fn links_are_kept_once() {
        let mut catalog = Catalog::default();
        let numbers = [1, 1, 2, 1, 3, 2, 3, 1].map(|ms| catalog.link(LinkOptions::constant(Span::from_ms(ms))).0);
        assert_eq!(numbers, [0, 0, 1, 0, 2, 1, 2, 0]);
        assert_eq!(catalog.link_options(LinkId(1)), &LinkOptions::constant(Span::from_ms(2)));
    }
}
