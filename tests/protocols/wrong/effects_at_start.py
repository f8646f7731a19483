#!/usr/bin/env python3
"""Its answer to `start` has an effect."""

from right import answer, requests, write

for request in requests():
    right = answer(request)
    if request["do"] == "start":
        right["effects"].append({"timer": {"timer": 0, "after": 0}})
    write(right)
