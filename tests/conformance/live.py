#!/usr/bin/env python3
"""The live differential run: fresh scenarios, on the real Mitogen code and on treequake, record by record. The errors
that Mitogen logs and no trace records are compared, too, by their counts.

Exit code: 0 no divergence, 1 a divergence, 2 wrong use or something is missing, 3 the driver itself is at fault.
"""

import argparse
import dataclasses
import itertools
import json
import multiprocessing
import os
import pathlib
import queue
import secrets
import shlex
import subprocess
import sys
import tempfile
import traceback

import driver
import generate
import originals

#: docs/model.md sections 6 and 8.7: the fields that are compared. `why` is free.
FIELDS = {
    "message": ("t", "ctx", "from", "dst", "src", "auth", "handle", "reply_to", "data"),
    "eof": ("t", "ctx", "from"),
    "signal": ("t", "ctx", "context"),
    "error": ("t", "ctx", "error"),
    "reply": ("t", "ctx", "call", "status"),
    "exit": ("t", "ctx"),
    "skipped": ("t",),
    "storm": ("t",),
    "table": ("t", "ctx", "routes"),
    "timeout": ("t", "ctx", "from"),
    "shutdown": ("t", "ctx"),
    "detached": ("t", "ctx"),
}
PATIENCE_SECONDS = 300

#: One scenario in so many is drawn in treequake's own language, one has steps beyond the core form, and over the pipe
#: one has everything.
FLEET_EVERY = 5
BEYOND_EVERY = 5
WHOLE_EVERY = 5
PROGRESS_EVERY = 10


class Divergence(Exception):
    """The two sides differ, or treequake refused or failed. The text tells how."""


@dataclasses.dataclass
class Job:
    """What one worker does: `count` scenarios on one revision, each revision with a word of its own."""

    revision: str
    source: str
    word: str
    count: int
    treequake: str
    #: Whether treequake runs the real code over the pipe, in place of the driver.
    over_pipe: bool


@dataclasses.dataclass
class Result:
    """How a worker ended: 0 no divergence, 1 a divergence, 3 the driver failed."""

    code: int
    text: str


def comparable(trace):
    """The records that docs/model.md lists, with the fields that it lists."""
    return [
        {"kind": record["kind"], **{field: record.get(field) for field in FIELDS[record["kind"]]}}
        for record in trace
        if record.get("kind") in FIELDS
    ]


def compare_counts(real, ours):
    """Raises Divergence unless both sides count the same errors that leave no record."""
    if real != ours:
        raise Divergence(f"errors without a record differ\n  mitogen:   {as_text(real)}\n  treequake: {as_text(ours)}")


def compare(real, ours):
    """Raises Divergence at the first record that differs."""
    for place, (left, right) in enumerate(itertools.zip_longest(comparable(real), comparable(ours))):
        if left != right:
            raise Divergence(f"record {place} differs\n  mitogen:   {as_text(left)}\n  treequake: {as_text(right)}")


def as_text(record):
    return "(the trace has ended)" if record is None else json.dumps(record, ensure_ascii=False)


def replay(treequake, revision, path):
    """treequake's trace of a scenario file."""
    return replay_and_count(treequake, revision, path)[0]


def replay_and_count(treequake, revision, path):
    """treequake's trace of a scenario file, and its count of the errors that leave no record."""
    return run_treequake(treequake, ["--monitor", revision], path)


def replay_over_pipe(treequake, source, path):
    """The trace and the counts of a scenario file where treequake asks the program that hosts Mitogen's code."""
    patience = ["--protocol-timeout", f"{PATIENCE_SECONDS}s"]
    return run_treequake(treequake, ["--protocol", protocol(source), *patience], path)


def protocol(source):
    """The command that hosts the Mitogen of a folder."""
    return shlex.join([sys.executable, str(originals.ROOT / "protocols" / "mitogen.py"), source])


def run_treequake(treequake, monitor, path):
    """A trace, and the counts. Exit codes 0 and 1 are verdicts, others are divergences."""
    command = [treequake, "replay", *monitor, "--trace", "-", "--format", "json", str(path)]
    try:
        done = subprocess.run(command, capture_output=True, timeout=PATIENCE_SECONDS)
    except subprocess.TimeoutExpired:
        raise Divergence(f"treequake did not end within {PATIENCE_SECONDS} s")
    if done.returncode not in (0, 1):
        said = done.stderr.decode(errors="replace").strip()
        raise Divergence(f"treequake ended with exit code {done.returncode}\n{said}")
    try:
        trace = [json.loads(line) for line in done.stdout.decode().split("\n") if line.strip()]
        return trace, json.loads(done.stderr)["unrecorded_errors"]
    except ValueError as error:
        raise Divergence(f"treequake's trace is not NDJSON: {error}")


