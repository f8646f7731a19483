#!/usr/bin/env python3
"""How long a graceful shutdown takes: real Mitogen processes beside treequake.

A chain of 1 to 4 children hangs below the master; the master shuts down the first and waits, as `shutdown(wait=True)` of
Mitogen does. The real side is whole: processes, pipes, brokers, reapers. Its figures are wall time, so they hold the work
of the interpreters as well. Exit code: 0 done, 2 wrong use or something is missing.
"""

import argparse
import datetime
import importlib
import json
import multiprocessing
import os
import pathlib
import queue
import statistics
import subprocess
import sys
import tempfile
import time
import warnings

import live
import originals

DEPTHS = (1, 2, 3, 4)
#: Each context has a link of its own to its parent, as fast as a pipe.
LINK = "local-pipe"
#: How long a tree rests between its last connect and the shutdown.
REST_SECONDS = 0.2
#: How long all runs of one chain may take.
PATIENCE_SECONDS = 120


def scenario(depth):
    """The chain as treequake has it."""
    contexts = [{"id": id, "parent": id - 1, "link": LINK} for id in range(1, depth + 1)]
    return {"version": 1, "contexts": contexts, "events": [{"at": "1s", "do": "shutdown", "id": 1}]}


def simulated(treequake, revision, depth):
    """From the order until the master knows that all are gone, in milliseconds: the step's convergence time."""
    with tempfile.TemporaryDirectory(prefix="treequake-shutdown-") as scratch:
        path = pathlib.Path(scratch) / "scenario.json"
        live.save(scenario(depth), path)
        command = [treequake, "replay", "--monitor", revision, "--format", "json", str(path)]
        done = subprocess.run(command, capture_output=True, check=True)
    return json.loads(done.stdout)["steps"][-1]["converged_after_ns"] / 1e6


def shut_down(master, depth):
    """Seconds that one real shutdown takes."""
    broker = master.Broker()
    try:
        router = master.Router(broker)
        first = last = router.local()
        for _ in range(1, depth):
            last = router.local(via=last)
        time.sleep(REST_SECONDS)
        begin = time.perf_counter()
        first.shutdown(wait=True)
        return time.perf_counter() - begin
    finally:
        broker.shutdown()
        broker.join()


def measure(revision, source, depth, runs, news):
    """Runs in a process of its own, as one process loads one revision. Tells the times in milliseconds, or a text."""
    warnings.simplefilter("ignore")
    # What the children have to say, such as warnings of a newer Python.
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
    try:
        sys.path.insert(0, source)
        version = importlib.import_module("mitogen").__version__
        originals.check_version(revision, source, ".".join(str(part) for part in version))
        master = importlib.import_module("mitogen.master")
        news.put([shut_down(master, depth) * 1e3 for _ in range(runs)])
    except Exception as error:
        news.put(f"{type(error).__name__}: {str(error).splitlines()[0]}")


def measured(revision, source, depth, runs):
    """What `measure` tells; a text if Mitogen fails or does not end."""
    context = multiprocessing.get_context("spawn")
    news = context.Queue()
    process = context.Process(target=measure, args=(revision, source, depth, runs, news))
    process.start()
    try:
        return news.get(timeout=PATIENCE_SECONDS)
    except queue.Empty:
        return f"no result within {PATIENCE_SECONDS} s"
    finally:
        process.terminate()
        process.join()


def row(name, side, cells):
    return "| " + " | ".join([name, side, *cells]) + " |"


def main(arguments=None):
    parser = argparse.ArgumentParser(description="Times graceful shutdowns of real Mitogen, and of treequake.")
    parser.add_argument("--revisions", metavar="A,B", help=f"of {', '.join(originals.VERSIONS)} (default: all)")
    parser.add_argument("--runs", type=live.positive, default=9, help="real shutdowns of each chain (default: 9)")
    parser.add_argument("--treequake", metavar="PATH", help="default: target/release/treequake, else target/debug")
    parser.add_argument("--source-seed", metavar="DIR", help=f"Mitogen at commit {originals.SEED_COMMIT}")
    options = parser.parse_args(arguments)
    try:
        treequake = live.find_treequake(options.treequake)
        named = options.revisions.split(",") if options.revisions else None
        sources = live.find_sources(named, options.source_seed)
    except originals.SourceMissing as error:
        print(f"shutdown.py: {error}", file=sys.stderr)
        return 2
    print(f"{datetime.date.today()}, Python {sys.version.split()[0]}, median (and range) of {options.runs}, in ms", flush=True)
    print(row("monitor", "", [f"chain of {depth}" for depth in DEPTHS]))
    print(row("---", "---", ["---:" for _ in DEPTHS]))
    for revision, source in sources.items():
        ours = [f"{simulated(treequake, revision, depth):g}" for depth in DEPTHS]
        print(row(f"`{revision}`", "treequake", ours), flush=True)
        cells, failures = [], []
        for depth in DEPTHS:
            times = measured(revision, source, depth, options.runs)
            if isinstance(times, str):
                failures.append(f"{revision}, chain of {depth}: {times}")
                cells.append("-")
            else:
                cells.append(f"{statistics.median(times):.1f} ({min(times):.1f} to {max(times):.1f})")
        print(row("", "Mitogen", cells), flush=True)
        print("".join(f"{failure}\n" for failure in failures), end="", file=sys.stderr, flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
