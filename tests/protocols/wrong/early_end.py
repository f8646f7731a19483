#!/usr/bin/env python3
"""It ends after three answers, as if all were well."""

from right import answer, requests, write

for request in requests():
    write(answer(request))
    if request["n"] == 3:
        break
