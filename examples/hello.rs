//! A protocol of your own, in one file. Copy it, and change it.
//!
//! `cargo run --example hello -- replay examples/hello/lost-branch.json`
//!
//! # The protocol
//!
//! Each process says HELLO once a second, with a number that grows. Its parent notes that it can reach this process
//! through that child, and passes the HELLO on to its own parent. So every process learns about everything below it.
//! Nothing is ever sent to say that a process is gone. Instead, a route that has not been refreshed for 3.5 seconds is
//! forgotten. A message for a context without an entry goes up, to the parent.
//!
//! There are two monitors. `hello-1` is the first draft: it only forgets a route when the link that it leads through is
//! lost. `hello-2` has the timeout. What is wrong with the draft?
//!
//! ```text
//! cargo run --example hello -- fuzz --monitor hello-1 --seeds 0..200      finds a small tree in which the draft fails
//! cargo run --example hello -- fuzz --monitor hello-2 --seeds 0..200      finds nothing
//! cargo run --example hello -- compare examples/hello/lost-branch.json    shows both, side by side
//! cargo run --example hello -- why --monitor hello-1 examples/hello/lost-branch.json
//! ```
//!
//! # What a protocol needs
//!
//! 1. A type that implements [`Process`]: one process of the tree. It does no IO and reads no clock. The engine passes
//!    it what comes in (`handle_*`), and it pushes what it wants done into [`Effects`]. The page of [`Process`] says
//!    exactly what happens when.
//! 2. A [`Family`]: the names of its monitors, and how to describe its messages to people. All but two of its methods
//!    have a default.
//! 3. A `main` of two lines, at the end of this file.

use std::collections::BTreeMap;
use std::process::ExitCode;
use treequake::process::{
    Birth, Connected, ContextId, Data, Effect, Effects, Family, Handle, Message, Monitor, MonitorRow, Names, News,
    Other, Payload, Process, Refused, Request, RouteChange, Settings, StateWriter, StreamId, Surroundings, TimerId,
};
use treequake::time::{Span, Time};

// ---------------------------------------------------------------------------------------------------------------------
// How to describe the protocol to people.

/// The family of the two monitors.
#[derive(Debug)]
struct HelloFamily;

/// The newest comes last: a scenario that names no monitor runs it.
static MONITORS: [MonitorRow; 2] = [
    MonitorRow::new("hello-1", "the draft: a route lives as long as its link", &HelloFamily, 0),
    MonitorRow::new("hello-2", "a route that is not refreshed is forgotten", &HelloFamily, 1),
];

/// How often each process says HELLO.
const PERIOD: Span = Span::from_ms(1_000);

/// How long a route lives if it is not refreshed.
const LIFETIME: Span = Span::from_ms(3_500);

/// How long a caller waits for its reply.
const PATIENCE: Span = Span::from_ms(30_000);

impl Family for HelloFamily {
    fn name(&self) -> &'static str {
        "hello"
    }

    fn monitors(&self) -> &'static [MonitorRow] {
        &MONITORS
    }

    /// The protocol never falls silent, so a scenario must say when a run ends: `until` in a scenario file. Random cases end
    /// this long after their last step. By then, every table must be right.
    fn settles_within(&self) -> Option<Span> {
        Some(Span::from_ms(60_000))
    }

    /// A HELLO announces a route. This lets `why` follow the news of a context through the tree.
    fn news(&self, message: &Message) -> Option<News> {
        match message.payload {
            Payload::Other(hello) => Some(News::Announce(hello.target)),
            _ => None,
        }
    }

    fn other(&self, message: &Message) -> String {
        match message.payload {
            Payload::Other(hello) => format!("HELLO {} number {}", hello.target, hello.number),
            _ => "HELLO".to_owned(),
        }
    }
}

// ---------------------------------------------------------------------------------------------------------------------
// The process.

/// One process of the tree.
#[derive(Clone, Debug)]
struct Hello {
    config: Config,
    me: ContextId,
    /// `None` in the master.
    parent: Option<ContextId>,
    /// The child at the other end of each stream.
    children: BTreeMap<StreamId, ContextId>,
    /// The route table, without the entry for the parent.
    routes: BTreeMap<ContextId, Route>,
    /// How often this process has said HELLO.
    said: u32,
    /// Whether its first timer is set.
    is_awake: bool,
    /// The calls that wait for a reply, and the context that each is for.
    calls: BTreeMap<Handle, ContextId>,
    next_handle: u32,
}

