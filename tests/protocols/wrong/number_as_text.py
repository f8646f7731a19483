#!/usr/bin/env python3
"""The number of its answers is a string."""

from right import answer, requests, write

for request in requests():
    write({**answer(request), "n": str(request["n"])})
