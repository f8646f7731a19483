//! The state of a run at one moment of a recording, put together from the changes up to it.

use super::kept::{Flight, FlightEnd, FlightId, MomentId, Recording};
use crate::convergence::{DIFFERENCES_MAX, Difference};
use crate::link::{Direction, Incarnation, LaneId};
use crate::process::{ContextId, Truth};
use crate::scenario::Ways;
use crate::scenario::expectation::DifferenceKind;
use crate::world::Change;
use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet};

/// The link between a context and its parent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct LinkState {
    /// Whether the end that sends in a direction is open: down (the parent's), up (the child's).
    pub is_open: [bool; 2],
    /// Whether nothing is delivered in a direction.
    pub is_cut: [bool; 2],
    /// The factor by which it is slowed; 1 is its usual speed.
    pub factor: u32,
}

/// All links at one moment.
#[derive(Clone, Debug)]
pub struct Links(Vec<LinkState>);

impl Links {
    fn new(count: usize) -> Self {
        Links(vec![LinkState { is_open: [true; 2], is_cut: [false; 2], factor: 1 }; count])
    }

    fn change(&mut self, change: Change) {
        match change {
            Change::Closed(lane) => self.0[lane.child().index()].is_open[lane.direction() as usize] = false,
            Change::Partitioned { link, ways } => {
                for direction in Direction::of(ways) {
                    self.0[link.index()].is_cut[*direction as usize] = true;
                }
            }
            Change::Healed(link) => self.0[link.index()].is_cut = [false; 2],
            Change::Slowed { link, factor } => self.0[link.index()].factor = factor,
            Change::Born { .. } | Change::Died(_) | Change::Left(_) => {}
        }
    }

    /// The link of a context to its parent. That of the master means nothing.
    pub fn of(&self, child: Incarnation) -> LinkState {
        self.0[child.index()]
    }

    /// Whether a wire delivers nothing.
    pub fn is_held(&self, lane: LaneId) -> bool {
        self.of(lane.child()).is_cut[lane.direction() as usize]
    }
}

/// The health of a context, the same wherever one is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Health {
    /// It is on the tree, and its table is right.
    Fine,
    /// It is on the tree, and this many entries of its table are wrong.
    Wrong(usize),
    /// It is on the tree, and whether its table is right is [not known](State::knows_wrong).
    Unknown,
    /// It is alive but cut off from the tree: it is an orphan, or below one.
    Orphan,
    /// It is dead.
    Dead,
}

/// The condition of a link, the same wherever one is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Condition {
    /// Both ends are open, and it delivers.
    Open,
    /// It delivers nothing in these directions.
    Cut(Ways),
    /// At least one end is closed.
    Closed,
}

impl Condition {
    /// The condition in a word or two.
    pub fn words(self) -> &'static str {
        match self {
            Condition::Open => "open",
            Condition::Cut(Ways::Both) => "cut",
            Condition::Cut(Ways::Down) => "cut downward",
            Condition::Cut(Ways::Up) => "cut upward",
            Condition::Closed => "closed",
        }
    }
}

/// The state of a run after a moment. Contexts that are not born yet are not alive, and have no routes.
#[derive(Clone, Debug)]
pub struct State<'r> {
    recording: &'r Recording<'r>,
    moment: Option<MomentId>,
    born: usize,
    is_alive: Vec<bool>,
    is_attached: Vec<bool>,
    links: Links,
    tables: Vec<BTreeMap<ContextId, Incarnation>>,
    /// The entries that differ, by incarnation, as long as the run has followed them.
    wrong: Vec<BTreeSet<ContextId>>,
    /// Whether the run has followed them up to here.
    is_followed: bool,
    /// The entries that differ, where the run has not followed them; made when somebody asks.
    compared: OnceCell<Vec<BTreeSet<ContextId>>>,
    last_life: BTreeMap<ContextId, Incarnation>,
}

