#!/usr/bin/env python3
"""Every order of small random scenarios, on the real Mitogen code and on treequake's port: the endings must be the same.

Exit code: 0 no difference, 1 a difference, 2 wrong use or something is missing.
"""

import argparse
import json
import pathlib
import random
import subprocess
import sys
import tempfile

import originals

STATES_MAX = "3000"
STEPS = ("connect", "connect", "kill", "disconnect", "partition", "heal", "call", "call", "send", "detach")


def scenario(draw):
    """A tree of up to three contexts, and up to four steps on it."""
    count = draw.randint(1, 3)
    contexts = [{"id": n + 1, "parent": draw.randint(0, n)} for n in range(count)]
    events = []
    for n in range(draw.randint(1, 4)):
        step = {"at": f"{n + 1}s", "do": draw.choice(STEPS)}
        if step["do"] == "connect":
            step |= {"id": draw.randint(1, count + 1), "parent": draw.randint(0, count)}
        elif step["do"] in ("call", "send"):
            step |= {"from": draw.randint(0, count), "to": draw.randint(0, count)}
        else:
            step["id"] = draw.randint(1, count + 1)
        events.append(step)
    return {"version": 1, "contexts": contexts, "events": events}


def explored(treequake, path, options):
    """What `explore` says, or `None` if not every order could be explored."""
    command = [treequake, "explore", "--format", "json", "--jobs", "1", "--most-states", STATES_MAX, *options, path]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode > 1:
        sys.exit(f"{' '.join(map(str, command))}\n{done.stderr}")
    found = json.loads(done.stdout)
    return found if found["complete"] else None


def endings(found):
    return sorted(
        json.dumps([ending["tables"], ending["open_calls"], ending["differences"]], sort_keys=True)
        for ending in found["endings"]
    )


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=100, help="scenarios of each revision (default: 100)")
    parser.add_argument("--seed", default="orders", help="the word that decides what is drawn (default: orders)")
    parser.add_argument("--revisions", default=",".join(originals.VERSIONS), help="default: all")
    parser.add_argument("--source-seed", help="a checkout of the seed revision, which is skipped otherwise")
    parser.add_argument("--treequake", default=originals.ROOT / "target" / "release" / "treequake", help="the program")
    args = parser.parse_args()
    differences = 0
    for revision in args.revisions.split(","):
        try:
            source = originals.source_of(revision, args.source_seed if revision == originals.SEED else None)
        except originals.SourceMissing as missing:
            print(f"{revision}: skipped, {missing}")
            continue
        draw = random.Random(f"{args.seed} {revision}")
        compared = unfinished = found = 0
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / "scenario.json"
            for _ in range(args.count):
                path.write_text(json.dumps(scenario(draw)), encoding="utf-8")
                since = ["--from", "500ms"] if draw.random() < 0.7 else []
                port = explored(args.treequake, path, ["--monitor", revision, *since])
                real = port and explored(args.treequake, path, ["--protocol", f"mitogen:{source}", *since])
                if not real:
                    unfinished += 1
                    continue
                compared += 1
                found += len(endings(port))
                if endings(port) != endings(real):
                    differences += 1
                    print(f"{revision}: the endings differ {since}: {path.read_text(encoding='utf-8')}")
        print(f"{revision}: {compared} scenarios in every order, {found} endings; {unfinished} too large", flush=True)
    print(f"{differences} differences")
    return 1 if differences else 0


if __name__ == "__main__":
    sys.exit(main())
