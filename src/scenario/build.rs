//! Turns the checked keys of a file into a [`Scenario`]: resolves names, expands shapes and lists of ids, draws everything
//! that can be drawn before a run, and checks what the tables cannot express.

mod expect;
mod links;

use super::churn::{self, Churn};
use super::decode::Object;
use super::diagnostic::Diagnostics;
use super::link::LinkOptions;
use super::origin::Origin;
use super::shape::{MAX_CONTEXTS, Spine, TreePlan, TreeShape};
use super::spec;
use super::steps::{Action, Build, Connect, Done, Role, Step, StepKind, Subject, Ways};
use super::{Catalog, DEFAULT_LATENCY, Scenario};
use crate::draw::{self, Distribution};
use crate::monitors;
use crate::process::{ContextId, Data, Feature, Monitor, Name};
use crate::time::{Span, Time};
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;
use std::collections::{BTreeMap, BTreeSet};

/// A link as written: a random latency may be drawn once for each link.
#[derive(Clone, Copy)]
struct LinkSpec {
    options: LinkOptions,
    is_per_link: bool,
}

/// A scenario in the making.
pub struct Builder<'f> {
    file: &'f Object,
    found: &'f mut Diagnostics,
    seed: u64,
    links: BTreeMap<String, LinkSpec>,
    default_link: LinkSpec,
    /// How many links have drawn their own latency.
    links_drawn: u64,
    /// The contexts of the topology, with their parents.
    topology: Vec<(ContextId, ContextId)>,
    /// The names, links and labels that the steps refer to.
    catalog: Catalog,
    /// The steps so far, without those of time 0.
    steps: Vec<Step>,
    /// What every context runs that names no monitor of its own.
    monitor: Monitor,
}

impl<'f> Builder<'f> {
    /// Builds the scenario. Mistakes go to `found`.
    pub fn build(file: &'f Object, stem: &str, found: &'f mut Diagnostics) -> Option<Scenario> {
        let seed = file.integer("seed").unwrap_or_default();
        let default_link = LinkSpec { options: LinkOptions::constant(DEFAULT_LATENCY), is_per_link: false };
        let mut builder = Builder {
            file,
            found,
            seed,
            links: BTreeMap::new(),
            default_link,
            links_drawn: 0,
            topology: Vec::new(),
            catalog: Catalog::default(),
            steps: Vec::new(),
            monitor: monitor(file).unwrap_or_else(monitors::default),
        };
        builder.read_links();
        let contexts = builder.contexts();
        builder.events();
        builder.churn();
        builder.check_features();
        if builder.found.has_errors() {
            return None;
        }
        builder.warn_of_vain_steps(&contexts);
        builder.warn_of_late_steps();
        let (catalog, steps) = (std::mem::take(&mut builder.catalog), std::mem::take(&mut builder.steps));
        let scenario = Scenario {
            name: file.text("name").unwrap_or(stem).to_owned(),
            description: file.text("description").unwrap_or_default().to_owned(),
            monitor: builder.monitor,
            seed,
            unidirectional: file.flag("unidirectional").unwrap_or_default(),
            max_events: file.integer("max_events"),
            until: file.duration("until").map(time),
            expectations: file.object("expect").map(expect::expectations).unwrap_or_default(),
            origin: file.object("origin").map(origin),
            ..Scenario::new(catalog, contexts, steps)
        };
        expect::check_labels(file, &scenario, builder.found);
        Some(scenario)
    }

    // Contexts.

