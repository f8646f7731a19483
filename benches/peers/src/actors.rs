//! The contexts as actors of stateright: each is an actor, each direction of a link is a flow of its ordered network.
//!
//! Two things no actor can do are in a model around stateright's `ActorModel`. A step of the scenario happens at once, though
//! it may concern two actors (a child appears and its parent accepts it). And an item whose receiver is dead, or has closed
//! its end, vanishes at once, as `docs/model.md` has it under "Orders"; else there would be many more states. Everything else
//! is stateright's: the actions, the delivery of a message, the copy of the state, its hash.

use crate::measure::Measured;
use crate::node::{Item, Node};
use crate::scenario::{Deed, Reached, Tables, deeds};
use stateright::actor::{Actor, ActorModel, ActorModelAction, ActorModelState, Id, Network, Out};
use stateright::{Model, Property};
use std::borrow::Cow;
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};
use treequake::scenario::Scenario;

/// A context of a scenario with ids below `N`; the state is its node.
#[derive(Clone)]
pub struct Context<const N: usize>;

impl<const N: usize> Actor for Context<N> {
    type Msg = Item;
    type Timer = ();
    type State = Node<N>;
    type Storage = ();
    type Random = ();

    fn on_start(&self, id: Id, _: &Option<()>, _: &mut Out<Self>) -> Node<N> {
        Node::new(narrow(id))
    }

    fn on_msg(&self, _: Id, node: &mut Cow<'_, Node<N>>, from: Id, item: Item, out: &mut Out<Self>) {
        node.to_mut().receive(narrow(from), item, |to, item| out.send(wide(to), item));
    }
}

/// The history of a state is the number of steps that were taken.
pub type State<const N: usize> = ActorModelState<Context<N>, u32>;

/// What can come next.
#[derive(Clone, Debug, PartialEq)]
pub enum Choice {
    /// The next step of the scenario.
    Step,
    /// What stateright's actors can do: one receives an item.
    Actors(ActorModelAction<Item, (), ()>),
}

/// A scenario with ids below `N`, in every order.
pub struct Orders<const N: usize> {
    actors: ActorModel<Context<N>, (), u32>,
    deeds: Vec<Deed>,
    /// The tables of every state in which nothing is left to happen.
    pub endings: Arc<Mutex<BTreeSet<Tables>>>,
}

impl<const N: usize> Orders<N> {
    /// The orders of a scenario, with its joins.
    pub fn new(scenario: &Scenario) -> Self {
        let actors = ActorModel::new((), 0).actors((0..N).map(|_| Context)).init_network(Network::new_ordered([]));
        let deeds = deeds(scenario).into_iter().map(|(_, deed)| deed).collect();
        Orders { actors, deeds, endings: Arc::default() }
    }

    /// The state after the next step. One that cannot be done is skipped.
    fn step(&self, state: &State<N>) -> State<N> {
        let mut state = state.clone();
        let deed = self.deeds[state.history as usize];
        state.history += 1;
        let is_alive = |id: u8| state.actor_states[usize::from(id)].is_alive();
        match deed {
            Deed::Connect { id, parent } if is_alive(parent) && !is_alive(id) => {
                change(&mut state, id, |node, _| node.appear(parent));
                change(&mut state, parent, |node, send| node.accept(id, send));
            }
            Deed::Kill { id } if is_alive(id) => change(&mut state, id, |node, send| node.die(send)),
            Deed::Disconnect { id } if is_alive(id) => {
                let parent = state.actor_states[usize::from(id)].parent();
                if state.actor_states[usize::from(parent)].hears(id) {
                    change(&mut state, parent, |node, send| node.disconnect(id, send));
                }
            }
            Deed::Connect { .. } | Deed::Kill { .. } | Deed::Disconnect { .. } => {}
        }
        forget_unheard(&mut state);
        state
    }

    fn is_over(&self, state: &State<N>) -> bool {
        state.history as usize == self.deeds.len()
            && matches!(&state.network, Network::Ordered(flows) if flows.is_empty())
    }
}

impl<const N: usize> Model for Orders<N> {
    type State = State<N>;
    type Action = Choice;

