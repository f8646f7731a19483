#!/usr/bin/env python3
"""It refuses a `birth`. Only the last requests of the list can be refused."""

from right import answer, requests, write

for request in requests():
    right = answer(request)
    if request["do"] == "birth":
        right = {"n": request["n"], "refused": "unknown"}
    write(right)
