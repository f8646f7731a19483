#!/usr/bin/env python3
"""It sends on a stream that the process does not have."""

from right import answer, requests, write

for request in requests():
    right = answer(request)
    if request["do"] == "connect":
        right["effects"].append({"send": {"stream": 99, "message": {"dst": 0}}})
    write(right)
