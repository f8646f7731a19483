#!/usr/bin/env python3
"""Runs a scenario on the real Mitogen code of one revision, under the rules of docs/model.md, and writes its trace.

`protocols/mitogen.py` hosts Mitogen's code. This file is the rest of the model, written a second time: time, events,
links, steps. It asks the host as docs/protocols.md says, but by a call and not over a pipe.
"""

import argparse
import collections
import fractions
import heapq
import importlib.util
import json
import re
import sys

import originals

DEFAULT_LATENCY = "1ms"
DEFAULT_MAX_EVENTS = 1_000_000
EOF = None

UNITS = {"ns": 1, "us": 10**3, "ms": 10**6, "s": 10**9, "m": 60 * 10**9, "h": 3600 * 10**9}
DURATION = re.compile(r"(\d+(?:\.\d+)?)(ns|us|ms|s|m|h)")

#: The keys of the core form, and of the steps that this driver takes beyond it (docs/model.md section 8).
KEYS = {"version", "name", "description", "monitor", "seed", "unidirectional", "max_events", "link"}
KEYS |= {"contexts", "events"}
#: What a file says beside what is to happen.
KEYS |= {"expect", "origin", "$schema"}
STEP_KEYS = {
    "connect": {"id", "parent", "name", "link"},
    "kill": {"id"},
    "disconnect": {"id"},
    "partition": {"id"},
    "heal": {"id"},
    "send": {"from", "to", "size"},
    "call": {"from", "to", "size", "reply_size"},
    "shutdown": {"id", "from"},
    "detach": {"id"},
}


class Unfixed(Exception):
    """Mitogen raised outside a message handler. What follows is not fixed by the rules."""


class WrongScenario(Exception):
    """The scenario has something that this driver cannot do."""


def nanoseconds(text):
    """The value of a duration such as `1.5ms` (docs/model.md section 1)."""
    match = DURATION.fullmatch(text)
    if match is None:
        raise WrongScenario(f"not a duration: {text!r}")
    value = fractions.Fraction(match.group(1)) * UNITS[match.group(2)]
    if value.denominator != 1:
        raise WrongScenario(f"finer than a nanosecond: {text!r}")
    return int(value)


def check(scenario):
    """Refuses what the driver does not know, so that nothing is left out silently."""
    if unknown := scenario.keys() - KEYS:
        raise WrongScenario(f"`{min(unknown)}` is beyond this driver: write the file out with `treequake expand` first")
    links = [scenario.get("link", {})]
    connects = [{**context, "do": "connect"} for context in scenario.get("contexts", [])]
    for step in connects + scenario.get("events", []):
        known = STEP_KEYS.get(step["do"])
        if known is None:
            raise WrongScenario(f"the step `{step['do']}` is beyond this driver")
        if unknown := step.keys() - known - {"at", "do", "label"}:
            raise WrongScenario(f"`{min(unknown)}` of `{step['do']}` is beyond this driver")
        links.append(step.get("link", {}))
    is_plain = [isinstance(link, dict) and not link.keys() - {"latency"} for link in links]
    if not all(is_plain) or not all(isinstance(link.get("latency", ""), str) for link in links):
        raise WrongScenario("a link that is more than a constant latency is beyond this driver")


class Item:
    """A message or an EOF on its way to one end of a link."""

    __slots__ = ("to", "content", "due", "held")

    def __init__(self, to, content, due):
        self.to = to
        self.content = content
        self.due = due
        self.held = False


class End:
    """One end of a link."""

    def __init__(self, link, process):
        self.link = link
        self.process = process
        self.other = None
        self.closed = False
        #: What is on its way to this end and can arrive, in order, and what a partition holds back.
        self.incoming = collections.deque()
        self.held = collections.deque()

    def send(self, content):
        """docs/model.md section 3: what is sent on an end that is already closed is dropped."""
        if not self.closed:
            self.link.put(self.other, content)

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

    def put(self, to, content):
        """Sends an item: it arrives `latency` later, or is held while the link is partitioned."""
        item = Item(to, content, self.simulation.now + self.latency)
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
                self._on_wire(Item(end, held.content, max(held.due, self.simulation.now)))


class Process:
    """One incarnation of a context."""

    def __init__(self, number, context_id):
        self.number = number
        self.id = context_id
        self.alive = True
        #: The link to the parent that it was connected by; None in the master.
        self.link = None
        #: By the number of the stream. 0 is the parent's.
        self.ends = {}
        #: Target id to the number of a stream.
        self.routes = {}
        #: Handle to the number of an open call.
        self.calls = {}
        #: Number to the place in the order in which timers were set.
        self.timers = {}


