#!/usr/bin/env python3
"""It starts a process that lives on."""

import subprocess

from right import answer, requests, write

subprocess.Popen(["sleep", "1000"])
for request in requests():
    write(answer(request))
