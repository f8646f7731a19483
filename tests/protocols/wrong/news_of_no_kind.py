#!/usr/bin/env python3
"""Its news are of a kind that it does not have."""

from right import HELLO, answer, requests, write

for request in requests({**HELLO, "announces": ["rumours"]}):
    write(answer(request))
