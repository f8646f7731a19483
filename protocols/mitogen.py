#!/usr/bin/env python3
"""The real Mitogen of a source folder, as a program that treequake runs over a pipe (docs/protocols.md).

    python3 mitogen.py DIR

DIR contains the `mitogen` package: a checkout of any revision from 0.2.3 on, or a changed one. It sees which revision
it runs by what the code has, not by its version. It needs Python 3.8 or newer, and nothing else.

Real: Router, RouteMonitor, Context, Stream or MitogenProtocol, Connection, Message, ExternalContext. A child starts
with the real `_setup_master` and `_setup_globals`, a parent is upgraded by the real `upgrade_router`, a connect goes
through the real `Router.connect`, and `detach` is the real one, on a thread of its own while it waits. The bytes that
Mitogen packed stay here, in a queue for each end of a link, and Mitogen's framing code reads them. Only what they mean
crosses the pipe. One Python process hosts all the processes of a run: Mitogen's module globals are exchanged between
requests.

Replaced:

- The broker. `defer` runs at once; there is no thread and no poller. Its timers are treequake's.
- File descriptors: a side writes to an end of a simulated link. Child processes are there at once. The second poll of a
  `Reaper` finds that a child has ended.
- The clock: `now()` and `time.time()` are the virtual time. Nothing sleeps.
- Sets that Mitogen makes with `set()` are walked in ascending order. Other sets, and sets of other things than numbers
  and texts, have an order of their own, which is the same in every run.
- The log. Errors become effects. An error that is not known here ends the program, with the text on standard error.

Where the model decides, and not Mitogen (docs/model.md):

- 0.2.3 to 0.2.4 close a stream and then run its listeners. Here the listeners come first, as in later revisions.
- 0.2.3 and the seed revision write when the poller says so. Here they write at once.
- A shutdown waits for the children, and then gives up those that are left, children first. Mitogen's poller would give
  up the stream to the parent first. Mitogen's master has no handler for SHUTDOWN; here it obeys one from itself.
- An exception outside a message handler ends the process. In Mitogen it ends the stream or the broker thread.
- What Mitogen itself writes besides routes (reasons of dead messages, pickled errors) counts as empty.

Not reached: stamped `auth_id`s and with them `bad-src-id`, corrupt frames, frames over Mitogen's limit on the wire
(they would take names of 128 MiB; a line of the pipe has at most 16 MiB), modules, logs, services, fork, the profiler.
"""

import builtins
import collections
import gc
import heapq
import importlib
import itertools
import json
import logging
import os
import struct
import sys
import threading
import time
import traceback
import types
import warnings

#: As tracebacks have it. With `python3 -c` it is no file.
THIS_FILE = (lambda: None).__code__.co_filename

PROTOCOL = 1
ANSWER_HANDLE = 900
LINE_MAX = 16 * 1024 * 1024
ENCODER = json.JSONEncoder(separators=(",", ":"), check_circular=False)

#: The errors that become effects, by the names of docs/model.md.
CRASH = "crash"
HANDLER_CRASH = "handler-crash"
#: A part of the format string of a log record, in lower case, and the error.
TOLD = (
    ("cannot add duplicate route", "duplicate-route"),
    ("received del_route for", "unexpected-del-route"),
    (": bad auth_id", "bad-auth-id"),
    (": bad src_id", "bad-src-id"),
    ("._invoke(%r): %r crashed", HANDLER_CRASH),
    ("maximum message size exceeded", "frame-too-large"),
)
ERRORS = [name for _, name in TOLD] + [CRASH]
#: What is only counted, by the names of docs/model.md section 8.9.
COUNTED = (
    ("%r._on_del_route() %r", "stub-del-route"),
    ("%r: deleting route to %s (%d)", "stub-del-route"),
    ("%r: cant delete route to %r: no such stream", "no-route-to-delete"),
    ("%r: invalid handle: %r", "invalid-handle"),
    ("%r: policy refused message: %r", "policy-refused"),
    ("%r: no route for %r, my id is %r", "no-route"),
    ("routing mode prevents forward of", "unidirectional"),
    ("message too large (max", "message-too-large"),
)

#: The kind of messages that are none of Mitogen's releases.
OTHER_KIND = "message"

#: The timers of a graceful shutdown: its grace, and the last reaper that it waits for. Those of `broker.timers` come
#: after them.
GRACE = 0
REAPER = 1
MASTER_GRACE_SECONDS = 5.0
SECOND = 10**9

#: Longer data of zeros is not kept while it is on its way.
LONG = 4096
LEGACY_MAGIC = 0x4D49


class Failed(BaseException):
    """The program cannot go on. Not an `Exception`: Mitogen must not catch it."""


class Abandoned(BaseException):
    """The process of a call that waits has ended."""


class MasterCrashed(Failed):
    """Mitogen raised outside a message handler, in the master."""


class SourceMissing(Exception):
    """There is no Mitogen in the folder, or it does not load. The text says what to do."""


# What surrounds Mitogen's code. `install` puts these in its place; they report to `Host.stage`, the only host.


