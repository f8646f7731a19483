#!/usr/bin/env python3
"""Its answers do not end with a newline."""

import json

from right import answer, requests

for request in requests():
    print(json.dumps(answer(request)), end="", flush=True)
