#!/usr/bin/env python3
"""It remembers earlier runs."""

from right import answer, requests, write

connects = 0
for request in requests():
    right = answer(request)
    connects += request["do"] == "connect"
    if request["do"] == "connect" and connects > 20:
        right["effects"].append({"error": "trouble"})
    write(right)
