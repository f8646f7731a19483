//! What led to a moment: the moment before it, and so on, back to a step of the scenario.

use crate::link::{Incarnation, LaneId};
use crate::process::ContextId;
use crate::recording::{Cause, Change, MomentId, Recording, RouteTurn};
use crate::trace::Record;
use std::collections::BTreeMap;

/// The moments that led to `moment`: first a step of the scenario, last `moment` itself.
pub fn chain(recording: &Recording<'_>, moment: MomentId) -> Vec<MomentId> {
    Past::of(recording).chain(moment)
}

/// What led to each moment of a recording, and when its links and contexts changed. Walks need this over and over; one
/// pass over the recording finds all of it.
#[derive(Clone, Debug, Default)]
pub struct Past {
    origins: Vec<Option<MomentId>>,
    /// When the end that sends on a lane closed.
    closed: BTreeMap<LaneId, MomentId>,
    /// When each link was cut, ascending.
    cuts: BTreeMap<Incarnation, Vec<MomentId>>,
    /// When each context left the tree.
    left: BTreeMap<Incarnation, MomentId>,
}

impl Past {
    /// The past of a whole recording.
    pub fn of(recording: &Recording<'_>) -> Past {
        let mut past = Past { origins: Vec::with_capacity(recording.moments.len()), ..Past::default() };
        let mut last = Last { reached: vec![None; recording.lives.len()], ..Last::default() };
        for moment in 0..recording.moments.len() {
            past.origins.push(last.origin(recording, moment));
            last.add(recording, moment);
            for change in recording.changes(moment) {
                past.add(moment, *change);
            }
        }
        past
    }

    fn add(&mut self, moment: MomentId, change: Change) {
        match change {
            Change::Closed(lane) => {
                self.closed.entry(lane).or_insert(moment);
            }
            Change::Partitioned { link, .. } => self.cuts.entry(link).or_default().push(moment),
            Change::Left(context) => {
                self.left.entry(context).or_insert(moment);
            }
            _ => {}
        }
    }

    /// The moment that led to another; `None` for a step.
    pub fn origin(&self, moment: MomentId) -> Option<MomentId> {
        self.origins[moment]
    }

    /// The moments that led to `moment`: first a step of the scenario, last `moment` itself.
    pub fn chain(&self, moment: MomentId) -> Vec<MomentId> {
        let mut chain: Vec<_> = std::iter::successors(Some(moment), |moment| self.origin(*moment)).collect();
        chain.reverse();
        chain
    }

    /// When the end that sends on a lane closed, if it ever did.
    pub(super) fn closed(&self, lane: LaneId) -> Option<MomentId> {
        self.closed.get(&lane).copied()
    }

    /// When a link was last cut, up to a moment.
    pub(super) fn cut(&self, link: Incarnation, end: MomentId) -> Option<MomentId> {
        let cuts = self.cuts.get(&link)?;
        cuts[..cuts.partition_point(|cut| *cut <= end)].last().copied()
    }

    /// When a context left the tree, or was born below an orphan.
    pub(super) fn left(&self, recording: &Recording<'_>, context: Incarnation) -> MomentId {
        let left = self.left.get(&context).copied();
        left.or(recording.life(context).born).unwrap_or(0)
    }
}

/// The last moments that a later one may lead back to.
#[derive(Default)]
struct Last {
    /// When each context began to shut down.
    shutdown: BTreeMap<Incarnation, MomentId>,
    /// When anything but a timer last happened in each context, by its number.
    reached: Vec<Option<MomentId>>,
    /// When each link was cut or slowed.
    touched: BTreeMap<Incarnation, MomentId>,
}

