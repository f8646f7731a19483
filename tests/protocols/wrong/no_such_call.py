#!/usr/bin/env python3
"""It ends a call that was never made."""

from right import answer, requests, write

for request in requests():
    right = answer(request)
    if request["do"] == "connect":
        right["effects"].append({"reply": {"handle": 1000, "dead": True}})
    write(right)
