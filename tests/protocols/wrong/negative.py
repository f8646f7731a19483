#!/usr/bin/env python3
"""A stream is -1."""

from right import answer, requests, write

for request in requests():
    right = answer(request)
    if request["do"] == "connect":
        right["effects"].append({"send": {"stream": -1, "message": {"dst": 0}}})
    write(right)
