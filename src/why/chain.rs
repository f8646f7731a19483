//! What led to a moment: one moment before it, and so on, back to a step of the scenario.

use crate::link::{Incarnation, LaneId};
use crate::process::ContextId;
use crate::recording::{Cause, Change, MomentId, Recording, RouteTurn};
use crate::trace::Record;
use std::collections::BTreeMap;

/// The moments that led to `moment`, itself the last, a step of the scenario the first.
pub fn chain(recording: &Recording<'_>, moment: MomentId) -> Vec<MomentId> {
    let mut chain: Vec<_> = std::iter::successors(Some(moment), |moment| origin(recording, *moment)).collect();
    chain.reverse();
    chain
}

/// The moment that led to another; none to a step.
fn origin(recording: &Recording<'_>, moment: MomentId) -> Option<MomentId> {
    let what = &recording.moments[moment];
    match what.cause {
        Cause::Step(_) => None,
        Cause::Arrival(flight) => Some(recording.flights[flight].sent),
        Cause::Timer => timer_set(recording, moment),
        Cause::Timeout => {
            let link = silent_link(recording, moment)?;
            let has_touched =
                |before: &MomentId| recording.changes(*before).iter().any(|change| touches(*change, link));
            (0..moment).rev().find(has_touched).or(recording.life(link).born)
        }
    }
}

/// The moment in which a timer was set: the last before it in which a message, a step or the end of a stream reached the
/// context; of a shutdown, the one that began it.
fn timer_set(recording: &Recording<'_>, moment: MomentId) -> Option<MomentId> {
    let context = recording.moments[moment].context;
    let mut here = (0..moment).rev().filter(|before| recording.moments[*before].context == context);
    let begins =
        |before: &MomentId| recording.records(*before).iter().any(|record| matches!(record, Record::Shutdown { .. }));
    here.clone().find(begins).or_else(|| here.find(|before| recording.moments[*before].cause != Cause::Timer))
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

/// When the end that sends on a lane closed, if it ever did.
pub(super) fn closed(recording: &Recording<'_>, lane: LaneId) -> Option<MomentId> {
    (0..recording.moments.len()).find(|moment| recording.changes(*moment).contains(&Change::Closed(lane)))
}

/// When a link was last cut, up to a moment.
pub(super) fn cut(recording: &Recording<'_>, link: Incarnation, end: MomentId) -> Option<MomentId> {
    let cuts = |change: &Change| matches!(change, Change::Partitioned { link: other, .. } if *other == link);
    (0..=end).rev().find(|moment| recording.changes(*moment).iter().any(cuts))
}

fn touches(change: Change, link: Incarnation) -> bool {
    matches!(change, Change::Partitioned { link: other, .. } | Change::Slowed { link: other, .. } if other == link)
}

/// How the entries for one destination changed, by context.
pub(super) struct Turns(BTreeMap<Incarnation, Vec<(MomentId, RouteTurn)>>);

impl Turns {
    /// All changes of entries for `route`.
    pub fn of(recording: &Recording<'_>, route: ContextId) -> Turns {
        let mut turns: BTreeMap<_, Vec<_>> = BTreeMap::new();
        for moment in 0..recording.moments.len() {
            for turn in recording.routes(moment).iter().filter(|turn| turn.target == route) {
                turns.entry(turn.context).or_default().push((moment, *turn));
            }
        }
        Turns(turns)
    }

    /// The last change at or before a moment.
    pub fn last(&self, context: Incarnation, moment: MomentId) -> Option<(MomentId, RouteTurn)> {
        let turns = self.0.get(&context)?;
        turns[..turns.partition_point(|(at, _)| *at <= moment)].last().copied()
    }

    /// The first change after a moment.
    pub fn next(&self, context: Incarnation, moment: MomentId) -> Option<(MomentId, RouteTurn)> {
        let turns = self.0.get(&context)?;
        turns[turns.partition_point(|(at, _)| *at <= moment)..].first().copied()
    }
}
