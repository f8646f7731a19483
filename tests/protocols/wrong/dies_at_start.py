#!/usr/bin/env python3
"""It ends before its hello line."""

import sys

sys.exit("cannot find my configuration")
