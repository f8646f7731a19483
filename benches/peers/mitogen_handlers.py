#!/usr/bin/env python3
"""Times the handlers of the real `mitogen.parent.RouteMonitor`, of the release that treequake's default monitor ports.

Real: Router, RouteMonitor, Context, Stream, MitogenProtocol, Message. Replaced: the broker, so that nothing is sent,
and nothing else; other than in a conformance run, sets and signals are Mitogen's own. The release is that of
tests/conformance.

This is Mitogen's fastest form here: without a collector that walks our messages in the middle of a measurement, and without
logging below warnings. `python3 -O` makes no difference that can be measured.

Times are those of the thread on a processor. Alone it prints a table. With `--serve` it answers one measurement a line, for the program beside it.
"""

import argparse
import gc
import importlib
import logging
import math
import pathlib
import statistics
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "tests" / "conformance"))

import originals  # noqa: E402

REVISION = "mitogen-0.3"
CHILDREN = 10
BLOCK = 100
TURNS = 5


class Broker:
    """A broker without thread and poller; `defer` runs at once, as on the real broker thread."""

    def defer(self, func, *args, **kwargs):
        return func(*args, **kwargs)

    def start_receive(self, stream):
        pass


class Original:
    """The loaded modules of the release in `folder`."""

    def __init__(self, folder):
        sys.path.insert(0, str(folder))
        package, self.core, self.parent = map(importlib.import_module, ("mitogen", "mitogen.core", "mitogen.parent"))
        sys.path.remove(str(folder))
        originals.check_version(REVISION, folder, ".".join(map(str, package.__version__)))


class Master:
    """A master's router with its route monitor, and some children."""

    def __init__(self, original, children):
        self.core, self.parent = original.core, original.parent
        self.router = self.parent.Router(Broker())
        self.monitor = self.router.route_monitor = self.parent.RouteMonitor(self.router)
        self.streams = [self._connect(child) for child in range(1, children + 1)]

    def _connect(self, child):
        """What `Connection._complete_connection` does for routing, in its order."""
        stream = self.core.MitogenProtocol.build_stream(self.router, child)
        stream.name = f"ctx.{child}"
        self.router.register(self.parent.Context(self.router, child, stream.name), stream)
        self.monitor.notice_stream(stream)
        return stream

    def beyond(self, routes):
        """The ids of `routes` contexts beyond the children."""
        first = len(self.streams) + 1
        return range(first, first + routes)

    def add_messages(self, targets):
        return self._messages(self.core.ADD_ROUTE, targets, lambda target: f"{target}:ctx.{target}")

    def del_messages(self, targets):
        return self._messages(self.core.DEL_ROUTE, targets, str)

    def _messages(self, handle, targets, text):
        """A message about each of `targets`, from the child that it is beyond, with the stream that it comes in on."""
        messages = []
        for target in targets:
            index = target % len(self.streams)
            msg = self.core.Message(dst_id=0, src_id=index + 1, auth_id=index + 1, handle=handle)
            msg.data = text(target).encode()
            msg.router = self.router
            messages.append((msg, self.streams[index]))
        return messages

    def route_count(self):
        return len(self.router._stream_by_id)


def call_handler(handler, messages):
    """The nanoseconds of calling a handler of the route monitor with each of `messages`."""
    start = time.thread_time_ns()
    for msg, _ in messages:
        handler(msg)
    return time.thread_time_ns() - start


def add_route(original, routes, _):
    """ADD_ROUTE: a master learns `routes` routes."""
    master = Master(original, CHILDREN)
    elapsed = call_handler(master.monitor._on_add_route, master.add_messages(master.beyond(routes)))
    assert master.route_count() == CHILDREN + routes
    return routes, elapsed


def add_route_routed(original, routes, _):
    """The same from `Router._async_route` on: with source verification, handler look-up and policy."""
    master = Master(original, CHILDREN)
    messages = master.add_messages(master.beyond(routes))
    start = time.thread_time_ns()
    for msg, stream in messages:
        master.router._async_route(msg, stream)
    elapsed = time.thread_time_ns() - start
    assert master.route_count() == CHILDREN + routes
    return routes, elapsed


