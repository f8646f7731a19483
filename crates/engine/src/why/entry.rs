//! Why an entry of a route table is as it is, or is not there.

use super::chain::{Past, Turns};
use super::{Fate, Obstacle, Place, Standing, Trail, TrailEnd, Why, fate, moments_of_loss};
use crate::link::{Direction, Incarnation, Item, LaneId};
use crate::process::{ContextId, News, Truth};
use crate::recording::{FlightId, MomentId, Recording, State, first_error};
use crate::scenario::expectation::DifferenceKind;
use std::collections::BTreeMap;

/// Why the entry of `context` for `route` is as it is, or is not there, after a moment.
pub fn entry(recording: &Recording<'_>, context: Incarnation, route: ContextId, moment: Option<MomentId>) -> Why {
    let past = Past::of(recording);
    Entries::new(recording, &past, [route]).why(context, route, moment)
}

/// Why entries are as they are: what [`entry`] says about one, for many entries of one recording, in the order of their
/// moments.
#[derive(Clone, Debug)]
pub struct Entries<'r> {
    recording: &'r Recording<'r>,
    past: &'r Past,
    state: State<'r>,
    turns: BTreeMap<ContextId, Turns>,
}

impl<'r> Entries<'r> {
    /// The entries for some destinations.
    pub fn new(
        recording: &'r Recording<'r>,
        past: &'r Past,
        routes: impl IntoIterator<Item = ContextId>,
    ) -> Entries<'r> {
        Entries { recording, past, state: recording.state(None), turns: Turns::of_each(recording, routes) }
    }

    /// Why the entry of `context` for `route` is as it is, or is not there, after a moment.
    ///
    /// # Panics
    /// If `route` is not one of the destinations, or if the moment is earlier than one that was asked about before.
    pub fn why(&mut self, context: Incarnation, route: ContextId, moment: Option<MomentId>) -> Why {
        if let Some(moment) = moment {
            self.state.go_on_to(moment);
        }
        assert_eq!(self.state.moment(), moment, "a state cannot go back");
        let Entries { recording, past, ref state, ref turns } = *self;
        let is_born = recording.is_born(context, moment);
        let (via, expected) = if is_born && state.is_alive(context) {
            (state.table(context).get(&route).copied(), state.expected(context, route))
        } else {
            (None, None)
        };
        let mut why = Why {
            context,
            route,
            moment,
            via,
            expected: expected.filter(|_| state.is_attached(context)),
            standing: if is_born { standing(recording, past, state, context, route) } else { Standing::Unborn },
            place: place(recording, past, state, context, route),
            last: None,
            news: None,
            retraction: None,
            moments: Vec::new(),
        };
        if why.standing == Standing::Unknown {
            // The tree does not decide what the table should have.
            why.expected = None;
        }
        if let Some(end) = moment {
            Walk { recording, past, state, turns: &turns[&route], route, end }.explain(&mut why);
        }
        why
    }
}

fn standing(
    recording: &Recording<'_>,
    past: &Past,
    state: &State<'_>,
    context: Incarnation,
    route: ContextId,
) -> Standing {
    if !state.is_alive(context) {
        return Standing::Dead(recording.life(context).died.expect("a dead context has died"));
    }
    if !state.is_attached(context) {
        return Standing::Orphaned(past.left(recording, context));
    }
    match state.difference(context, route).map(|difference| difference.kind) {
        None if !state.knows_wrong() => Standing::Unknown,
        None => Standing::Right,
        Some(DifferenceKind::Stale) => Standing::Stale,
        Some(DifferenceKind::Missing) => Standing::Missing,
        Some(DifferenceKind::Wrong) => Standing::Wrong,
    }
}

fn place(recording: &Recording<'_>, past: &Past, state: &State<'_>, context: Incarnation, route: ContextId) -> Place {
    let life = recording.life(context);
    let Some(target) = state.latest(route) else { return Place::Unborn };
    if life.id == route {
        return Place::Itself;
    }
    if !state.is_alive(target) {
        return Place::Dead(target, recording.life(target).died.expect("a dead context has died"));
    }
    if life.parent == Some(target) {
        return Place::Parent;
    }
    match state.child_towards(context, target) {
        _ if !state.is_attached(target) => Place::Orphaned(target, past.left(recording, target)),
        Some(child) => Place::Below(child),
        None => Place::Elsewhere(target),
    }
}

/// The walk about one destination, as the page of [`super`] describes it.
struct Walk<'w> {
    recording: &'w Recording<'w>,
    past: &'w Past,
    state: &'w State<'w>,
    turns: &'w Turns,
    route: ContextId,
    end: MomentId,
}

