//! Turns the checked keys of a file into a [`Scenario`]: resolves names, expands shapes and lists of ids, draws everything
//! that can be drawn before a run, and checks what the tables cannot express.

mod drawn;
mod expect;
mod late;
mod links;
mod named;
mod topology;
mod under;

pub use under::Under;

use super::decode::Object;
use super::diagnostic::Diagnostics;
use super::link::LinkOptions;
use super::origin::Origin;
use super::spec;
use super::steps::{Action, Build, Connect, Done, Step, StepKind, Subject};
use super::tree::FileTree;
use super::{Catalog, DEFAULT_LATENCY, Scenario};
use crate::draw::Drawing;
use crate::monitors;
use crate::process::{ContextId, Data, Feature, Monitor, Name};
use crate::time::{Span, Time};
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use under::check_monitors;

/// The most routes that the connects of a file may announce: each context is announced to all above it. More would not
/// fit into memory, or take hours.
pub const MAX_ROUTES: u64 = 250_000_000;

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
    /// How many latencies are in the lists of links.
    latencies_listed: u64,
    /// Who hangs below whom.
    tree: FileTree,
    /// How many steps swizzles and churn have made.
    steps_drawn: u128,
    /// The ids that churn has given, and the one behind.
    churn_ids: Range<u32>,
    /// How many steps churn has made: the last ones.
    churn_steps: usize,
    /// How many routes the connects announce.
    routes: u64,
    /// Whether something is too large to be drawn; it has been reported.
    is_refused: bool,
    /// Whether a mistake hides the id of a context.
    hides_ids: bool,
    /// The names, links and labels that the steps refer to.
    catalog: Catalog,
    /// The steps so far, without those of time 0.
    steps: Vec<Step>,
    /// The place in `events` that each step stands for, from the first step that is not of the topology; `None` for the
    /// end of a `for` and for what is drawn.
    places: Vec<Option<u32>>,
    /// What every context runs that names no monitor of its own.
    monitor: Monitor,
    /// What the scenario will run under.
    under: Under,
}

impl<'f> Builder<'f> {
    /// Builds the scenario, to be run under what `under` says. Mistakes go to `found`.
    pub fn build(file: &'f Object, stem: &str, under: Under, found: &'f mut Diagnostics) -> Option<Scenario> {
        let seed = file.integer("seed").unwrap_or_default();
        let default_link = LinkSpec { options: LinkOptions::constant(DEFAULT_LATENCY), is_per_link: false };
        let mut builder = Builder {
            file,
            found,
            seed,
            links: BTreeMap::new(),
            default_link,
            links_drawn: 0,
            latencies_listed: 0,
            tree: FileTree::default(),
            steps_drawn: 0,
            churn_ids: 0..0,
            churn_steps: 0,
            routes: 0,
            is_refused: false,
            hides_ids: file.list("contexts").iter().any(|context| !context.has("id")),
            catalog: Catalog::default(),
            steps: Vec::new(),
            places: Vec::new(),
            monitor: match under {
                Under::Own => monitor(file).unwrap_or_else(monitors::default),
                Under::Instead(instead) => monitor(file).unwrap_or(instead),
                Under::Only(only) => only,
            },
            under,
        };
        check_monitors(builder.file, under, builder.found);
        builder.read_links();
        let contexts = builder.contexts();
        builder.events();
        builder.churn(&contexts);
        builder.check_features();
        builder.warn_of_vain_steps(&contexts);
        builder.warn_of_late_steps();
        builder.check_expectations();
        if builder.found.has_errors() {
            return None;
        }
        let (catalog, steps) = (std::mem::take(&mut builder.catalog), std::mem::take(&mut builder.steps));
        Some(Scenario {
            name: file.text("name").unwrap_or(stem).to_owned(),
            description: file.text("description").unwrap_or_default().to_owned(),
            monitor: builder.monitor,
            seed,
            drawing: file.integer("drawing").and_then(Drawing::numbered).unwrap_or_default(),
            unidirectional: file.flag("unidirectional").unwrap_or_default(),
            max_events: file.integer("max_events"),
            until: file.duration("until").map(time),
            expectations: file.object("expect").map(expect::expectations).unwrap_or_default(),
            origin: file.object("origin").map(origin),
            ..Scenario::new(catalog, contexts, steps)
        })
    }

    // Contexts.