def del_route(original, routes, retractions):
    """DEL_ROUTE where a master has `routes` routes beyond its children; what is retracted is put back, unmeasured."""
    master = Master(original, CHILDREN)
    targets = master.beyond(routes)
    call_handler(master.monitor._on_add_route, master.add_messages(targets))
    elapsed = 0
    for block in range(retractions // BLOCK):
        start = block * BLOCK % routes
        some = targets[start:start + BLOCK]
        elapsed += call_handler(master.monitor._on_del_route, master.del_messages(some))
        assert master.route_count() == CHILDREN + routes - BLOCK
        call_handler(master.monitor._on_add_route, master.add_messages(some))
    return retractions, elapsed


def lose_child(original, routes, _):
    """The only child of a master, with `routes` routes beyond it, is lost: all listeners of the stream run."""
    master = Master(original, 1)
    call_handler(master.monitor._on_add_route, master.add_messages(master.beyond(routes)))
    start = time.thread_time_ns()
    master.core.fire(master.streams[0], "disconnect")
    elapsed = time.thread_time_ns() - start
    assert master.route_count() == 0
    return 1, elapsed


OPERATIONS = {operation.__name__: operation for operation in (add_route, add_route_routed, del_route, lose_child)}


def run(original, operation, routes, retractions):
    """One measurement, which returns `count, nanoseconds`; the cycles that the last one has left are collected before."""
    gc.collect()
    return operation(original, routes, retractions)


def serve(original):
    """A line `operation routes retractions` in, a line `count nanoseconds` out."""
    print("ready", flush=True)
    for line in sys.stdin:
        operation, routes, retractions = line.split()
        count, elapsed = run(original, OPERATIONS[operation], int(routes), int(retractions))
        print(count, elapsed, flush=True)


def median(original, operation, routes, retractions=0):
    """The median seconds of one of what an operation counts."""
    results = [run(original, operation, routes, retractions) for _ in range(TURNS)]
    return statistics.median(elapsed / count for count, elapsed in results) / 1e9


def exponent(points):
    """The exponent of a power law through points, fitted by least squares on both logarithms."""
    fit = statistics.linear_regression([math.log(x) for x, _ in points], [math.log(y) for _, y in points])
    return fit.slope


def print_table(original):
    print(f"Mitogen {originals.VERSIONS[REVISION]}, Python {sys.version.split()[0]}; medians of {TURNS}")
    for name, operation in (("the handler alone", add_route), ("through the router", add_route_routed)):
        print(f"ADD_ROUTE, {name}: {1 / median(original, operation, 10_000):,.0f} a second")
    for routes in (1_000, 10_000):
        rate = 1 / median(original, del_route, routes, 1_000)
        print(f"DEL_ROUTE at {routes + CHILDREN:,} routes: {rate:,.0f} a second")
    points = [(routes, median(original, lose_child, routes)) for routes in (1_000, 3_000, 10_000)]
    for routes, seconds in points:
        print(f"loss of a child with {routes:,} routes: {seconds:.4f} seconds")
    print(f"loss of a child with k routes: grows as k^{exponent(points):.2f}")


def main(arguments=None):
    parser = argparse.ArgumentParser(description="Times the handlers of the real Mitogen route monitor.")
    parser.add_argument("--source", metavar="DIR", help="the folder that contains the `mitogen` package")
    parser.add_argument("--serve", action="store_true", help="answer one measurement a line")
    options = parser.parse_args(arguments)
    try:
        original = Original(originals.source_of(REVISION, options.source))
    except (ImportError, OSError, originals.SourceMissing) as error:
        print(f"mitogen_handlers.py: {error}", file=sys.stderr)
        return 2
    # Mitogen says nothing below warnings unless it is asked to; a warning here would be a mistake of this script.
    logging.basicConfig(level=logging.WARNING)
    gc.disable()
    (serve if options.serve else print_table)(original)
    return 0


if __name__ == "__main__":
    sys.exit(main())
