#!/usr/bin/env python3
"""A duration is `NaN`, which Python writes and JSON does not have."""

from right import answer, requests, write

for request in requests():
    right = answer(request)
    if request["do"] == "connect":
        right["effects"].append({"timer": {"timer": 0, "after": float("nan")}})
    write(right)
