#!/usr/bin/env python3
"""A context id is 2^32."""

from right import answer, requests, write

for request in requests():
    right = answer(request)
    if request["do"] == "connect":
        right["effects"].append({"route": {"to": 1 << 32, "via": request["stream"]}})
    write(right)