class Simulation:
    """One run of one scenario on one revision."""

    def __init__(self, host, scenario, goes_beyond=False):
        check(scenario)
        self.host = host
        self.goes_beyond = goes_beyond
        self.trace = []
        self.now = 0
        self.agenda = []
        self.fifo = collections.Counter()
        self.calls = 0
        self.timers = 0
        self.ended = []
        self.asked = 0
        self.alive = {0: Process(0, 0)}
        self.lives = 1
        #: child id -> its links, over all incarnations, oldest first.
        self.links = collections.defaultdict(list)
        self.default_latency = nanoseconds(scenario.get("link", {}).get("latency", DEFAULT_LATENCY))
        self.max_events = scenario.get("max_events", DEFAULT_MAX_EVENTS)
        self.host.ask({
            "n": 0, "do": "start", "seed": scenario.get("seed", 0), "monitor": scenario.get("monitor", ""),
            "unidirectional": scenario.get("unidirectional", False),
        })
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

    def _set_timer(self, process, timer, after):
        """Rank 2: ordered by owner and by the order in which timers were set (docs/model.md section 8.1)."""
        self.timers += 1
        process.timers[timer] = self.timers
        subject = (process, timer, self.timers)
        heapq.heappush(self.agenda, (self.now + after, 2, process.id, process.id, self.timers, subject))

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
        """Drops from the agenda what is not due: items that a partition took back, timers that were cleared."""
        while self.agenda and not self._is_due(*self.agenda[0]):
            heapq.heappop(self.agenda)
        return bool(self.agenda)

    def _is_due(self, _time, rank, _to, _sender, _fifo, subject):
        if rank == 2:
            process, timer, place = subject
            return process.alive and process.timers.get(timer) == place
        return rank == 0 or not subject.held

    def _process(self, event):
        self.now, rank, subject = event[0], event[1], event[5]
        if rank == 0:
            self._step(subject)
        elif rank == 1:
            self._arrive(subject)
        else:
            process, timer, _ = subject
            del process.timers[timer]
            self._ask(process, "timer", timer=timer)

    # Steps: docs/model.md sections 3 and 8.

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
        child = Process(self.lives, context_id)
        self.lives += 1
        child.link = Link(self, parent, child, self.default_latency if latency is None else nanoseconds(latency))
        child.ends[0], parent.ends[child.number] = child.link.child_end, child.link.parent_end
        child.routes[parent.id] = 0
        self.links[context_id].append(child.link)
        self.alive[context_id] = child
        name = step.get("name", f"ctx.{context_id}")
        self._ask(parent, "connect", stream=child.number, id=context_id, name=name)
        self._ask(child, "birth", id=context_id, parent=parent.id, name=name)

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
        self._lose(end)

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
        return self._originate("send", step.get("from"), step)

    def _do_call(self, step):
        return self._originate("call", step.get("from"), step)

    def _do_shutdown(self, step):
        return self._originate("shutdown", step.get("from", 0), {"to": step["id"]})

    def _originate(self, do, sender, step):
        process = self.alive.get(sender)
        if process is None:
            return f"{sender} is not alive"
        sizes = {"bytes": step.get("size", 0), "reply_bytes": step.get("reply_size", 0)}
        return self._ask(process, do, to=step["to"], **sizes).get("refused")

    def _do_detach(self, step):
        process = self.alive.get(step["id"])
        if process is None or process.id == 0:
            return f"{step['id']} cannot detach"
        return self._ask(process, "detach").get("refused")

    # Arrivals: docs/model.md section 3.

    def _arrive(self, item):
        """Items that arrive at a dead context or a closed end vanish."""
        end = item.to
        first = end.incoming.popleft()
        if first is not item:
            raise RuntimeError("a link delivered out of order")
        if not end.process.alive or end.closed:
            return
        sender = end.other.process.id
        if item.content is EOF:
            self.record("eof", ctx=end.process.id, **{"from": sender})
            self._lose(end)
        else:
            self._record_message(end.process.id, sender, item.content)
            self._ask(end.process, "message", stream=self._number(end), message=item.content)

    def _lose(self, end):
        """The listeners run, then the end closes; a context that loses its parent dies, unless it has left it."""
        process, number = end.process, self._number(end)
        answer = self._ask(process, "disconnect", stream=number)
        end.close()
        if number == 0 and process.alive and not answer.get("lives"):
            self._die(process)

    def _number(self, end):
        """The number of the stream that an end belongs to."""
        return 0 if end is end.link.child_end else end.other.process.number

    # Processes.

    def _ask(self, process, do, **fields):
        """Asks the host, and carries out what it answers."""
        answer = self._request(process, do, fields)
        if "handle" in answer:
            self.calls += 1
            process.calls[answer["handle"]] = self.calls
        effects = collections.deque(answer.get("effects", ()))
        while effects and process.alive:
            (kind, value), = effects.popleft().items()
            effects.extend(getattr(self, "_effect_" + kind)(process, value) or ())
        return answer

    def _request(self, process, do, fields):
        self.asked += 1
        ended, self.ended = self.ended, []
        request = {"n": self.asked, "do": do, "t": self.now, "process": process.number, **fields}
        try:
            return self.host.ask({**request, "ended": ended} if ended else request)
        except _hosting.MasterCrashed as error:
            raise Unfixed(str(error))

    def _effect_send(self, process, value):
        process.ends[value["stream"]].send(value["message"])

    def _effect_route(self, process, value):
        if value["via"] is None:
            del process.routes[value["to"]]
        else:
            process.routes[value["to"]] = value["via"]

    def _effect_signal(self, process, value):
        self.record("signal", ctx=process.id, context=value["context"])

    def _effect_error(self, process, value):
        self.record("error", ctx=process.id, error=value)

    def _effect_timer(self, process, value):
        self._set_timer(process, value["timer"], value["after"])

    def _effect_clear(self, process, value):
        process.timers.pop(value, None)

    def _effect_close(self, process, value):
        process.ends[value].close()

    def _effect_deliver(self, process, value):
        """The application answers what wants a reply. The effects of that come after all others."""
        if value["reply_to"] not in (0, 999):
            return self._request(process, "reply", {"message": value}).get("effects")

    def _effect_reply(self, process, value):
        number = process.calls.pop(value["handle"])
        self.record("reply", ctx=process.id, call=number, status="dead" if value["dead"] else "ok")

    def _effect_note(self, process, value):
        self.record({"shuts-down": "shutdown", "detached": "detached"}[value], ctx=process.id)

    def _effect_exit(self, process, _value):
        self._die(process)

    def _effect_crash(self, process, value):
        """docs/model.md section 8.6; the rules of its sections 1 to 7 do not fix this."""
        if not self.goes_beyond:
            raise Unfixed(f"context {process.id} ends: {value}")
        self.record("error", ctx=process.id, error=value)
        self._die(process)

    def _die(self, process):
        """The process dies at once: no handler of its own runs, every end it holds closes."""
        process.alive = False
        del self.alive[process.id]
        self.ended.append(process.number)
        for end in process.ends.values():
            end.close()
        self.record("exit", ctx=process.id)

    # The trace: docs/model.md section 6.

    def record(self, kind, **fields):
        self.trace.append({"kind": kind, "t": self.now, **fields})

    def _record_message(self, ctx, sender, message):
        """The header as on the wire; `from` is the neighbour."""
        data = ""
        if "announce" in message:
            name = message["announce"].get("name")
            data = f"{message['announce']['id']}" + (f":{name}" if name else "")
        elif "retract" in message:
            data = str(message["retract"])
        header = {field: message[field] for field in ("dst", "src", "auth", "handle", "reply_to")}
        self.record("message", ctx=ctx, **{"from": sender}, **header, data=data)

    def _record_table(self, process):
        """The route table: target id to the neighbour that it leads to."""
        routes = {
            str(target): process.ends[number].other.process.id for target, number in sorted(process.routes.items())
        }
        self.record("table", ctx=process.id, routes=routes)


