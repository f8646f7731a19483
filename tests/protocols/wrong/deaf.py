#!/usr/bin/env python3
"""It does not end when its input ends."""

import time

from right import answer, requests, write

for request in requests():
    write(answer(request))
while True:
    time.sleep(1)
