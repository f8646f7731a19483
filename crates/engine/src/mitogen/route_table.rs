//! What a router knows about each id: `_stream_by_id` (the route table), `_context_by_id` (the context objects) and
//! `RouteMonitor._routes_by_stream` (what to retract when a stream is lost), in one table.
//!
//! In the original these are three dicts with nearly the same keys. As long as all ids are low, the table is an array, which
//! the ids index. Consecutive ids are mostly known in the same way, so a table with other ids is a list of *runs* of ids, and
//! stays short even for a large tree: a master over a million hosts has one run. If there are many runs, ids are hashed one by
//! one instead, with an index from each stream to the ids that are reached through it. Which form a table has cannot be
//! seen, since every walk is ascending by id.

use crate::process::{ContextId, IdHash, StateWriter, StreamId};
use std::collections::HashMap;

/// Ids below this are low: a table of such ids alone takes at most two kilobytes.
const LOW_IDS: u32 = 256;

/// Up to this many runs are not joined. Most tables have few ids, and nothing is cheaper than appending one more run.
const UNJOINED_RUNS: usize = 4;

/// How many runs a table may have, whatever is in them.
const FEW_RUNS: usize = 64;

/// How many runs a table may have if they hold [`LONG_RUN`] ids on average.
const MANY_RUNS: usize = 512;

const LONG_RUN: usize = 16;

/// No stream.
const NONE: u32 = u32::MAX;

/// Where the order starts in [`Known::object`]. The flags are below it.
const ORDER_SHIFT: u32 = 4;

/// The order that stands for no context object.
const NO_OBJECT: u32 = u32::MAX >> ORDER_SHIFT;

const IS_MEMBER: u32 = 1;
const IS_PARENT_CLASS: u32 = 2;
const IS_LISTENING: u32 = 4;
const HAS_FIRED: u32 = 8;

/// What is known about one id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Known {
    stream: u32,
    /// The order of the context object, and flags.
    object: u32,
}

impl Known {
    const NOTHING: Known = Known { stream: NONE, object: NO_OBJECT << ORDER_SHIFT };

    /// The entry of `_stream_by_id`.
    pub fn stream(self) -> Option<StreamId> {
        (self.stream != NONE).then_some(StreamId(self.stream))
    }

    /// Whether the id is in the `_routes_by_stream` set of its stream.
    pub fn is_member(self) -> bool {
        self.object & IS_MEMBER != 0
    }

    /// The place of the context object in the insertion order of `_context_by_id`, if there is one.
    pub fn order(self) -> Option<u32> {
        let order = self.object >> ORDER_SHIFT;
        (order != NO_OBJECT).then_some(order)
    }

    /// Whether the context object is a `mitogen.parent.Context`.
    pub fn is_parent_class(self) -> bool {
        self.object & IS_PARENT_CLASS != 0
    }

    /// Whether `_on_respondent_disconnect` listens to the context object's signal.
    pub fn is_listening(self) -> bool {
        self.object & IS_LISTENING != 0
    }

    /// Whether the context object has fired its signal.
    pub fn has_fired(self) -> bool {
        self.object & HAS_FIRED != 0
    }

    /// The same, reached through a stream, or through none.
    pub fn with_stream(self, stream: Option<StreamId>, is_member: bool) -> Known {
        let object = if is_member { self.object | IS_MEMBER } else { self.object & !IS_MEMBER };
        Known { stream: stream.map_or(NONE, |stream| stream.0), object }
    }

    /// The same, with a new context object at `order`.
    pub fn with_object(self, order: u32, is_parent_class: bool) -> Known {
        assert!(order < NO_OBJECT, "fewer than 2^28 contexts are known");
        let class = if is_parent_class { IS_PARENT_CLASS } else { 0 };
        Known { object: order << ORDER_SHIFT | class | self.object & IS_MEMBER, ..self }
    }

    /// The same, with a listener.
    pub fn listening(self) -> Known {
        Known { object: self.object | IS_LISTENING, ..self }
    }

    /// The same, after its signal has fired.
    pub fn fired(self) -> Known {
        Known { object: self.object | HAS_FIRED, ..self }
    }

