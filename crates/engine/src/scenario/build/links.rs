//! Builds links: presets, named links, and links in full.

use super::{Builder, LinkSpec};
use crate::draw::{self, Distribution};
use crate::scenario::DEFAULT_LATENCY;
use crate::scenario::decode::{Decoded, Object, unknown_word};
use crate::scenario::diagnostic::Severity;
use crate::scenario::latency::{Latency, ListId, Lists};
use crate::scenario::link::{KEEPALIVE_PRESETS, Keepalive, LINK_PRESETS, LinkOptions};
use crate::scenario::spec::link::LISTED_MAX;
use std::collections::BTreeMap;
use std::ops::Range;

impl Builder<'_> {
    pub(super) fn read_links(&mut self) {
        let file = self.file;
        let all = file.map("links");
        for (name, span, _) in all {
            if LINK_PRESETS.iter().any(|(preset, _)| preset == name) {
                let help = "choose another name".to_owned();
                self.found.error(span.clone(), format!("`{name}` is the name of a preset"), help);
            }
        }
        let places: BTreeMap<&str, usize> =
            all.iter().enumerate().map(|(place, (name, ..))| (name.as_str(), place)).collect();
        let like = |place: usize| places.get(likeness(&all[place].2)?).copied();
        // First those that a link refers to, then the link itself.
        let mut is_read = vec![false; all.len()];
        for first in 0..all.len() {
            let mut chain = Vec::new();
            let mut next = Some(first);
            while let Some(place) = next.filter(|place| !is_read[*place]) {
                is_read[place] = true;
                chain.push(place);
                next = like(place);
            }
            if let Some(place) = next.filter(|place| chain.contains(place)) {
                let circle = chain.iter().skip_while(|other| **other != place).min().expect("it is in the chain");
                let (name, span, _) = &all[*circle];
                let help = "set the `latency` of one of them instead of `like`".to_owned();
                self.found.error(span.clone(), format!("the link `{name}` refers to itself through `like`"), help);
                self.links.extend(chain.iter().map(|place| (all[*place].0.clone(), self.default_link)));
                continue;
            }
            for (name, span, value) in chain.into_iter().rev().map(|place| &all[place]) {
                let link = self.link_of(value, span);
                self.links.insert(name.clone(), link);
            }
        }
        if let Some(value) = file.get("link") {
            self.default_link = self.link_of(value, &file.span_of("link"));
        }
    }

    pub(super) fn link_of(&mut self, value: &Decoded, span: &Range<usize>) -> LinkSpec {
        match value {
            Decoded::Text(name) => self.named_link(name, span),
            Decoded::Object(object) => self.own_link(object),
            _ => self.default_link,
        }
    }

    fn named_link(&mut self, name: &str, span: &Range<usize>) -> LinkSpec {
        if let Some(link) = self.links.get(name) {
            return *link;
        }
        if let Some((_, options)) = LINK_PRESETS.iter().find(|(preset, _)| *preset == name) {
            return LinkSpec { options: *options, is_per_link: false };
        }
        let presets = LINK_PRESETS.iter().map(|(preset, _)| *preset);
        let own = self.file.map("links").iter().map(|(name, ..)| name.as_str());
        let is_shown = self.found.keeps(span.start, Severity::Error);
        let known: Vec<&str> = if is_shown { own.chain(presets).collect() } else { Vec::new() };
        unknown_word(format!("unknown link `{name}`"), span.clone(), name, &known, self.found);
        self.default_link
    }

    fn own_link(&mut self, object: &Object) -> LinkSpec {
        let mut link = match object.text("like") {
            Some(name) => self.named_link(name, &object.span_of("like")),
            None => self.default_link,
        };
        if let Some(latency) = object.get("latency") {
            let span = object.span_of("latency");
            link = match latency {
                Decoded::Object(lists) if lists.has("down") || lists.has("up") => self.listed(lists, link, &span),
                _ => {
                    let (model, is_per_link) = self.latency(latency, &span);
                    LinkSpec { options: LinkOptions { latency: model.into(), ..link.options }, is_per_link }
                }
            };
        }
        self.count_listed(link.options.latency, &object.span);
        link.options.bandwidth = object.bandwidth("bandwidth").or(link.options.bandwidth);
        match object.get("keepalive") {
            Some(Decoded::Word(place)) => link.options.keepalive = Some(KEEPALIVE_PRESETS[*place].1),
            Some(Decoded::Object(keepalive)) => link.options.keepalive = own_keepalive(keepalive),
            _ => {}
        }
        link
    }

    /// The link with lists of latencies in the place of its latency. A direction without a list keeps what it has; but with
    /// lists nothing is drawn.
    fn listed(&mut self, object: &Object, link: LinkSpec, span: &Range<usize>) -> LinkSpec {
        for key in ["uniform", "exponential", "log_normal", "per"].into_iter().filter(|key| object.has(key)) {
            let message = format!("`{key}` has no meaning for a latency with lists: nothing is drawn");
            self.found.error(object.span_of(key), message, "remove it, or remove `down` and `up`".to_owned());
        }
        let mut read = |key: &str, kept: fn(Lists<ListId>) -> ListId| -> Option<ListId> {
            if object.has(key) {
                return Some(self.catalog.list(object.durations(key)?));
            }
            match link.options.latency {
                Latency::Listed(lists) => Some(kept(lists)),
                Latency::Model(Distribution::Constant(latency)) => Some(self.catalog.list(&[latency])),
                Latency::Model(_) => {
                    let message =
                        format!("the latency needs the key `{key}`: a random latency cannot be kept beside a list");
                    self.found.error(span.clone(), message, format!("add `\"{key}\": [\"1ms\"]`"));
                    None
                }
            }
        };
        let (down, up) = (read("down", |lists| lists.down), read("up", |lists| lists.up));
        let (Some(down), Some(up)) = (down, up) else { return link };
        let latency = self.catalog.by_lists(Lists { down, up });
        LinkSpec { options: LinkOptions { latency, ..link.options }, is_per_link: false }
    }

    /// Counts the latencies in the lists of one more link, and refuses too many. Those that it takes from another link
    /// count as well: a file can be written out in full.
    fn count_listed(&mut self, latency: Latency, span: &Range<usize>) {
        let Latency::Listed(lists) = latency else { return };
        let Lists { down, up } = lists.map(|list| self.catalog.latencies(list).len() as u64);
        self.latencies_listed = self.latencies_listed.saturating_add(down + up);
        if self.latencies_listed > LISTED_MAX {
            let message = format!(
                "too many latencies in lists: {} so far, with those that links take from others; the limit is {LISTED_MAX}",
                self.latencies_listed
            );
            self.refuse(span, message, "shorten the lists; the last latency of a list goes on".to_owned());
        }
    }

    pub(super) fn latency(&mut self, value: &Decoded, span: &Range<usize>) -> (Distribution, bool) {
        let Decoded::Object(object) = value else {
            let constant = if let Decoded::Duration(latency) = value { *latency } else { DEFAULT_LATENCY };
            return (Distribution::Constant(constant), false);
        };
        let pair = |name: &str, low: &str, high: &str| {
            let object = object.object(name)?;
            Some((object.duration(low)?, object.duration(high)?))
        };
        let models: Vec<Distribution> = [
            pair("uniform", "min", "max").map(|(min, max)| Distribution::Uniform { min, max }),
            pair("exponential", "min", "mean").map(|(min, mean)| Distribution::Exponential { min, mean }),
            pair("log_normal", "median", "p99").map(|(median, p99)| Distribution::LogNormal { median, p99 }),
        ]
        .into_iter()
        .flatten()
        .collect();
        let is_ordered = |model: &Distribution| match *model {
            Distribution::Constant(_) => true,
            Distribution::Uniform { min: low, max: high }
            | Distribution::Exponential { min: low, mean: high }
            | Distribution::LogNormal { median: low, p99: high } => low <= high,
        };
        match models[..] {
            [model] if is_ordered(&model) => (model, object.word("per") == Some(1)),
            [_] => {
                let help = "make the first one smaller than the second".to_owned();
                self.found.error(span.clone(), "the two durations of this latency are in the wrong order", help);
                (Distribution::Constant(DEFAULT_LATENCY), false)
            }
            _ => {
                let help = "use one of `uniform`, `exponential` or `log_normal`".to_owned();
                self.found.error(span.clone(), "a random latency must have exactly one model", help);
                (Distribution::Constant(DEFAULT_LATENCY), false)
            }
        }
    }

    /// What one more link is like.
    pub(super) fn draw_link(&mut self, link: LinkSpec) -> LinkOptions {
        let mut options = link.options;
        if link.is_per_link {
            let mut rng = draw::stream(self.seed, "link", self.links_drawn);
            self.links_drawn += 1;
            if let Latency::Model(model) = options.latency {
                options.latency = Distribution::Constant(model.draw(&mut rng)).into();
            }
        }
        options
    }
}

/// The name of the link that another one is like, if any.
fn likeness(link: &Decoded) -> Option<&str> {
    match link {
        Decoded::Text(name) => Some(name),
        Decoded::Object(object) => object.text("like"),
        _ => None,
    }
}

fn own_keepalive(object: &Object) -> Option<Keepalive> {
    Some(Keepalive { interval: object.duration("interval")?, count: object.small("count") })
}