class SortedSet(builtins.set):
    """A set that is walked in ascending order, the canonical order of docs/model.md section 2, if it can be sorted."""

    def __iter__(self):
        items = list(builtins.set.__iter__(self))
        try:
            items.sort()
        except TypeError:
            pass
        return iter(items)


def serial_hash(self):
    """The hash of an object that equals only itself: not its address, so that a set has the same order in every run."""
    serial = vars(self).get("_serial")
    if serial is None:
        serial = self._serial = next(Host.stage.serials)
    return serial


class RouteTable(dict):
    """`Router._stream_by_id`: tells every change."""

    def __init__(self, host):
        super().__init__()
        self.host = host

    def __setitem__(self, target, stream):
        if self.get(target) is not stream:
            self.host.tell_route(target, stream)
        super().__setitem__(target, stream)

    def __delitem__(self, target):
        super().__delitem__(target)
        self.host.tell_route(target, None)

    def pop(self, target, *default):
        if target in self:
            self.host.tell_route(target, None)
        return super().pop(target, *default)

    def _unknown(self, *_args, **_kwargs):
        raise Failed("the route table is changed in a way that this program does not follow")

    clear = popitem = setdefault = update = __ior__ = _unknown


class Timer:
    """One timer of a broker, from 0.2.8 on."""

    def __init__(self, timers, when, func):
        self.timers = timers
        self.when = when
        self.func = func
        self.active = True
        #: By which treequake knows it, once it has heard of it.
        self.number = None

    @property
    def cancelled(self):
        """What `active` was called while 0.2.8 was in the making."""
        return not self.active

    def cancel(self):
        self.active = False
        self.timers.touched.append(self)


class Timers:
    """The timer list of a broker. Most timers are cancelled in the same event, and treequake never hears of them.

    A reaper does nothing that can be seen, so its timer is no event. It expires before the next request. It is an
    effect only when a shutdown waits for nothing else.
    """

    def __init__(self):
        self.touched = []
        self.told = {}
        #: Those of reapers, as a heap: (due, order, timer).
        self.reapers = []
        self.order = 0
        #: When the told reaper is due.
        self.reaped = None

    def schedule(self, when, func):
        timer = Timer(self, when, func)
        if getattr(func, "__self__", None).__class__.__name__ == "Reaper":
            self.order += 1
            heapq.heappush(self.reapers, (round(when * SECOND), self.order, timer))
        else:
            self.touched.append(timer)
        return timer

    def get_timeout(self):
        return 0 if self.told or self.pending() else None

    def pending(self):
        """The reapers that are at work: when each polls next, and whose process."""
        return [(due, timer.func.__self__.proc) for due, _, timer in self.reapers if timer.active]

    def reap(self, host):
        """Lets the reapers poll that are due by now."""
        now = host.now
        while self.reapers and self.reapers[0][0] <= now:
            host.now, _, timer = heapq.heappop(self.reapers)
            if timer.active:
                timer.active = False
                timer.func()
        host.now = now

    def wait_for_reapers(self, host):
        """Tells when the last reaper is done, unless one never is."""
        pending = self.pending()
        if pending and not any(proc.lives_on for _, proc in pending):
            due = max(due for due, _ in pending)
            if due != self.reaped:
                self.reaped = due
                host.effects.append({"timer": {"timer": REAPER, "after": due - host.now}})

    def tell(self, host):
        """Tells what has changed since the last time."""
        for timer in self.touched:
            if timer.active and timer.number is None:
                timer.number = min(set(range(REAPER + 1, REAPER + len(self.told) + 2)) - self.told.keys())
                self.told[timer.number] = timer
                after = max(0, round(timer.when * SECOND) - host.now)
                host.effects.append({"timer": {"timer": timer.number, "after": after}})
            elif not timer.active and self.told.get(timer.number) is timer:
                del self.told[timer.number]
                host.effects.append({"clear": timer.number})
        self.touched.clear()

    def expire(self, number):
        if number == REAPER:
            self.reaped = None
            return
        timer = self.told.pop(number)
        timer.active = False
        timer.func()


class HostedBroker:
    """A broker without thread and poller. What `_broker_main` does about a shutdown is in `Host`."""

    shutdown_timeout = 3.0
    _thread = None

    def __init__(self, **_options):
        self.timers = Timers()
        self.is_asked_to_end = False
        self.is_shutting_down = False
        self.deferred = collections.deque()

    def defer(self, func, *args, **kwargs):
        """At once, as on the broker thread; from another thread, when that one waits."""
        if Host.stage.strand is not None:
            self.deferred.append((func, args, kwargs))
            return None
        return func(*args, **kwargs)

    def defer_sync(self, func):
        self.run_deferred()
        return func()

    def run_deferred(self):
        while self.deferred:
            func, args, kwargs = self.deferred.popleft()
            func(*args, **kwargs)

    def shutdown(self):
        self.is_asked_to_end = True

    def start_receive(self, stream):
        pass

    stop_receive = _start_transmit = _stop_transmit = start_receive