def _load_hosting():
    """`protocols/mitogen.py` as a module. Its name must not be `mitogen`."""
    path = originals.ROOT / "protocols" / "mitogen.py"
    spec = importlib.util.spec_from_file_location("mitogen_hosting", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


_hosting = _load_hosting()
_host = None
_revision = None


def load(revision, source=None):
    """Loads the revision that this process is going to run; a second call may only name the same one."""
    global _host, _revision
    if _host is None:
        folder = originals.source_of(revision, source)
        try:
            _host = _hosting.Host(str(folder))
        except _hosting.SourceMissing as error:
            raise originals.SourceMissing(str(error))
        originals.check_version(revision, folder, _host.original.version)
        _host.is_strict = True
        _revision = revision
    if _revision != revision:
        raise RuntimeError(f"this process runs {_revision}; another one must run {revision}")


def run(scenario, goes_beyond=False):
    """The trace of a scenario on the loaded revision. Raises Unfixed, unless it may go beyond the rules."""
    return Simulation(_host, scenario, goes_beyond).run()


def run_and_count(scenario, goes_beyond=False):
    """The trace, and how many errors were logged that leave no record, by name (docs/model.md section 8.9)."""
    trace = run(scenario, goes_beyond)
    return trace, dict(_host.counts)


def ndjson(trace):
    """The trace as text, one record a line."""
    return "".join(json.dumps(record, ensure_ascii=False) + "\n" for record in trace)


def main(arguments=None):
    parser = argparse.ArgumentParser(description="Runs a scenario on the real Mitogen code and writes its trace.")
    parser.add_argument("--revision", required=True, choices=list(originals.VERSIONS))
    parser.add_argument("--source", metavar="DIR", help="the folder that contains the `mitogen` package")
    parser.add_argument("--beyond", action="store_true", help="go on where Mitogen raises outside a message handler")
    parser.add_argument("-o", dest="output", metavar="TRACE", help="default: standard output")
    parser.add_argument("scenario", metavar="SCENARIO.json")
    options = parser.parse_args(arguments)
    try:
        with open(options.scenario, encoding="utf-8") as file:
            scenario = json.load(file)
        load(options.revision, options.source)
        text = ndjson(run(scenario, options.beyond))
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
