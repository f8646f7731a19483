#!/usr/bin/env python3
"""Its answer is a list."""

from right import answer, requests, write

for request in requests():
    write([answer(request)])
