//! One process of the tree, which a program hosts.

use super::answer::{self, Answer, Effect as Told};
use super::host::{Host, Position};
use super::program::{self, Program};
use super::request::{Ask, Event, Handed, misfit, payload_len};
use crate::monitors;
use crate::process::{
    Birth, Connected, ContextId, Data, Effect, Effects, Exit, Family, Feature, Handle, Message, Monitor, Name, Names,
    Note, Payload, Process, Refused, Request, RouteChange, Saved, Settings, StreamId, Surroundings, Text, TimerId,
};
use crate::time::Span;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use xxhash_rust::xxh3::xxh3_128;

/// What a process is made with.
#[derive(Clone, Copy, Debug)]
pub struct Config {
    program: &'static Program,
    settings: Settings,
}

/// A copy of the program that hosts this run. It goes back to the program with the last process of the run.
struct Lease {
    program: &'static Program,
    /// The copy, or why there is none.
    host: Mutex<Result<Option<Box<Host>>, Box<str>>>,
}

impl fmt::Debug for Lease {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Lease").field(&self.program.name()).finish()
    }
}

impl Lease {
    fn lock(&self) -> MutexGuard<'_, Result<Option<Box<Host>>, Box<str>>> {
        self.host.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        if let Ok(host) = self.host.get_mut().unwrap_or_else(PoisonError::into_inner)
            && let Some(host) = host.take()
        {
            self.program.give_back(*host);
        }
    }
}

/// One process of the tree.
#[derive(Clone, Debug)]
pub struct Piped {
    program: &'static Program,
    /// `None` in a child that has not joined the run yet.
    lease: Option<Arc<Lease>>,
    /// Its number in the run.
    number: u32,
    id: ContextId,
    parent: Option<ContextId>,
    has_parent_stream: bool,
    table: BTreeMap<ContextId, StreamId>,
    /// The peers of the streams to children, by their numbers.
    children: BTreeMap<StreamId, ContextId>,
    calls: BTreeSet<Handle>,
    is_shutting_down: bool,
    /// Whether it said, when it lost its parent, that it lives on.
    lives: bool,
    /// The digest of all that it was asked; `None` if nobody wants to know.
    history: Option<u128>,
}

impl Piped {
    /// A process at its birth, in no run yet.
    pub(super) fn new(program: &'static Program, number: u32, id: ContextId, parent: Option<ContextId>) -> Self {
        Piped {
            program,
            lease: None,
            number,
            id,
            parent,
            has_parent_stream: parent.is_some(),
            table: parent.iter().map(|parent| (*parent, StreamId::PARENT)).collect(),
            children: BTreeMap::new(),
            calls: BTreeSet::new(),
            is_shutting_down: false,
            lives: false,
            history: None,
        }
    }

    /// Keeps a digest of all that it, and every process that joins it, is asked from now on.
    pub(super) fn keep_history(&mut self) {
        self.history = Some(0);
    }

    /// The digest of all that it was asked since it keeps one.
    pub(super) fn history(&self) -> u128 {
        self.history.unwrap_or_default()
    }

    /// The same process, without a program to ask.
    pub(super) fn without_program(&self) -> Piped {
        Piped { lease: None, ..self.clone() }
    }

    /// The same process, in the copy of the program that hosts another one.
    pub(super) fn hosted_as(&self, other: &Piped) -> Piped {
        Piped { lease: other.lease.clone(), ..self.clone() }
    }

    /// The program can forget a process of the run.
    pub(super) fn forget_process(&self, number: u32) {
        self.on_host(|host| host.bury(number));
    }

    /// Contexts with these ids have lived in the run.
    pub(super) fn have_lived(&self, ids: impl Iterator<Item = ContextId>) {
        self.on_host(|host| host.lived.extend(ids.map(|id| id.0)));
    }

    /// Takes an event into the digest.
    fn note(&mut self, event: &Event<'_>) {
        if let Some(history) = &mut self.history {
            let mut bytes = history.to_le_bytes().to_vec();
            bytes.extend(serde_json::to_vec(event).expect("an event is JSON"));
            *history = xxh3_128(&bytes);
        }
    }

    /// The id of its context.
    pub(super) fn id(&self) -> ContextId {
        self.id
    }

