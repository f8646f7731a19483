#!/usr/bin/env python3
"""Records random scenarios and their traces by the real Mitogen code, for the tests that run without Python.

Each revision has a file `recorded/<revision>.ndjson.gz` of lines `{"scenario": {...}, "trace": [{...}, ...]}`. The
bytes depend on the seed, the count, the generator and Mitogen alone.
"""

import argparse
import gzip
import io
import json
import multiprocessing
import pathlib
import sys

import driver
import generate
import originals

FOLDER = pathlib.Path(__file__).resolve().parent / "recorded"

#: A trace with more records is long; so many of these are kept (most are storms), the others are dropped.
LONG_TRACE = 300
LONG_KEPT = 8


def record(revision, source, word, count, folder):
    """Writes the file of one revision. Runs in a process of its own, as one process loads one revision."""
    driver.load(revision, source)
    lines, index, unfixed, long_ones = [], 0, 0, 0
    while len(lines) < count:
        scenario = generate.draw(f"{word}-{revision}", index)
        index += 1
        try:
            trace = driver.run(scenario)
        except driver.Unfixed:
            unfixed += 1
            continue
        if len(trace) > LONG_TRACE:
            long_ones += 1
            if long_ones > LONG_KEPT:
                continue
        lines.append({"scenario": scenario, "trace": trace})
    packed = pack(lines)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{revision}.ndjson.gz").write_bytes(packed)
    print(
        f"{revision}: {count} scenarios, {sum(len(line['trace']) for line in lines)} records, {len(packed)} bytes "
        f"(dropped: {unfixed} where the original raised outside a handler, {max(0, long_ones - LONG_KEPT)} long ones)"
    )


def pack(lines):
    """Deterministic: no time and no file name in the header."""
    buffer = io.BytesIO()
    with gzip.GzipFile(filename="", mode="wb", compresslevel=9, fileobj=buffer, mtime=0) as file:
        for line in lines:
            file.write((json.dumps(line, ensure_ascii=False, separators=(",", ":")) + "\n").encode())
    return buffer.getvalue()


def main(arguments=None):
    parser = argparse.ArgumentParser(description="Records random scenarios and their traces by the real Mitogen code.")
    parser.add_argument("--revisions", default=",".join(originals.VERSIONS), metavar="A,B")
    parser.add_argument("--count", type=int, default=250, help="scenarios a revision (default: 250)")
    parser.add_argument("--seed", default="recorded", metavar="WORD")
    parser.add_argument("--source-seed", metavar="DIR", help=f"Mitogen at commit {originals.SEED_COMMIT}")
    parser.add_argument("--folder", type=pathlib.Path, default=FOLDER)
    options = parser.parse_args(arguments)
    jobs = []
    try:
        for revision in options.revisions.split(","):
            named = options.source_seed if revision == originals.SEED else None
            source = originals.source_of(revision, named)
            jobs.append((revision, source, options.seed, options.count, options.folder))
    except originals.SourceMissing as error:
        print(f"record.py: {error}", file=sys.stderr)
        return 2
    context = multiprocessing.get_context("spawn")
    workers = [context.Process(target=record, args=job) for job in jobs]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    return 0 if all(worker.exitcode == 0 for worker in workers) else 3


if __name__ == "__main__":
    sys.exit(main())
