#!/usr/bin/env python3
"""It counts an error that it has not announced."""

from right import answer, requests, write

for request in requests():
    right = answer(request)
    if request["do"] == "connect":
        right["counted"] = ["surprise"]
    write(right)
