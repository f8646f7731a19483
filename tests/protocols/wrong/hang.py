#!/usr/bin/env python3
"""It never answers its third request."""

import time

from right import answer, requests, write

for request in requests():
    while request["n"] == 3:
        time.sleep(1)
    write(answer(request))
