#!/usr/bin/env python3
"""Runs scenario files, such as those that a campaign has found, on the real Mitogen code, and compares with treequake.

Each file is run under its own monitor, after `treequake expand` has written it out. What the driver cannot do (slow
links, drawn latencies, keepalives, bandwidths and the like) is said and left out. Exit code: 0 no divergence, 1 a
divergence, 2 wrong use.
"""

import argparse
import collections
import json
import multiprocessing
import pathlib
import sys

import driver
import live
import originals


def told(treequake, revision, path):
    """Whether the two sides agree on a file, and what to say of it."""
    try:
        real = driver.run(live.expand(treequake, path), goes_beyond=True)
    except driver.WrongScenario as why:
        return True, f"left out: {why}"
    except driver.Unfixed:
        return True, "left out: the original raises outside a handler, in the master"
    except live.Divergence as why:
        return False, str(why)
    try:
        live.compare(real, live.replay(treequake, revision, path))
    except live.Divergence as divergence:
        return False, f"DIFFERS: {divergence}"
    return True, f"the same {len(live.comparable(real))} records"


def work(revision, source, treequake, paths, news):
    """Runs in a process of its own, as one process loads one revision."""
    try:
        driver.load(revision, source)
        for path in paths:
            news.put((path, revision, *told(treequake, revision, path)))
    finally:
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