impl<'r> State<'r> {
    /// The master alone.
    pub(super) fn new(recording: &'r Recording<'r>) -> Self {
        let count = recording.lives.len();
        let mut state = State {
            recording,
            moment: None,
            born: 1,
            is_alive: vec![false; count],
            is_attached: vec![false; count],
            links: Links::new(count),
            tables: vec![BTreeMap::new(); count],
            wrong: vec![BTreeSet::new(); count],
            is_followed: true,
            compared: OnceCell::new(),
            last_life: BTreeMap::from([(ContextId::MASTER, Incarnation::MASTER)]),
        };
        state.is_alive[0] = true;
        state.is_attached[0] = true;
        state
    }

    /// Goes on to a later moment.
    ///
    /// # Panics
    /// If the moment is already over, or is not in the recording.
    pub fn go_on_to(&mut self, moment: MomentId) {
        let next = self.moment.map_or(0, |moment| moment + 1);
        assert!(next <= moment + 1, "a state cannot go back");
        self.compared = OnceCell::new();
        for moment in next..=moment {
            self.apply(moment);
        }
        self.moment = Some(moment);
    }

    fn apply(&mut self, moment: MomentId) {
        for turn in self.recording.routes(moment) {
            let table = &mut self.tables[turn.context.index()];
            match turn.after {
                Some(after) => table.insert(turn.target, after),
                None => table.remove(&turn.target),
            };
        }
        for change in self.recording.changes(moment) {
            self.change(*change);
        }
        if self.is_followed && self.recording.moments[moment].wrong.is_none() {
            self.is_followed = false;
            self.wrong = Vec::new();
        }
        for turn in self.recording.turns(moment).iter().filter(|_| self.is_followed) {
            let wrong = &mut self.wrong[turn.context.index()];
            if turn.is_wrong {
                wrong.insert(turn.destination);
            } else {
                wrong.remove(&turn.destination);
            }
        }
    }

    fn change(&mut self, change: Change) {
        self.links.change(change);
        match change {
            Change::Born { context, is_attached } => {
                self.born += 1;
                self.is_alive[context.index()] = true;
                self.is_attached[context.index()] = is_attached;
                self.last_life.insert(self.recording.life(context).id, context);
            }
            Change::Died(context) => {
                self.is_alive[context.index()] = false;
                self.tables[context.index()].clear();
            }
            Change::Left(context) => self.is_attached[context.index()] = false,
            Change::Closed(_) | Change::Partitioned { .. } | Change::Healed(_) | Change::Slowed { .. } => {}
        }
    }

    /// The moment after which this is the state; `None` before the first.
    pub fn moment(&self) -> Option<MomentId> {
        self.moment
    }

    /// The contexts that have been born so far, dead or alive, the master first.
    pub fn contexts(&self) -> impl Iterator<Item = Incarnation> + use<> {
        (0..self.born as u32).map(Incarnation)
    }

    /// Whether a context is alive.
    pub fn is_alive(&self, context: Incarnation) -> bool {
        self.is_alive[context.index()]
    }

    /// Whether a context is alive and not orphaned, so that its table counts.
    pub fn is_attached(&self, context: Incarnation) -> bool {
        self.is_attached[context.index()]
    }

    /// The link of a context to its parent. For the master it means nothing.
    pub fn link(&self, child: Incarnation) -> LinkState {
        self.links.of(child)
    }

    /// All links.
    pub fn links(&self) -> &Links {
        &self.links
    }

    /// The latest life of an id so far, which may be over.
    pub fn latest(&self, id: ContextId) -> Option<Incarnation> {
        self.last_life.get(&id).copied()
    }

    /// The route table of a context: the neighbour through which each destination is reached. Empty if the context is
    /// dead.
    pub fn table(&self, context: Incarnation) -> &BTreeMap<ContextId, Incarnation> {
        &self.tables[context.index()]
    }

