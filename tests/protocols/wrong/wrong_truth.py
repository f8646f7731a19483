#!/usr/bin/env python3
"""It is held to a truth that does not exist."""

from right import HELLO, answer, requests, write

for request in requests({**HELLO, "truth": "hearsay"}):
    write(answer(request))
