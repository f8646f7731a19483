#!/usr/bin/env python3
"""A duration is `1e8`, a float, as in a language whose numbers are all floats."""

from right import answer, requests, write

for request in requests():
    right = answer(request)
    if request["do"] == "connect":
        right["effects"].append({"timer": {"timer": 0, "after": 1e8}})
    write(right)
