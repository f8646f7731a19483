#!/usr/bin/env python3
"""A distance-vector protocol, like RIP, in one file. Copy it, and change it.

    treequake replay --protocol 'python3 protocols/distance_vector.py' scenarios/bastion-crash.json

Every process keeps, for each neighbour, the distances that this neighbour has sent. Its own distance to a context is
the shortest of these plus one, and its route leads through that neighbour. When its distance to a context changes, it
tells all neighbours. Good news, a shorter way, goes out at once. So does bad news about a context, but then no more of it
for a while, as in RIP. A distance of 16 means that there is no way. Tables list all contexts that are near, not only those
below, so the protocol is held to `reach`: within 40 seconds, every context must reach every other.

What is wrong with it? A child dies. Its parent looks for another way, and there is one: a neighbour has sent a
distance of 2. That way leads back through the parent itself, but a distance does not say so. So the parent believes it,
and tells its new distance: 3. The neighbour believes that and tells 4, and so they count to 16, one message at a time.
With --split-horizon, nobody tells a neighbour about a route that leads through that very neighbour. Then the fault is
gone.

docs/your-own.md is the tutorial. docs/protocols.md says what treequake asks, and what a program can answer.
"""

import base64
import json
import pickle
import sys

SPLIT_HORIZON = "--split-horizon" in sys.argv[1:]

HELLO = {
    "protocol": 1,
    "name": "distance-vector",
    "truth": "reach",
    "settles_within": "40s",
    "can": ["snapshot"],
}

INFINITY = 16

PAUSE = 10_000_000_000  # After bad news, in nanoseconds. Without it, some trees send millions of messages.

PARENT = 0  # The stream to the parent. The stream to a child has the number of the child's process.

APPLICATION = 900  # The handle of the application.
NO_REPLY = 0  # In `reply_to`: no reply is wanted.
DEAD = 999  # In `reply_to`: there will be no answer.
FIRST_CALL = 1000  # The first handle for the replies to our own calls.


class Neighbour:
    """What a process knows about the process at the other end of a stream."""

    def __init__(self, id):
        self.id = id
        self.heard = {id: 0}  # Context id -> the distance that it told us. It need not tell us the one to itself.
        self.told = {}  # Context id -> the distance that we told it.


