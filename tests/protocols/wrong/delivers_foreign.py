#!/usr/bin/env python3
"""It hands the application a message for another context."""

from right import answer, requests, write

for request in requests():
    right = answer(request)
    if request["do"] == "connect":
        right["effects"].append({"deliver": {"dst": request["id"], "src": 0, "handle": 900, "reply_to": 0}})
    write(right)
