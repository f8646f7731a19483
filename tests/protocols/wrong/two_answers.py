#!/usr/bin/env python3
"""It answers `connect` twice: once when it begins, and once when it is done."""

from right import answer, requests, write

for request in requests():
    begun = [{"n": request["n"]}] if request["do"] == "connect" else []
    write(*begun, answer(request))
