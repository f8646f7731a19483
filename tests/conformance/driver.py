#!/usr/bin/env python3
"""Runs a scenario on the real Mitogen code of one revision, under the rules of docs/model.md, and writes its trace.

Real: Router, RouteMonitor, Context, Stream, MitogenProtocol, ExternalContext, the packed bytes of every message and
the code that frames them. Replaced: see fakes.py. This file is the rest of the model: time, events, links, steps.
"""

import argparse
import collections
import contextlib
import fractions
import heapq
import json
import re
import struct
import sys

import fakes
import originals

ANSWER_HANDLE = 900
ROUTE_HANDLES = (103, 104)
DEFAULT_LATENCY = "1ms"
DEFAULT_MAX_EVENTS = 1_000_000
EOF = None

UNITS = {"ns": 1, "us": 10**3, "ms": 10**6, "s": 10**9, "m": 60 * 10**9, "h": 3600 * 10**9}
DURATION = re.compile(r"(\d+(?:\.\d+)?)(ns|us|ms|s|m|h)")


class Unfixed(Exception):
    """Mitogen raised outside a message handler. What follows is not fixed by the model."""


class WrongScenario(Exception):
    """The scenario is not in core form."""


def nanoseconds(text):
    """The value of a duration such as `1.5ms` (docs/model.md section 1)."""
    match = DURATION.fullmatch(text)
    if match is None:
        raise WrongScenario(f"not a duration: {text!r}")
    value = fractions.Fraction(match.group(1)) * UNITS[match.group(2)]
    if value.denominator != 1:
        raise WrongScenario(f"finer than a nanosecond: {text!r}")
    return int(value)


class Item:
    """A message (its bytes) or an EOF on its way to one end of a link."""

    __slots__ = ("to", "data", "due", "held")

    def __init__(self, to, data, due):
        self.to = to
        self.data = data
        self.due = due
        self.held = False


class End:
    """One end of a link: what a context holds instead of a pair of file descriptors."""

    def __init__(self, link, process):
        self.link = link
        self.process = process
        self.other = None
        self.stream = None
        self.closed = False
        #: What is on its way to this end and can arrive, in order, and what a partition holds back.
        self.incoming = collections.deque()
        self.held = collections.deque()

    def fileno(self):
        return -1

    def send(self, data):
        """docs/model.md section 3: what is sent on an end that is already closed is dropped."""
        if not self.closed:
            self.link.put(self.other, data)

    def close(self):
        """docs/model.md section 3: puts an EOF on the wire to the other end; closing twice does nothing."""
        if not self.closed:
            self.send(EOF)
            self.closed = True


class Link:
    """docs/model.md section 1: joins a parent and a child, full duplex, loss-free, FIFO in each direction."""

    def __init__(self, simulation, parent, child, latency):
        self.simulation = simulation
        self.latency = latency
        self.partitioned = False
        self.parent_end = End(self, parent)
        self.child_end = End(self, child)
        self.parent_end.other = self.child_end
        self.child_end.other = self.parent_end

    def put(self, to, data):
        """Sends an item: it arrives `latency` later, or is held while the link is partitioned."""
        item = Item(to, data, self.simulation.now + self.latency)
        if self.partitioned:
            item.held = True
            to.held.append(item)
        else:
            self._on_wire(item)

    def _on_wire(self, item):
        item.to.incoming.append(item)
        self.simulation.schedule_arrival(item)

    def partition(self):
        """Stops delivery in both directions; what is in flight is held, too. Nobody notices."""
        self.partitioned = True
        for end in (self.parent_end, self.child_end):
            for item in end.incoming:
                item.held = True
            end.held, end.incoming = end.incoming, collections.deque()

    def heal(self):
        """Each held item arrives at the later of its original arrival time and now, per direction in order."""
        self.partitioned = False
        for end in (self.parent_end, self.child_end):
            while end.held:
                held = end.held.popleft()
                self._on_wire(Item(end, held.data, max(held.due, self.simulation.now)))


class Process:
    """One incarnation of a context: its id, its router, its ends, and Mitogen's module globals as it sees them."""

    def __init__(self, context_id):
        self.id = context_id
        self.alive = True
        self.router = None
        self.broker = None
        self.econtext = None
        #: The link to the parent that it was connected by; None in the master.
        self.link = None
        #: In the order in which they were opened.
        self.ends = []
        #: A fresh interpreter; `ExternalContext._setup_globals` makes them those of a child.
        self.globals = {"context_id": 0, "parent_id": None, "parent_ids": [], "is_master": True}

    def owns(self, end):
        """Whether this is the end of the stream to the parent."""
        return self.link is not None and end is self.link.child_end


