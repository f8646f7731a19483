#!/usr/bin/env python3
"""It writes without end, and no newline."""

import sys

from right import answer, requests, write

for request in requests():
    while request["n"] == 3:
        sys.stdout.write("x" * 65536)
    write(answer(request))
