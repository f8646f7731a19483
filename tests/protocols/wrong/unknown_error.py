#!/usr/bin/env python3
"""It logs an error that its hello line does not list."""

from right import answer, requests, write

for request in requests():
    right = answer(request)
    if request["do"] == "connect":
        right["effects"].append({"error": "disaster"})
    write(right)
