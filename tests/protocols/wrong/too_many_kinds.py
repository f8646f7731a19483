#!/usr/bin/env python3
"""It has more than 200 kinds of messages."""

from right import HELLO, answer, requests, write

for request in requests({**HELLO, "kinds": [f"kind-{number}" for number in range(201)]}):
    write(answer(request))
