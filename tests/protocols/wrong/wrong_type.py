#!/usr/bin/env python3
"""A context id is a string."""

from right import answer, requests, write

for request in requests():
    right = answer(request)
    if request["do"] == "connect":
        right["effects"].append({"route": {"to": str(request["id"]), "via": request["stream"]}})
    write(right)