class Process:
    """One process of the tree. It puts what it wants done into `effects`."""

    def __init__(self, id):
        self.id = id
        self.neighbours = {}  # Stream -> Neighbour.
        self.routes = {}  # Context id -> (distance, stream).
        self.calls = {}  # Handle -> the context id that we called.
        self.next_handle = FIRST_CALL
        self.pauses = set()  # Context ids that there was bad news about. Each has a timer, which has its number.
        self.effects = []

    # ------------------------------------------------------------------------------------------------------------------
    # What treequake asks: one method for each request, with its name.

    def birth(self, request):
        self.neighbours[PARENT] = Neighbour(request["parent"])
        self.routes[request["parent"]] = (1, PARENT)  # Every route table begins like this.

    def connect(self, request):
        self.neighbours[request["stream"]] = Neighbour(request["id"])
        self.choose(request["id"])
        for target in self.routes:
            self.tell(request["stream"], target)

    def message(self, request):
        stream, message = request["stream"], request["message"]
        if "announce" in message:
            # An announcement has no field for a distance. The name will do.
            self.hear(stream, message["announce"]["id"], int(message["announce"]["name"]))
        elif "retract" in message:
            self.hear(stream, message["retract"], INFINITY)
        else:
            self.forward(message, came_from=stream)

    def disconnect(self, request):
        lost = self.neighbours.pop(request["stream"])
        for target in lost.heard:
            self.choose(target)

    def timer(self, request):
        self.pauses.remove(request["timer"])
        self.make_known(request["timer"])

    def send(self, request):
        self.forward(self.compose(request["to"], APPLICATION, NO_REPLY, request["bytes"], request["reply_bytes"]))

    def call(self, request):
        handle = self.next_handle
        self.next_handle += 1
        self.calls[handle] = request["to"]
        self.forward(self.compose(request["to"], APPLICATION, handle, request["bytes"], request["reply_bytes"]))
        return {"handle": handle}

    def reply(self, request):
        message = request["message"]
        self.forward(self.compose(message["src"], message["reply_to"], bytes=message["data"]["reply_bytes"]))

    # ------------------------------------------------------------------------------------------------------------------
    # Routing.

    def hear(self, stream, target, distance):
        """A neighbour has told us its distance to a context."""
        heard = self.neighbours[stream].heard
        heard.pop(target, None)
        if distance < INFINITY:
            heard[target] = distance
        self.choose(target)

    def choose(self, target):
        """Chooses the best way to a context. If that is a new one, makes it known."""
        if target == self.id:
            return
        heard = {stream: neighbour.heard for stream, neighbour in self.neighbours.items()}
        ways = [(heard[stream][target] + 1, stream) for stream in heard if target in heard[stream]]
        distance, via = min(ways, default=(INFINITY, None))
        before = self.routes.pop(target, (INFINITY, None))
        if distance < INFINITY:
            self.routes[target] = (distance, via)
        else:
            via = None
        if via != before[1]:
            # treequake judges the table that these effects add up to. So every change must be among them.
            self.effects.append({"route": {"to": target, "via": via}})
        if via is None:
            self.give_up(target)
        self.make_known(target)

    def make_known(self, target):
        """Tells our distance to a context to all neighbours that do not know it. Bad news waits during a pause."""
        is_bad = False
        for stream, neighbour in self.neighbours.items():
            difference = self.distance_for(stream, target) - neighbour.told.get(target, INFINITY)
            if difference < 0 or target not in self.pauses:
                self.tell(stream, target)
                is_bad = is_bad or difference > 0
        if is_bad:
            self.pauses.add(target)
            self.effects.append({"timer": {"timer": target, "after": PAUSE}})

    def distance_for(self, stream, target):
        """Our distance to a context, as a neighbour should know it."""
        distance, via = self.routes.get(target, (INFINITY, None))
        return INFINITY if SPLIT_HORIZON and via == stream else distance

    def tell(self, stream, target):
        """Tells a neighbour our distance to a context, unless it knows."""
        neighbour = self.neighbours[stream]
        distance = self.distance_for(stream, target)
        if distance == neighbour.told.get(target, INFINITY):
            return
        if distance < INFINITY:
            neighbour.told[target] = distance
            news = {"announce": {"id": target, "name": str(distance)}}
        else:
            del neighbour.told[target]
            news = {"retract": target}
        self.effects.append({"send": {"stream": stream, "message": {"dst": neighbour.id, **news}}})

    # ------------------------------------------------------------------------------------------------------------------
    # The messages of the application.

    def compose(self, dst, handle, reply_to=NO_REPLY, bytes=0, reply_bytes=0):
        data = {"bytes": bytes, "reply_bytes": reply_bytes}
        return {"dst": dst, "src": self.id, "handle": handle, "reply_to": reply_to, "data": data}

    def forward(self, message, came_from=None):
        """Passes a message on towards its destination: by the table, and without an entry to the parent."""
        if message["dst"] == self.id:
            return self.arrive(message)
        default = PARENT if PARENT in self.neighbours else None
        _, way = self.routes.get(message["dst"], (INFINITY, default))
        if way is not None and way != came_from:
            self.effects.append({"send": {"stream": way, "message": message}})
        elif message["reply_to"] not in (NO_REPLY, DEAD):
            # It cannot get there. The context that waits for a reply must know.
            self.forward(self.compose(message["src"], message["reply_to"], reply_to=DEAD))

    def arrive(self, message):
        """A message is for this context: for its application, or for a call that waits for a reply."""
        if message["handle"] == APPLICATION:
            self.effects.append({"deliver": message})
        elif message["handle"] in self.calls:
            self.end_call(message["handle"], dead=message["reply_to"] == DEAD)

    def give_up(self, target):
        """There is no way to a context any more. Calls to it will not be answered."""
        for handle in [handle for handle, to in self.calls.items() if to == target]:
            self.end_call(handle, dead=True)

    def end_call(self, handle, dead):
        del self.calls[handle]
        self.effects.append({"reply": {"handle": handle, "dead": dead}})


# ----------------------------------------------------------------------------------------------------------------------
# The pipe. This part is the same for every protocol.

processes = {}  # The number of each process -> Process.


def answer(request):
    for number in request.get("ended", []):
        processes.pop(number, None)
    if request["do"] == "start":
        processes.clear()
        processes[0] = Process(0)
        return {}
    # These two are optional: treequake asks them only if `can` has "snapshot".
    if request["do"] == "snapshot":
        return {"state": base64.b64encode(pickle.dumps(processes)).decode()}
    if request["do"] == "restore":
        processes.clear()
        processes.update(pickle.loads(base64.b64decode(request["state"])))
        return {}
    if request["do"] == "birth":
        processes[request["process"]] = Process(request["id"])
    process = processes[request["process"]]
    process.effects = []
    handle = getattr(process, request["do"])
    more = handle(request) or {}
    return {"effects": process.effects, **more}


def main():
    sys.stdin.buffer.readline()  # treequake's hello.
    print(json.dumps(HELLO), flush=True)
    for line in sys.stdin.buffer:
        request = json.loads(line)
        print(json.dumps({"n": request["n"], **answer(request)}), flush=True)


main()
