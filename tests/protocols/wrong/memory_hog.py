#!/usr/bin/env python3
"""It takes 64 MiB more for each request, up to 2 GiB."""

from right import answer, requests, write

taken = []
for request in requests():
    if len(taken) < 32:
        taken.append(b"x" * (64 << 20))
    write(answer(request))
