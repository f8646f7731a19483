#!/usr/bin/env python3
"""The master ends."""

from right import answer, requests, write

for request in requests():
    right = answer(request)
    if request["do"] == "connect" and request["process"] == 0:
        right["effects"].append({"exit": "done"})
    write(right)