class Side:
    """One side of a stream. Instead of a file descriptor it has the end of a simulated link."""

    def __init__(self, stream, end, **_options):
        self.stream = stream
        self.end = end
        self.fd = -1
        self.keep_alive = True
        end.stream = stream

    @property
    def closed(self):
        return self.end.closed

    def write(self, data):
        """All bytes leave at once; on a closed end Mitogen sees a disconnection and the bytes are dropped."""
        if self.end.closed:
            return None
        Host.stage.transmit(self.end, bytes(data))
        return len(data)

    def close(self):
        self.end.close()


class Latch:
    """What one thread waits for and another one puts. Only a `Strand` can wait."""

    def __init__(self):
        self.items = collections.deque()
        self.closed = False

    def put(self, obj=None):
        self.items.append(obj)

    def get(self, timeout=None, block=True):
        while not self.items:
            if self.closed:
                raise Host.stage.original.core.LatchError()
            Host.stage.wait(self)
        return self.items.popleft()

    def close(self):
        self.closed = True

    def empty(self):
        return not self.items

    def size(self):
        return len(self.items)

    @property
    def is_ready(self):
        return bool(self.items) or self.closed


class Strand:
    """A call that waits for the network, on a thread of its own. The two threads take turns, so order is fixed."""

    def __init__(self, call):
        self.call = call
        self.latch = None
        self.error = None
        self.is_over = False
        self.is_abandoned = False
        self.turn = threading.Semaphore(0)
        self.back = threading.Semaphore(0)
        threading.Thread(target=self._run, daemon=True).start()

    def _run(self):
        self.turn.acquire()
        try:
            if not self.is_abandoned:
                self.call()
        except Abandoned:
            pass
        except BaseException as error:
            self.error = error
        self.is_over = True
        self.back.release()

    def resume(self):
        """Lets the call go on until it waits again or is over."""
        self.turn.release()
        self.back.acquire()

    def wait(self, latch):
        """Called on the thread of the call."""
        self.latch = latch
        self.back.release()
        self.turn.acquire()
        if self.is_abandoned:
            raise Abandoned()

    def abandon(self):
        self.is_abandoned = True
        self.resume()


class HostedOs:
    """`os` as mitogen.core sees it: the ends of links pass for file descriptors while a child sets itself up."""

    def __getattr__(self, name):
        return getattr(os, name)

    def dup(self, end):
        return end

    def fdopen(self, end, *_args):
        return end

    def close(self, end):
        pass

    def setsid(self):
        pass

    def kill(self, *_args):
        pass


class VirtualTime:
    """`time` as Mitogen sees it."""

    def __getattr__(self, name):
        return getattr(time, name)

    def time(self):
        return Host.stage.now / SECOND

    monotonic = time

    def sleep(self, _seconds):
        pass


class ErrorTap(logging.Handler):
    """Turns what Mitogen logs as an error into effects, by the format string."""

    def emit(self, record):
        text = str(record.msg).lower()
        for mark, name in TOLD:
            if mark in text:
                if name == HANDLER_CRASH and not Host.stage.is_mitogens(record.exc_info[1]):
                    raise Failed("".join(traceback.format_exception(*record.exc_info)))
                return Host.stage.effects.append({"error": name})
        for mark, name in COUNTED:
            if mark in text:
                Host.stage.counts[name] += 1
                return Host.stage.counted.append(name)
        if record.exc_info:
            traceback.print_exception(*record.exc_info)
        raise Failed(f"Mitogen logs an error that this program does not know: {record.getMessage()}")


def importer():
    """What an upgrade and a connect read from the importer of a child or the module responder of the master."""
    policy = types.SimpleNamespace(blocks=(), overrides=())
    return types.SimpleNamespace(
        whitelist=[], blacklist=[], master_whitelist=[], master_blacklist=[], policy=policy, _resource_requester=None
    )


class Original:
    """The loaded modules of the source folder, and what differs between revisions."""

    def __init__(self, folder):
        self.folder = os.path.abspath(folder)
        if not os.path.isfile(os.path.join(self.folder, "mitogen", "core.py")):
            raise SourceMissing(f"{folder} has no `mitogen` package: name the folder that contains it")
        sys.dont_write_bytecode = True
        _lend_imp()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            sys.path.insert(0, self.folder)
            try:
                self.mitogen = importlib.import_module("mitogen")
                self.core = importlib.import_module("mitogen.core")
                self.parent = importlib.import_module("mitogen.parent")
            except Exception as error:
                python = sys.version.split()[0]
                raise SourceMissing(f"{folder} does not load under Python {python}: {type(error).__name__}: {error}")
            finally:
                sys.path.remove(self.folder)
        if not os.path.realpath(self.core.__file__).startswith(os.path.realpath(self.folder) + os.sep):
            raise SourceMissing(f"another mitogen is loaded already, from {self.core.__file__}")
        self.version = ".".join(str(part) for part in self.mitogen.__version__)
        #: From 0.2.8 on a stream has a protocol object, which frames messages and knows the neighbour.
        self.has_protocols = hasattr(self.core, "MitogenProtocol")
        self.header = struct.Struct(self.core.Message.HEADER_FMT if self.has_protocols else self.core.Stream.HEADER_FMT)
        self.has_magic = len(self.header.unpack(bytes(self.header.size))) > 6

    def remote_id(self, stream):
        """The id of the neighbour at the other end of `stream`."""
        return stream.protocol.remote_id if self.has_protocols else stream.remote_id

    def receive(self, stream, broker, data):
        """Hands bytes that arrived to the revision's own framing code."""
        if self.has_protocols:
            stream.protocol.on_receive(broker, data)
        else:
            stream._internal_receive(broker, data)

    def context(self, router, context_id):
        """The context object that a call from `router` waits for: in 0.2.3, before an upgrade, a fresh one."""
        if hasattr(router, "context_by_id"):
            return router.context_by_id(context_id)
        return router.context_class(router, context_id)


