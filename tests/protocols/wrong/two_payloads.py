#!/usr/bin/env python3
"""A message has two payloads."""

from right import answer, requests, write

for request in requests():
    right = answer(request)
    if request["do"] == "connect":
        right["effects"].append({"send": {"stream": request["stream"], "message": {"dst": 0, "body": "?", "retract": 1}}})
    write(right)
