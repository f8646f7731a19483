//! What a choice does to a state.
//!
//! A choice asks one process at most. What it does follows from that process and its calls, from the contexts and links, and
//! from the item that arrives or the step that is taken; and it only puts items behind all others of their lanes. So each
//! such case is tried once, in a run that has nothing else (see [`Apart`]), and what comes of it is kept as a [`Move`].
//! To take a choice is then to look up its move.

use super::ending::Ending;
use super::error::ExploreError;
use super::links::{Links, Queued};
use super::lonely::Lonely;
use super::reduce::{Ahead, Here, leave_enough};
use super::state::{State, lane_at, lane_place};
use super::tables::{Case, Move, Near, Tables};
use crate::link::{Incarnation, Item, LaneId};
use crate::process::{Message, Payload};
use crate::scenario::{Action, Scenario};
use crate::simulation::{Apart, write_item, write_links};
use crate::world::Choice;
use std::sync::Arc;

/// About what a part of a context takes that is kept, in bytes.
const PART: usize = 1_000;

/// Begins a run that is to be taken apart.
pub(super) type Begin<'t, 's> = &'t (dyn Fn() -> Result<Box<dyn Apart<'s> + 's>, ExploreError> + Sync);

/// What all workers need to know of a scenario.
pub(super) struct Plan<'s> {
    pub scenario: &'s Scenario,
    /// The numbers of the steps, each on its own and with all after it.
    pub steps: Vec<(u32, u32)>,
    /// Whether to rely on what the protocol says of messages that only rise.
    pub is_orderly: bool,
    /// The contexts that nobody talks to; none if it is not orderly.
    pub lonely: Lonely,
}

/// A run in which choices are tried, once it is needed.
struct Trial<'t, 's> {
    begin: Begin<'t, 's>,
    run: Option<Box<dyn Apart<'s> + 's>>,
}

impl<'s> Trial<'_, 's> {
    fn run(&mut self) -> Result<&mut (dyn Apart<'s> + 's), ExploreError> {
        let run = match &mut self.run {
            Some(run) => run,
            none => none.insert((self.begin)()?),
        };
        Ok(&mut **run)
    }
}

/// Takes choices. Each thread has one.
pub(super) struct Worker<'t, 's> {
    tables: &'t Tables,
    plan: &'t Plan<'s>,
    trial: Trial<'t, 's>,
    near: Near,
    bytes: Vec<u8>,
}

impl<'t, 's> Worker<'t, 's> {
    /// A worker that knows this from before.
    pub fn new(tables: &'t Tables, plan: &'t Plan<'s>, begin: Begin<'t, 's>, near: Near) -> Self {
        Worker { tables, plan, trial: Trial { begin, run: None }, near, bytes: Vec::new() }
    }

    /// What it knows, for another one.
    pub fn into_near(self) -> Near {
        self.near
    }

    /// The state in which the run begins.
    ///
    /// # Errors
    /// If it is not known.
    pub fn first(&mut self) -> Result<State, ExploreError> {
        let world = self.trial.run()?.view().world;
        let contexts = world.topology().len();
        let next_step = u32::try_from(world.next_step()).expect("fewer than 2^32 steps");
        let mut state = State { next_step, ..State::default() };
        state.grow(contexts);
        for place in 0..state.lanes.len() {
            state.lanes[place] = self.lane(lane_at(place))?;
        }
        for context in (0..contexts as u32).map(Incarnation) {
            if self.trial.run()?.view().world.has_process(context) {
                state.parts[context.index()] = self.part(context)?;
            }
        }
        state.links = self.links()?;
        Ok(state)
    }