def save(scenario, path):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(scenario, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")


def draw(job, index, path):
    """Scenario number `index`: one in FLEET_EVERY is drawn in treequake's own language and written out in core form."""
    if goes_beyond(index):
        return generate.draw_beyond(job.word, index)
    if job.over_pipe and index % WHOLE_EVERY == 2:
        return generate.draw_whole(job.word, index)
    if index % FLEET_EVERY:
        return generate.draw(job.word, index)
    save(generate.draw_fleet(job.word, index), path)
    return expand(job.treequake, path)


def goes_beyond(index):
    """Whether scenario number `index` has steps beyond the core form."""
    return index % BEYOND_EVERY == 1


def expand(treequake, path):
    """A scenario file written out in core form by treequake."""
    expanded = subprocess.run([treequake, "expand", str(path)], capture_output=True, timeout=PATIENCE_SECONDS)
    if expanded.returncode:
        raise Divergence(f"treequake expand ended with exit code {expanded.returncode}\n{expanded.stderr.decode()}")
    return json.loads(expanded.stdout)


def work(job, news):
    """Runs in a process of its own, as one process loads one revision. The last thing it tells is a Result."""
    try:
        if not job.over_pipe:
            driver.load(job.revision, job.source)
        with tempfile.TemporaryDirectory(prefix="treequake-live-") as scratch:
            result = run_all(job, news, pathlib.Path(scratch) / "scenario.json")
    except Exception:
        result = Result(3, f"{job.revision}: the driver failed\n{traceback.format_exc()}")
    news.put((job.revision, result))


def run_all(job, news, path):
    """Draws until `count` scenarios are compared; where the original raises outside a handler, draws again."""
    again = 0
    for index in itertools.count():
        compared = index - again
        if compared % PROGRESS_EVERY == 0:
            news.put((job.revision, compared))
        if compared == job.count:
            break
        try:
            scenario = draw(job, index, path)
        except Divergence as divergence:
            return Result(1, tell(job, index, generate.draw_fleet(job.word, index), divergence))
        save(scenario, path)
        try:
            real, real_count = run_real(job, scenario, index, path)
        except driver.Unfixed:
            again += 1
            continue
        except Divergence as divergence:
            return Result(1, tell(job, index, scenario, divergence))
        except Exception as error:
            error.add_note(f"scenario {index} of seed {job.word}")
            raise
        try:
            ours, our_count = replay_and_count(job.treequake, job.revision, path)
            compare(real, ours)
            compare_counts(real_count, our_count)
        except Divergence as divergence:
            return Result(1, tell(job, index, scenario, divergence))
    note = f" ({again} drawn again: the original raised outside a handler)" if again else ""
    return Result(0, f"{job.revision}: {job.count} scenarios, 0 divergences{note}")


def run_real(job, scenario, index, path):
    """The trace of the real code, and its counts."""
    if job.over_pipe:
        return replay_over_pipe(job.treequake, job.source, path)
    return driver.run_and_count(scenario, goes_beyond(index))


def tell(job, index, scenario, divergence):
    """Keeps the scenario, and says what differs and how to run either side again."""
    path = originals.CACHE / f"divergence-{job.revision}-{index}.json"
    save(scenario, path)
    shown = os.path.relpath(path)
    ours = [job.treequake, "replay", "--monitor", job.revision, "--trace", "-", shown]
    source = ["--source", job.source] if job.revision == originals.SEED else []
    beyond = ["--beyond"] if goes_beyond(index) else []
    real = ["python3", os.path.relpath(driver.__file__), "--revision", job.revision, *source, *beyond, shown]
    if job.over_pipe:
        real = [job.treequake, "replay", "--protocol", protocol(job.source), "--trace", "-", shown]
    return (
        f"{job.revision}: scenario {index} of seed {job.word} diverges: {divergence}\n"
        f"  saved as {shown}; either side again:\n    {shlex.join(ours)}\n    {shlex.join(real)}"
    )


def run_jobs(jobs):
    """One worker a revision, as many at a time as there are cores; prints each result as it comes."""
    context = multiprocessing.get_context("spawn")
    news, waiting, running, counts, worst = context.Queue(), list(jobs), {}, {}, 0
    while waiting or running:
        while waiting and len(running) < (os.cpu_count() or 1):
            job = waiting.pop(0)
            running[job.revision] = context.Process(target=work, args=(job, news), daemon=True)
            running[job.revision].start()
        revision, said = listen(news, running)
        if isinstance(said, Result):
            running.pop(revision).join()
            clear_status()
            print(said.text, flush=True)
            worst = max(worst, said.code)
        elif revision is not None:
            counts[revision] = f"{revision} {said}/{jobs[0].count}"
            show_status(", ".join(counts.values()))
    return worst


def listen(news, running):
    """The next news: (revision, scenarios compared) or (revision, Result); (None, None) if there is none yet."""
    ended = [revision for revision, worker in running.items() if worker.exitcode is not None]
    try:
        return news.get(timeout=0.2)
    except queue.Empty:
        for revision in ended:
            return revision, Result(3, f"{revision}: the worker died (exit code {running[revision].exitcode})")
        return None, None


def show_status(line):
    if sys.stderr.isatty():
        print(f"\r\x1b[K{line}", end="", file=sys.stderr, flush=True)


def clear_status():
    show_status("")


def find_treequake(named):
    """The binary to compare with."""
    defaults = [originals.ROOT / "target" / profile / "treequake" for profile in ("release", "debug")]
    candidates = defaults if named is None else [pathlib.Path(named)]
    for candidate in candidates:
        if os.access(candidate, os.X_OK) and candidate.is_file():
            return str(candidate)
    raise originals.SourceMissing(
        f"no treequake at {named or ' or '.join(os.path.relpath(path) for path in candidates)}: "
        "build it (cargo build --release) or name it (--treequake PATH)"
    )


def find_sources(named, source_seed):
    """The revisions that will run, with their sources. The seed is skipped if it is absent and was not asked for."""
    sources = {}
    for revision in named or originals.VERSIONS:
        try:
            sources[revision] = str(originals.source_of(revision, source_seed if revision == originals.SEED else None))
        except originals.SourceMissing as error:
            if revision != originals.SEED or named or source_seed:
                raise
            print(f"{revision}: skipped: {error}")
    return sources


def default_word():
    """The hash of the current commit, so that every commit is tried on scenarios of its own; else a random word."""
    command = ["git", "-C", str(originals.ROOT), "rev-parse", "--verify", "--quiet", "HEAD"]
    try:
        done = subprocess.run(command, capture_output=True, text=True)
    except OSError:
        return secrets.token_hex(8)
    return done.stdout.strip() or secrets.token_hex(8)


def positive(text):
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError("must be at least 1")
    return value


def main(arguments=None):
    parser = argparse.ArgumentParser(description="Compares treequake with the real Mitogen code on fresh scenarios.")
    parser.add_argument("--revisions", metavar="A,B", help=f"of {', '.join(originals.VERSIONS)} (default: all)")
    parser.add_argument("--count", type=positive, default=500, help="scenarios a revision (default: 500)")
    parser.add_argument("--seed", metavar="WORD", help="any word (default: the hash of the current commit)")
    parser.add_argument("--treequake", metavar="PATH", help="default: target/release/treequake, else target/debug")
    parser.add_argument("--source-seed", metavar="DIR", help=f"Mitogen at commit {originals.SEED_COMMIT}")
    parser.add_argument("--pipe", action="store_true", help="the real code over treequake's pipe, not by the driver")
    options = parser.parse_args(arguments)
    word = options.seed or default_word()
    try:
        treequake = find_treequake(options.treequake)
        named = options.revisions.split(",") if options.revisions else None
        sources = find_sources(named, options.source_seed)
    except originals.SourceMissing as error:
        print(f"live.py: {error}", file=sys.stderr)
        return 2
    print(f"seed {word}", flush=True)
    return run_jobs(
        [
            Job(revision, source, f"{word}-{revision}", options.count, treequake, options.pipe)
            for revision, source in sources.items()
        ]
    )


if __name__ == "__main__":
    sys.exit(main())