    /// A child has connected.
    pub(super) fn add_child(&mut self, stream: StreamId, id: ContextId) {
        self.children.insert(stream, id);
    }

    /// Does something with the copy of the program, if there is one.
    fn on_host<T>(&self, what: impl FnOnce(&mut Host) -> T) -> Option<T> {
        match &mut *self.lease.as_ref()?.lock() {
            Ok(Some(host)) => Some(what(host)),
            Ok(None) | Err(_) => None,
        }
    }

    /// A stream is lost, and this is the answer to that. Unless the process ends, it may have no route through the stream.
    pub(super) fn lose(&mut self, stream: StreamId, answer: &Answer) -> Result<(), String> {
        if stream == StreamId::PARENT {
            self.lives = answer.lives;
            if !answer.lives {
                return Ok(());
            }
        }
        let forgotten = self.forget(stream);
        if answer.has_ended { Ok(()) } else { forgotten }
    }

    /// Asks the program, and does what its answer says. Returns the answer without its effects, unless something is wrong
    /// with the program.
    fn ask(&mut self, event: Event<'_>, around: Surroundings<'_>, effects: &mut Effects) -> Option<Answer> {
        self.note(&event);
        let lease = self.lease.clone()?;
        let mut leased = lease.lock();
        let host = match &mut *leased {
            Ok(host) => host.as_mut()?,
            Err(why) => {
                effects.fail(why.clone());
                return None;
            }
        };
        let is_call = matches!(event, Event::Call { .. });
        let what = event.name();
        let ask = Ask::Of { t: around.now.as_ns(), process: self.number, event };
        let mut answer = match host.ask(ask) {
            Ok(answer) => answer,
            Err(why) => {
                effects.fail(why);
                return None;
            }
        };
        let done = match misfit(what, &answer) {
            Some(why) => Err(why),
            None => self.carry_out(&mut answer, is_call, host, around.names, effects),
        };
        match done {
            Ok(()) => Some(answer),
            Err(why) => {
                effects.clear();
                effects.fail(host.fail(&why));
                None
            }
        }
    }

    /// Does what an answer says, and holds it against the specification. What is wrong is the error.
    pub(super) fn carry_out(
        &mut self,
        answer: &mut Answer,
        is_call: bool,
        host: &Host,
        names: &Names,
        effects: &mut Effects,
    ) -> Result<(), String> {
        let told = std::mem::take(&mut answer.effects);
        if answer.refused.is_some() && (!told.is_empty() || answer.handle.is_some()) {
            return Err("an answer that refuses must have no effects and no handle".to_owned());
        }
        match answer.handle.map(Handle) {
            Some(_) if !is_call => return Err("only the answer to a `call` has a `handle`".to_owned()),
            Some(handle) if handle < Handle::FIRST_DYNAMIC => {
                return Err(format!("the `handle` of a call must be 1000 or more, and is {}", handle.0));
            }
            Some(handle) if !self.calls.insert(handle) => {
                return Err(format!("handle {} is that of another open call of process {}", handle.0, self.number));
            }
            None if is_call && answer.refused.is_none() => {
                return Err("the answer to a `call` must have a `handle`, or refuse".to_owned());
            }
            Some(_) | None => {}
        }
        for name in std::mem::take(&mut answer.counted) {
            let counted = self.program.family().counted(&name);
            let unknown = || format!("`{name}` is not in the `counted` of the first line");
            effects.push(Effect::Logged(counted.ok_or_else(unknown)?));
        }
        for (n, told) in told.into_iter().enumerate() {
            let is_last = matches!(told, Told::Exit(_) | Told::Crash(_));
            self.carry_out_one(told, host, names, effects).map_err(|why| format!("effect {}: {why}", n + 1))?;
            if is_last {
                answer.has_ended = true;
                break;
            }
        }
        Ok(())
    }

