#!/usr/bin/env python3
"""Its answer to a call has no handle."""

from right import answer, requests, write

for request in requests():
    right = answer(request)
    right.pop("handle", None)
    write(right)