def _lend_imp():
    """Revisions before 0.3 import `imp`, which Python 3.12 removed. Routing uses nothing of it."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            importlib.import_module("imp")
    except ImportError:
        sys.modules["imp"] = types.ModuleType("imp")


def install(host):
    """Puts the replacements into the loaded modules."""
    core, parent = host.original.core, host.original.parent
    core.set = parent.set = SortedSet
    for name in ("BasicStream", "Stream", "Protocol", "Router", "Context"):
        if hasattr(core, name):
            getattr(core, name).__hash__ = serial_hash
    core.Broker = HostedBroker
    core.Side = Side
    core.Latch = Latch
    core.os = HostedOs()
    core.time = parent.time = VirtualTime()
    core.now = core.time.time
    core.set_blocking = lambda fd, blocking: None
    parent._upgrade_broker = lambda broker: None
    _tap_signals(core)
    log = logging.getLogger("mitogen")
    log.setLevel(logging.ERROR)
    log.propagate = False
    log.handlers = [ErrorTap(logging.ERROR)]
    if host.original.has_protocols:
        connection = _connection_class(parent)
        parent.get_connection_class = lambda name: connection
    else:
        _close_after_listeners(core)
        if not _writes_at_once(core):
            _write_at_once(core)
        stream = _stream_class(core, parent)
        parent.stream_by_method_name = lambda name: stream


def _tap_signals(core):
    """A `signal` before the listeners run (docs/model.md section 6). All of Mitogen fires through this name."""
    real = core.fire

    def fire(obj, name, *args, **kwargs):
        if name == "disconnect" and isinstance(obj, core.Context):
            again = vars(obj).get("_has_fired", False)
            obj._has_fired = True
            Host.stage.effects.append({"signal": {"context": obj.context_id, "again": again}})
        return real(obj, name, *args, **kwargs)

    core.fire = fire


def _close_after_listeners(core):
    """docs/model.md section 3: in all revisions the disconnect listeners run and then the end closes."""

    def on_disconnect(self, broker):
        core.fire(self, "disconnect")
        self.receive_side.close()
        self.transmit_side.close()

    core.BasicStream.on_disconnect = on_disconnect


def _writes_at_once(core):
    """Whether `Stream._send` writes by itself: from 0.2.4 on, which also brought the magic number of a frame."""
    return "transmit_side" in core.Stream._send.__code__.co_names


def _write_at_once(core):
    """docs/model.md section 2: what a handler sends leaves at the time of its event, in the order of sending."""
    real = core.Stream._send

    def send(self, msg):
        real(self, msg)
        if self.transmit_side.closed:
            self._output_buf.clear()
            self._output_buf_len = 0
        while self._output_buf:
            self.on_transmit(self._router.broker)

    core.Stream._send = send


def _stream_class(core, parent):
    """The connection method before 0.2.8: `connect` prepares a simulated child instead of starting a process."""

    class SimulatedStream(parent.Stream):
        def connect(self):
            end = Host.stage.start_child(self.get_econtext_config())
            self.name = Host.stage.connecting_name
            self.receive_side = core.Side(self, end)
            self.transmit_side = core.Side(self, end)

        def _reap_child(self):
            pass

    return SimulatedStream


def _connection_class(parent):
    """The connection method from 0.2.8 on: the child is there at once, and reports itself complete at once."""

    class SimulatedProcess(parent.Process):
        """docs/model.md section 8.4: the second poll finds that a child has ended, unless it has left its parent."""

        polls = 0

        @property
        def lives_on(self):
            return self.connection.detached

        def poll(self):
            self.polls += 1
            return None if self.lives_on or self.polls == 1 else 0

        def send_signal(self, _signal):
            pass

    class SimulatedConnection(parent.Connection):
        def start_child(self):
            end = Host.stage.start_child(self.get_econtext_config())
            process = SimulatedProcess(pid=0, stdin=end, stdout=end)
            process.connection = self
            return process

        def _get_name(self):
            """A name that a method chooses may be long; one that is an argument has a limit from 0.3 on."""
            return Host.stage.connecting_name

        def _async_connect(self):
            super()._async_connect()
            self._complete_connection()

    return SimulatedConnection


# Ends of links, and processes.


class End:
    """One end of a link: what a process holds instead of a pair of file descriptors."""

    def __init__(self, number):
        #: The number of the stream in its process.
        self.number = number
        self.process = None
        self.other = None
        self.stream = None
        self.closed = False
        #: What the other end has sent, in order: (header, packed bytes).
        self.incoming = collections.deque()

    def fileno(self):
        return -1

    def close(self):
        if not self.closed:
            Host.stage.close(self)


class Process:
    """One life of a context: its router, its ends, and Mitogen's module globals as it sees them."""

    def __init__(self, number, context_id):
        self.number = number
        self.id = context_id
        self.router = self.broker = self.econtext = None
        self.has_ended = False
        #: Whether a shutdown is giving up what is left.
        self.is_finishing = False
        #: The open ends, by the number of the stream. 0 is the parent's.
        self.ends = {}
        #: The places of the children's streams, as file descriptors have them: one that is free is used again.
        self.places = {}
        self.free_places = []
        self.strands = []
        #: A fresh interpreter; `ExternalContext._setup_globals` makes them those of a child.
        self.globals = {"context_id": 0, "parent_id": None, "parent_ids": [], "is_master": True}

    def add(self, end):
        end.process = self
        self.ends[end.number] = end
        if end.number:
            self.places[end.number] = self.free_places.pop() if self.free_places else len(self.places)

    def drop(self, end):
        del self.ends[end.number]
        if end.number:
            self.free_places.append(self.places.pop(end.number))

    def children(self):
        """The open ends to children, in the order of their places."""
        return [self.ends[number] for number in sorted(self.places, key=self.places.get)]

    def waits_for_streams(self):
        """The first half of `Broker.keep_alive`; the other half are the timers."""
        sides = (end.stream.receive_side for end in self.ends.values() if end.stream is not None)
        return any(side.keep_alive for side in sides)