    /// The same, without the context object.
    pub fn without_object(self) -> Known {
        Known { object: NO_OBJECT << ORDER_SHIFT | self.object & IS_MEMBER, ..self }
    }

    /// The same, without what only decides when the context object fires, and how often it has.
    pub fn without_past(self) -> Known {
        let object = if self.order().is_none() { self.object } else { self.object & ((1 << ORDER_SHIFT) - 1) };
        Known { object: object & !HAS_FIRED, ..self }
    }

    /// What is known about the `n`th id of a run that starts with this one.
    #[inline]
    fn nth(self, n: u32, stride: u32) -> Known {
        let stream = if self.stream == NONE { NONE } else { self.stream + n * stride };
        let object = if self.order().is_none() { self.object } else { self.object + (n << ORDER_SHIFT) };
        Known { stream, object }
    }
}

/// Consecutive ids that are known in the same way: through one stream or through consecutive streams, and with
/// consecutive context objects or with none.
#[derive(Clone, Copy, Debug)]
struct Run {
    first: u32,
    last: u32,
    /// What is known about the first id.
    known: Known,
    /// How far apart the streams of two neighbours are: 0 or 1. In a run of one id it means nothing.
    stride: u8,
}

impl Run {
    fn single(id: u32, known: Known) -> Run {
        Run { first: id, last: id, known, stride: 0 }
    }

    fn at(&self, id: u32) -> Known {
        self.known.nth(id - self.first, u32::from(self.stride))
    }

    fn len(&self) -> u32 {
        self.last - self.first + 1
    }

    fn each_route(&self, f: &mut impl FnMut(ContextId, StreamId)) {
        let Some(StreamId(mut stream)) = self.known.stream() else { return };
        for id in self.first..=self.last {
            f(ContextId(id), StreamId(stream));
            stream = stream.wrapping_add(u32::from(self.stride));
        }
    }

    /// The part before `id`.
    fn before(&self, id: u32) -> Option<Run> {
        (self.first < id).then(|| Run { last: id - 1, ..*self })
    }

    /// The part after `id`.
    fn after(&self, id: u32) -> Option<Run> {
        (id < self.last).then(|| Run { first: id + 1, known: self.at(id + 1), ..*self })
    }

    /// The stride of this run and the next one together, if they can be joined.
    #[inline]
    fn stride_with(&self, next: &Run) -> Option<u8> {
        if self.last.checked_add(1) != Some(next.first) || next.known.object != self.known.nth(self.len(), 0).object {
            return None;
        }
        let stride = if next.known.stream == self.known.stream {
            0
        } else if self.known.stream != NONE && next.known.stream == self.known.nth(self.len(), 1).stream {
            1
        } else {
            return None;
        };
        let fits = |run: &Run| run.first == run.last || run.stride == stride;
        (fits(self) && fits(next)).then_some(stride)
    }

    /// Takes in the next run, if that can be joined to this one. Returns whether it was.
    #[inline]
    fn take_in(&mut self, next: &Run) -> bool {
        let stride = self.stride_with(next);
        if let Some(stride) = stride {
            (self.last, self.stride) = (next.last, stride);
        }
        stride.is_some()
    }
}

/// Ids one by one.
#[derive(Clone, Debug, Default)]
struct Hashed {
    known: HashMap<u32, Known, IdHash>,
    /// By stream.
    via: Vec<Via>,
}

/// The ids that are reached through one stream. Among them are some that no longer are, and duplicates.
#[derive(Clone, Debug, Default)]
struct Via {
    ids: Vec<u32>,
    /// How many ids really are reached through the stream.
    count: usize,
}

impl Hashed {
    fn of(runs: &[Run]) -> Self {
        let mut hashed = Hashed::default();
        for run in runs {
            (run.first..=run.last).for_each(|id| hashed.set(id, run.at(id)));
        }
        hashed
    }

    #[inline]
    fn get(&self, id: u32) -> Known {
        self.known.get(&id).copied().unwrap_or(Known::NOTHING)
    }

