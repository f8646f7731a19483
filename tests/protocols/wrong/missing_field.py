#!/usr/bin/env python3
"""A route has no `via`. It must be `null` if there is none."""

from right import answer, requests, write

for request in requests():
    right = answer(request)
    if request["do"] == "connect":
        right["effects"].append({"route": {"to": request["id"]}})
    write(right)
