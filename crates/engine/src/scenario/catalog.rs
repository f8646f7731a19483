//! What the steps of a scenario refer to by number: names, links with their lists, and labels, each stored once.

use super::latency::{Latency, ListId, Lists, without_repeats};
use super::link::LinkOptions;
use crate::draw::Distribution;
use crate::process::{Monitor, Names};
use crate::time::Span;
use rustc_hash::FxHashMap;
use std::collections::BTreeMap;
use std::num::NonZeroU32;
use std::sync::Arc;

/// The number of what a connect sets up, in one [`Catalog`]: the options of a link, and the monitor of the child.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LinkId(pub u32);

/// The number of a label, in one [`Catalog`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct LabelId(NonZeroU32);

/// The names, links and labels of one scenario.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Catalog {
    /// The names of streams.
    pub names: Names,
    links: Vec<LinkOptions>,
    /// The monitors of children that do not run the scenario's.
    monitors: BTreeMap<LinkId, Monitor>,
    /// The number of each link but the last. It is only asked, never walked.
    link_ids: FxHashMap<(LinkOptions, Option<Monitor>), LinkId>,
    labels: Vec<Arc<str>>,
    /// The lists of latencies.
    lists: Vec<Arc<[Span]>>,
    /// The number of each list. It is only asked, never walked.
    list_ids: FxHashMap<Arc<[Span]>, ListId>,
}

impl Catalog {
    /// A number for a link to a child that runs the monitor of the scenario; equal options have one number.
    pub fn link(&mut self, options: LinkOptions) -> LinkId {
        self.link_under(options, None)
    }

    /// A number for a link to a child that runs `monitor`, or the monitor of the scenario; equal pairs have one number.
    pub fn link_under(&mut self, options: LinkOptions, monitor: Option<Monitor>) -> LinkId {
        // Most scenarios have one link, so the map is read, and grows, only where the last one does not fit.
        let count = u32::try_from(self.links.len()).expect("fewer than 2^32 links");
        if let Some(last_options) = self.links.last().copied() {
            let last_id = LinkId(count - 1);
            let last = (last_options, self.monitor(last_id));
            if last == (options, monitor) {
                return last_id;
            }
            if let Some(known) = self.link_ids.get(&(options, monitor)) {
                return *known;
            }
            self.link_ids.insert(last, last_id);
        }
        self.links.push(options);
        let id = LinkId(count);
        if let Some(monitor) = monitor {
            self.monitors.insert(id, monitor);
        }
        id
    }

    /// A number for a link with other options than `link`, to a child that runs the same monitor.
    pub fn link_like(&mut self, link: LinkId, options: LinkOptions) -> LinkId {
        self.link_under(options, self.monitor(link))
    }

    /// The options that a number stands for.
    ///
    /// # Panics
    /// If the number is from another catalog.
    pub fn link_options(&self, link: LinkId) -> &LinkOptions {
        &self.links[link.0 as usize]
    }

    /// The number of a list of latencies; lists that mean the same have one number.
    ///
    /// # Panics
    /// If the list is empty, or a latency is zero.
    pub(super) fn list(&mut self, latencies: &[Span]) -> ListId {
        assert!(!latencies.is_empty(), "a list of latencies must not be empty");
        assert!(!latencies.contains(&Span::default()), "a latency must not be zero");
        let list = without_repeats(latencies);
        if let Some(known) = self.list_ids.get(list) {
            return *known;
        }
        let (list, id) = (Arc::from(list), u32::try_from(self.lists.len()).expect("fewer than 2^32 lists"));
        self.lists.push(Arc::clone(&list));
        self.list_ids.insert(list, ListId(id));
        ListId(id)
    }

    /// Whether there is a list of latencies.
    pub fn has_lists(&self) -> bool {
        !self.lists.is_empty()
    }

    /// The latencies of a list.
    ///
    /// # Panics
    /// If the number is from another catalog.
    pub fn latencies(&self, list: ListId) -> &Arc<[Span]> {
        &self.lists[list.0 as usize]
    }

    /// A latency by lists: the n-th item of a direction takes the n-th latency of its list, and the last one goes on.
    ///
    /// ```
    /// # use treequake_engine as treequake;
    /// use treequake::scenario::{Catalog, latency::Lists, link::LinkOptions};
    /// use treequake::time::Span;
    ///
    /// let mut catalog = Catalog::default();
    /// let [fast, slow] = [1, 20].map(Span::from_ms);
    /// let latency = catalog.listed(Lists { down: &[fast], up: &[fast, slow] });
    /// let link = catalog.link(LinkOptions { latency, ..LinkOptions::constant(fast) });
    /// assert_eq!(catalog.link_options(link).latency, latency);
    /// ```
    ///
    /// # Panics
    /// If a list is empty, or a latency is zero.
    pub fn listed(&mut self, lists: Lists<&[Span]>) -> Latency {
        let lists = lists.map(|list| self.list(list));
        self.by_lists(lists)
    }

