#!/usr/bin/env python3
"""It saves nothing, and goes back to nothing."""

from right import HELLO, answer, children, requests, write

for request in requests({**HELLO, "can": ["snapshot"]}):
    if request["do"] == "disconnect":
        children.setdefault(request["stream"], 0)
    right = answer(request)
    if request["do"] == "snapshot":
        right["state"] = "all of it"
    write(right)
