#!/usr/bin/env python3
"""Its name has a space."""

from right import HELLO, answer, requests, write

for request in requests({**HELLO, "name": "my protocol"}):
    write(answer(request))
