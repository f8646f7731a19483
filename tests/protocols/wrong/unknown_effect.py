#!/usr/bin/env python3
"""It wants something done that does not exist."""

from right import answer, requests, write

for request in requests():
    right = answer(request)
    if request["do"] == "connect":
        right["effects"].append({"forward": {"stream": 0}})
    write(right)
