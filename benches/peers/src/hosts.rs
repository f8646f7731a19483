//! turmoil on the churn: each context is a host, and what is on a link is a datagram.
//!
//! This is turmoil's fastest form:
//! - UDP. With constant latencies it keeps the order of a link, as TCP does, without handshakes, acknowledgements of a close,
//!   and the copies between segments and buffers. The end of a stream is a datagram like the others.
//! - A tick as long as a latency: nothing happens in between, and each tick costs every host, whether it does something or not.
//! - A killed context stays a host whose node is dead. `crash` and `bounce` build a new Tokio runtime each time.
//! - Each host has two tasks, so that no timer is set while it waits for a datagram.
//! - `tracing`, which turmoil calls for each tick and each datagram, is compiled out (`release_max_level_off`).
//!
//! The hosts are made before the clock starts.

use crate::measure::Measured;
use crate::node::{Item, Node};
use crate::scenario::{Deed, Reached, deeds};
use std::cell::{Cell, RefCell};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::rc::Rc;
use std::time::Duration;
use tokio::task::spawn_local;
use tokio::time::{Instant, sleep_until};
use treequake::scenario::Scenario;
use turmoil::net::UdpSocket;
use turmoil::{Builder, Sim};

/// The latency of all links, and the tick.
const MS: Duration = Duration::from_millis(1);

/// Every host has the same port.
const PORT: u16 = 9_000;

/// How many datagrams a host may have that it has not read; what is beyond is lost.
const CAPACITY: usize = 1_024;

/// What a host does of its own accord, at a time in milliseconds.
#[derive(Clone, Copy)]
enum Act {
    Appear { parent: u8 },
    Accept { child: u8 },
    Die,
    Disconnect { child: u8 },
}

/// A context of a scenario with ids below `N`.
struct Host<const N: usize> {
    node: RefCell<Node<N>>,
    plan: Vec<(u64, Act)>,
    /// How many steps were taken, and how many items received, by all hosts.
    events: Rc<Cell<u64>>,
}

/// Runs a scenario with ids below `N`.
pub fn simulate<const N: usize>(scenario: &Scenario) -> (Measured, Reached) {
    let plan = deeds(scenario);
    let hosts = hosts::<N>(&plan);
    let last = plan.last().map_or(0, |(ms, _)| *ms);
    // A message may be under way for as long as there are contexts; and the first tick is that of time 0.
    let ticks = last + N as u64 + 2;
    let mut sim = Builder::new()
        .rng_seed(1)
        .simulation_duration(MS * (ticks as u32 + 1))
        .tick_duration(MS)
        .min_message_latency(MS)
        .max_message_latency(MS)
        .udp_capacity(CAPACITY)
        .build();
    hosts.iter().for_each(|host| register(&mut sim, host));
    let measured = Measured::of(|| {
        for _ in 0..ticks {
            sim.step().expect("no host fails");
        }
        hosts[0].events.get()
    });
    let tables = hosts.iter().zip(0..).filter_map(|(host, id)| Some((id, host.node.borrow().routes()?))).collect();
    (measured, Reached { events: measured.operations, tables })
}

/// A host for each id, with its part in the deeds. A context connects at two hosts at once.
fn hosts<const N: usize>(plan: &[(u64, Deed)]) -> Vec<Rc<Host<N>>> {
    let mut plans = vec![Vec::new(); N];
    let mut parents = [0; N];
    for (ms, deed) in plan {
        let mut act = |id: u8, act| plans[usize::from(id)].push((*ms, act));
        match *deed {
            Deed::Connect { id, parent } => {
                parents[usize::from(id)] = parent;
                act(id, Act::Appear { parent });
                act(parent, Act::Accept { child: id });
            }
            Deed::Kill { id } => act(id, Act::Die),
            Deed::Disconnect { id } => act(parents[usize::from(id)], Act::Disconnect { child: id }),
        }
    }
    let events = Rc::new(Cell::new(0));
    let host = |(id, plan)| Host { node: RefCell::new(Node::new(id)), plan, events: Rc::clone(&events) };
    (0..).zip(plans).map(host).map(Rc::new).collect()
}

/// Where a context is.
fn address(id: u8) -> Ipv4Addr {
    Ipv4Addr::new(192, 168, 0, id + 1)
}

fn register<const N: usize>(sim: &mut Sim<'_>, host: &Rc<Host<N>>) {
    let (host, id) = (Rc::clone(host), host.node.borrow().id());
    sim.host(address(id), move || Rc::clone(&host).live());
}

impl<const N: usize> Host<N> {
    /// Receives for ever; the plan is a task of its own.
    async fn live(self: Rc<Self>) -> turmoil::Result {
        let socket = Rc::new(UdpSocket::bind((Ipv4Addr::UNSPECIFIED, PORT)).await?);
        spawn_local(Rc::clone(&self).follow_plan(Rc::clone(&socket)));
        let mut datagram = [0; 2];
        loop {
            let (_, from) = socket.recv_from(&mut datagram).await?;
            let IpAddr::V4(from) = from.ip() else { unreachable!("all hosts are IPv4") };
            let from = from.octets()[3] - 1;
            if self.node.borrow_mut().receive(from, decode(datagram), |to, item| send(&socket, to, item)) {
                self.count();
            }
        }
    }

    async fn follow_plan(self: Rc<Self>, socket: Rc<UdpSocket>) {
        let start = Instant::now();
        for (ms, act) in &self.plan {
            sleep_until(start + MS * (*ms as u32)).await;
            let send = |to, item| send(&socket, to, item);
            let mut node = self.node.borrow_mut();
            match *act {
                // The parent counts the step.
                Act::Appear { parent } => node.appear(parent),
                Act::Accept { child } => node.accept(child, send),
                Act::Die => node.die(send),
                Act::Disconnect { child } => node.disconnect(child, send),
            }
            if !matches!(act, Act::Appear { .. }) {
                self.count();
            }
        }
    }

    fn count(&self) {
        self.events.set(self.events.get() + 1);
    }
}

fn send(socket: &UdpSocket, to: u8, item: Item) {
    socket.try_send_to(&encode(item), SocketAddr::from((address(to), PORT))).expect("every id has a host");
}

fn encode(item: Item) -> [u8; 2] {
    match item {
        Item::Add(id) => [0, id],
        Item::Del(id) => [1, id],
        Item::End => [2, 0],
    }
}

fn decode(datagram: [u8; 2]) -> Item {
    match datagram {
        [0, id] => Item::Add(id),
        [1, id] => Item::Del(id),
        _ => Item::End,
    }
}
