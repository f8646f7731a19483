#!/usr/bin/env python3
"""It speaks version 2."""

from right import HELLO, answer, requests, write

for request in requests({**HELLO, "protocol": 2}):
    write(answer(request))
