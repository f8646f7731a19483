#!/usr/bin/env python3
"""Its `effects` are an object, not a list."""

from right import answer, requests, write

for request in requests():
    write({**answer(request), "effects": {}})