    /// The route table that a context should have. Empty if the context is not on the tree.
    pub fn truth(&self, context: Incarnation) -> BTreeMap<ContextId, Incarnation> {
        let mut truth = BTreeMap::new();
        if !self.is_attached(context) {
            return truth;
        }
        if let Some(parent) = self.recording.life(context).parent {
            truth.insert(self.recording.life(parent).id, parent);
        }
        for other in self.contexts().filter(|other| self.is_attached(*other)) {
            if let Some(child) = self.child_towards(context, other) {
                truth.insert(self.recording.life(other).id, child);
            }
        }
        truth
    }

    /// The child of `context` that leads to `other`, if that is below it.
    pub fn child_towards(&self, context: Incarnation, other: Incarnation) -> Option<Incarnation> {
        self.recording.descent.child_towards(context, other)
    }

    /// The entries that differ from the truth, by incarnation and destination. At most [`DIFFERENCES_MAX`]; none if they
    /// are [not known](Self::count_wrong).
    pub fn wrong(&self) -> impl Iterator<Item = (Incarnation, ContextId)> + '_ {
        let of = |context: Incarnation| self.wrong_of(context).iter().map(move |destination| (context, *destination));
        self.contexts().filter(|context| self.is_attached(*context)).flat_map(of)
    }

    /// How many entries differ from the truth. [`DIFFERENCES_MAX`] stands for at least as many. `None` if that is not known:
    /// the run did not follow it up to here, which is not its end, and the protocol is held to [`Truth::Reach`].
    pub fn count_wrong(&self) -> Option<usize> {
        self.knows_wrong().then(|| self.wrong().count())
    }

    /// Whether it is known which entries differ from the truth.
    pub fn knows_wrong(&self) -> bool {
        self.is_followed || self.has_true_tables() || self.told().is_some()
    }

    /// How many entries of a context differ from the truth, as far as that is [known](Self::count_wrong).
    pub fn wrong_count(&self, context: Incarnation) -> usize {
        if self.is_attached(context) { self.wrong_of(context).len() } else { 0 }
    }

    /// Whether the tree alone decides what each table should have.
    fn has_true_tables(&self) -> bool {
        self.recording.family().truth() == Truth::Tables
    }

    /// What the outcome tells of the end of the run, if this is that.
    fn told(&self) -> Option<&[Difference]> {
        let is_end = self.moment == self.recording.last_until(None) && !self.recording.is_cut;
        is_end.then_some(&self.recording.outcome.differences)
    }

    fn wrong_of(&self, context: Incarnation) -> &BTreeSet<ContextId> {
        let wrong = if self.is_followed { &self.wrong } else { self.compared.get_or_init(|| self.compare()) };
        &wrong[context.index()]
    }

    /// The entries that differ, as far as that is known, up to [`DIFFERENCES_MAX`].
    fn compare(&self) -> Vec<BTreeSet<ContextId>> {
        let mut all = vec![BTreeSet::new(); self.recording.lives.len()];
        let told = self.told();
        let is_all_told = told.is_some() && self.recording.outcome.lists_all_differences();
        if is_all_told || !self.has_true_tables() {
            for Difference { context, destination, .. } in told.unwrap_or_default() {
                let context = self.latest(*context).expect("it is alive");
                all[context.index()].insert(*destination);
            }
            return all;
        }
        let mut left = DIFFERENCES_MAX;
        let id = |context: Incarnation| self.recording.life(context).id;
        for context in self.contexts().filter(|context| self.is_attached(*context)) {
            let table = self.table(context);
            let is_wrong =
                |destination: &ContextId| table.get(destination).copied() != self.expected(context, *destination);
            let below = self.recording.descent.below(context).iter().copied();
            let below = below.filter(|other| self.is_attached(*other)).map(id);
            let lacking = below.filter(|other| !table.contains_key(other));
            let parent = self.recording.life(context).parent.map(id);
            let wrong = table.keys().copied().chain(parent).filter(is_wrong).chain(lacking).take(left);
            all[context.index()] = wrong.collect();
            left -= all[context.index()].len();
        }
        all
    }

    /// The health of a context that has been born.
    pub fn health(&self, context: Incarnation) -> Health {
        match (self.is_alive(context), self.is_attached(context), self.wrong_count(context)) {
            (false, ..) => Health::Dead,
            (true, false, _) => Health::Orphan,
            (true, true, _) if !self.knows_wrong() => Health::Unknown,
            (true, true, 0) => Health::Fine,
            (true, true, wrong) => Health::Wrong(wrong),
        }
    }

    /// The condition of the link between a context and its parent. Whether the link is slow is in
    /// [`LinkState::factor`].
    pub fn condition(&self, child: Incarnation) -> Condition {
        match (self.link(child).is_open, self.cut(child)) {
            ([true, true], None) => Condition::Open,
            ([true, true], Some(ways)) => Condition::Cut(ways),
            _ => Condition::Closed,
        }
    }

    /// How a context's entry for a destination differs from the truth, if it does.
    pub fn difference(&self, context: Incarnation, destination: ContextId) -> Option<Difference> {
        let via = self.table(context).get(&destination).copied();
        let expected = self.expected(context, destination);
        let differs = match self.is_followed || !self.has_true_tables() {
            true => self.wrong_of(context).contains(&destination),
            false => via != expected,
        };
        if !self.is_attached(context) || !differs {
            return None;
        }
        let kind = DifferenceKind::of(via, expected);
        let id = |hop: Option<Incarnation>| hop.map(|hop| self.recording.life(hop).id);
        let context = self.recording.life(context).id;
        Some(Difference { context, destination, kind, via: id(via), expected: id(expected) })
    }

    /// The neighbour through which a context should reach a destination. Under [`Truth::Reach`] that is what its table has,
    /// unless that is wrong; and the way to what is not below a context begins at its parent.
    pub fn expected(&self, context: Incarnation, destination: ContextId) -> Option<Incarnation> {
        let has_true_tables = self.has_true_tables();
        if !has_true_tables && self.knows_wrong() && !self.wrong_of(context).contains(&destination) {
            return self.table(context).get(&destination).copied();
        }
        let parent = self.recording.life(context).parent;
        if parent.is_some_and(|parent| self.recording.life(parent).id == destination) {
            return parent;
        }
        let other = self.latest(destination).filter(|other| self.is_attached(*other) && *other != context)?;
        self.child_towards(context, other).or(parent.filter(|_| !has_true_tables))
    }

    /// What is on the wires, in the order in which it was sent.
    pub fn on_wire(&self) -> impl Iterator<Item = (FlightId, &'r Flight)> + use<'r> {
        let now = self.moment;
        let is_there = move |flight: &Flight| {
            now.is_some_and(|now| flight.sent <= now && flight.end.moment().is_none_or(|end| end > now))
                && flight.end != FlightEnd::Dropped
        };
        self.recording.flights.iter().enumerate().filter(move |(_, flight)| is_there(flight))
    }

    /// Whether a wire delivers nothing.
    pub fn is_held(&self, lane: LaneId) -> bool {
        self.links.is_held(lane)
    }

    /// The directions in which a link does not deliver; `None` if it delivers both ways.
    pub fn cut(&self, link: Incarnation) -> Option<Ways> {
        match self.link(link).is_cut {
            [true, true] => Some(Ways::Both),
            [true, false] => Some(Ways::Down),
            [false, true] => Some(Ways::Up),
            [false, false] => None,
        }
    }
}

impl Recording<'_> {
    /// The links after `moment`, or before the first. A whole [`state`](Self::state) costs more.
    pub fn links(&self, moment: Option<MomentId>) -> Links {
        let mut links = Links::new(self.lives.len());
        self.changes_until(moment).iter().for_each(|change| links.change(*change));
        links
    }

    /// The state after `moment`, or before the first.
    pub fn state(&self, moment: Option<MomentId>) -> State<'_> {
        let mut state = State::new(self);
        if let Some(moment) = moment {
            state.go_on_to(moment);
        }
        state
    }
}
