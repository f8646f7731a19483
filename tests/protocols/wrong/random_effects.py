#!/usr/bin/env python3
"""It draws lots."""

import random

from right import answer, requests, write

for request in requests():
    right = answer(request)
    if request["do"] == "connect" and random.random() < 0.5:
        right["effects"].pop()
    write(right)