    fn set(&mut self, id: u32, known: Known) {
        let old = if known == Known::NOTHING { self.known.remove(&id) } else { self.known.insert(id, known) };
        let old = old.unwrap_or(Known::NOTHING).stream;
        if old == known.stream {
            return;
        }
        if old != NONE {
            self.via[old as usize].count -= 1;
            self.tidy(old);
        }
        if known.stream != NONE {
            let index = known.stream as usize;
            if self.via.len() <= index {
                self.via.resize_with(index + 1, Via::default);
            }
            self.via[index].ids.push(id);
            self.via[index].count += 1;
            self.tidy(known.stream);
        }
    }

    /// Removes the ids that are not reached through `stream`, once they are the larger part: a constant cost for each.
    fn tidy(&mut self, stream: u32) {
        let via = &mut self.via[stream as usize];
        if via.count == 0 {
            via.ids = Vec::new();
        } else if via.ids.len() > 2 * via.count + 16 {
            let known = &self.known;
            via.ids.retain(|id| known.get(id).is_some_and(|known| known.stream == stream));
            via.ids.sort_unstable();
            via.ids.dedup();
        }
    }

    /// Appends the ids that are reached through `stream`, ascending.
    fn targets(&self, stream: u32, targets: &mut Vec<ContextId>) {
        let Some(via) = self.via.get(stream as usize) else { return };
        let mut ids = via.ids.clone();
        ids.retain(|id| self.get(*id).stream == stream);
        ids.sort_unstable();
        ids.dedup();
        targets.extend(ids.into_iter().map(ContextId));
    }
}

#[derive(Clone, Debug)]
enum Repr {
    /// By id, below [`LOW_IDS`].
    Low(Vec<Known>),
    Runs(Vec<Run>),
    Hashed(Box<Hashed>),
}

/// The table; see the module.
#[derive(Clone, Debug)]
pub(super) struct RouteTable {
    repr: Repr,
    /// How many ids have a stream.
    routes: u32,
    /// How many ids have a context object. Ids never lose theirs.
    objects: u32,
    /// The members of a stream's set that are not, or no longer, reached through that stream. Reused ids lead to these,
    /// and so does a stream that is noticed before it is registered. Sorted.
    strays: Vec<(StreamId, ContextId)>,
}

impl Default for RouteTable {
    fn default() -> Self {
        RouteTable { repr: Repr::Low(Vec::new()), routes: 0, objects: 0, strays: Vec::new() }
    }
}

impl RouteTable {
    /// Removes everything, but keeps small allocations for the next life.
    pub fn clear(&mut self) {
        match &mut self.repr {
            Repr::Low(low) => low.clear(),
            Repr::Runs(_) | Repr::Hashed(_) => self.repr = Repr::Low(Vec::new()),
        }
        self.strays.clear();
        (self.routes, self.objects) = (0, 0);
    }

    /// How many ids have a route.
    pub fn route_count(&self) -> usize {
        self.routes as usize
    }

    /// How many context objects there are, which is the order of the next one.
    pub fn object_count(&self) -> u32 {
        self.objects
    }

    /// What is known about an id.
    #[inline]
    pub fn get(&self, id: ContextId) -> Known {
        match &self.repr {
            Repr::Low(low) => low.get(id.0 as usize).copied().unwrap_or(Known::NOTHING),
            Repr::Runs(runs) => match runs.get(place_of(runs, id.0)) {
                Some(run) if run.first <= id.0 => run.at(id.0),
                _ => Known::NOTHING,
            },
            Repr::Hashed(hashed) => hashed.get(id.0),
        }
    }

    /// The stream of an id, without the default route.
    pub fn route(&self, id: ContextId) -> Option<StreamId> {
        self.get(id).stream()
    }

    /// Sets what is known about an id, about which `old` was known so far.
    #[inline]
    pub fn set(&mut self, id: ContextId, old: Known, known: Known) {
        self.routes = self.routes + u32::from(known.stream != NONE) - u32::from(old.stream != NONE);
        self.objects += u32::from(old.order().is_none() && known.order().is_some());
        if let Repr::Low(low) = &mut self.repr
            && let Some(place) = low.get_mut(id.0 as usize)
        {
            *place = known;
            return;
        }
        self.set_elsewhere(id, known);
    }