class Host:
    """All the processes of a run. `ask` takes a request and gives its answer."""

    stage = None

    def __init__(self, folder):
        Host.stage = self
        self.original = Original(folder)
        self.core, self.parent = self.original.core, self.original.parent
        self.now = 0
        self.effects = []
        #: The errors of this request that are only counted.
        self.counted = []
        self.strand = None
        #: Whether the traceback of each crash goes to standard error.
        self.shows_crashes = False
        #: Whether each message that arrives must have been sent here, in that order.
        self.is_strict = False
        self._forget_run()
        install(self)
        self.context_class = self._context_class()
        # The objects of a run refer to each other in circles. To look for these more often costs a tenth of the time.
        gc.freeze()
        gc.set_threshold(100_000)

    def hello(self):
        """The first line of the program."""
        return {
            "protocol": PROTOCOL,
            "name": f"mitogen-{self.original.version}-source",
            "kinds": [OTHER_KIND],
            "errors": ERRORS,
            "counted": sorted({name for _, name in COUNTED}),
            "can": ["shutdown", "detach", "unidirectional"],
            "family": "mitogen",
            "header_bytes": self.original.header.size,
        }

    def ask(self, request):
        """Answers one request."""
        self.effects, self.counted = [], []
        self.answer = {"n": request.get("n")}
        self.wanted = self.losing = None
        #: Whether anything has happened that a shutdown may have waited for.
        self.may_finish = request["do"] == "timer"
        if request["do"] == "start":
            self._start(request)
            return self.answer
        for number in request.get("ended", ()):
            if number in self.processes:
                self._end(self.processes[number])
        self.now = request["t"]
        process = self._process(request)
        self._enter(process)
        try:
            if process.broker is not None and process.broker.timers.reapers:
                process.broker.timers.reap(self)
            getattr(self, "_do_" + request["do"])(process, request)
            self._settle(process)
            if process.broker.timers.touched and not process.has_ended:
                process.broker.timers.tell(self)
        except Exception as error:
            self._crash(process, error)
        if self.effects:
            self.answer["effects"] = self.effects
        if self.counted:
            self.answer["counted"] = self.counted
        return self.answer

    # Runs and processes.

    def _forget_run(self):
        self.processes = {}
        #: The errors of the run that are only counted, by name.
        self.counts = collections.Counter()
        #: For the hashes of objects.
        self.serials = itertools.count()
        #: Children that have connected and are not born yet: their configuration, and their end.
        self.newborns = {}
        self.connecting = self.connecting_name = None
        self.current = None
        self.losing = None
        #: The message whose reply is to have a certain length: (dst, src, handle, reply_to), length.
        self.wanted = None

    def _start(self, request):
        """A parent.Router with a RouteMonitor from the start, as mitogen.master.Router is."""
        for process in list(self.processes.values()):
            self._end(process)
        self._forget_run()
        self.now = 0
        process = self.processes[0] = Process(0, 0)
        self._enter(process)
        process.broker = broker = HostedBroker()
        broker.shutdown_timeout = MASTER_GRACE_SECONDS
        process.router = router = self.parent.Router(broker)
        router._stream_by_id = RouteTable(self)
        router.route_monitor = self.parent.RouteMonitor(router)
        router.responder = importer()
        router.unidirectional = request.get("unidirectional", False)
        router.add_handler(router._on_detaching, self.core.DETACHING)
        router.add_handler(self._shut_master_down, self.core.SHUTDOWN, policy=self.core.has_parent_authority)
        router.add_handler(self._deliver, ANSWER_HANDLE)

    def _shut_master_down(self, msg):
        if not msg.is_dead:
            self.processes[0].broker.shutdown()

    def _process(self, request):
        number = request["process"]
        if request["do"] == "birth":
            self.processes[number] = Process(number, request["id"])
        if number not in self.processes:
            raise Failed(f"there is no process {number}")
        return self.processes[number]

    def _enter(self, process):
        """Makes `process` the one whose identity Mitogen's module globals hold."""
        if process is self.current:
            return
        module = vars(self.original.mitogen)
        if self.current is not None:
            self.current.globals = {name: module[name] for name in self.current.globals}
        self.current = process
        module.update(process.globals)

    def _end(self, process):
        """The process is gone: no handler of its own runs, and all its ends close."""
        process.has_ended = True
        self.processes.pop(process.number, None)
        for end in process.ends.values():
            end.closed = True
            end.incoming.clear()
        for strand in process.strands:
            strand.abandon()
        process.strands = []

    def _crash(self, process, error):
        """An exception that Mitogen lets out of a request (docs/model.md section 8.6)."""
        if not self.is_mitogens(error):
            raise error
        if self.shows_crashes:
            traceback.print_exception(type(error), error, error.__traceback__)
        if process.number == 0:
            raise MasterCrashed("Mitogen raises an exception outside a message handler, in the master")
        self.effects.append({"crash": CRASH})
        self._end(process)

    def is_mitogens(self, error):
        """Whether the exception was raised in Mitogen's files, or below them, and not by this program."""
        is_mitogens, frame = False, error.__traceback__
        while frame is not None:
            file = frame.tb_frame.f_code.co_filename
            if file.startswith(self.original.folder + os.sep):
                is_mitogens = True
            elif file == THIS_FILE:
                is_mitogens = False
            frame = frame.tb_next
        return is_mitogens

    # Requests.

    def _do_connect(self, process, request):
        number, context_id = request["stream"], request["id"]
        end, child_end = End(number), End(0)
        end.other, child_end.other = child_end, end
        process.add(end)
        self.connecting = end
        if process.econtext is not None:
            self.parent.upgrade_router(process.econtext)
        process.router.allocate_id = lambda: context_id
        self.connecting_name = request.get("name") or ""
        process.router.connect("simulated", remote_name="simulated")

    def start_child(self, config):
        """Called by the parent's connection. Returns the parent's end."""
        end = self.connecting
        config.update(in_fd=end.other, out_fd=end.other)
        self.newborns[end.number] = config
        return end

    def _do_birth(self, process, _request):
        """The child starts as `ExternalContext.main` does."""
        config = self.newborns.pop(process.number, None)
        if config is None:
            raise Failed(f"process {process.number} is born, but has not connected")
        end = config["in_fd"]
        process.add(end)
        process.econtext = econtext = self.context_class(config)
        econtext._setup_master()
        econtext._setup_globals()
        process.broker, process.router = econtext.broker, econtext.router
        econtext.importer = process.router.importer = importer()
        process.router._stream_by_id = RouteTable(self)
        process.router.register(econtext.parent, econtext.stream)
        # That its table has the entry for the parent is known.
        self.effects.clear()
        process.router.add_handler(self._deliver, ANSWER_HANDLE)

    def _context_class(self):
        host, core = self, self.core

        class HostedContext(core.ExternalContext):
            def _on_parent_disconnect(self):
                super()._on_parent_disconnect()
                if host.original.mitogen.parent_id is None and not host.current.is_finishing:
                    host.effects.append({"note": "detached"})

        return HostedContext

    def _do_message(self, process, request):
        end, message = process.ends.get(request["stream"]), request["message"]
        if end is None:
            raise Failed(f"process {process.number} has no open stream {request['stream']}")
        data = message.get("data")
        if data and data.get("reply_bytes"):
            self._want(message["dst"], message["src"], message["handle"], message["reply_to"], data)
        self.original.receive(end.stream, process.broker, self._take(end, message))

    def _do_disconnect(self, process, request):
        """treequake closes the end afterwards; a process that asks its broker to end has lost its parent, and ends."""
        end = process.ends.get(request["stream"])
        if end is None:
            raise Failed(f"process {process.number} has no open stream {request['stream']}")
        self.losing, process.broker.is_asked_to_end = end, False
        end.stream.on_disconnect(process.broker)
        self.close(end)
        if end.number == 0:
            if process.broker.is_asked_to_end:
                self._end(process)
            else:
                self.answer["lives"] = True

    def _do_timer(self, process, request):
        if request["timer"] == GRACE:
            self._finish_shutdown(process)
        else:
            process.broker.timers.expire(request["timer"])

    def _do_send(self, process, request):
        self._originate(process, request, 0)

    def _do_call(self, process, request):
        def end_call(msg):
            self.effects.append({"reply": {"handle": handle, "dead": bool(msg.is_dead)}})

        respondent = self.original.context(process.router, request["to"])
        handle = process.router.add_handler(end_call, persist=False, respondent=respondent)
        self.answer["handle"] = handle
        self._originate(process, request, handle)

    def _originate(self, process, request, handle):
        self._want(request["to"], process.id, ANSWER_HANDLE, handle, request)
        data = self._zeros(process, request.get("bytes", 0))
        message = self.core.Message(dst_id=request["to"], handle=ANSWER_HANDLE, data=data)
        if handle:
            message.reply_to = handle
        process.router.route(message)

    def _do_reply(self, process, request):
        """`Message.reply`, with as many bytes as are wanted."""
        asked = request["message"]
        message = self.core.Message(dst_id=process.id, handle=asked["handle"], reply_to=asked["reply_to"])
        message.src_id, message.auth_id = asked["src"], asked["auth"]
        length = (asked.get("data") or {}).get("reply_bytes", 0)
        message.reply(self.core.Message(data=self._zeros(process, length)), router=process.router)

    def _do_shutdown(self, process, request):
        others = self.processes.values()
        if any(other.id == request["to"] and other.broker.is_shutting_down for other in others):
            self.answer["refused"] = "already"
            return
        process.router.route(self.core.Message(dst_id=request["to"], handle=self.core.SHUTDOWN))

    def _do_detach(self, process, _request):
        if process.econtext is None or process.econtext.detached:
            self.answer["refused"] = "unknown" if process.econtext is None else "already"
            return
        strand = Strand(process.econtext.detach)
        process.strands.append(strand)
        self._resume(process, strand)

    # Calls that wait.

    def wait(self, latch):
        """Called by `Latch.get` where there is nothing to get."""
        if self.strand is None:
            raise Failed("Mitogen waits for something on its broker thread")
        self.strand.wait(latch)

    def _resume(self, process, strand):
        """Lets a call go on until it waits for something that has not come, or is over."""
        while not strand.is_over:
            self.strand = strand
            strand.resume()
            self.strand = None
            process.broker.run_deferred()
            if not strand.is_over and not strand.latch.is_ready:
                return
        process.strands.remove(strand)
        # The application gets an answer that is dead. That is its own affair.
        if strand.error is not None and not isinstance(strand.error, self.core.ChannelError):
            raise strand.error

    # What the broker does about the end of a process: docs/model.md section 8.4.

    def _settle(self, process):
        """What the broker does before it waits for the next event."""
        for strand in list(process.strands):
            if not process.has_ended and strand.latch.is_ready:
                self._resume(process, strand)
        broker = process.broker
        if not (broker.is_asked_to_end or broker.is_shutting_down) or process.has_ended:
            return
        if broker.is_asked_to_end:
            broker.is_asked_to_end = False
            if process.econtext is not None and 0 not in process.ends and self.original.mitogen.parent_id is not None:
                self.effects.append({"exit": "done"})
                self._end(process)
                return
            if not broker.is_shutting_down:
                self._begin_shutdown(process)
        self.may_finish |= bool(broker.timers.touched)
        if self.may_finish and broker.is_shutting_down and not process.waits_for_streams():
            if broker.timers.get_timeout() is None:
                self._finish_shutdown(process)
            else:
                broker.timers.wait_for_reapers(self)

    def _begin_shutdown(self, process):
        """The first half of `Broker._broker_shutdown`."""
        broker = process.broker
        broker.is_shutting_down = self.may_finish = True
        self.effects.append({"note": "shuts-down"})
        self.core.fire(broker, "before_shutdown")
        self.core.fire(broker, "shutdown")
        for end in self._streams(process):
            end.stream.on_shutdown(broker)
        self.effects.append({"timer": {"timer": GRACE, "after": round(broker.shutdown_timeout * SECOND)}})

    def _finish_shutdown(self, process):
        """`Broker._broker_exit`, children first."""
        process.broker.is_shutting_down = False
        self.effects += [{"clear": GRACE}, {"clear": REAPER}]
        process.is_finishing = True
        for end in process.children():
            end.stream.on_disconnect(process.broker)
        if process.number == 0:
            process.is_finishing = False
            process.broker.timers = Timers()
            return
        if 0 in process.ends:
            self.losing = process.ends[0]
            process.ends[0].stream.on_disconnect(process.broker)
        self.effects.append({"exit": "done"})
        self._end(process)

    def _streams(self, process):
        """The open ends, in the order in which a poller has them: the parent's, then the children's."""
        return [end for number, end in process.ends.items() if number == 0] + process.children()

    # What Mitogen does.

    def tell_route(self, target, stream):
        via = None if stream is None else stream.receive_side.end.number
        self.effects.append({"route": {"to": target, "via": via}})

    def close(self, end):
        """An end closes. Where treequake does that by itself, there is no effect."""
        if end.closed:
            return
        end.closed = True
        end.incoming.clear()
        end.process.drop(end)
        self.may_finish |= end.number != 0
        if end is not self.losing:
            self.effects.append({"close": end.number})

    def transmit(self, end, packed):
        """A frame leaves on an open end."""
        *_, dst, src, auth, handle, reply_to, length = self.original.header.unpack_from(packed)
        data = packed[self.original.header.size:]
        if len(data) != length:
            raise Failed("what Mitogen has written is not one message")
        message = self._describe(dst, src, auth, handle, reply_to, data)
        self.effects.append({"send": {"stream": end.number, "message": message}})
        if not end.other.closed:
            if length > LONG and data.count(0) == length:
                packed = (packed[:self.original.header.size], length)
            end.other.incoming.append(((dst, src, auth, handle, reply_to), packed))

    def _deliver(self, msg):
        """The handler of handle 900."""
        message = self._describe(msg.dst_id, msg.src_id, msg.auth_id, msg.handle, msg.reply_to or 0, msg.data)
        self.effects.append({"deliver": message})

    # Messages.

    def _want(self, dst, src, handle, reply_to, data):
        """How long the reply to a message is to be. Mitogen does not carry that, so it is added again at each hop."""
        self.wanted = (dst, src, handle, reply_to), data.get("reply_bytes", 0)

    def _zeros(self, process, length):
        """The application's data. All that is over the limit is treated alike."""
        return bytes(min(length, process.router.max_message_size + 1))

    def _describe(self, dst, src, auth, handle, reply_to, data):
        """A message as it crosses the pipe."""
        message = {"dst": dst, "src": src, "auth": auth, "handle": handle, "reply_to": reply_to}
        core, is_dead = self.core, reply_to == self.core.IS_DEAD
        if handle in (core.ADD_ROUTE, core.DEL_ROUTE) and not is_dead:
            message.update(self._describe_route(handle, data))
        elif is_dead or not data or handle == ANSWER_HANDLE or handle >= 1000 or handle == core.SHUTDOWN:
            wanted = self.wanted
            has_reply = wanted is not None and wanted[0] == (dst, src, handle, reply_to)
            length = len(data) if not is_dead and data.count(0) == len(data) else 0
            message["data"] = {"bytes": length, "reply_bytes": wanted[1] if has_reply else 0}
        else:
            message["body"] = data.decode("utf-8", "backslashreplace")
        return message

    def _describe_route(self, handle, data):
        target, has_name, name = data.partition(b":")
        try:
            target, name = int(target), name.decode("utf-8")
        except ValueError:
            return {"body": data.decode("utf-8", "backslashreplace")}
        if handle == self.core.DEL_ROUTE:
            return {"retract": target}
        announce = {"id": target}
        if has_name:
            announce["name"] = name
        return {"announce": announce}

    def _take(self, end, message):
        """The frame of a message that arrives. One that was not sent here is made now: golden transcripts have such."""
        header = tuple(message[field] for field in ("dst", "src", "auth", "handle", "reply_to"))
        if end.incoming and end.incoming[0][0] == header:
            _, packed = end.incoming.popleft()
            return packed if isinstance(packed, bytes) else packed[0] + bytes(packed[1])
        if self.is_strict:
            raise Failed(f"process {end.process.number} gets {header} on stream {end.number}, which was not sent")
        return self._pack(end.process, header, message)

    def _pack(self, process, header, message):
        if "announce" in message:
            announce = message["announce"]
            name = announce.get("name")
            data = (f"{announce['id']}:{name}" if name else str(announce["id"])).encode("utf-8")
        elif "retract" in message:
            data = str(message["retract"]).encode("utf-8")
        elif "body" in message:
            data = message["body"].encode("utf-8")
        else:
            data = self._zeros(process, (message.get("data") or {}).get("bytes", 0))
            if not data and header[3] >= 1000 and header[4] != self.core.IS_DEAD:
                data = self.core.Message.pickled(None).data
        magic = (LEGACY_MAGIC,) if self.original.has_magic else ()
        return self.original.header.pack(*magic, *header, len(data)) + data


