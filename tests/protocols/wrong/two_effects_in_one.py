#!/usr/bin/env python3
"""One effect has two keys."""

from right import answer, requests, write

for request in requests():
    right = answer(request)
    if request["do"] == "connect":
        two = {"route": {"to": request["id"], "via": None}, "signal": {"context": request["id"], "again": False}}
        right["effects"].append(two)
    write(right)