    /// Gets ready for the choices of a state.
    ///
    /// # Errors
    /// If no run can begin.
    pub fn load(&mut self, state: &State) -> Result<(), ExploreError> {
        let number = state.links as usize;
        if self.near.links.len() <= number {
            self.near.links.resize_with(number + 1, || None);
        }
        self.near.links[number].get_or_insert_with(|| self.tables.links.value(state.links));
        for number in &state.lanes {
            let is_known = *number == 0 || matches!(self.near.queued.get(*number as usize), Some(Some(_)));
            if !is_known {
                self.queue(*number);
            }
        }
        let key = self.ahead_key(state);
        if !self.near.ahead.contains_key(&key) {
            let run = self.trial.run()?;
            let links = self.near.links[number].as_ref().expect("it was loaded");
            run.reset(&links.bare, state.next_step as usize);
            let ahead = Ahead::new(run.view().world, self.plan.is_orderly);
            self.tables.count(size_of::<Ahead>() + 32);
            self.near.ahead.insert(key, ahead);
        }
        Ok(())
    }

    /// The number of the steps that are left in a state.
    fn left(&self, state: &State) -> u32 {
        self.plan.steps[state.next_step as usize].1
    }

    /// The contexts and links of a state that was loaded.
    fn links_of(&self, state: &State) -> &Links {
        self.near.links[state.links as usize].as_ref().expect("the state was loaded")
    }

    fn ahead_of(&self, state: &State) -> &Ahead {
        &self.near.ahead[&self.ahead_key(state)]
    }

    fn ahead_key(&self, state: &State) -> (u32, u32, bool) {
        (state.links, self.left(state), self.plan.is_orderly)
    }

    /// Whether no step is left in a state.
    pub fn is_stepless(&self, state: &State) -> bool {
        self.left(state) == 0
    }

    /// Everything that can come next in a state that was loaded: the step first, then the lanes in the order of their numbers;
    /// or only those of them that are needed to find all endings.
    pub fn choices(&self, state: &State, reduces: bool, choices: &mut Vec<Choice>) {
        choices.clear();
        let links = self.links_of(state);
        if !self.is_stepless(state) {
            choices.push(Choice::Step);
        }
        for (place, number) in state.lanes.iter().enumerate() {
            if *number != 0 && !links.lanes[place].is_partitioned {
                choices.push(Choice::Arrival(lane_at(place)));
            }
        }
        if reduces && choices.len() > 1 {
            let (ahead, queued) = (self.ahead_of(state), &self.near.queued);
            leave_enough(
                &Here { links, state, ahead, queued, is_orderly: self.plan.is_orderly, lonely: &self.plan.lonely },
                choices,
            );
        }
    }

    /// How a run ends that is over, as a number.
    ///
    /// # Errors
    /// If no run can begin.
    pub fn ending(&mut self, state: &State) -> Result<u32, ExploreError> {
        let key: Box<[u32]> = [state.links].iter().chain(&state.parts).copied().collect();
        if let Some(number) = self.near.endings.get(&key) {
            return Ok(*number);
        }
        let run = self.trial.run()?;
        let links = self.near.links[state.links as usize].as_ref().expect("the state was loaded");
        run.reset(&links.bare, state.next_step as usize);
        for (context, number) in (0..).zip(&state.parts) {
            if *number != 0 {
                run.put(Incarnation(context), &self.tables.parts.value(*number));
            }
        }
        let number = self.tables.ending(Ending::of(run.view()));
        self.tables.count(key.len() * 4 + 48);
        self.near.endings.insert(key, number);
        Ok(number)
    }