    /// Sets what is known about an id that has no place in an array yet.
    fn set_elsewhere(&mut self, id: ContextId, known: Known) {
        if let Repr::Low(low) = &mut self.repr {
            if id.0 < LOW_IDS {
                // Mostly, others follow.
                low.resize((id.0 as usize + 1).next_multiple_of(16), Known::NOTHING);
                low[id.0 as usize] = known;
                return;
            }
            self.repr = Repr::Runs(runs_of(low));
        }
        match &mut self.repr {
            Repr::Low(_) => unreachable!("it has just become another form"),
            Repr::Runs(runs) => {
                set_in_runs(runs, id.0, known);
                if runs.len() > FEW_RUNS {
                    let are_long = self.objects as usize >= LONG_RUN * runs.len();
                    if !are_long || runs.len() > MANY_RUNS {
                        self.repr = Repr::Hashed(Box::new(Hashed::of(runs)));
                    }
                }
            }
            Repr::Hashed(hashed) => hashed.set(id.0, known),
        }
    }

    /// Appends the ids that are reached through `stream`, ascending.
    pub fn targets(&self, stream: StreamId, targets: &mut Vec<ContextId>) {
        match &self.repr {
            Repr::Low(low) => {
                let via = |(id, known): (u32, &Known)| (known.stream == stream.0).then_some(ContextId(id));
                targets.extend((0..).zip(low).filter_map(via));
            }
            Repr::Runs(runs) => targets_in_runs(runs, stream.0, targets),
            Repr::Hashed(hashed) => hashed.targets(stream.0, targets),
        }
    }

    /// Calls `f` with each route, ascending by destination.
    pub fn each_route(&self, mut f: impl FnMut(ContextId, StreamId)) {
        if let Repr::Runs(runs) = &self.repr {
            return runs.iter().for_each(|run| run.each_route(&mut f));
        }
        self.each_known(|id, known| {
            if let Some(stream) = known.stream() {
                f(ContextId(id), stream);
            }
        });
    }

    /// Calls `f` with each id of which anything is known, ascending.
    fn each_known(&self, mut f: impl FnMut(u32, Known)) {
        match &self.repr {
            Repr::Low(low) => {
                (0..).zip(low).filter(|(_, known)| **known != Known::NOTHING).for_each(|(id, known)| f(id, *known))
            }
            Repr::Runs(runs) => {
                for run in runs {
                    (run.first..=run.last).for_each(|id| f(id, run.at(id)));
                }
            }
            Repr::Hashed(hashed) => {
                let mut ids: Vec<u32> = hashed.known.keys().copied().collect();
                ids.sort_unstable();
                ids.into_iter().for_each(|id| f(id, hashed.get(id)));
            }
        }
    }

    /// Writes the table, in whatever form it is kept: what is known, as runs that are joined from the first id on. `simplify`
    /// leaves out what makes no difference.
    pub fn write_state(&self, state: &mut StateWriter<'_>, simplify: impl Fn(ContextId, Known) -> Known) {
        let mut runs: Vec<Run> = Vec::new();
        self.each_known(|id, known| {
            let known = simplify(ContextId(id), known);
            if known == Known::NOTHING {
                return;
            }
            let single = Run::single(id, known);
            if !runs.last_mut().is_some_and(|last| last.take_in(&single)) {
                runs.push(single);
            }
        });
        state.len(runs.len());
        for Run { first, last, known, stride } in runs {
            for number in [first, last, known.stream, known.object] {
                state.u32(number);
            }
            state.u8(if first == last { 0 } else { stride });
        }
        state.len(self.strays.len());
        for (stream, id) in &self.strays {
            state.u32(stream.0);
            state.u32(id.0);
        }
    }

    /// Makes an id a member of the set of a stream through which it is not reached. Returns whether that is new.
    pub fn add_stray(&mut self, stream: StreamId, id: ContextId) -> bool {
        let place = self.strays.binary_search(&(stream, id));
        if let Err(place) = place {
            self.strays.insert(place, (stream, id));
        }
        place.is_err()
    }

    /// The reverse of [`add_stray`](Self::add_stray). Returns whether the id was a member.
    pub fn remove_stray(&mut self, stream: StreamId, id: ContextId) -> bool {
        match self.strays.binary_search(&(stream, id)) {
            Ok(place) => {
                self.strays.remove(place);
                true
            }
            Err(_) => false,
        }
    }

