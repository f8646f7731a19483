#!/usr/bin/env python3
"""Two open calls of a process have the same handle."""

from right import answer, requests, write

for request in requests():
    right = answer(request)
    if request["do"] == "call":
        right["handle"] = 1000
    write(right)
