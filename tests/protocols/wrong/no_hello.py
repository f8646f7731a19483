#!/usr/bin/env python3
"""Its first line is not a hello line: it takes that of treequake for a request."""

import json
import sys

for line in sys.stdin:
    print(json.dumps({"n": json.loads(line).get("n", 0), "effects": []}), flush=True)