    /// Takes all strays of a stream, ascending.
    pub fn take_strays(&mut self, stream: StreamId) -> impl Iterator<Item = ContextId> + '_ {
        let start = self.strays.partition_point(|(other, _)| *other < stream);
        let end = self.strays.partition_point(|(other, _)| *other <= stream);
        self.strays.drain(start..end).map(|(_, id)| id)
    }
}

/// The runs of a table whose ids are low.
fn runs_of(low: &[Known]) -> Vec<Run> {
    let mut runs: Vec<Run> = Vec::new();
    let known = (0..).zip(low).filter(|(_, known)| **known != Known::NOTHING);
    known.for_each(|(id, known)| set_in_runs(&mut runs, id, *known));
    runs
}

/// The place of the first run that ends at `id` or later.
#[inline]
fn place_of(runs: &[Run], id: u32) -> usize {
    // Ids mostly come in ascending order.
    if runs.last().is_none_or(|last| last.last < id) {
        return runs.len();
    }
    if runs.len() <= UNJOINED_RUNS {
        // This has no branch that is hard to predict.
        return runs.iter().map(|run| usize::from(run.last < id)).sum();
    }
    runs.partition_point(|run| run.last < id)
}

#[inline]
fn set_in_runs(runs: &mut Vec<Run>, id: u32, known: Known) {
    let place = place_of(runs, id);
    let count = runs.len();
    if let Some(run) = runs.get_mut(place).filter(|run| run.first <= id) {
        if run.first == run.last && known != Known::NOTHING && count <= UNJOINED_RUNS {
            run.known = known;
        } else if run.at(id) != known {
            change_in_runs(runs, place, id, known);
        }
    } else if known == Known::NOTHING {
        // Nothing was known before either.
    } else if count < UNJOINED_RUNS {
        runs.insert(place, Run::single(id, known));
    } else {
        if count == UNJOINED_RUNS {
            join_all(runs);
        }
        insert_in_runs(runs, place_of(runs, id), Run::single(id, known));
    }
}

/// Joins the runs that can be joined.
fn join_all(runs: &mut Vec<Run>) {
    runs.dedup_by(|next, run| run.take_in(next));
}

/// Inserts a run of one id, which is in no run yet, before the run at `place`. Most often this only extends the run
/// before.
#[inline]
fn insert_in_runs(runs: &mut Vec<Run>, place: usize, single: Run) {
    if let Some(before) = place.checked_sub(1).filter(|before| runs[*before].take_in(&single)) {
        let (head, tail) = runs.split_at_mut(place);
        if tail.first().is_some_and(|next| head[before].take_in(next)) {
            runs.remove(place);
        }
        return;
    }
    if !runs.get_mut(place).is_some_and(|next| let_in(&single, next)) {
        runs.insert(place, single);
    }
}

/// Puts a run in front of the next one, if the two can be joined. Returns whether they were.
#[inline]
fn let_in(single: &Run, next: &mut Run) -> bool {
    let stride = single.stride_with(next);
    if let Some(stride) = stride {
        (next.first, next.known, next.stride) = (single.first, single.known, stride);
    }
    stride.is_some()
}

/// Changes what is known about an id of the run at `place`: takes the id out of the run, and joins what can be joined.
fn change_in_runs(runs: &mut Vec<Run>, place: usize, id: u32, known: Known) {
    let hit = runs[place];
    let place = match (hit.before(id), hit.after(id)) {
        (None, None) => {
            runs.remove(place);
            place
        }
        (Some(rest), None) => {
            runs[place] = rest;
            place + 1
        }
        (None, Some(rest)) => {
            runs[place] = rest;
            place
        }
        (Some(before), Some(after)) => {
            runs[place] = after;
            runs.insert(place, before);
            place + 1
        }
    };
    if known != Known::NOTHING {
        insert_in_runs(runs, place, Run::single(id, known));
    }
}

