#!/usr/bin/env python3
"""Runs scenario files, such as those that a campaign has found, on the real Mitogen code, and compares with treequake.

Each file is run under its own monitor. What the driver can not do, since it is beyond the core form of docs/model.md (detach,
shutdown, slow, drawn latencies, sizes), is said and left out. Exit code: 0 no divergence, 1 a divergence, 2 wrong use.
"""

import argparse
import collections
import json
import multiprocessing
import pathlib
import sys
import tempfile

import driver
import live
import originals

STEPS = {"connect", "kill", "disconnect", "partition", "heal", "send", "call"}
#: What a file says beside what is to happen.
PROSE = {"expect", "origin", "$schema"}


def beyond_the_core(scenario):
    """Why the driver can not run it; nothing if it can."""
    for step in scenario.get("events", []):
        if step["do"] not in STEPS:
            return step["do"]
        if extra := set(step) & {"way", "size", "reply_size", "ids", "for"}:
            return f"`{min(extra)}` of {step['do']}"
    for connect in [scenario, *scenario.get("contexts", []), *scenario.get("events", [])]:
        link = connect.get("link") or {}
        if not isinstance(link, dict) or set(link) - {"latency"} or isinstance(link.get("latency"), dict):
            return "a link that is more than a latency"
    return next((f"`{key}`" for key in ("topology", "links", "churn") if key in scenario), None)


def told(treequake, revision, path, scenario):
    """Whether the two sides agree, and what to say of it."""
    if why := beyond_the_core(scenario):
        return True, f"left out, for {why}"
    try:
        real = driver.run(scenario)
    except driver.Unfixed:
        return True, "left out: the original raises outside a handler"
    try:
        live.compare(real, live.replay(treequake, revision, path))
    except live.Divergence as divergence:
        return False, f"DIFFERS: {divergence}"
    return True, f"the same {len(live.comparable(real))} records"


def work(revision, source, treequake, paths, news):
    """Runs in a process of its own, as one process loads one revision."""
    driver.load(revision, source)
    with tempfile.TemporaryDirectory(prefix="treequake-files-") as scratch:
        for path in paths:
            scenario = json.loads(path.read_text(encoding="utf-8"))
            core = {key: value for key, value in scenario.items() if key not in PROSE}
            plain = pathlib.Path(scratch) / "scenario.json"
            live.save(core, plain)
            news.put((path, revision, *told(treequake, revision, plain, core)))
    news.put(None)


def main(arguments=None):
    parser = argparse.ArgumentParser(description="Runs scenario files on the real Mitogen code, and compares.")
    parser.add_argument("files", metavar="FILE", nargs="+", type=pathlib.Path)
    parser.add_argument("--treequake", metavar="PATH", help="default: target/release/treequake, else target/debug")
    parser.add_argument("--source-seed", metavar="DIR", help=f"Mitogen at commit {originals.SEED_COMMIT}")
    options = parser.parse_args(arguments)
    by_revision = collections.defaultdict(list)
    for path in options.files:
        scenario = json.loads(path.read_text(encoding="utf-8"))
        by_revision[scenario.get("monitor", "mitogen-0.3")].append(path)
    try:
        treequake = live.find_treequake(options.treequake)
        sources = live.find_sources(list(by_revision), options.source_seed)
    except originals.SourceMissing as error:
        print(f"files.py: {error}", file=sys.stderr)
        return 2
    agree = True
    for revision, paths in by_revision.items():
        news = multiprocessing.Queue()
        process = multiprocessing.Process(
            target=work, args=(revision, sources[revision], treequake, paths, news), daemon=True
        )
        process.start()
        for path, revision, same, text in iter(news.get, None):
            print(f"{path} {revision}: {text}", flush=True)
            agree &= same
        process.join()
    return 0 if agree else 1


if __name__ == "__main__":
    sys.exit(main())
