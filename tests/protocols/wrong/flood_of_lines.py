#!/usr/bin/env python3
"""It writes lines without end."""

from right import answer, requests, write

for request in requests():
    while request["n"] == 3:
        write({"n": 3}, {"n": 3})
    write(answer(request))