/// What a process is made with. Each context has its own, since contexts can run different monitors of a family.
#[derive(Clone, Copy, Debug)]
struct Config {
    /// Whether routes that are not refreshed are forgotten.
    forgets: bool,
}

/// An entry of the route table.
#[derive(Clone, Copy, Debug)]
struct Route {
    /// The child's stream that it leads through.
    stream: StreamId,
    /// The number of the last HELLO.
    number: u32,
    /// When it arrived.
    heard: Time,
}

/// The timer of the next HELLO. Each call has a timer of its own, numbered like its handle. Handles start at 1000.
const TICK: TimerId = TimerId(0);

impl Hello {
    fn new(me: ContextId, parent: Option<ContextId>, config: Config) -> Self {
        Hello {
            config,
            me,
            parent,
            children: BTreeMap::new(),
            routes: BTreeMap::new(),
            said: 0,
            is_awake: false,
            calls: BTreeMap::new(),
            next_handle: Handle::FIRST_DYNAMIC.0,
        }
    }

    /// A period begins: forget what was not refreshed, and say HELLO to the parent.
    fn tick(&mut self, now: Time, effects: &mut Effects) {
        if self.config.forgets {
            let is_old = |route: &Route| now.since(route.heard) > LIFETIME;
            // A child is there as long as its link is.
            let is_child = |target: &ContextId, route: &Route| self.children.get(&route.stream) == Some(target);
            let old = self.routes.iter().filter(|(target, route)| is_old(route) && !is_child(target, route));
            for target in old.map(|(target, _)| *target).collect::<Vec<_>>() {
                self.forget(target, effects);
            }
        }
        self.said += 1;
        self.say(self.me, self.said, effects);
        self.is_awake = true;
        effects.push(Effect::SetTimer { timer: TICK, after: PERIOD });
    }

    /// Tells the parent, if there is one, that this process can reach a context.
    fn say(&self, target: ContextId, number: u32, effects: &mut Effects) {
        let Some(parent) = self.parent else { return };
        let payload = Payload::Other(Other { kind: 0, target, number });
        let message = self.message(parent, Handle(1), Handle::NONE, payload);
        effects.send(StreamId::PARENT, 0, message);
    }

    /// A HELLO has arrived from a child.
    fn hear(&mut self, hello: Other, from: StreamId, now: Time, effects: &mut Effects) {
        let is_near = hello.target == self.me || Some(hello.target) == self.parent;
        let known = self.routes.get(&hello.target);
        // A number that is not larger is old news, or comes from an earlier life of the id.
        if is_near || known.is_some_and(|known| hello.number <= known.number) {
            return;
        }
        self.learn(hello.target, Route { stream: from, number: hello.number, heard: now }, effects);
        self.say(hello.target, hello.number, effects);
    }

    /// Reports every change in the route table, so that the checker knows.
    fn learn(&mut self, target: ContextId, route: Route, effects: &mut Effects) {
        let before = self.routes.insert(target, route).map(|route| route.stream);
        effects.push_route_change(RouteChange { target, before, after: Some(route.stream) });
    }

    fn forget(&mut self, target: ContextId, effects: &mut Effects) {
        let before = self.routes.remove(&target).map(|route| route.stream);
        effects.push_route_change(RouteChange { target, before, after: None });
    }

    fn message(&self, dst: ContextId, handle: Handle, reply_to: Handle, payload: Payload) -> Message {
        Message { dst, src: self.me, auth: self.me, handle, reply_to, payload }
    }

    /// Passes a message on towards its destination, or to whatever waits for it here.
    fn forward(&mut self, message: Message, from: Option<StreamId>, effects: &mut Effects) {
        if message.dst == self.me {
            return self.deliver(message, effects);
        }
        let way = self.route(message.dst).or(self.parent.map(|_| StreamId::PARENT));
        match way {
            // If it went back to where it came from, it would never stop.
            Some(way) if Some(way) != from => effects.send(way, way.0, message),
            _ if message.wants_reply() => {
                let nothing = Payload::Data(Data::default());
                let dead = self.message(message.src, message.reply_to, Handle::IS_DEAD, nothing);
                self.forward(dead, None, effects);
            }
            _ => {}
        }
    }

