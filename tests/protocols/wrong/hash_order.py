#!/usr/bin/env python3
"""It walks a set of strings, whose order differs from process to process."""

from right import answer, requests, write

neighbours = {}
for request in requests():
    right = answer(request)
    if request["do"] == "start":
        neighbours = {}
    elif request["do"] == "connect":
        mine = neighbours.setdefault(request["process"], set())
        mine.add(str(request["stream"]))
        right["effects"] += [{"send": {"stream": int(stream), "message": {"dst": 0, "body": "!"}}} for stream in mine]
    write(right)
