#!/usr/bin/env python3
"""The distance-vector program without timers, which writes down what it is asked.

    counted.py FILE [--no-snapshot]

Each request adds a line to FILE: what it asks to be done.
"""

import json
import pathlib
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
source = (ROOT / "protocols" / "distance_vector.py").read_text()
exec(compile(source.removesuffix("\nmain()\n"), "distance_vector.py", "exec"))

INFINITY = 3


def make_known(self, target):
    for stream in self.neighbours:
        self.tell(stream, target)


Process.make_known = make_known
if "--no-snapshot" in sys.argv:
    HELLO["can"] = []

sys.stdin.buffer.readline()
print(json.dumps(HELLO), flush=True)
with open(sys.argv[1], "a") as asked:
    for line in sys.stdin.buffer:
        request = json.loads(line)
        print(request["do"], file=asked, flush=True)
        print(json.dumps({"n": request["n"], **answer(request)}), flush=True)