    /// The contexts that connect at time 0: those of the topology, unless they join later, and those of `contexts`.
    fn contexts(&mut self) -> Vec<Connect> {
        let mut contexts = self.topology();
        let mut known: BTreeSet<ContextId> =
            contexts.iter().map(|context| context.id).chain([ContextId::MASTER]).collect();
        let later: BTreeSet<ContextId> = self.steps.iter().map(|step| step.action.context()).collect();
        let born = self.born(&known, &later);
        for context in self.file.list("contexts") {
            let (Some(id), Some(parent)) = (context.id("id"), context.id("parent")) else { continue };
            if !born.contains(&parent) {
                let help = "no context in this file has that id; 0 is the master".to_owned();
                self.found.error(context.span_of("parent"), format!("unknown parent {parent}"), help);
            } else if !known.contains(&parent) {
                let message = format!("this context will be skipped: its parent {parent} connects later");
                let help = "contexts connect in the order of the file: move the parent above this context".to_owned();
                self.found.warning(context.span_of("parent"), message, help);
            }
            if !known.insert(id) {
                let help = "an id can be used again after its context has died, by a `connect` in `events`".to_owned();
                self.found.error(context.span_of("id"), format!("duplicate id {id}"), help);
            }
            contexts.push(self.connect(context, id, parent));
        }
        contexts
    }

    /// All ids that the file ever connects, and that of the master.
    fn born(&self, known: &BTreeSet<ContextId>, later: &BTreeSet<ContextId>) -> BTreeSet<ContextId> {
        let connects = self.file.list("events").iter().filter(|event| kind(event) == Some(StepKind::Connect));
        let listed = self.file.list("contexts").iter().chain(connects).filter_map(|context| context.id("id"));
        listed.chain(known.iter().copied()).chain(later.iter().copied()).collect()
    }

    fn connect(&mut self, object: &Object, id: ContextId, parent: ContextId) -> Connect {
        let link = match object.get("link") {
            Some(link) => self.link_of(link, &object.span_of("link")),
            None => self.default_link,
        };
        let name = object.text("name").map_or(Some(Name::OF_CONTEXT), |text| self.catalog.names.intern(text));
        let options = self.draw_link(link);
        let own = monitor(object);
        if let Some(other) = own.filter(|own| own.family().name() != self.monitor.family().name()) {
            let [usual, odd] = [self.monitor, other].map(|monitor| monitor.family().name());
            let message = format!("`{other}` belongs to the family `{odd}`, but the scenario to `{usual}`");
            let help = "all monitors of a run must belong to one family".to_owned();
            self.found.error(object.span_of("monitor"), message, help);
        }
        Connect { id, parent, name, link: self.catalog.link_under(options, own) }
    }