    /// The contexts that connect at time 0: those of the topology, unless they join later, and those of `contexts`.
    fn contexts(&mut self) -> Vec<Connect> {
        let mut contexts = self.topology();
        let mut seen = BTreeSet::new();
        let born = self.born();
        let mut parents = None;
        for context in self.file.list("contexts") {
            let Some(id) = context.id("id") else { continue };
            let parent = context.id("parent");
            let knows = |id: ContextId| self.tree.is_planted_at_start(id) || seen.contains(&id);
            if let Some(parent) = parent.filter(|parent| *parent != ContextId::MASTER && !knows(*parent)) {
                if self.knows_all_ids() && !born.contains(&parent) && !self.tree.knows(parent) {
                    let help = "no context in this file has that id; 0 is the master".to_owned();
                    self.found.error(context.span_of("parent"), format!("unknown parent {parent}"), help);
                } else if self.knows_all_ids() {
                    let parents = parents.get_or_insert_with(|| late::parents(self.file));
                    let (message, help) = late::parent(id, parent, parents);
                    self.found.warning(context.span_of("parent"), message, help);
                }
            }
            if self.tree.is_planted_at_start(id) || !seen.insert(id) {
                let help = "an id can be used again after its context has died, by a `connect` in `events`".to_owned();
                self.found.error(context.span_of("id"), format!("duplicate id {id}"), help);
            }
            let connect = self.connect(context, id, parent.unwrap_or(ContextId::MASTER));
            self.tree.add(id, connect.parent);
            self.announce(self.tree.depth(id).into(), &context.span);
            contexts.push(connect);
        }
        contexts
    }

    /// All ids that `contexts` and `events` ever connect.
    fn born(&self) -> BTreeSet<ContextId> {
        // A step whose kind is unknown might be a connect.
        let is_connect = |event: &&Object| kind(event).is_none_or(|kind| kind == StepKind::Connect);
        let connects = self.file.list("events").iter().filter(is_connect);
        self.file.list("contexts").iter().chain(connects).filter_map(|context| context.id("id")).collect()
    }

    /// Whether the file ever connects a context with this id; `born` has those of `contexts` and `events`.
    fn connects(&self, id: ContextId, born: &BTreeSet<ContextId>) -> bool {
        self.tree.knows(id) || self.churn_ids.contains(&id.0) || born.contains(&id)
    }

    /// Whether no mistake hides the id of a context.
    fn knows_all_ids(&self) -> bool {
        !self.is_refused && !self.hides_ids
    }

    /// Counts the routes that a connect announces, and refuses too many.
    fn announce(&mut self, routes: u64, span: &Range<usize>) {
        self.routes = self.routes.saturating_add(routes);
        let is_bounded = self.file.integer("max_events").is_some_and(|events| events <= MAX_ROUTES);
        if self.routes > MAX_ROUTES && !is_bounded {
            let what = "each context is announced to all contexts above it";
            let message =
                format!("too many routes: {what}, which makes {} so far; the limit is {MAX_ROUTES}", self.routes);
            let help = format!("use fewer contexts or a flatter tree, or set `max_events` to at most {MAX_ROUTES}");
            self.refuse(span, message, help);
        }
    }

    /// Reports that something is too large. Only the first is reported.
    fn refuse(&mut self, span: &Range<usize>, message: String, help: String) {
        if !self.is_refused {
            self.found.error(span.clone(), message, help);
        }
        self.is_refused = true;
    }

    fn connect(&mut self, object: &Object, id: ContextId, parent: ContextId) -> Connect {
        let link = match object.get("link") {
            Some(link) => self.link_of(link, &object.span_of("link")),
            None => self.default_link,
        };
        let name = object.text("name").map_or(Some(Name::OF_CONTEXT), |text| self.catalog.names.intern(text));
        let options = self.draw_link(link);
        let own = monitor(object).filter(|own| match self.under {
            Under::Own => true,
            Under::Instead(instead) => own.family().name() == instead.family().name(),
            Under::Only(_) => false,
        });
        if let Some(other) = own.filter(|own| own.family().name() != self.monitor.family().name()) {
            let [usual, odd] = [self.monitor, other].map(|monitor| monitor.family().name());
            let message = format!("`{other}` belongs to the family `{odd}`, but the scenario to `{usual}`");
            let help = "all monitors of a run must belong to one family".to_owned();
            self.found.error(object.span_of("monitor"), message, help);
        }
        Connect { id, parent, name, link: self.catalog.link_under(options, own) }
    }

    // Events.

    fn events(&mut self) {
        for (place, event) in (0..).zip(self.file.list("events")) {
            let (Some(at), Some(kind)) = (event.duration("at").map(time), kind(event)) else { continue };
            let first = self.steps.len();
            self.event(event, at, kind, place);
            if let (Some(label), Some(step)) = (event.text("label"), self.steps.get_mut(first)) {
                step.label = Some(self.catalog.label(label));
            }
        }
    }

