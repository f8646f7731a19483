#!/usr/bin/env python3
"""It delivers a message that wants a reply, and then refuses to reply."""

from right import answer, requests, write

for request in requests():
    right = answer(request)
    if request["do"] == "message":
        delivered = {"dst": request["message"]["dst"], "src": 0, "handle": 900, "reply_to": 1000}
        right["effects"].append({"deliver": delivered})
    elif request["do"] == "reply":
        right["refused"] = "unknown"
    write(right)