    fn deliver(&mut self, message: Message, effects: &mut Effects) {
        if message.handle == Handle::ANSWER {
            effects.push(Effect::Deliver(message));
        } else if self.calls.remove(&message.handle).is_some() {
            effects.push(Effect::ClearTimer(TimerId(message.handle.0)));
            effects.push(Effect::CallEnded { handle: message.handle, dead: message.is_dead() });
        }
    }
}

impl Process for Hello {
    type Config = Config;

    /// A child says HELLO from its birth on.
    const STARTS: bool = true;

    fn family() -> &'static dyn Family {
        &HelloFamily
    }

    fn config(monitor: Monitor, _: Settings) -> Config {
        Config { forgets: monitor.name() != "hello-1" }
    }

    fn root(config: Config) -> Self {
        Hello::new(ContextId::MASTER, None, config)
    }

    fn child(birth: Birth, config: Config) -> Self {
        Hello::new(birth.id, Some(birth.parent), config)
    }

    fn handle_start(&mut self, around: Surroundings<'_>, effects: &mut Effects) {
        self.tick(around.now, effects);
    }

    /// No other stream has this token, so it can also be the stream's number.
    fn handle_connect(&mut self, child: Connected, around: Surroundings<'_>, effects: &mut Effects) -> StreamId {
        let stream = StreamId(child.token);
        self.children.insert(stream, child.id);
        self.learn(child.id, Route { stream, number: 0, heard: around.now }, effects);
        if !self.is_awake {
            self.tick(around.now, effects);
        }
        stream
    }

    fn handle_message(&mut self, message: &Message, on: StreamId, around: Surroundings<'_>, effects: &mut Effects) {
        match message.payload {
            Payload::Other(hello) => self.hear(hello, on, around.now, effects),
            _ => self.forward(*message, Some(on), effects),
        }
    }

    /// A link is lost, and everything that it led to. If it led to the parent, the engine ends this process.
    fn handle_disconnect(&mut self, on: StreamId, _: Surroundings<'_>, effects: &mut Effects) {
        self.children.remove(&on);
        let lost = self.routes.iter().filter(|(_, route)| route.stream == on).map(|(target, _)| *target);
        for target in lost.collect::<Vec<_>>() {
            self.forget(target, effects);
        }
    }

    fn handle_timer(&mut self, timer: TimerId, around: Surroundings<'_>, effects: &mut Effects) {
        if timer == TICK {
            return self.tick(around.now, effects);
        }
        let handle = Handle(timer.0);
        if self.calls.remove(&handle).is_some() {
            effects.push(Effect::CallEnded { handle, dead: true });
        }
    }

    fn request(
        &mut self,
        request: Request,
        _: Surroundings<'_>,
        effects: &mut Effects,
    ) -> Result<Option<Handle>, Refused> {
        match request {
            Request::Send { to, data } => {
                self.forward(self.message(to, Handle::ANSWER, Handle::NONE, Payload::Data(data)), None, effects);
                Ok(None)
            }
            Request::Call { to, data } => {
                let handle = Handle(self.next_handle);
                self.next_handle += 1;
                self.calls.insert(handle, to);
                effects.push(Effect::SetTimer { timer: TimerId(handle.0), after: PATIENCE });
                self.forward(self.message(to, Handle::ANSWER, handle, Payload::Data(data)), None, effects);
                Ok(Some(handle))
            }
            Request::Reply(to) => {
                let len = if let Payload::Data(data) = to.payload { data.reply_len } else { 0 };
                let payload = Payload::Data(Data { len, reply_len: 0 });
                let reply = self.message(to.src, to.reply_to, Handle::NONE, payload);
                self.forward(reply, None, effects);
                Ok(None)
            }
            // This protocol has neither `shutdown` nor `detach`. `lint` says so before anything runs.
            _ => Err(Refused::Unknown),
        }
    }

    fn route(&self, to: ContextId) -> Option<StreamId> {
        if Some(to) == self.parent { Some(StreamId::PARENT) } else { Some(self.routes.get(&to)?.stream) }
    }

    fn each_route(&self, f: &mut dyn FnMut(ContextId, StreamId)) {
        let mut all: BTreeMap<_, _> = self.routes.iter().map(|(target, route)| (*target, route.stream)).collect();
        all.extend(self.parent.map(|parent| (parent, StreamId::PARENT)));
        all.into_iter().for_each(|(target, stream)| f(target, stream));
    }

    fn peer(&self, stream: StreamId) -> ContextId {
        match self.parent {
            Some(parent) if stream == StreamId::PARENT => parent,
            _ => self.children[&stream],
        }
    }

    /// All that decides what the process does next. Times are written as how long ago they are, and no longer than matters.
    /// The numbers of HELLOs only grow, so no state of this protocol ever comes back, and no run is proven to be endless.
    fn write_state(&self, now: Time, state: &mut StateWriter<'_>) {
        state.len(self.children.len());
        for (stream, child) in &self.children {
            state.u32(stream.0);
            state.u32(child.0);
        }
        state.len(self.routes.len());
        for (target, route) in &self.routes {
            let age = now.since(route.heard).as_ns();
            state.u32(target.0);
            state.u32(route.stream.0);
            state.u32(route.number);
            state.u64(age.min(LIFETIME.as_ns() + 1));
        }
        state.u32(self.said);
        state.flag(self.is_awake);
        state.len(self.calls.len());
        self.calls.keys().for_each(|handle| state.u32(handle.0));
        state.u32(self.next_handle);
    }

    fn frame_len(&self, message: &Message, _: &Names) -> u64 {
        match message.payload {
            Payload::Data(data) => 16 + u64::from(data.len),
            _ => 24,
        }
    }
}

