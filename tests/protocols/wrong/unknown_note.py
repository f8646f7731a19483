#!/usr/bin/env python3
"""A note is not one of the two that there are."""

from right import answer, requests, write

for request in requests():
    right = answer(request)
    if request["do"] == "connect":
        right["effects"].append({"note": "hello"})
    write(right)
