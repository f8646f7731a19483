#!/usr/bin/env python3
"""A signal ends it at its third request."""

import os
import signal

from right import answer, requests, write

for request in requests():
    if request["n"] == 3:
        os.kill(os.getpid(), signal.SIGSEGV)
    write(answer(request))
