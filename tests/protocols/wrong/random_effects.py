#!/usr/bin/env python3
"""It draws lots, for each answer: two runs that draw the same are out of the question."""

import random

from right import answer, requests, write

for request in requests():
    right = answer(request)
    if request["do"] != "start":
        right["effects"] += [{"error": "trouble"}] * random.randrange(10)
    write(right)