impl Last {
    fn origin(&self, recording: &Recording<'_>, moment: MomentId) -> Option<MomentId> {
        let what = &recording.moments[moment];
        match what.cause {
            Cause::Step(_) => None,
            Cause::Arrival(flight) => Some(recording.flights[flight].sent),
            Cause::Timer(_) => {
                let reached = || self.reached[what.context.index()];
                self.shutdown.get(&what.context).copied().or_else(reached)
            }
            Cause::Timeout => {
                let link = silent_link(recording, moment)?;
                self.touched.get(&link).copied().or(recording.life(link).born)
            }
        }
    }

    fn add(&mut self, recording: &Recording<'_>, moment: MomentId) {
        let what = &recording.moments[moment];
        if recording.records(moment).iter().any(|record| matches!(record, Record::Shutdown { .. })) {
            self.shutdown.insert(what.context, moment);
        }
        if !matches!(what.cause, Cause::Timer(_)) {
            self.reached[what.context.index()] = Some(moment);
        }
        for change in recording.changes(moment) {
            if let Change::Partitioned { link, .. } | Change::Slowed { link, .. } = change {
                self.touched.insert(*link, moment);
            }
        }
    }
}

/// The link that an end gave up on.
fn silent_link(recording: &Recording<'_>, moment: MomentId) -> Option<Incarnation> {
    let context = recording.moments[moment].context;
    let from = recording.records(moment).iter().find_map(|record| match record {
        Record::Timeout { from, .. } => Some(*from),
        _ => None,
    })?;
    let life = recording.life(context);
    let is_child = |child: &Incarnation| {
        let life = recording.life(*child);
        life.parent == Some(context) && life.born.is_some_and(|born| born < moment)
    };
    let closes = |child: &Incarnation| {
        let is_closed = |change: &Change| matches!(change, Change::Closed(lane) if lane.child() == *child);
        recording.changes(moment).iter().any(is_closed)
    };
    let mut children = recording.lives_of(from).iter().copied().filter(is_child);
    let is_parent = life.parent.is_some_and(|parent| recording.life(parent).id == from) && closes(&context);
    if is_parent { Some(context) } else { children.rfind(closes) }
}

/// How the entries for one destination changed, by context.
#[derive(Clone, Debug, Default)]
pub(super) struct Turns(BTreeMap<Incarnation, Vec<(MomentId, RouteTurn)>>);

impl Turns {
    /// All changes in entries for `route`.
    pub fn of(recording: &Recording<'_>, route: ContextId) -> Turns {
        Turns::of_each(recording, [route]).remove(&route).unwrap_or_default()
    }

    /// The same for each of several destinations.
    pub fn of_each(
        recording: &Recording<'_>,
        routes: impl IntoIterator<Item = ContextId>,
    ) -> BTreeMap<ContextId, Turns> {
        let mut each: BTreeMap<_, _> = routes.into_iter().map(|route| (route, Turns::default())).collect();
        for moment in 0..recording.moments.len() {
            for turn in recording.routes(moment) {
                if let Some(Turns(turns)) = each.get_mut(&turn.target) {
                    turns.entry(turn.context).or_default().push((moment, *turn));
                }
            }
        }
        each
    }

    /// The last change at or before a moment.
    pub fn last(&self, context: Incarnation, moment: MomentId) -> Option<(MomentId, RouteTurn)> {
        let turns = self.0.get(&context)?;
        turns[..turns.partition_point(|(at, _)| *at <= moment)].last().copied()
    }

    /// The last of all changes that `is_it`.
    pub fn last_such(&self, context: Incarnation, is_it: impl Fn(RouteTurn) -> bool) -> Option<MomentId> {
        let turns = self.0.get(&context)?;
        turns.iter().rev().find(|(_, turn)| is_it(*turn)).map(|(moment, _)| *moment)
    }

    /// The first change after a moment.
    pub fn next(&self, context: Incarnation, moment: MomentId) -> Option<(MomentId, RouteTurn)> {
        let turns = self.0.get(&context)?;
        turns[turns.partition_point(|(at, _)| *at <= moment)..].first().copied()
    }
}
