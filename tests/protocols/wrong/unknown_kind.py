#!/usr/bin/env python3
"""It sends a message of a kind that its hello line does not list."""

from right import answer, requests, write

for request in requests():
    right = answer(request)
    if request["do"] == "connect":
        message = {"dst": 0, "kind": "secret", "body": "?"}
        right["effects"].append({"send": {"stream": request["stream"], "message": message}})
    write(right)