// ---------------------------------------------------------------------------------------------------------------------
// The program: the whole command line of treequake, with one more family of monitors, which is the default.

fn main() -> ExitCode {
    treequake::protocol::register::<Hello>();
    treequake::cli::main()
}

// ---------------------------------------------------------------------------------------------------------------------
// Tests, as you might write them for your own protocol.

#[cfg(test)]
mod tests {
    use super::*;
    use treequake::fuzz::class::Kind;
    use treequake::fuzz::examine::{Rules, examine};
    use treequake::fuzz::generator::generate;
    use treequake::fuzz::profile::Profile;
    use treequake::fuzz::shrink::shrink;
    use treequake::monitors;
    use treequake::run::{Options, Outcome, Runner, run};
    use treequake::scenario::Scenario;
    use treequake::scenario::diagnostic::Source;
    use treequake::scenario::file;

    fn monitor(name: &str) -> Monitor {
        treequake::protocol::register::<Hello>();
        monitors::named(name).unwrap()
    }

    fn replay(name: &str) -> Outcome {
        let monitor = monitor(name);
        let source = Source { name: "lost-branch".to_owned(), text: include_str!("hello/lost-branch.json").to_owned() };
        let scenario = Scenario { monitor, ..file::parse(source, "lost-branch").unwrap().scenario };
        run(&scenario, Options::default()).unwrap()
    }

    /// Proves that the draft keeps routes to contexts that are gone, and that the timeout is what it lacks.
    #[test]
    fn a_lost_branch_is_forgotten_by_the_second_version_only() {
        let stale: Vec<_> = replay("hello-1").differences.iter().map(|d| (d.context.0, d.destination.0)).collect();
        assert_eq!(stale, [(0, 3), (0, 4), (1, 3), (1, 4)]);
        let outcome = replay("hello-2");
        assert_eq!(outcome.differences, []);
        // The third period after the last HELLO.
        assert_eq!(outcome.steps.last().unwrap().converged_after(), Some(Span::from_ms(3_000)));
    }

    /// Proves that random cases find the fault of the draft, that one shrinks to a small case, and that the second
    /// version survives all of them.
    #[test]
    fn fuzzing_finds_what_is_wrong_with_the_draft() {
        let (profile, rules): (Profile, _) = ("gentle".parse().unwrap(), Rules::default());
        let mut runner = Runner::default();
        let mut failures = |name: &str| {
            let cases = (0..60).map(|seed| generate(&profile, monitor(name), seed).scenario);
            let failures = cases.flat_map(|scenario| {
                let failures = examine(&mut runner, &scenario, &rules).unwrap().failures;
                failures.into_iter().map(move |failure| (scenario.clone(), failure))
            });
            failures.collect::<Vec<_>>()
        };
        assert_eq!(failures("hello-2").into_iter().map(|(_, failure)| failure.sentence).collect::<Vec<_>>(), [""; 0]);
        let broken = failures("hello-1");
        let (scenario, failure) = broken.iter().find(|(_, failure)| failure.class.kind == Kind::Stale).unwrap();
        let shrunk = shrink(scenario, failure.class, &rules, &mut |_| std::ops::ControlFlow::Continue(())).scenario;
        assert!(shrunk.step_count() <= 4, "two connects below each other, and a loss: {shrunk:?}");
    }
}
