#!/usr/bin/env python3
"""It writes what it does to standard output, where only answers belong."""

from right import answer, requests, write

for request in requests():
    print("handling", request["do"])
    write(answer(request))
