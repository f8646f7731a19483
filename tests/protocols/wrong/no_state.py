#!/usr/bin/env python3
"""Its answer to a snapshot has no state."""

from right import HELLO, answer, requests, write

for request in requests({**HELLO, "can": ["snapshot"]}):
    write(answer(request))
