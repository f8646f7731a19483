#!/usr/bin/env python3
"""Its answers have no number."""

from right import answer, requests, write

for request in requests():
    right = answer(request)
    del right["n"]
    write(right)