# The pipe.


def serve(host, lines, out):
    """Answers one line after another, until there is none left."""
    next(lines, None)
    write(out, host.hello())
    for line in lines:
        write(out, host.ask(json.loads(line.decode())))


def write(out, answer):
    line = ENCODER.encode(answer).encode() + b"\n"
    if len(line) > LINE_MAX:
        raise Failed(f"an answer of {len(line)} bytes: more than a line may have")
    out.write(line)
    out.flush()


def main(arguments):
    if len(arguments) != 1:
        print("usage: mitogen.py DIR\nDIR contains the `mitogen` package.", file=sys.stderr)
        return 2
    if os.environ.get("PYTHONHASHSEED") != "0" and os.path.isfile(THIS_FILE):
        # Sets of texts would be walked in another order each time.
        command = [sys.executable, os.path.abspath(THIS_FILE), *arguments]
        os.execve(sys.executable, command, {**os.environ, "PYTHONHASHSEED": "0"})
    # Whatever else is printed goes to standard error.
    out = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    # The folder of this file may have a module named `mitogen`: this one.
    here = os.path.dirname(os.path.realpath(THIS_FILE))
    sys.path[:] = [folder for folder in sys.path if os.path.realpath(folder) != here]
    threading.stack_size(512 * 1024)
    try:
        host = Host(arguments[0])
        host.shows_crashes = True
        serve(host, iter(sys.stdin.buffer.readline, b""), out)
    except SourceMissing as error:
        print(f"mitogen.py: {error}", file=sys.stderr)
        return 2
    except Failed as error:
        print(f"mitogen.py: {error}", file=sys.stderr)
        return 1
    except BrokenPipeError:
        return 0
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