    /// Takes a choice of a state that was loaded. `order` is the choices that lead to it.
    ///
    /// # Errors
    /// If the choice cannot be taken.
    pub fn take(
        &mut self,
        state: &State,
        choice: Choice,
        order: &dyn Fn() -> Vec<Choice>,
        next: &mut State,
    ) -> Result<(), ExploreError> {
        let (case, asked) = self.case(state, choice);
        if !self.near.moves.contains_key(&case) {
            let found = match self.tables.find(case) {
                Some(found) => found,
                None => self.find(state, choice, case, asked, order)?,
            };
            self.tables.count(80);
            self.near.moves.insert(case, found);
        }
        let Near { moves, behind, queued, .. } = &mut self.near;
        let found = &moves[&case];
        if self.plan.is_orderly && !found.is_as_said {
            return Err(ExploreError::Disorder);
        }
        next.copy(state);
        match choice {
            Choice::Step => next.next_step += 1,
            Choice::Arrival(lane) => {
                let number = &mut next.lanes[lane_place(lane)];
                *number = queued[*number as usize].expect("the state was loaded").rest;
            }
        }
        next.links = found.links;
        if found.contexts > next.parts.len() {
            next.grow(found.contexts);
        }
        for (context, part) in &found.parts {
            next.parts[*context as usize] = *part;
        }
        for (place, sent) in &found.sent {
            let number = &mut next.lanes[*place as usize];
            *number = match *number {
                0 => *sent,
                before => *behind.entry((before, *sent)).or_insert_with(|| self.tables.joined(before, *sent)),
            };
        }
        for place in &found.silenced {
            next.lanes[*place as usize] = 0;
        }
        Ok(())
    }

    /// What tells the move of a choice from others, and the context that is asked.
    fn case(&self, state: &State, choice: Choice) -> (Case, Option<Incarnation>) {
        let (lane, what, asked) = match choice {
            Choice::Step => (0, self.plan.steps[state.next_step as usize].0, self.ahead_of(state).asked),
            Choice::Arrival(lane) => {
                let place = lane_place(lane);
                let queued = self.near.queued[state.lanes[place] as usize].expect("the state was loaded");
                (lane.raw(), queued.first, Some(self.links_of(state).lanes[place].to))
            }
        };
        let part = asked.map_or(0, |asked| state.parts[asked.index()]);
        ([lane, state.links, what, part], asked)
    }

    /// Tries a choice that was not tried before.
    #[cold]
    fn find(
        &mut self,
        state: &State,
        choice: Choice,
        case: Case,
        asked: Option<Incarnation>,
        order: &dyn Fn() -> Vec<Choice>,
    ) -> Result<Arc<Move>, ExploreError> {
        let before = Arc::clone(self.near.links[state.links as usize].as_ref().expect("the state was loaded"));
        let [_, _, what, part] = case;
        let run = self.trial.run()?;
        run.reset(&before.bare, state.next_step as usize);
        if let Some(asked) = asked.filter(|_| part != 0) {
            run.put(asked, &self.tables.parts.value(part));
        }
        if let Choice::Arrival(lane) = choice {
            run.put_item(lane, &self.tables.items.value(what), 1);
        }
        run.perform(choice, order)?;
        let contexts = run.view().world.topology().len();
        let mut parts = Vec::new();
        for context in (0..contexts as u32).map(Incarnation) {
            let had = context.index() < state.parts.len() && before.bare.world().has_process(context);
            match (had, self.trial.run()?.view().world.has_process(context)) {
                (true, false) => parts.push((context.0, 0)),
                (had, true) if !had || asked == Some(context) => parts.push((context.0, self.part(context)?)),
                _ => {}
            }
        }
        let mut sent = Vec::new();
        for place in 0..2 * contexts - 2 {
            match self.lane(lane_at(place))? {
                0 => {}
                number => sent.push((place as u32, number)),
            }
        }
        let links = self.links()?;
        let after = self.tables.links.value(links);
        let is_silenced = |place: &usize| before.lanes[*place].receives && !after.lanes[*place].receives;
        let silenced = (0..before.lanes.len()).filter(is_silenced).map(|place| place as u32).collect();
        let is_as_said = self.is_as_said(&before, state, choice, &sent, &after);
        Ok(self.tables.keep(case, Move { links, contexts, parts, sent, silenced, is_as_said }))
    }