class Simulation:
    """One run of one scenario on one revision."""

    def __init__(self, original, scenario):
        self.original = original
        self.core = original.core
        self.parent = original.parent
        self.trace = []
        self.now = 0
        self.current = None
        self.agenda = []
        self.fifo = collections.Counter()
        self.calls = 0
        self.unknown_errors = []
        #: What was logged as an error and leaves no record (docs/model.md section 8.9), by name.
        self.unrecorded_errors = collections.Counter()
        self.alive = {}
        #: child id -> its links, over all incarnations, oldest first.
        self.links = collections.defaultdict(list)
        #: The link of the child that is being connected.
        self.connecting = None
        self.header = struct.Struct(original.header_format())
        self.default_latency = nanoseconds(scenario.get("link", {}).get("latency", DEFAULT_LATENCY))
        self.max_events = scenario.get("max_events", DEFAULT_MAX_EVENTS)
        self._start_master(scenario.get("unidirectional", False))
        self._schedule_steps(scenario)

    # Events: docs/model.md section 2.

    def _schedule_steps(self, scenario):
        """Rank 0: `contexts` are `connect` steps at time 0, then `events`; the file order breaks ties."""
        steps = [{**context, "do": "connect", "at": "0ms"} for context in scenario.get("contexts", [])]
        for place, step in enumerate(steps + scenario.get("events", [])):
            heapq.heappush(self.agenda, (nanoseconds(step["at"]), 0, 0, 0, place, step))

    def schedule_arrival(self, item):
        """Rank 1: ordered by receiver, sender and a counter that goes on over the incarnations of both."""
        to, sender = item.to.process.id, item.to.other.process.id
        self.fifo[sender, to] += 1
        heapq.heappush(self.agenda, (item.due, 1, to, sender, self.fifo[sender, to], item))

    def run(self):
        """Runs to quiescence, or to `max_events` with one more event due; then writes the tables."""
        processed = 0
        while self._has_due():
            if processed == self.max_events:
                self.record("storm")
                break
            self._process(heapq.heappop(self.agenda))
            processed += 1
        for _, process in sorted(self.alive.items()):
            self._record_table(process)
        return self.trace

    def _has_due(self):
        """Held items are not due: those that a partition took back are dropped from the agenda here."""
        while self.agenda and self.agenda[0][1] == 1 and self.agenda[0][5].held:
            heapq.heappop(self.agenda)
        return bool(self.agenda)

    def _process(self, event):
        """One event. An exception that Mitogen lets out of it makes the scenario unfixed."""
        self.now, rank, subject = event[0], event[1], event[5]
        try:
            if rank == 0:
                self._step(subject)
            else:
                self._arrive(subject)
        except Exception as error:
            raise self._unfixed(error) from error
        if self.unknown_errors:
            raise RuntimeError(f"errors that this driver does not know: {self.unknown_errors}")

    def _unfixed(self, error):
        """`error` as Unfixed, if it was raised in Mitogen's files; otherwise the driver is at fault."""
        place = None
        traceback = error.__traceback__
        while traceback is not None:
            code = traceback.tb_frame.f_code
            if code.co_filename.startswith(self.original.folder):
                place = code.co_name
            elif code.co_filename in (__file__, fakes.__file__):
                place = None
            traceback = traceback.tb_next
        return error if place is None else Unfixed(f"{type(error).__name__} in {place}: {error}")

    # Steps: docs/model.md section 3.

    def _step(self, step):
        why = getattr(self, "_do_" + step["do"])(step)
        if why is not None:
            self.record("skipped", why=why)

    def _do_connect(self, step):
        context_id, parent = step["id"], self.alive.get(step["parent"])
        if parent is None:
            return f"parent {step['parent']} is not alive"
        if context_id in self.alive:
            return f"{context_id} is already alive"
        latency = step.get("link", {}).get("latency")
        child = Process(context_id)
        child.link = Link(self, parent, child, self.default_latency if latency is None else nanoseconds(latency))
        self.connecting = child
        with self._running(parent):
            if parent.id != 0:
                self.parent.upgrade_router(parent.econtext)
            parent.router.allocate_id = lambda: context_id
            parent.router.connect("simulated", name=step.get("name", f"ctx.{context_id}"), remote_name="simulated")

    def _do_kill(self, step):
        process = self.alive.get(step["id"])
        if process is None or process.id == 0:
            return f"{step['id']} cannot be killed"
        self._die(process)

    def _do_disconnect(self, step):
        process = self.alive.get(step["id"])
        if process is None or process.id == 0:
            return f"{step['id']} cannot be disconnected"
        end = process.link.parent_end
        if not end.process.alive or end.closed:
            return f"the parent of {process.id} has no open end to it"
        with self._running(end.process):
            end.stream.on_disconnect(end.process.broker)

    def _do_partition(self, step):
        process = self.alive.get(step["id"])
        if process is None or process.id == 0:
            return f"{step['id']} has no link"
        if process.link.partitioned:
            return f"the link of {process.id} is partitioned already"
        process.link.partition()

    def _do_heal(self, step):
        partitioned = [link for link in self.links[step["id"]] if link.partitioned]
        if not partitioned:
            return f"no link of {step['id']} is partitioned"
        for link in partitioned:
            link.heal()

    def _do_send(self, step):
        process = self.alive.get(step["from"])
        if process is None:
            return f"{step['from']} is not alive"
        with self._running(process):
            process.router.route(self.core.Message(dst_id=step["to"], handle=ANSWER_HANDLE))

    def _do_call(self, step):
        process = self.alive.get(step["from"])
        if process is None:
            return f"{step['from']} is not alive"
        self.calls += 1
        number = self.calls

        def end_call(msg):
            self.record("reply", ctx=process.id, call=number, status="dead" if msg.is_dead else "ok")

        with self._running(process):
            router = process.router
            handle = router.add_handler(end_call, persist=False, respondent=self.original.context(router, step["to"]))
            router.route(self.core.Message(dst_id=step["to"], handle=ANSWER_HANDLE, reply_to=handle))

    # Arrivals: docs/model.md section 3.

    def _arrive(self, item):
        """Items that arrive at a dead context or a closed end vanish."""
        end = item.to
        first = end.incoming.popleft()
        if first is not item:
            raise RuntimeError("a link delivered out of order")
        if not end.process.alive or end.closed:
            return
        if item.data is EOF:
            self._receive_eof(end)
        else:
            self._receive_message(end, item.data)

    def _receive_message(self, end, data):
        self._record_message(end, data)
        with self._running(end.process):
            self.original.receive(end.stream, end.process.broker, data)

    def _receive_eof(self, end):
        """The listeners run, then the end closes; a context that loses its parent dies as in `kill`."""
        process = end.process
        self.record("eof", ctx=process.id, **{"from": end.other.process.id})
        with self._running(process):
            end.stream.on_disconnect(process.broker)
        if not end.closed or process.broker.shutting_down != process.owns(end):
            raise RuntimeError("Mitogen did not do what the model says on EOF")
        if process.owns(end):
            self._die(process)

    # Contexts: docs/model.md sections 1 and 3.

    def _start_master(self, unidirectional):
        """A parent.Router with a RouteMonitor from the start, as mitogen.master.Router is."""
        master = Process(0)
        with self._running(master):
            master.broker = fakes.FakeBroker()
            master.router = self.parent.Router(master.broker)
            master.router.route_monitor = self.parent.RouteMonitor(master.router)
            master.router.responder = fakes.importer()
            master.router.unidirectional = unidirectional
            self._answer_on_900(master)
        self.alive[0] = master

    def start_child(self, config):
        """Called by the parent's connection: the child starts as `ExternalContext.main` does, and joins the link.

        Returns the parent's end.
        """
        child, link = self.connecting, self.connecting.link
        link.parent_end.process.ends.append(link.parent_end)
        child.ends.append(link.child_end)
        self.links[child.id].append(link)
        self.alive[child.id] = child
        config.update(in_fd=link.child_end, out_fd=link.child_end)
        with self._running(child):
            child.econtext = econtext = self.core.ExternalContext(config)
            econtext._setup_master()
            econtext._setup_globals()
            econtext.importer = econtext.router.importer = fakes.importer()
            econtext.router.register(econtext.parent, econtext.stream)
            child.broker, child.router = econtext.broker, econtext.router
            self._answer_on_900(child)
        return link.parent_end

    def _answer_on_900(self, process):
        """A message that is not dead and has a reply_to gets the reply `ok`, anything else is swallowed."""

        def answer(msg):
            if msg.reply_to and not msg.is_dead:
                msg.reply(self.core.Message(data=b"ok"), router=process.router)

        process.router.add_handler(answer, ANSWER_HANDLE)

    def _die(self, process):
        """The process dies at once: no handler of its own runs, every end it holds closes."""
        process.alive = False
        del self.alive[process.id]
        for end in process.ends:
            end.close()
        self.record("exit", ctx=process.id)

    @contextlib.contextmanager
    def _running(self, process):
        """Makes `process` the one whose identity Mitogen's module globals hold."""
        mitogen, names = self.original.mitogen, process.globals
        outer, before = self.current, {name: getattr(mitogen, name) for name in names}
        self.current = process
        vars(mitogen).update(names)
        try:
            yield
        finally:
            process.globals = {name: getattr(mitogen, name) for name in names}
            vars(mitogen).update(before)
            self.current = outer

    # The trace: docs/model.md section 6.

    def record(self, kind, **fields):
        self.trace.append({"kind": kind, "t": self.now, **fields})

    def on_signal(self, context):
        self.record("signal", ctx=self.current.id, context=context.context_id)

    def on_error(self, kind):
        self.record("error", ctx=self.current.id, error=kind)

    def on_unrecorded_error(self, name):
        self.unrecorded_errors[name] += 1

    def on_unknown_error(self, log_record):
        self.unknown_errors.append(log_record.getMessage())

    def _record_message(self, end, packed):
        """The header as on the wire; `from` is the neighbour."""
        *_, dst, src, auth, handle, reply_to, length = self.header.unpack_from(packed)
        data = packed[self.header.size:]
        if len(data) != length:
            raise RuntimeError("a packet is not one message")
        self.record(
            "message", ctx=end.process.id, **{"from": end.other.process.id}, dst=dst, src=src, auth=auth,
            handle=handle, reply_to=reply_to, data=data.decode() if handle in ROUTE_HANDLES else "",
        )

    def _record_table(self, process):
        """The core router's route table: target id to the neighbour that it leads to."""
        table = process.router._stream_by_id
        routes = {str(target): self.original.remote_id(table[target]) for target in sorted(table)}
        self.record("table", ctx=process.id, routes=routes)