    fn carry_out_one(&mut self, told: Told, host: &Host, names: &Names, effects: &mut Effects) -> Result<(), String> {
        match told {
            Told::Send { stream, message } => {
                let stream = self.stream(stream)?;
                let message = self.message(message, names)?;
                effects.send(stream, stream.0, message);
            }
            Told::Route { to, via } => {
                if !host.lived.contains(&to) {
                    return Err(format!(
                        "`route` is to context {to}, and no context with this id has lived in this run"
                    ));
                }
                let via = via.map(|via| self.stream(via)).transpose()?;
                self.set_route(ContextId(to), via, effects);
            }
            Told::Signal { context, again } => effects.push(Effect::Signal { context: ContextId(context), again }),
            Told::Error(name) => effects.push(Effect::Error(self.error(&name)?)),
            Told::Timer { timer, after } => {
                effects.push(Effect::SetTimer { timer: TimerId(timer), after: Span::from_ns(after) });
            }
            Told::Clear(timer) => {
                self.is_shutting_down = false;
                effects.push(Effect::ClearTimer(TimerId(timer)));
            }
            Told::Close(stream) => {
                let stream = self.stream(stream)?;
                self.forget(stream)?;
                effects.push(Effect::Close { stream, token: stream.0 });
            }
            Told::Deliver(message) => {
                let message = self.message(message, names)?;
                if message.dst != self.id {
                    return Err(format!(
                        "`deliver` has a message for {}, and this is context {}",
                        message.dst, self.id
                    ));
                }
                effects.push(Effect::Deliver(message));
            }
            Told::Reply { handle, dead } => {
                let handle = Handle(handle);
                if !self.calls.remove(&handle) {
                    return Err(format!("process {} has no open call with handle {}", self.number, handle.0));
                }
                effects.push(Effect::CallEnded { handle, dead });
            }
            Told::Note(answer::Note::ShutsDown) => {
                self.is_shutting_down = true;
                effects.push(Effect::Note(Note::ShutsDown));
            }
            Told::Note(answer::Note::Detached) => effects.push(Effect::Note(Note::Detached)),
            Told::Exit(_) | Told::Crash(_) if self.number == 0 => return Err("the master must not end".to_owned()),
            Told::Exit(answer::Exit::Done) => effects.push(Effect::Exit(Exit::Done)),
            Told::Crash(name) => effects.push(Effect::Exit(Exit::Crashed(self.error(&name)?))),
        }
        Ok(())
    }

    fn error(&self, name: &str) -> Result<crate::process::LoggedError, String> {
        let known = || self.program.family().errors().iter().map(|error| error.name()).collect::<Vec<_>>().join(", ");
        self.program.family().error(name).ok_or_else(|| {
            format!("the error `{name}` is not in the `errors` of the first line, which has: {}", known())
        })
    }

    /// A stream that this process has.
    pub(super) fn stream(&self, number: u32) -> Result<StreamId, String> {
        let stream = StreamId(number);
        let is_there = match stream {
            StreamId::PARENT => self.has_parent_stream,
            _ => self.children.contains_key(&stream),
        };
        if is_there { Ok(stream) } else { Err(format!("process {} has no stream {number}", self.number)) }
    }

    /// A stream is lost, or closed. No route may lead through it any more.
    fn forget(&mut self, stream: StreamId) -> Result<(), String> {
        match stream {
            StreamId::PARENT => self.has_parent_stream = false,
            _ => {
                self.children.remove(&stream);
            }
        }
        match self.table.iter().find(|(_, via)| **via == stream) {
            Some((to, _)) => Err(format!(
                "process {} has lost stream {}, and still has a route to {to} through it; take it back with \
                 {{\"route\": {{\"to\": {to}, \"via\": null}}}}",
                self.number, stream.0
            )),
            None => Ok(()),
        }
    }

    fn set_route(&mut self, to: ContextId, via: Option<StreamId>, effects: &mut Effects) {
        let before = match via {
            Some(via) => self.table.insert(to, via),
            None => self.table.remove(&to),
        };
        effects.push_route_change(RouteChange { target: to, before, after: via });
    }