    fn event(&mut self, event: &Object, at: Time, kind: StepKind, place: u32) {
        match kind.form().build {
            Build::Connect => {
                if let (Some(id), Some(parent)) = (event.id("id"), event.id("parent")) {
                    let connect = self.connect(event, id, parent);
                    self.push(at, Action::Connect(connect), Some(place));
                    self.announce(self.tree.depth(id).into(), &event.span);
                }
            }
            Build::Message(action) => {
                if let (Some(from), Some(to)) = (event.id("from"), event.id("to")) {
                    let data = Data { len: event.small("size"), reply_len: event.small("reply_size") };
                    self.push(at, action(from, to, data), Some(place));
                }
            }
            Build::Each(done) => {
                let end = event.duration("for").map(|length| at.checked_add(length).unwrap_or(Time::from_ns(u64::MAX)));
                for id in self.ids(event) {
                    let Done { action, undo } = done(event, id);
                    self.push(at, action, Some(place));
                    if let (Some(end), Some(undo)) = (end, undo) {
                        self.push(end, undo, None);
                    }
                }
            }
            Build::Swizzle => self.swizzle(event, at, place.into()),
        }
    }

    fn push(&mut self, at: Time, action: Action, place: Option<u32>) {
        self.tree.note(at, &action);
        self.places.push(place);
        self.steps.push(Step::new(at, action));
    }

    /// The contexts of a step.
    fn ids(&mut self, event: &Object) -> Vec<ContextId> {
        match (event.has("id"), event.has("ids")) {
            (true, false) => event.id("id").into_iter().collect(),
            (false, true) => {
                let ids = event.ids("ids");
                if ids.is_empty() && event.get("ids").is_some() {
                    self.warn_of_nothing(event);
                }
                ids.to_vec()
            }
            _ => {
                let help = "write `\"id\": 1` for one context, or `\"ids\": [1, 2]` for several".to_owned();
                self.found.error(event.span.clone(), "this step needs either `id` or `ids`", help);
                Vec::new()
            }
        }
    }

    fn warn_of_nothing(&mut self, event: &Object) {
        self.found.error(event.span.clone(), "this step does nothing: it names no context", None);
    }

    /// Warns of steps that nothing can make possible, such as those that name an id that the file never connects.
    fn warn_of_vain_steps(&mut self, contexts: &[Connect]) {
        if !self.knows_all_ids() {
            return;
        }
        let born = self.born();
        let mut vain = self.vain(contexts);
        for (place, step) in (0..).zip(self.file.list("events")) {
            let Some(kind) = kind(step) else { continue };
            let (key, may_be_master) = match kind.form().subject {
                Subject::Any(key) => (key, true),
                Subject::Child(key) => (key, false),
            };
            let several = step.ids("ids").iter().map(|id| (*id, "ids"));
            for (id, key) in step.id(key).map(|id| (id, key)).into_iter().chain(several) {
                if !self.connects(id, &born) {
                    // A context that asks for a shutdown cannot know whether there is one to ask.
                    let what = if kind == StepKind::Shutdown { "does nothing" } else { "will be skipped" };
                    let message = format!("this step {what}: no context in this file has the id {id}");
                    self.found.warning(step.span_of(key), message, None);
                } else if id == ContextId::MASTER && !may_be_master {
                    self.found.warning(
                        step.span_of(key),
                        "this step will be skipped: it cannot be done to the master",
                        None,
                    );
                }
            }
            for late::Vain { id, key, message } in vain.remove(&place).into_iter().flatten() {
                let key = if key == "id" && step.has("ids") { "ids" } else { key };
                if self.connects(id, &born) {
                    self.found.warning(step.span_of(key), message, None);
                }
            }
        }
        self.warn_of_strangers(&born);
    }

    /// The steps of the file that cannot be done, by their place in `events`.
    fn vain(&self, contexts: &[Connect]) -> BTreeMap<u32, Vec<late::Vain>> {
        let own = || contexts.iter().filter(|context| !self.tree.is_planted(context.id));
        let named = self.file.list("events").iter().flat_map(|event| {
            let keys = ["id", "parent", "from"].into_iter().filter_map(|key| event.id(key));
            keys.chain(event.ids("ids").iter().copied())
        });
        let ids = own().map(|context| context.id).chain(named);
        // A protocol that never falls silent may end its processes by itself.
        let has_losses = self.catalog.has_keepalives() || self.monitor.family().settles_within().is_some();
        let mut walk = late::Walk::new(&self.tree, ids, has_losses);
        own().for_each(|context| walk.connect(context));
        let first = self.steps.len() - self.places.len() - self.churn_steps;
        let mut steps: Vec<usize> = (first..self.steps.len()).collect();
        steps.sort_by_key(|step| self.steps[*step].at);
        let mut vain: BTreeMap<u32, Vec<late::Vain>> = BTreeMap::new();
        for step in steps {
            let found = walk.step(&self.steps[step]);
            let place = self.places.get(step - first).copied().flatten();
            if let (Some(found), Some(place)) = (found, place) {
                vain.entry(place).or_default().push(found);
            }
        }
        vain
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
            for id in object.ids(key) {
                if self.connects(*id, born) {
                    continue;
                }
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
