#!/usr/bin/env python3
"""It writes a line of more than 16 MiB."""

from right import answer, requests, write

for request in requests():
    right = answer(request)
    if request["n"] == 3:
        right["padding"] = "x" * (17 << 20)
    write(right)
