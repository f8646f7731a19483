#!/usr/bin/env python3
"""A route leads through a stream that the process does not have."""

from right import answer, requests, write

for request in requests():
    right = answer(request)
    if request["do"] == "connect":
        right["effects"].append({"route": {"to": request["id"], "via": 99}})
    write(right)