    /// A latency by lists of this catalog. Two lists of one and the same latency are a constant.
    pub(super) fn by_lists(&self, lists: Lists<ListId>) -> Latency {
        match **self.latencies(lists.down) {
            [only] if lists.down == lists.up => Distribution::Constant(only).into(),
            _ => Latency::Listed(lists),
        }
    }

    /// A number for a link of another catalog, to a child that runs the same monitor.
    pub fn link_of(&mut self, other: &Catalog, link: LinkId) -> LinkId {
        let mut options = *other.link_options(link);
        if let Latency::Listed(lists) = options.latency {
            options.latency = self.listed(lists.map(|list| &**other.latencies(list)));
        }
        self.link_under(options, other.monitor(link))
    }

    /// Whether the latencies of messages are drawn on some link.
    pub fn draws_latencies(&self) -> bool {
        self.links.iter().any(|link| link.latency.is_drawn())
    }

    /// Whether an end of some link gives up after a silence.
    pub fn has_keepalives(&self) -> bool {
        self.links.iter().any(|link| link.keepalive.is_some())
    }

    /// The monitor that the child of a link runs; `None` for the monitor of the scenario.
    pub fn monitor(&self, link: LinkId) -> Option<Monitor> {
        self.monitors.get(&link).copied()
    }

    /// From now on, every child runs the monitor of the scenario.
    pub fn forget_monitors(&mut self) {
        self.monitors.clear();
    }

    /// A number for a label.
    pub fn label(&mut self, text: impl Into<Arc<str>>) -> LabelId {
        self.labels.push(text.into());
        LabelId(u32::try_from(self.labels.len()).ok().and_then(NonZeroU32::new).expect("fewer than 2^32 labels"))
    }

    /// The label that a number stands for.
    ///
    /// # Panics
    /// If the number is from another catalog.
    pub fn label_text(&self, label: LabelId) -> &str {
        &self.labels[label.0.get() as usize - 1]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::monitors;

    /// Proves that equal options have one number, whatever came between, and that a number leads back to them.
    #[test]
    fn links_are_kept_once() {
        let mut catalog = Catalog::default();
        let numbers = [1, 1, 2, 1, 3, 2, 3, 1].map(|ms| catalog.link(LinkOptions::constant(Span::from_ms(ms))).0);
        assert_eq!(numbers, [0, 0, 1, 0, 2, 1, 2, 0]);
        assert_eq!(catalog.link_options(LinkId(1)), &LinkOptions::constant(Span::from_ms(2)));
    }

    /// Proves that a link and a monitor have one number together, and that links without a monitor keep theirs.
    #[test]
    fn monitors_are_kept_with_links() {
        let mut catalog = Catalog::default();
        let ms = |ms| LinkOptions::constant(Span::from_ms(ms));
        let (old, new) = (Some(monitors::all()[0]), Some(monitors::default()));
        let pairs = [(1, None), (1, old), (1, None), (2, old), (1, new), (1, old), (1, new), (1, None)];
        let numbers = pairs.map(|(latency, monitor)| catalog.link_under(ms(latency), monitor));
        assert_eq!(numbers.map(|link| link.0), [0, 1, 0, 2, 3, 1, 3, 0]);
        assert_eq!(
            numbers.map(|link| (*catalog.link_options(link), catalog.monitor(link))),
            pairs.map(|(l, m)| (ms(l), m))
        );
        assert_eq!(catalog.link(ms(1)), LinkId(0));
        assert_eq!(catalog.link_like(LinkId(3), ms(2)), LinkId(4));
        assert_eq!((catalog.monitor(LinkId(4)), catalog.link(ms(2))), (new, LinkId(5)));
    }

    /// Proves that lists that mean the same have one number, that two lists of one latency are a constant, and that a link
    /// with lists is the same in another catalog.
    #[test]
    fn lists_are_kept_once() {
        let [a, b] = [1, 20].map(Span::from_ms);
        let mut catalog = Catalog::default();
        let latency = catalog.listed(Lists { down: &[b, b], up: &[a, b] });
        assert_eq!(latency, catalog.listed(Lists { down: &[b], up: &[a, b, b] }));
        assert_eq!(catalog.listed(Lists { down: &[a, a], up: &[a] }), LinkOptions::constant(a).latency);
        let link = catalog.link(LinkOptions { latency, ..LinkOptions::constant(a) });
        let mut other = Catalog::default();
        other.listed(Lists { down: &[b, a], up: &[b] });
        let same = other.link_of(&catalog, link);
        let lists = |catalog: &Catalog, link| match catalog.link_options(link).latency {
            Latency::Listed(lists) => lists.map(|list| catalog.latencies(list).to_vec()),
            Latency::Model(model) => panic!("{model:?}"),
        };
        assert_eq!(lists(&other, same), Lists { down: vec![b], up: vec![a, b] });
        assert_eq!(lists(&other, same), lists(&catalog, link));
    }
}