fn targets_in_runs(runs: &[Run], stream: u32, targets: &mut Vec<ContextId>) {
    for run in runs.iter().filter(|run| run.known.stream <= stream && run.known.stream != NONE) {
        match (run.stride, stream - run.known.stream) {
            (0, 0) => targets.extend((run.first..=run.last).map(ContextId)),
            (1, n) if n < run.len() => targets.push(ContextId(run.first + n)),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    /// Consecutive ids through consecutive streams, with holes, changes and everything else that makes and breaks runs.
    fn changes(count: u64, spread: u64) -> impl Iterator<Item = (ContextId, Option<StreamId>, u64)> {
        let mut x = 7_u64;
        let mut next = 0;
        (0..count).map(move |_| {
            x = x.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let draw = x >> 33;
            next = if draw.is_multiple_of(5) { draw % spread } else { next + 1 };
            let stream = match (draw >> 8) % 8 {
                0 => None,
                1..4 => Some(StreamId((next % 7) as u32)),
                _ => Some(StreamId((next / 16) as u32)),
            };
            (ContextId(next as u32), stream, draw >> 16)
        })
    }

    /// Proves that the table is a map, in each form: after each change, every answer is that of a plain map.
    #[test]
    fn agrees_with_a_plain_map() {
        for (first, spread, form) in [(0, 40, "low"), (1_000, 40, "runs"), (0, 3_000, "hashed")] {
            let mut table = RouteTable::default();
            let mut plain: BTreeMap<ContextId, Known> = BTreeMap::new();
            for (id, stream, draw) in changes(4_000, spread) {
                let id = ContextId(first + id.0);
                let old = table.get(id);
                assert_eq!(old, plain.get(&id).copied().unwrap_or(Known::NOTHING));
                let mut known = old.with_stream(stream, draw.is_multiple_of(2) && stream.is_some());
                if old.order().is_none() && !draw.is_multiple_of(7) {
                    known = known.with_object(table.object_count(), draw.is_multiple_of(3));
                } else if draw.is_multiple_of(11) && old.order().is_some() {
                    known = known.fired();
                }
                table.set(id, old, known);
                plain.insert(id, known);
                if draw.is_multiple_of(20) {
                    let via = |stream| plain.iter().filter(move |(_, known)| known.stream() == Some(stream));
                    for stream in [0, 1, 2, 30].map(StreamId) {
                        let mut targets = Vec::new();
                        table.targets(stream, &mut targets);
                        assert_eq!(targets, via(stream).map(|(id, _)| *id).collect::<Vec<_>>());
                    }
                }
            }
            let found = match table.repr {
                Repr::Low(_) => "low",
                Repr::Runs(_) => "runs",
                Repr::Hashed(_) => "hashed",
            };
            assert_eq!(found, form);
            let mut routes = Vec::new();
            table.each_route(|id, stream| routes.push((id, stream)));
            let plain_routes: Vec<_> = plain.iter().filter_map(|(id, known)| Some((*id, known.stream()?))).collect();
            assert_eq!(routes, plain_routes);
            let mut fresh = RouteTable::default();
            plain.iter().for_each(|(id, known)| fresh.set(*id, Known::NOTHING, *known));
            let bytes = |table: &RouteTable| {
                let mut state = StateWriter::default();
                table.write_state(&mut state, |_, known| known);
                state.into_bytes()
            };
            assert_eq!(bytes(&table), bytes(&fresh), "the state does not tell how the table came about");
            assert_eq!(table.route_count(), routes.len());
            assert_eq!(table.object_count() as usize, plain.values().filter(|known| known.order().is_some()).count());
        }
    }

    /// Proves that a star is one run, and that a level of a tree has one run for each child.
    #[test]
    fn rows_of_ids_are_runs() {
        let mut table = RouteTable::default();
        let mut add = |id: u32, stream: u32| {
            let known =
                Known::NOTHING.with_stream(Some(StreamId(stream)), true).with_object(table.object_count(), true);
            table.set(ContextId(id), Known::NOTHING, known);
            match &table.repr {
                Repr::Low(_) => 0,
                Repr::Runs(runs) => runs.len(),
                Repr::Hashed(_) => panic!("they are few"),
            }
        };
        assert_eq!((1..1_000).map(|id| add(id, id)).max(), Some(UNJOINED_RUNS));
        assert_eq!((1_000..15_000).map(|id| add(id, (id - 1_000) / 1_000)).max(), Some(15));
    }
}
