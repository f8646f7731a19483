"""What the wrong programs do right: a protocol in which nothing but the route to each child is known."""

import json
import sys

HELLO = {"protocol": 1, "name": "wrong", "kinds": ["news"], "errors": ["trouble"]}


def requests(hello=HELLO):
    """The requests, after the hello lines. The programs answer them."""
    sys.stdin.buffer.readline()
    write(hello)
    for line in sys.stdin.buffer:
        yield json.loads(line)


def answer(request):
    """A right answer. It passes no message on, so a call never ends."""
    effects = []
    if request["do"] == "start":
        children.clear()
        handles.clear()
    elif request["do"] == "connect":
        children[request["stream"]] = request["id"]
        effects.append({"route": {"to": request["id"], "via": request["stream"]}})
        effects.append({"send": {"stream": request["stream"], "message": {"dst": request["id"], "body": "welcome"}}})
    elif request["do"] == "disconnect" and request["stream"] != 0:
        lost = children.pop(request["stream"])
        effects.append({"route": {"to": lost, "via": None}})
    right = {"n": request["n"], "effects": effects}
    if request["do"] == "call":
        right["handle"] = handles[request["process"]] = handles.get(request["process"], 999) + 1
    return right


children = {}  # The stream to each child -> its context id.
handles = {}  # The number of a process -> its last handle.


def write(*values):
    """A line for each value, all in one go: what comes of two lines must not depend on time."""
    sys.stdout.write("".join(json.dumps(value) + "\n" for value in values))
    sys.stdout.flush()
