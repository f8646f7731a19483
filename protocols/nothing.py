#!/usr/bin/env python3
"""The smallest program that keeps to docs/protocols.md: it speaks the protocol of processes that do nothing at all.

    treequake replay --protocol 'python3 protocols/nothing.py' scenarios/bastion-crash.json

Begin with it if you write in another language: this is the whole frame, and a route table that never changes. It also
measures what the pipe alone costs.
"""

import json
import sys

sys.stdin.buffer.readline()
print('{"protocol": 1, "name": "nothing"}', flush=True)
for line in sys.stdin.buffer:
    request = json.loads(line)
    answer = {"n": request["n"]}
    if request["do"] in ("send", "call"):
        answer["refused"] = "unknown"
    print(json.dumps(answer), flush=True)