    /// Without the lists of what these actors never use (timers, random choices, storage), which each new state would copy.
    fn init_states(&self) -> Vec<State<N>> {
        let bare = |mut state: State<N>| {
            state.timers_set.clear();
            state.random_choices.clear();
            state.actor_storages.clear();
            state
        };
        self.actors.init_states().into_iter().map(bare).collect()
    }

    fn actions(&self, state: &State<N>, actions: &mut Vec<Choice>) {
        if (state.history as usize) < self.deeds.len() {
            actions.push(Choice::Step);
        }
        let mut of_actors = Vec::new();
        self.actors.actions(state, &mut of_actors);
        actions.extend(of_actors.into_iter().map(Choice::Actors));
    }

    fn next_state(&self, state: &State<N>, choice: Choice) -> Option<State<N>> {
        match choice {
            Choice::Step => Some(self.step(state)),
            Choice::Actors(action) => {
                let mut next = self.actors.next_state(state, action)?;
                forget_unheard(&mut next);
                Some(next)
            }
        }
    }

    /// One that always holds, as a checker needs one to go on for. It keeps the endings.
    fn properties(&self) -> Vec<Property<Self>> {
        let keeps_endings = |orders: &Self, state: &State<N>| {
            if orders.is_over(state) {
                let mut endings = orders.endings.lock().unwrap_or_else(PoisonError::into_inner);
                endings.insert(tables(state));
            }
            true
        };
        vec![Property::always("the endings are kept", keeps_endings)]
    }
}

/// One order of the churn: what is on the links is received before the next step is taken, unless that is of the same time.
///
/// This is stateright's fastest form: the model is stepped by hand, and its network asked for the first item that can be
/// delivered. Its own simulation (`spawn_simulation`) makes a list of all actions each time and sorts it, and hashes each
/// state, to see whether it has been there before.
pub fn simulate<const N: usize>(scenario: &Scenario) -> (Measured, Reached) {
    let times: Vec<u64> = deeds(scenario).into_iter().map(|(ms, _)| ms).collect();
    let orders = Orders::<N>::new(scenario);
    let mut state = orders.init_states().pop().expect("there is one");
    let measured = Measured::of(|| {
        let mut events = 0;
        for (place, ms) in times.iter().enumerate() {
            state = orders.step(&state);
            events += 1;
            if times.get(place + 1) != Some(ms) {
                events += receive_all(&orders, &mut state);
            }
        }
        events
    });
    let tables = tables(&state);
    (measured, Reached { events: measured.operations, tables })
}

/// Lets the actors receive all that is on the links, and what follows from it.
fn receive_all<const N: usize>(orders: &Orders<N>, state: &mut State<N>) -> u64 {
    let mut received = 0;
    while let Some(first) = state.network.iter_deliverable().next() {
        let delivery = ActorModelAction::Deliver { src: first.src, dst: first.dst, msg: *first.msg };
        *state = orders.next_state(state, Choice::Actors(delivery)).expect("an item is received");
        received += 1;
    }
    received
}

/// The route tables of a state.
fn tables<const N: usize>(state: &State<N>) -> Tables {
    state.actor_states.iter().filter_map(|node| Some((node.id(), node.routes()?))).collect()
}

/// Changes a node from outside, and puts what it sends on the links.
fn change<const N: usize>(state: &mut State<N>, id: u8, what: impl FnOnce(&mut Node<N>, &mut dyn FnMut(u8, Item))) {
    let node = Arc::make_mut(&mut state.actor_states[usize::from(id)]);
    let Network::Ordered(flows) = &mut state.network else { unreachable!("links are ordered") };
    what(node, &mut |to, item| flows.entry((wide(id), wide(to))).or_default().push_back(item));
}

/// Takes off the links what nobody will receive.
fn forget_unheard<const N: usize>(state: &mut State<N>) {
    let Network::Ordered(flows) = &mut state.network else { unreachable!("links are ordered") };
    let nodes = &state.actor_states;
    flows.retain(|(from, to), _| nodes[usize::from(*to)].hears(narrow(*from)));
}

fn narrow(id: Id) -> u8 {
    usize::from(id) as u8
}

fn wide(id: u8) -> Id {
    Id::from(usize::from(id))
}