    /// A message of the program's, in our words.
    fn message(&self, message: answer::Message, names: &Names) -> Result<Message, String> {
        let answer::Message { dst, src, auth, handle, reply_to, announce, retract, data, body, kind, about } = message;
        let payloads = [announce.is_some(), retract.is_some(), data.is_some(), body.is_some()];
        if payloads.iter().filter(|is_there| **is_there).count() > 1 {
            return Err("a message has one of `announce`, `retract`, `data` and `body`, not several".to_owned());
        }
        if body.is_none() && (kind.is_some() || about.is_some()) {
            return Err("`kind` and `about` go with a `body`".to_owned());
        }
        let text = |text: &str| -> Result<Option<Name>, String> {
            names.intern_later(text).map_err(|_| {
                "its runs of this scenario have sent more than a GiB of different texts; send shorter ones".to_owned()
            })
        };
        let payload = if let Some(announced) = announce {
            let name = announced.name.as_deref().map(text).transpose()?.flatten();
            Payload::Announce { target: ContextId(announced.id), name }
        } else if let Some(target) = retract {
            Payload::Retract { target: ContextId(target) }
        } else if let Some(body) = body {
            let kind = match &kind {
                None => 0,
                Some(kind) => self
                    .program
                    .family()
                    .kind(kind)
                    .ok_or_else(|| format!("`{kind}` is not in the `kinds` of the first line"))?,
            };
            Payload::Text(Text { kind, target: ContextId(about.unwrap_or(dst)), body: text(&body)? })
        } else {
            let data = data.unwrap_or(answer::Bytes { bytes: 0, reply_bytes: 0 });
            Payload::Data(Data { len: data.bytes, reply_len: data.reply_bytes })
        };
        let src = ContextId(src.unwrap_or(self.id.0));
        let is_data = matches!(payload, Payload::Data(_));
        Ok(Message {
            dst: ContextId(dst),
            src,
            auth: auth.map_or(src, ContextId),
            handle: handle.map_or(if is_data { Handle::ANSWER } else { Handle(0) }, Handle),
            reply_to: Handle(reply_to),
            payload,
        })
    }
}

impl Process for Piped {
    type Config = Config;

    const STARTS: bool = true;

    /// A program may take as long as it likes.
    const LOOK_AFTER: u64 = 1;

