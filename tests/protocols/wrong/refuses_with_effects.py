#!/usr/bin/env python3
"""It refuses a call, and has an effect all the same."""

from right import answer, requests, write

for request in requests():
    right = answer(request)
    if request["do"] == "call":
        right = {"n": request["n"], "refused": "already", "effects": [{"error": "trouble"}]}
    write(right)