    fn topology(&mut self) -> Vec<Connect> {
        let Some(topology) = self.file.object("topology") else { return Vec::new() };
        let Some(plan) = self.plan(topology) else { return Vec::new() };
        let span = topology.span.clone();
        if plan.contexts().is_none_or(|contexts| contexts > MAX_CONTEXTS) {
            let help = format!("use at most {MAX_CONTEXTS}");
            self.found.error(span, "the topology has too many contexts", help);
            return Vec::new();
        }
        let by_depth = self.links_by_depth(topology);
        let members = plan.members(self.seed);
        self.topology = members.iter().map(|member| (member.id, member.parent)).collect();
        let mut contexts = Vec::with_capacity(members.len());
        for member in members {
            let link = by_depth.get(member.depth - 1).or(by_depth.last()).copied().unwrap_or(self.default_link);
            let options = self.draw_link(link);
            let (id, parent, link) = (member.id, member.parent, self.catalog.link(options));
            contexts.push(Connect { id, parent, name: self.catalog.names.intern(member.name), link });
        }
        match topology.object("join") {
            Some(join) => self.join(join, contexts),
            None => contexts,
        }
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
        if contexts.is_none() {
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
    fn join(&mut self, join: &Object, contexts: Vec<Connect>) -> Vec<Connect> {
        let mut rng = draw::stream(self.seed, "join", 0);
        let mut times = BTreeMap::from([(ContextId::MASTER, Time::ZERO)]);
        let after_parent = join.get("after_parent").map(|value| self.latency(value, &join.span_of("after_parent")).0);
        let every = join.duration("every");
        if every.is_some() == after_parent.is_some() {
            let help = "use either `every` or `after_parent`".to_owned();
            self.found.error(join.span.clone(), "`join` must have exactly one key", help);
            return contexts;
        }
        let mut now = Vec::new();
        for (n, context) in contexts.into_iter().enumerate() {
            let at = match (every, after_parent) {
                (Some(every), _) => Time::from_ns(every.as_ns().saturating_mul(n as u64)),
                (_, Some(after)) => {
                    times[&context.parent].checked_add(after.draw(&mut rng)).unwrap_or(Time::from_ns(u64::MAX))
                }
                (None, None) => Time::ZERO,
            };
            times.insert(context.id, at);
            if at == Time::ZERO {
                now.push(context);
            } else {
                self.push(at, Action::Connect(context));
            }
        }
        now
    }

    // Events.

    fn events(&mut self) {
        for (place, event) in self.file.list("events").iter().enumerate() {
            let (Some(at), Some(kind)) = (event.duration("at").map(time), kind(event)) else { continue };
            let first = self.steps.len();
            self.event(event, at, kind, place as u64);
            if self.steps.len() == first && !self.found.has_errors() {
                self.found.error(event.span.clone(), "this step does nothing: it names no context", None);
            }
            if let (Some(label), Some(step)) = (event.text("label"), self.steps.get_mut(first)) {
                step.label = Some(self.catalog.label(label));
            }
        }
    }

    fn event(&mut self, event: &Object, at: Time, kind: StepKind, place: u64) {
        match kind.form().build {
            Build::Connect => {
                if let (Some(id), Some(parent)) = (event.id("id"), event.id("parent")) {
                    let connect = self.connect(event, id, parent);
                    self.push(at, Action::Connect(connect));
                }
            }
            Build::Message(action) => {
                if let (Some(from), Some(to)) = (event.id("from"), event.id("to")) {
                    let data = Data { len: event.small("size"), reply_len: event.small("reply_size") };
                    self.push(at, action(from, to, data));
                }
            }
            Build::Each(done) => {
                let end = event.duration("for").map(|length| at.checked_add(length).unwrap_or(Time::from_ns(u64::MAX)));
                for id in self.ids(event) {
                    let Done { action, undo } = done(event, id);
                    self.push(at, action);
                    if let (Some(end), Some(undo)) = (end, undo) {
                        self.push(end, undo);
                    }
                }
            }
            Build::Swizzle => self.swizzle(event, at, place),
        }
    }

    fn push(&mut self, at: Time, action: Action) {
        self.steps.push(Step::new(at, action));
    }

    /// The contexts of a step.
    fn ids(&mut self, event: &Object) -> Vec<ContextId> {
        match (event.has("id"), event.has("ids")) {
            (true, false) => event.id("id").into_iter().collect(),
            (false, true) => event.ids("ids").to_vec(),
            _ => {
                let help = "write `\"id\": 1` for one context, or `\"ids\": [1, 2]` for several".to_owned();
                self.found.error(event.span.clone(), "this step needs either `id` or `ids`", help);
                Vec::new()
            }
        }
    }

    /// Makes the links at and below a context stop one by one, and heal in another order. The tree is that of the file at
    /// that time.
    fn swizzle(&mut self, event: &Object, at: Time, place: u64) {
        let (Some(root), Some(length)) = (event.id("id"), event.duration("for")) else { return };
        let tree = self.tree_at(at);
        let is_below =
            |id: &ContextId| std::iter::successors(Some(*id), |id| tree.get(id).copied()).any(|id| id == root);
        let mut ids: Vec<ContextId> = tree.keys().copied().filter(is_below).collect();
        let mut rng = draw::stream(self.seed, "swizzle", place);
        let half = Span::from_ns(length.as_ns() / 2);
        let Some(middle) = at.checked_add(half) else { return };
        for (start, is_heal) in [(at, false), (middle, true)] {
            ids.shuffle(&mut rng);
            for (id, time) in ids.iter().zip(sorted_times(start, half, ids.len(), &mut rng)) {
                let (id, ways) = (*id, Ways::Both);
                self.push(time, if is_heal { Action::Heal { id } } else { Action::Partition { id, ways } });
            }
        }
    }

    /// The contexts at a time, with their parents, after all earlier steps of the file, as if news were instant.
    fn tree_at(&self, at: Time) -> BTreeMap<ContextId, ContextId> {
        let mut tree: BTreeMap<ContextId, ContextId> = self.topology.iter().copied().collect();
        for context in self.file.list("contexts") {
            tree.extend(context.id("id").zip(context.id("parent")));
        }
        let mut before: Vec<&Step> = self.steps.iter().filter(|step| step.at <= at).collect();
        before.sort_by_key(|step| step.at);
        for step in before {
            match (step.action, step.action.kind().role()) {
                (Action::Connect(Connect { id, parent, .. }), _) => drop(tree.insert(id, parent)),
                // It lives on, and so does everything below it.
                (Action::Detach { .. }, _) => {}
                (action, Role::Loss) => drop(tree.remove(&action.context())),
                (_, Role::Join | Role::Hindrance | Role::Repair | Role::Traffic) => {}
            }
        }
        let is_rooted = |id: &ContextId| {
            let mut chain = std::iter::successors(Some(*id), |id| tree.get(id).copied()).take(tree.len() + 2);
            chain.any(|id| id == ContextId::MASTER)
        };
        let rooted: Vec<ContextId> = tree.keys().copied().filter(is_rooted).collect();
        rooted.into_iter().map(|id| (id, tree[&id])).collect()
    }

    fn churn(&mut self) {
        let Some(object) = self.file.object("churn") else { return };
        let Some(length) = object.duration("for") else { return };
        let start = time(object.duration("at").unwrap_or_default());
        let link = match object.get("link") {
            Some(link) => self.link_of(link, &object.span_of("link")),
            None => self.default_link,
        };
        let kinds = [
            ("connects", churn::Kind::Connect),
            ("kills", churn::Kind::Kill),
            ("disconnects", churn::Kind::Disconnect),
            ("partitions", churn::Kind::Partition),
            ("calls", churn::Kind::Call),
        ];
        let mut gaps: Vec<_> = kinds.into_iter().filter_map(|(name, kind)| Some((kind, object.rate(name)?))).collect();
        let lru = object.object("lru").and_then(|lru| {
            gaps.push((churn::Kind::Interpreter, lru.rate("rate")?));
            let most = lru.integer("interpreters").unwrap_or(20);
            Some((lru.ids("hosts").to_vec(), usize::try_from(most).ok()?))
        });
        let partition_for =
            object.get("partition_for").map(|value| self.latency(value, &object.span_of("partition_for")).0);
        let default = Distribution::Exponential { min: Span::from_ns(1), mean: Span::from_ms(1_000) };
        let options = self.draw_link(link);
        let link = self.catalog.link(options);
        let spare = object.ids("spare").iter().copied().collect();
        let partition_for = partition_for.unwrap_or(default);
        let churn = Churn { start, length, gaps, partition_for, spare, link, lru };
        let tree = self.tree_at(start);
        self.steps.extend(churn.draw(self.seed, tree));
    }

    /// Warns of steps that are sure to be skipped, as they name an id that the file never connects.
    fn warn_of_vain_steps(&mut self, contexts: &[Connect]) {
        let connects = self.steps.iter().filter_map(|step| match step.action {
            Action::Connect(connect) => Some(connect.id),
            _ => None,
        });
        let at_start = contexts.iter().map(|context| context.id);
        let born: BTreeSet<ContextId> = connects.chain(at_start).chain([ContextId::MASTER]).collect();
        for step in self.file.list("events") {
            let Some(kind) = kind(step) else { continue };
            let (key, may_be_master) = match kind.form().subject {
                Subject::Any(key) => (key, true),
                Subject::Child(key) => (key, false),
            };
            let several = step.ids("ids").iter().map(|id| (*id, "ids"));
            for (id, key) in step.id(key).map(|id| (id, key)).into_iter().chain(several) {
                if !born.contains(&id) {
                    let message = format!("this step will be skipped: no context in this file has the id {id}");
                    self.found.warning(step.span_of(key), message, None);
                } else if id == ContextId::MASTER && !may_be_master {
                    self.found.warning(
                        step.span_of(key),
                        "this step will be skipped: it cannot be done to the master",
                        None,
                    );
                }
            }
        }
        self.warn_of_strangers(&born);
    }

    /// What the file asks for and the monitor does not know is a mistake.
    fn check_features(&mut self) {
        let (monitor, file) = (self.monitor, self.file);
        let lacks = |feature| !monitor.family().knows(feature);
        if file.flag("unidirectional") == Some(true) && lacks(Feature::Unidirectional) {
            let message = format!("the monitor `{monitor}` has no unidirectional mode");
            self.found.error(file.span_of("unidirectional"), message, "leave it out".to_owned());
        }
        for event in file.list("events") {
            let Some(kind) = kind(event).filter(|kind| kind.feature().is_some_and(lacks)) else { continue };
            let message = format!("the monitor `{monitor}` does not know `{}`", kind.step());
            self.found.error(event.span_of("do"), message, "use another step, such as `kill`".to_owned());
        }
    }

    /// Warns of steps after the end of the run.
    fn warn_of_late_steps(&mut self) {
        let Some(until) = self.file.duration("until") else { return };
        for step in self.file.list("events") {
            if step.duration("at").is_some_and(|at| at > until) {
                let message = format!("this step never happens: the run ends at {until}");
                self.found.warning(step.span_of("at"), message, None);
            }
        }
    }

    /// Warns of ids in lists that the file never connects.
    fn warn_of_strangers(&mut self, born: &BTreeSet<ContextId>) {
        let churn = self.file.object("churn");
        let lru = churn.and_then(|churn| churn.object("lru"));
        let named = [(churn, "spare"), (lru, "hosts"), (self.file.object("expect"), "undisturbed")];
        for (object, key) in named.into_iter().filter_map(|(object, key)| Some((object?, key))) {
            for id in object.ids(key).iter().filter(|id| !born.contains(id)) {
                let message = format!("`{key}` names {id}, but no context in this file has that id");
                self.found.warning(object.span_of(key), message, None);
            }
        }
    }
}

/// The monitor that an object names.
fn monitor(object: &Object) -> Option<Monitor> {
    object.word("monitor").map(|place| named_monitor(spec::monitor_names()[place]))
}

/// The monitor with a name from the tables.
fn named_monitor(name: &str) -> Monitor {
    monitors::named(name).expect("the tables list existing monitors")
}

/// The kind of a step.
fn kind(event: &Object) -> Option<StepKind> {
    event.word("do").map(StepKind::at)
}

/// The time so long after the start.
fn time(since_start: Span) -> Time {
    Time::from_ns(since_start.as_ns())
}

fn origin(object: &Object) -> Box<Origin> {
    let text = |name| object.text(name).map(str::to_owned);
    Box::new(Origin {
        seed: text("seed"),
        profile: text("profile"),
        mix: text("mix"),
        treequake: text("treequake"),
        class: text("class"),
        digest: text("digest"),
    })
}

/// `count` random times within a span, in ascending order.
fn sorted_times(start: Time, span: Span, count: usize, rng: &mut ChaCha8Rng) -> Vec<Time> {
    let end = span.as_ns().max(1);
    let mut times: Vec<u64> = (0..count).map(|_| start.as_ns().saturating_add(draw::below(rng, end))).collect();
    times.sort_unstable();
    times.into_iter().map(Time::from_ns).collect()
}
