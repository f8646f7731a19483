#!/usr/bin/env python3
"""What it says depends on the process that it is, and is the same in each run of that."""

import os

from right import answer, requests, write

for request in requests():
    right = answer(request)
    for effect in right["effects"]:
        if "send" in effect:
            effect["send"]["message"]["body"] = f"welcome from {os.getpid()}"
    write(right)
