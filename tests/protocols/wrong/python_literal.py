#!/usr/bin/env python3
"""It prints a Python dict, which only looks like JSON."""

from right import answer, requests

for request in requests():
    print(answer(request), flush=True)