    /// Whether an item only rises, by its number.
    fn only_rises(&self, item: u32) -> bool {
        match self.tables.items.value(item) {
            Item::Message(message) => self.plan.scenario.monitor.family().only_rises(&message),
            Item::Eof => false,
        }
    }

    /// Whether a choice has done no more than the protocol says that it does.
    fn is_as_said(&self, before: &Links, state: &State, choice: Choice, sent: &[(u32, u32)], after: &Links) -> bool {
        let context = match choice {
            Choice::Step => {
                let action = self.plan.scenario.step(state.next_step as usize).expect("it was taken").action;
                let Action::Connect(_) = action else { return true };
                match self.ahead_of(state).asked {
                    Some(parent) => parent,
                    None => return true,
                }
            }
            Choice::Arrival(lane) => {
                let place = lane_place(lane);
                let first = self.near.queued[state.lanes[place] as usize].expect("the state was loaded").first;
                if !before.lanes[place].is_up || !self.only_rises(first) {
                    return true;
                }
                before.lanes[place].to
            }
        };
        let is_up = |place: u32| after.lanes[place as usize].is_up && after.lanes[place as usize].from == context;
        let rises = |number: u32| self.tables.lanes.value(number).iter().all(|(item, _)| self.only_rises(*item));
        sent.iter().all(|(place, number)| is_up(*place) && rises(*number))
            && before.lanes.iter().zip(&after.lanes).all(|(one, other)| one.sends == other.sends)
    }

    /// The number of the contexts and links of the run.
    fn links(&mut self) -> Result<u32, ExploreError> {
        let run = self.trial.run()?;
        let world = run.view().world;
        write_links(world, &mut self.bytes);
        let size = Links::size(world.topology().len());
        Ok(self.tables.links.number(&self.bytes, size, || Arc::new(Links::new(run.bare()))))
    }

    /// The number of the part that a context of the run is.
    fn part(&mut self, context: Incarnation) -> Result<u32, ExploreError> {
        let run = self.trial.run()?;
        let part = run.take(context, &mut self.bytes)?.ok_or(ExploreError::UnknownState)?;
        // A process need not say what never changes after its birth.
        let (world, bytes) = (run.view().world, &mut self.bytes);
        let topology = world.topology();
        let parent = topology.parent(context).unwrap_or(context);
        let options = topology.parent(context).map_or(0, |_| topology.link(context).options.0);
        for number in [context.0, parent.0, topology.id(context).0, topology.id(parent).0, options] {
            bytes.extend(number.to_le_bytes());
        }
        Ok(self.tables.parts.number(&self.bytes, PART, || part))
    }

    /// The number of what is on a lane of the run; 0 if nothing is.
    fn lane(&mut self, lane: LaneId) -> Result<u32, ExploreError> {
        let run = self.trial.run()?;
        let (tables, bytes) = (self.tables, &mut self.bytes);
        let mut items = Vec::new();
        run.view().world.each_on(lane, |item, copies| {
            write_item(&item, bytes);
            items.push((tables.items.number(bytes, size_of::<Item>(), || item), copies));
        });
        Ok(tables.queue(&items))
    }

    /// Looks up what is on a lane, by its number.
    #[cold]
    fn queue(&mut self, number: u32) {
        let place = number as usize;
        if self.near.queued.len() <= place {
            self.near.queued.resize(place + 1, None);
        }
        let items = self.tables.lanes.value(number);
        let (first, copies) = items[0];
        let mut rest = items.to_vec();
        match copies {
            1 => drop(rest.remove(0)),
            _ => rest[0].1 -= 1,
        }
        let only_rises = items.iter().all(|(item, _)| self.only_rises(*item));
        let news_of = match self.tables.items.value(first) {
            Item::Message(Message { payload: Payload::Announce { target, .. }, .. }) if self.only_rises(first) => {
                Some(target)
            }
            _ => None,
        };
        self.near.queued[place] = Some(Queued { first, rest: self.tables.queue(&rest), only_rises, news_of });
    }
}