impl Walk<'_> {
    fn explain(&self, why: &mut Why) {
        let mut moments = Vec::new();
        if let Standing::Dead(died) = why.standing {
            moments = self.past.chain(died);
        } else if let Some((last, _)) = self.turns.last(why.context, self.end) {
            why.last = Some(last);
            moments = self.past.chain(last);
        }
        let is_wrong = matches!(why.standing, Standing::Stale | Standing::Missing | Standing::Wrong);
        let parent = self.recording.life(why.context).parent;
        if is_wrong && why.expected.is_some_and(|expected| Some(expected) != parent) {
            why.news = self.state.latest(self.route).map(|life| self.news(life, why.context));
        }
        if matches!(why.standing, Standing::Stale | Standing::Wrong) {
            why.retraction = Some(self.retraction(why.context));
        }
        for trail in why.news.iter().chain(&why.retraction) {
            moments.extend(&trail.moments);
            if let Some(obstacle) = trail.obstacle {
                moments.extend(self.past.chain(obstacle.made));
                moments.extend(obstacle.removed.into_iter().flat_map(|removed| self.past.chain(removed)));
            }
        }
        moments.sort_unstable();
        moments.dedup();
        why.moments = moments;
    }

    /// The way of the news of `about` up to `context`.
    fn news(&self, about: Incarnation, context: Incarnation) -> Trail {
        let life = self.recording.life(about);
        let mut trail = Trail { about, moments: Vec::new(), end: TrailEnd::None, obstacle: None };
        let (Some(mut moment), Some(mut at)) = (life.born, life.parent) else { return trail };
        trail.end = loop {
            trail.moments.push(moment);
            let error = first_error(self.recording.records(moment));
            let sent = if at == context { None } else { self.sent(moment, at, |item| self.says(item, News::Announce)) };
            match (sent, error) {
                (Some(flight), _) => match self.fate(flight) {
                    Fate::Arrived(arrived) => (moment, at) = (arrived, self.recording.moments[arrived].context),
                    fate => break TrailEnd::Lost(flight, fate),
                },
                (None, Some(error)) => break TrailEnd::Refused { context: at, moment, error },
                (None, None) if at == context => break TrailEnd::Arrived(moment),
                (None, None) => break TrailEnd::NotSent { context: at, moment },
            }
        };
        trail.moments.extend(self.loss(trail.end));
        trail.obstacle = self.obstacle(trail.end);
        trail
    }

    /// The entry that stood in the way of refused news.
    fn obstacle(&self, end: TrailEnd) -> Option<Obstacle> {
        let TrailEnd::Refused { context, moment, .. } = end else { return None };
        let (made, turn) = self.turns.last(context, moment.checked_sub(1)?)?;
        let via = turn.after?;
        let next = self.turns.next(context, moment).filter(|(at, turn)| *at <= self.end && turn.after.is_none());
        Some(Obstacle { context, via, made, removed: next.map(|(at, _)| at) })
    }

    /// The way of what should have removed the entry of `context`.
    fn retraction(&self, context: Incarnation) -> Trail {
        let is_kept_for_life = self.recording.scenario.monitor.family().truth() == Truth::Tables;
        let mut way = vec![context];
        loop {
            let at = *way.last().expect("it begins somewhere");
            let about = self.via(at).expect("the context has an entry");
            let trail = |moments, end| Trail { about, moments, end, obstacle: None };
            let is_up = self.recording.life(at).parent == Some(about);
            if is_up && is_kept_for_life {
                return trail(Vec::new(), TrailEnd::None);
            }
            if let Some(place) = way.iter().position(|earlier| *earlier == about) {
                let circle = TrailEnd::Circle { to: about, contexts: way.len() - place };
                return Trail { about: at, ..trail(Vec::new(), circle) };
            }
            // The end of the neighbour: the parent sends down, a child up.
            let lane = if is_up { LaneId::new(at, Direction::Down) } else { LaneId::new(about, Direction::Up) };
            if !self.state.link(lane.child()).is_open[lane.direction() as usize] {
                let closed = self.past.closed(lane).expect("it is closed");
                return self.retracted(about, closed, lane, |item| item == Item::Eof);
            }
            match self.turns.last(about, self.end) {
                Some((_, turn)) if turn.after.is_some() => way.push(about),
                Some((removed, _)) => {
                    return self.retracted(about, removed, lane, |item| self.says(item, News::Retract));
                }
                None => return trail(Vec::new(), TrailEnd::None),
            }
        }
    }

    /// What became of what `about` sent on a lane in a moment to have an entry removed.
    fn retracted(&self, about: Incarnation, moment: MomentId, lane: LaneId, is_it: impl Fn(Item) -> bool) -> Trail {
        let mut moments = self.past.chain(moment);
        let end = match self.sent_on(moment, lane, is_it) {
            None => TrailEnd::NotSent { context: about, moment },
            Some(flight) => match self.fate(flight) {
                Fate::Arrived(arrived) => {
                    moments.push(arrived);
                    let context = self.recording.moments[arrived].context;
                    let refused = |error| TrailEnd::Refused { context, moment: arrived, error };
                    first_error(self.recording.records(arrived)).map_or(TrailEnd::Arrived(arrived), refused)
                }
                fate => TrailEnd::Lost(flight, fate),
            },
        };
        moments.extend(self.loss(end));
        Trail { about, moments, end, obstacle: None }
    }

    /// The moments that explain why news was lost, if it was.
    fn loss(&self, end: TrailEnd) -> Vec<MomentId> {
        match end {
            TrailEnd::Lost(flight, fate) => moments_of_loss(self.recording, self.past, flight, fate, self.end),
            _ => Vec::new(),
        }
    }

    fn fate(&self, flight: FlightId) -> Fate {
        fate(self.recording, self.state.links(), self.end, flight)
    }

    /// The neighbour that a context's entry leads through.
    fn via(&self, context: Incarnation) -> Option<Incarnation> {
        self.turns.last(context, self.end).and_then(|(_, turn)| turn.after)
    }

    /// The flight that a context sent up in a moment, if there is one that `is_it`.
    fn sent(&self, moment: MomentId, context: Incarnation, is_it: impl Fn(Item) -> bool) -> Option<FlightId> {
        self.sent_on(moment, LaneId::new(context, Direction::Up), is_it)
    }

    /// The flight that was sent on a lane in a moment, if there is one that `is_it`.
    fn sent_on(&self, moment: MomentId, lane: LaneId, is_it: impl Fn(Item) -> bool) -> Option<FlightId> {
        self.recording.sent(moment).find(|flight| {
            let flight = &self.recording.flights[*flight];
            flight.lane == lane && is_it(flight.item)
        })
    }

    /// Whether an item says something about the destination.
    fn says(&self, item: Item, news: fn(ContextId) -> News) -> bool {
        matches!(item, Item::Message(message) if self.recording.news(&message) == Some(news(self.route)))
    }
}
