#!/usr/bin/env python3
"""It tells what is in a set of strings, whose order differs from copy to copy."""

from right import answer, requests, write

for request in requests():
    right = answer(request)
    if request["do"] == "connect":
        services = {f"{request['name']}/{service}" for service in range(20)}
        message = {"dst": request["id"], "body": " ".join(services)}
        right["effects"].append({"send": {"stream": request["stream"], "message": message}})
    write(right)
