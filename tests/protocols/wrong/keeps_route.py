#!/usr/bin/env python3
"""It keeps the routes through a lost stream."""

from right import answer, requests, write

for request in requests():
    right = answer(request)
    if request["do"] == "disconnect":
        right["effects"] = []
    write(right)
