#!/usr/bin/env python3
"""The handle of a call is less than 1000."""

from right import answer, requests, write

for request in requests():
    right = answer(request)
    if request["do"] == "call":
        right["handle"] = 1
    write(right)
