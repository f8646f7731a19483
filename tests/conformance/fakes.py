"""What surrounds Mitogen's code in a run: broker, file descriptors, child processes, log. Everything else is real.

`install` patches these into a loaded revision, once per process. They report to `stage.simulation`, the run in
progress.
"""

import builtins
import logging
import os
import types


class Stage:
    """Leads from Mitogen's module globals to the simulation that runs now."""

    simulation = None


class SortedSet(builtins.set):
    """A set that is walked in ascending order: the canonical order of docs/model.md section 2."""

    def __iter__(self):
        return iter(sorted(builtins.set.__iter__(self)))


class FakeTimer:
    """A timer that never fires: the core model has no timers."""

    active = True

    def cancel(self):
        self.active = False


class FakeTimers:
    """The timer list of a broker, from 0.2.8 on."""

    def schedule(self, when, func):
        return FakeTimer()


class FakeBroker:
    """A broker without thread and poller; `defer` runs at once, as on the real broker thread."""

    def __init__(self, **_options):
        self.timers = FakeTimers()
        self.shutting_down = False

    def defer(self, func, *args, **kwargs):
        return func(*args, **kwargs)

    def shutdown(self):
        """The real one sets a flag, too; the simulation lets the context die (docs/model.md section 3)."""
        self.shutting_down = True

    def start_receive(self, stream):
        pass

    def stop_receive(self, stream):
        pass

    def _start_transmit(self, stream):
        pass

    def _stop_transmit(self, stream):
        pass


class FakeSide:
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
        self.end.send(bytes(data))
        return len(data)

    def close(self):
        self.end.close()


class FakeOs:
    """`os` as mitogen.core sees it: the ends of links pass for file descriptors while a child sets itself up."""

    def __getattr__(self, name):
        return getattr(os, name)

    def dup(self, end):
        return end

    def fdopen(self, end, *_args):
        return end

    def close(self, end):
        pass


class ErrorTap(logging.Handler):
    """Turns what a revision logs as an error into `error` records (docs/model.md section 6), by its format string.

    What leaves no record is counted, under the names of section 8.9.
    """

    RECORDED = (
        ("cannot add duplicate route", "duplicate-route"),
        ("received del_route for", "unexpected-del-route"),
        (": bad auth_id", "bad-auth-id"),
        (": bad src_id", "bad-src-id"),
        ("._invoke(%r): %r crashed", "handler-crash"),
    )
    UNRECORDED = (
        ("%r._on_del_route() %r", "stub-del-route"),
        ("%r: deleting route to %s (%d)", "stub-del-route"),
        ("%r: cant delete route to %r: no such stream", "no-route-to-delete"),
        ("%r: invalid handle: %r", "invalid-handle"),
        ("%r: policy refused message: %r", "policy-refused"),
        ("%r: no route for %r, my id is %r", "no-route"),
        ("routing mode prevents forward of", "unidirectional"),
    )

    def __init__(self, stage):
        super().__init__(logging.ERROR)
        self.stage = stage

    def emit(self, record):
        text = str(record.msg).lower()
        for mark, kind in self.RECORDED:
            if mark in text:
                return self.stage.simulation.on_error(kind)
        for mark, name in self.UNRECORDED:
            if mark in text:
                return self.stage.simulation.on_unrecorded_error(name)
        self.stage.simulation.on_unknown_error(record)


def install(original, stage):
    """Puts the fakes in place, and returns what `Router.connect` looks up as the connection method."""
    core, parent = original.core, original.parent
    core.set = parent.set = SortedSet
    core.Broker = FakeBroker
    core.Side = FakeSide
    core.os = FakeOs()
    core.set_blocking = lambda fd, blocking: None
    parent._upgrade_broker = lambda broker: None
    _tap_signals(core, stage)
    _tap_log(stage)
    if original.has_protocols:
        connection = _connection_class(parent, stage)
        parent.get_connection_class = lambda name: connection
    else:
        _close_after_listeners(core)
        _write_at_once(core)
        stream = _stream_class(core, parent, stage)
        parent.stream_by_method_name = lambda name: stream


def _tap_signals(core, stage):
    """A `signal` record before the listeners run (docs/model.md section 6). All of Mitogen fires through this name."""
    real = core.fire

    def fire(obj, name, *args, **kwargs):
        if name == "disconnect" and isinstance(obj, core.Context):
            stage.simulation.on_signal(obj)
        return real(obj, name, *args, **kwargs)

    core.fire = fire


def _tap_log(stage):
    """All loggers of Mitogen stand below this one."""
    log = logging.getLogger("mitogen")
    log.setLevel(logging.ERROR)
    log.propagate = False
    log.handlers = [ErrorTap(stage)]


def _close_after_listeners(core):
    """docs/model.md section 3: in all revisions the disconnect listeners run and then the end closes.

    0.2.3, the seed and 0.2.4 close first; only a listener that sends on that very stream could tell, and there the real
    poller raises.
    """

    def on_disconnect(self, broker):
        core.fire(self, "disconnect")
        self.receive_side.close()
        self.transmit_side.close()

    core.BasicStream.on_disconnect = on_disconnect


def _write_at_once(core):
    """docs/model.md section 2: what a handler sends leaves at the time of its event, in the order in which it is made.

    0.2.3 and the seed buffer until the poller reports the stream as writable; here that is at once. 0.2.4 writes by
    itself.
    """
    real = core.Stream._send

    def send(self, msg):
        real(self, msg)
        if self.transmit_side.closed:
            self._output_buf.clear()
            self._output_buf_len = 0
        while self._output_buf:
            self.on_transmit(self._router.broker)

    core.Stream._send = send


def _stream_class(core, parent, stage):
    """The connection method before 0.2.8: `connect` starts a simulated child instead of a process."""

    class SimulatedStream(parent.Stream):
        def connect(self):
            end = stage.simulation.start_child(self.get_econtext_config())
            self.receive_side = core.Side(self, end)
            self.transmit_side = core.Side(self, end)

        def _reap_child(self):
            pass

    return SimulatedStream


def _connection_class(parent, stage):
    """The connection method from 0.2.8 on: the child is there at once, and reports itself complete at once."""

    class SimulatedProcess(parent.Process):
        def poll(self):
            return 0

    class SimulatedConnection(parent.Connection):
        def start_child(self):
            end = stage.simulation.start_child(self.get_econtext_config())
            return SimulatedProcess(pid=0, stdin=end, stdout=end)

        def _get_name(self):
            return self.options.name

        def _async_connect(self):
            super()._async_connect()
            self._complete_connection()

    return SimulatedConnection


def importer():
    """What an upgrade and a connect read from the importer of a child or the module responder of the master."""
    policy = types.SimpleNamespace(blocks=(), overrides=())
    return types.SimpleNamespace(
        whitelist=[], blacklist=[], master_whitelist=[], master_blacklist=[], policy=policy, _resource_requester=None
    )
