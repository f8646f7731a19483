//! Builds the topology: the contexts of a shape, and when they join.

use super::{Builder, LinkSpec};
use crate::draw::{self, Distribution};
use crate::process::ContextId;
use crate::scenario::decode::Object;
use crate::scenario::shape::{MAX_CONTEXTS, Spine, TreePlan, TreeShape};
use crate::scenario::steps::{Action, Connect, Step};
use crate::scenario::tree::Seat;
use crate::time::Time;
use std::borrow::Cow;
use std::ops::Range;

/// The most contexts whose links each draw a latency. Each of these links is kept by itself.
const LINKS_DRAWN_MAX: usize = 1_000_000;

/// The most contexts that each draw when they join.
const JOINS_DRAWN_MAX: usize = 2_000_000;

/// The most bytes that the names of a topology may have together.
const NAMES_MAX: usize = 200_000_000;

impl Builder<'_> {
    pub(super) fn topology(&mut self) -> Vec<Connect> {
        let Some(topology) = self.file.object("topology") else {
            self.hides_ids |= self.file.has("topology");
            return Vec::new();
        };
        let span = &topology.span;
        let Some(plan) = self.plan(topology) else {
            self.hides_ids = true;
            return Vec::new();
        };
        match plan.contexts() {
            Some(count) if count <= MAX_CONTEXTS => {}
            count => {
                let count = count.map_or("more than 18446744073709551615".to_owned(), |count| count.to_string());
                let message = format!("the topology has too many contexts: {count}; the limit is {MAX_CONTEXTS}");
                self.refuse(span, message, "use fewer contexts on each level".to_owned());
                return Vec::new();
            }
        }
        let links = self.links_by_depth(topology);
        self.tree.plant(plan.parents(self.seed));
        self.announce(self.tree.topology().map(|seat| u64::from(seat.depth)).sum(), span);
        let contexts = if self.is_refused { Vec::new() } else { self.plant(&plan, &links, span) };
        match topology.object("join") {
            Some(join) => self.join(join, contexts),
            None => contexts,
        }
    }

    /// Counts what is to be drawn for the contexts of a topology, one by one, and refuses too much.
    fn may_draw_each(&mut self, what: &str, count: usize, most: usize, span: &Range<usize>) -> bool {
        if count > most {
            let message = format!("too much is random: {count} contexts draw {what} each; the limit is {most}");
            self.refuse(span, message, "use fewer contexts, or a constant".to_owned());
        }
        !self.is_refused
    }

    /// The contexts of the topology, by id.
    fn plant(&mut self, plan: &TreePlan, links: &[LinkSpec], span: &Range<usize>) -> Vec<Connect> {
        let link_at =
            |depth: u32, usual: LinkSpec| links.get(depth as usize - 1).or(links.last()).copied().unwrap_or(usual);
        let usual = self.default_link;
        if usual.is_per_link || links.iter().any(|link| link.is_per_link) {
            let drawn = self.tree.topology().filter(|seat| link_at(seat.depth, usual).is_per_link).count();
            if !self.may_draw_each("the latency of a link", drawn, LINKS_DRAWN_MAX, span) {
                return Vec::new();
            }
        }
        let tree = std::mem::take(&mut self.tree);
        let mut contexts: Vec<Connect> = Vec::with_capacity(tree.planted_count());
        let (mut name, mut last_parent, mut n) = (String::new(), ContextId::MASTER, 0);
        for Seat { id, parent, depth } in tree.topology() {
            n = if parent == last_parent { n + 1 } else { 1 };
            last_parent = parent;
            let names = &self.catalog.names;
            let above = (parent.0 as usize).checked_sub(1).map(|place| contexts[place].name);
            let above = above.map(|name| name.map_or(Cow::Borrowed(""), |name| names.original(name, parent)));
            plan.write_name(above.as_deref(), depth as usize, id.0, n, &mut name);
            if names.len_in_bytes() + name.len() > NAMES_MAX {
                let message =
                    format!("the names of this topology are longer than {NAMES_MAX} bytes together, the limit");
                self.refuse(span, message, "use fewer contexts, or shorter names of levels".to_owned());
                break;
            }
            let options = self.draw_link(link_at(depth, usual));
            let link = self.catalog.link(options);
            contexts.push(Connect { id, parent, name: self.catalog.names.intern(&name), link });
        }
        self.tree = tree;
        contexts
    }

    fn plan(&mut self, topology: &Object) -> Option<TreePlan> {
        let shape = TreeShape::ALL[topology.word("shape")?];
        let name = shape.name();
        let is_idle = |key: &&str| !shape.size_keys().contains(key) && topology.has(key);
        for key in ["contexts", "fanout", "levels"].iter().filter(|key| is_idle(key)) {
            let message = format!("`{key}` has no meaning for a {name}");
            self.found.error(topology.span_of(key), message, "remove it".to_owned());
        }
        let span = topology.span.clone();
        let Some(growth) = shape.growth(topology.integer("fanout"), Spine::BelowMaster) else {
            let levels = topology.list("levels").iter();
            let levels: Vec<_> =
                levels.filter_map(|level| Some((level.text("name")?.to_owned(), level.integer("count")?))).collect();
            if levels.is_empty() {
                let help = "add `\"levels\": [{ \"name\": \"host\", \"count\": 10 }]`".to_owned();
                self.found.error(span, format!("a {name} needs the key `levels`"), help);
                return None;
            }
            return Some(TreePlan::Fleet { levels });
        };
        let contexts = topology.integer("contexts");
        if !topology.has("contexts") {
            let help = "add `\"contexts\": 100`".to_owned();
            self.found.error(span, format!("a {name} needs the key `contexts`"), help);
        }
        Some(TreePlan::Grown { contexts: contexts?, growth })
    }

    fn links_by_depth(&mut self, topology: &Object) -> Vec<LinkSpec> {
        let mut links = Vec::new();
        for level in topology.list("levels") {
            links.push(match level.get("link") {
                Some(link) => self.link_of(link, &level.span_of("link")),
                None => self.default_link,
            });
        }
        for (span, link) in topology.values("links") {
            let link = self.link_of(link, span);
            links.push(link);
        }
        links
    }

    /// Spreads the connects of a topology over time; those at time 0 stay contexts.
    fn join(&mut self, join: &Object, mut contexts: Vec<Connect>) -> Vec<Connect> {
        let mut rng = draw::stream(self.seed, "join", 0);
        let after_parent = join.get("after_parent").map(|value| self.latency(value, &join.span_of("after_parent")).0);
        let every = join.duration("every");
        if join.has("every") == join.has("after_parent") {
            let help = "use either `every` or `after_parent`".to_owned();
            self.found.error(join.span.clone(), "`join` must have exactly one key", help);
            return contexts;
        }
        let is_random = after_parent.is_some_and(|after| after.constant().is_none());
        let (what, span) = ("when they join", join.span_of("after_parent"));
        if is_random && !self.may_draw_each(what, contexts.len(), JOINS_DRAWN_MAX, &span) {
            return contexts;
        }
        let after_parent = after_parent.map(Distribution::sampler);
        let mut times: Vec<Time> = Vec::with_capacity(contexts.len());
        for (n, context) in contexts.iter().enumerate() {
            times.push(match (every, after_parent) {
                (Some(every), _) => Time::from_ns(every.as_ns().saturating_mul(n as u64)),
                (_, Some(after)) => {
                    let parent = (context.parent.0 as usize).checked_sub(1).map_or(Time::ZERO, |place| times[place]);
                    parent.checked_add(after.draw(&mut rng)).unwrap_or(Time::from_ns(u64::MAX))
                }
                (None, None) => Time::ZERO,
            });
        }
        let later = contexts.iter().zip(&times).filter(|(_, at)| **at > Time::ZERO);
        self.steps.extend(later.map(|(context, at)| Step::new(*at, Action::Connect(*context))));
        let mut at = times.iter();
        contexts.retain(|_| at.next() == Some(&Time::ZERO));
        self.tree.join(times);
        contexts
    }
}