    /// Each program has a family of its own, which its registered row names; so this is only that of the default.
    fn family() -> &'static dyn Family {
        monitors::default().family()
    }

    fn config(monitor: Monitor, settings: Settings) -> Config {
        let program = program::of(monitor).expect("all monitors of a run are programs of one family");
        Config { program, settings }
    }

    fn root(config: Config) -> Self {
        let mut master = Piped::new(config.program, 0, ContextId::MASTER, None);
        let host = config.program.host().map(|host| Some(Box::new(host))).map_err(String::into_boxed_str);
        master.lease = Some(Arc::new(Lease { program: config.program, host: Mutex::new(host) }));
        master.begin(config.settings);
        master
    }

    fn child(birth: Birth, config: Config) -> Self {
        Piped::new(config.program, birth.token, birth.id, Some(birth.parent))
    }

    fn become_root(&mut self, config: Config) {
        let lease = self.lease.take();
        // Another program, or one that has failed: the run gets another copy.
        let is_fit = |lease: &Arc<Lease>| {
            let fit = matches!(&*lease.lock(), Ok(Some(host)) if host.failure().is_none());
            std::ptr::eq(lease.program, config.program) && fit
        };
        match lease.filter(is_fit) {
            Some(lease) => {
                *self = Piped::new(config.program, 0, ContextId::MASTER, None);
                self.lease = Some(lease);
                self.begin(config.settings);
            }
            None => *self = Self::root(config),
        }
    }

    fn join(&mut self, master: &Self) {
        self.lease.clone_from(&master.lease);
        self.history = master.history.map(|_| 0);
    }

    fn bury(&mut self) {
        self.on_host(|host| host.bury(self.number));
    }

    fn handle_start(&mut self, around: Surroundings<'_>, effects: &mut Effects) {
        let name = self.on_host(|host| host.newborn.remove(&self.number)).flatten();
        let parent = self.parent.unwrap_or(ContextId::MASTER);
        let event = Event::Birth { id: self.id.0, parent: parent.0, name: name.as_deref().unwrap_or_default() };
        self.ask(event, around, effects);
    }

    fn handle_connect(&mut self, child: Connected, around: Surroundings<'_>, effects: &mut Effects) -> StreamId {
        let stream = StreamId(child.token);
        self.add_child(stream, child.id);
        let name = child.name.map_or_else(String::new, |name| around.names.original(name, child.id).into_owned());
        self.on_host(|host| {
            host.lived.insert(child.id.0);
            host.newborn.insert(child.token, name.clone());
        });
        self.ask(Event::Connect { stream: child.token, id: child.id.0, name: &name }, around, effects);
        stream
    }

    fn handle_message(&mut self, message: &Message, on: StreamId, around: Surroundings<'_>, effects: &mut Effects) {
        let message = Handed::new(message, around.names, self.program.family());
        self.ask(Event::Message { stream: on.0, message }, around, effects);
    }

    fn handle_disconnect(&mut self, on: StreamId, around: Surroundings<'_>, effects: &mut Effects) {
        let Some(answer) = self.ask(Event::Disconnect { stream: on.0 }, around, effects) else { return };
        if let Err(why) = self.lose(on, &answer)
            && let Some(why) = self.on_host(|host| host.fail(&why))
        {
            effects.fail(why);
        }
    }

    fn handle_timer(&mut self, timer: TimerId, around: Surroundings<'_>, effects: &mut Effects) {
        self.ask(Event::Timer { timer: timer.0 }, around, effects);
    }

    fn request(
        &mut self,
        request: Request,
        around: Surroundings<'_>,
        effects: &mut Effects,
    ) -> Result<Option<Handle>, Refused> {
        let event = match &request {
            Request::Send { to, data } => Event::send(*to, *data),
            Request::Call { to, data } => Event::call(*to, *data),
            Request::Reply(message) => {
                Event::Reply { message: Handed::new(message, around.names, self.program.family()) }
            }
            Request::Shutdown { to } => Event::Shutdown { to: to.0 },
            Request::Detach => Event::Detach {},
        };
        let feature = match request {
            Request::Shutdown { .. } => Some(Feature::Shutdown),
            Request::Detach => Some(Feature::Detach),
            Request::Send { .. } | Request::Call { .. } | Request::Reply(_) => None,
        };
        if feature.is_some_and(|feature| !self.program.family().knows(feature)) {
            return Err(Refused::Unknown);
        }
        let is_call = matches!(request, Request::Call { .. });
        let Some(answer) = self.ask(event, around, effects) else {
            // The run is about to end with the program's error. Nothing is done.
            return Ok(is_call.then_some(Handle(u32::MAX)));
        };
        match answer.refused {
            Some(answer::Refused::Unknown) => Err(Refused::Unknown),
            Some(answer::Refused::Already) => Err(Refused::Already),
            None => Ok(answer.handle.map(Handle)),
        }
    }

    fn save(&mut self) -> Result<Saved, Box<str>> {
        if !self.program.family().has_snapshots() {
            return Ok(Saved::Impossible);
        }
        let saved = self.on_host(Host::save).unwrap_or_else(|| Err("the program cannot be asked".into()))?;
        Ok(Saved::Elsewhere(Arc::new(saved)))
    }

    fn restore(&mut self, saved: &Saved) -> Result<(), Box<str>> {
        let position = match saved {
            Saved::Elsewhere(saved) => saved.downcast_ref::<Position>(),
            Saved::InClones | Saved::Impossible => None,
        };
        let position = position.expect("it was saved by a process of a program");
        self.on_host(|host| host.restore(position)).unwrap_or_else(|| Err("the program cannot be asked".into()))
    }

    fn outlives_parent(&self) -> bool {
        self.lives
    }

    fn is_shutting_down(&self) -> bool {
        self.is_shutting_down
    }

    fn route(&self, to: ContextId) -> Option<StreamId> {
        self.table.get(&to).copied()
    }

    fn route_count(&self) -> usize {
        self.table.len()
    }

    fn each_route(&self, f: &mut dyn FnMut(ContextId, StreamId)) {
        self.table.iter().for_each(|(to, via)| f(*to, *via));
    }

    fn peer(&self, stream: StreamId) -> ContextId {
        match stream {
            StreamId::PARENT => self.parent.unwrap_or(ContextId::MASTER),
            _ => self.children.get(&stream).copied().unwrap_or(self.id),
        }
    }

    fn frame_len(&self, message: &Message, names: &Names) -> u64 {
        self.program.family().header() + payload_len(message, names, self.program.family())
    }
}

impl Piped {
    /// A run begins, whose master this is.
    fn begin(&self, settings: Settings) {
        self.on_host(|host| {
            let can = self.program.family().knows(Feature::Unidirectional);
            host.begin(settings.seed, settings.unidirectional, self.program.name());
            if settings.unidirectional && !can {
                host.fail("the scenario is `unidirectional`, and `can` in the first line does not have that");
            }
        });
    }
}
