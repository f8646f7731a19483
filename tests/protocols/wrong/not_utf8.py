#!/usr/bin/env python3
"""Its answer is not UTF-8."""

import sys

from right import requests

for request in requests():
    sys.stdout.buffer.write(b'{"n": %d, "name": "\xff"}\n' % request["n"])
    sys.stdout.buffer.flush()
