#!/usr/bin/env python3
"""It writes to standard error without end, and then ends."""

import sys

from right import answer, requests, write

for request in requests():
    if request["n"] == 3:
        for line in range(1_000_000):
            print("line", line, file=sys.stderr)
        sys.exit("too much")
    write(answer(request))
