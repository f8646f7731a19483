#!/usr/bin/env python3
"""It never writes a hello line."""

import time

while True:
    time.sleep(1)