_stage = fakes.Stage()
_original = None


def load(revision, source=None):
    """Loads the revision that this process is going to run; a second call may only name the same one."""
    global _original
    if _original is None:
        _original = originals.Original(revision, originals.source_of(revision, source))
        fakes.install(_original, _stage)
    elif _original.revision != revision:
        raise RuntimeError(f"this process runs {_original.revision}; start another one for {revision}")


def run(scenario):
    """The trace of a scenario in core form, as a list of records. Raises Unfixed."""
    return run_and_count(scenario)[0]


def run_and_count(scenario):
    """The trace, and how many errors were logged that leave no record, by name. Raises Unfixed."""
    _stage.simulation = Simulation(_original, scenario)
    try:
        return _stage.simulation.run(), dict(_stage.simulation.unrecorded_errors)
    finally:
        _stage.simulation = None


def ndjson(trace):
    """The trace as text, one record a line."""
    return "".join(json.dumps(record, ensure_ascii=False) + "\n" for record in trace)


def main(arguments=None):
    parser = argparse.ArgumentParser(description="Runs a scenario on the real Mitogen code and writes its trace.")
    parser.add_argument("--revision", required=True, choices=list(originals.VERSIONS))
    parser.add_argument("--source", metavar="DIR", help="the folder that contains the `mitogen` package")
    parser.add_argument("-o", dest="output", metavar="TRACE", help="default: standard output")
    parser.add_argument("scenario", metavar="SCENARIO.json")
    options = parser.parse_args(arguments)
    try:
        with open(options.scenario, encoding="utf-8") as file:
            scenario = json.load(file)
        load(options.revision, options.source)
        text = ndjson(run(scenario))
    except (OSError, ValueError, originals.SourceMissing, WrongScenario) as error:
        print(f"driver.py: {error}", file=sys.stderr)
        return 2
    except Unfixed as error:
        print(f"driver.py: unfixed, Mitogen raised outside a message handler: {error}", file=sys.stderr)
        return 1
    if options.output is None:
        sys.stdout.reconfigure(encoding="utf-8")
        sys.stdout.write(text)
    else:
        with open(options.output, "w", encoding="utf-8", newline="\n") as file:
            file.write(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
