#!/usr/bin/env python3
"""It breaks its answer into several lines."""

import json

from right import answer, requests

for request in requests():
    print(json.dumps(answer(request), indent=2), flush=True)
