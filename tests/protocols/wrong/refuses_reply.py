#!/usr/bin/env python3
"""It delivers every message, and then refuses to reply."""

from right import answer, requests, write

for request in requests():
    right = answer(request)
    if request["do"] == "call":
        message = {"dst": request["to"], "src": 0, "handle": 900, "reply_to": right["handle"]}
        right["effects"] = [{"deliver": message}] if request["to"] == 0 else []
    elif request["do"] == "reply":
        right = {"n": request["n"], "refused": "unknown"}
    write(right)
