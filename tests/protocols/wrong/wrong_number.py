#!/usr/bin/env python3
"""It counts by itself, and leaves out `start`."""

from right import answer, requests, write

for number, request in enumerate(requests()):
    write({**answer(request), "n": number})
