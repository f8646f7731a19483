#!/usr/bin/env python3
"""Its answer is a word."""

from right import requests

for request in requests():
    print("ok", flush=True)
