#!/usr/bin/env python3
"""It crashes at its third request, with a traceback."""

from right import answer, requests, write

for request in requests():
    if request["n"] == 3:
        request["no such field"]
    write(answer(request))
