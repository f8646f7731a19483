#!/usr/bin/env python3
"""Draws random scenarios in core form (docs/model.md section 3), for the live run and for the recorded traces.

As in swarm testing, every scenario draws its own mix first (how many contexts, how deep, which steps, how close
together, how slow the links), so that rare combinations are common over many scenarios. Steps come one by one or as
motifs: short sequences that lead where random steps seldom go. The same seed gives the same scenario.
"""

import argparse
import dataclasses
import decimal
import json
import pathlib
import random
import sys

US = 1_000
MS = 1_000_000
UNITS = (("m", 60_000 * MS), ("s", 1_000 * MS), ("ms", MS), ("us", US))

#: Before 0.2.4 each hop wraps a name and doubles its backslashes, so in deep trees names with escapes are short.
MAX_DEPTH = 10
LONG_NAME = 60
SHORT_NAME = 6

NAME_PARTS = {
    "plain": ["ssh.", "sudo.", "web", "db", "fork.", "host-", "1", "22", "root", "_"],
    "colons": [":", "::", "7:", "a:b", ":x", "12", "[::1]"],
    "quotes": ["'", '"', "\\", "b'", "''", '\\"', "x", "\\n", "\\x41"],
    "unicode": ["ü", "é:", "机器", "Ω", "😀", "ñ'", "\u00a0", "\u2028", "e\u0301", "\ufeff"],
    "control": ["\t", "\n", "\r", "\x00", "\x1b[1m", "\x7f", " ", "a"],
    "formats": ["%s", "%d", "{}", "%%", "{0}", "$x", "%(a)s"],
}


def duration(nanoseconds):
    """A duration as files have it, in the largest unit that needs at most three decimals."""
    for unit, size in UNITS:
        if nanoseconds >= size and nanoseconds * 1000 % size == 0:
            break
    value = (decimal.Decimal(nanoseconds) / size).normalize()
    return f"{value:f}{unit}"


@dataclasses.dataclass
class Mix:
    """What a scenario consists of: drawn once, then everything in the scenario is drawn from it."""

    contexts: int
    events: int
    shape: str
    depth: int
    weights: dict
    motifs: float
    wild: float
    grid: int
    burst: float
    gap: int
    latencies: list
    own_latency: float
    names: list
    unnamed: float
    unidirectional: bool
    reuse: float
    shuffled: bool


def draw_mix(rng):
    """Draws a mix. A weight of 0 leaves a kind of step out altogether."""
    weights = {kind: rng.choice((0, 1, 1, 2, 4)) for kind in ("connect", "kill", "disconnect", "partition", "heal")}
    weights.update((kind, rng.choice((0, 2, 4, 8))) for kind in ("send", "call"))
    if not any(weights.values()):
        weights["call"] = 1
    grid = rng.choice((250 * US, MS, MS, 5 * MS, 17 * US, US))
    return Mix(
        contexts=rng.choice((2, 3, 3, 4, 4, 5, 6, 7, 8, 10, 12, 16)),
        events=rng.choice((5, 8, 12, 12, 16, 20, 20, 25, 30, 40, 60)),
        shape=rng.choice(("chain", "chain", "recent", "uniform", "uniform", "star", "two-level")),
        depth=rng.randint(1, MAX_DEPTH),
        weights=weights,
        motifs=rng.choice((0.0, 0.2, 0.5, 0.8)),
        wild=rng.choice((0.0, 0.0, 0.05, 0.2)),
        grid=grid,
        burst=rng.choice((0.5, 0.8, 0.9, 0.97)),
        gap=rng.choice((20 * MS, 200 * MS, 3000 * MS)),
        latencies=draw_latencies(rng, grid),
        own_latency=rng.choice((0.0, 0.3, 1.0)),
        names=rng.sample(sorted(NAME_PARTS), rng.randint(1, 3)),
        unnamed=rng.choice((0.0, 0.3, 1.0)),
        unidirectional=rng.random() < 0.3,
        reuse=rng.choice((0.0, 0.0, 0.3, 0.7)),
        shuffled=rng.random() < 0.25,
    )


def draw_latencies(rng, grid):
    """Coarse latencies on the grid of the steps make ties common; fine ones make them rare."""
    style = rng.choice(("one", "grid", "fine", "spread"))
    if style == "one":
        return [grid]
    if style == "grid":
        return [grid * rng.randint(1, 5) for _ in range(3)]
    if style == "fine":
        return [rng.randint(1, 5000) * US for _ in range(6)] + [MS + 250]
    return [250 * US, MS, 20 * MS, 150 * MS]


class Sketch:
    """A scenario in the making, with a rough idea of who is alive: deaths take effect at once, arrivals never."""

    def __init__(self, rng, mix):
        self.rng = rng
        self.mix = mix
        self.now = 0
        self.contexts = []
        self.events = []
        self.parents = {}
        self.dead = []
        self.partitioned = []
        self.ever = {}
        self.connects = 0
        self.connected_at = set()
        self.pool = self._draw_ids()

    def _draw_ids(self):
        """Fresh ids, to be popped: in order, at random, or as Mitogen's blocks have them."""
        style = self.rng.choice(("ordered", "ordered", "random", "blocks"))
        count = self.mix.contexts * 3 + self.mix.events
        if style == "random":
            return self.rng.sample(range(1, 4 * count), count)
        if style == "blocks":
            return sorted(self.rng.sample(range(1, 40), 12)) + list(range(1003, 1003 + count)) + [4_000_000_000]
        return list(range(1, count + 1))

    # Who is where.

    def path(self, context):
        """`context` and its ancestors, the master excepted. Ends where an id is its own ancestor by rebirth."""
        path = []
        while context and context not in path:
            path.append(context)
            context = self.parents.get(context, 0)
        return path

    def depth(self, context):
        """How far below the master `context` is, as far as the sketch knows."""
        return len(self.path(context))

    def below(self, context):
        """The live descendants of `context`."""
        return [other for other in self.parents if other != context and context in self.path(other)]

    def alive(self):
        return list(self.parents)

    def anyone(self):
        """The master or a live context; sometimes any id at all."""
        if self.rng.random() < self.mix.wild:
            return self.rng.choice([0, *self.ever, self.stranger()])
        return self.rng.choice([0, *self.parents])

    def someone(self):
        """A live context, if there is one; sometimes any id at all, for steps that will be skipped."""
        if not self.parents or self.rng.random() < self.mix.wild:
            return self.rng.choice([0, *self.ever, self.stranger()])
        return self.rng.choice(self.alive())

    def victim(self):
        """Who dies next: rather a leaf than a branch, so that trees live on."""
        leaves = [context for context in self.parents if context not in self.parents.values()]
        if not leaves or self.rng.random() < 0.4:
            return self.someone()
        return self.rng.choice(leaves)

    def stranger(self):
        """An id that is not connected: never, or not yet."""
        return self.rng.choice((self.pool[0], self.pool[0], 777_777))

    def choose_parent(self):
        """Where the next context goes, by the shape of the mix."""
        shape = self.mix.shape
        fits = [context for context in self.parents if self.depth(context) < self.mix.depth]
        if not fits or shape == "star" and self.rng.random() < 0.8:
            return 0
        if shape == "chain" and self.rng.random() < 0.85:
            return max(fits, key=self.depth)
        if shape == "recent":
            return self.rng.choice(fits[-3:])
        if shape == "two-level":
            return self.rng.choice([context for context in fits if self.depth(context) == 1] or [0])
        return self.rng.choice([0, *fits])

    def may_explode(self):
        """Reused ids make loops; and copies of a DEL_ROUTE multiply at each hop by the entries of its table."""
        return len(self.ever) < self.connects or len(self.ever) > 6

    # Time.

    def wait(self, most=3):
        """A moment on the grid: often the same one, or one while messages are still in flight."""
        self.now += self.mix.grid * self.rng.randint(0, most)

    def advance(self):
        """To the next step: within the burst, or after a gap that lets the tree settle."""
        if self.rng.random() < self.mix.burst:
            self.wait()
        else:
            self.now += -(-self.mix.gap // self.mix.grid) * self.mix.grid

    # Steps.

    def add(self, do, **fields):
        self.events.append({"at": duration(self.now), "do": do, **fields})

    def connect(self, context, parent, into=None, latency=None):
        """A connect step. No id twice at one time, and no parent that is never connected: both are mistakes."""
        if (context, self.now) in self.connected_at or context < 1:
            return
        if parent not in self.ever and parent != 0:
            parent = 0
        fields = {"id": context, "parent": parent}
        name = self.name()
        if name is not None:
            fields["name"] = name
        if latency is None and self.rng.random() < self.mix.own_latency:
            latency = self.rng.choice(self.mix.latencies)
        if latency is not None:
            fields["link"] = {"latency": duration(latency)}
        if into is None:
            self.add("connect", **fields)
        else:
            into.append(fields)
        self.connects += 1
        self.connected_at.add((context, self.now))
        self.ever[context] = parent
        if context not in self.parents and (parent == 0 or parent in self.parents):
            self.parents[context] = parent
            if context in self.dead:
                self.dead.remove(context)

    def name(self):
        """A name, or None for none."""
        if self.rng.random() < self.mix.unnamed:
            return None
        length = self.rng.choice((1, 2, 3, 5, 9, 24))
        alphabets = [NAME_PARTS[self.rng.choice(self.mix.names)] for _ in range(length)]
        name = "".join(self.rng.choice(parts) for parts in alphabets)
        escaped = any(not char.isascii() or not char.isprintable() or char in "'\"\\" for char in name)
        return name[:SHORT_NAME if escaped and self.mix.depth > 4 else LONG_NAME]

    def kill(self, context):
        self.add("kill", id=context)
        self.bury(context)

    def disconnect(self, context):
        self.add("disconnect", id=context)
        self.bury(context)

    def bury(self, context):
        """Forgets `context` and what hangs below it, unless a partition keeps that alive."""
        if context not in self.parents:
            return
        doomed = [context]
        for other in self.below(context):
            path = self.path(other)
            if not any(link in self.partitioned for link in path[:path.index(context)]):
                doomed.append(other)
        for other in doomed:
            del self.parents[other]
        self.dead += doomed

    def partition(self, context):
        self.add("partition", id=context)
        if context in self.parents:
            self.partitioned.append(context)

    def heal(self, context):
        self.add("heal", id=context)
        self.partitioned = [other for other in self.partitioned if other != context]

    def send(self, sender, to):
        self.add("send", **{"from": sender}, to=to)

    def call(self, sender, to):
        self.add("call", **{"from": sender}, to=to)

    def talk(self, sender, to):
        self.rng.choice((self.call, self.call, self.send))(sender, to)

    def fresh(self):
        """An id for a connect: a new one, or one that has died."""
        if self.dead and self.rng.random() < self.mix.reuse:
            return self.rng.choice(self.dead)
        return self.pool.pop(0)


def random_step(sketch):
    """One step by the weights of the mix."""
    rng, weights = sketch.rng, dict(sketch.mix.weights)
    if len(sketch.parents) < sketch.mix.contexts * 0.6:
        weights["connect"] = 2 * sum(weights.values())
    kind = rng.choices(list(weights), weights=list(weights.values()))[0]
    if kind == "connect":
        if rng.random() < sketch.mix.wild:
            sketch.connect(sketch.someone(), sketch.anyone())
        else:
            sketch.connect(sketch.fresh(), sketch.choose_parent())
    elif kind == "heal":
        sketch.heal(rng.choice(sketch.partitioned) if sketch.partitioned else sketch.someone())
    elif kind in ("send", "call"):
        to = sketch.stranger() if rng.random() < 0.1 else sketch.anyone()
        getattr(sketch, kind)(sketch.anyone(), to)
    else:
        getattr(sketch, kind)(sketch.someone() if kind == "partition" else sketch.victim())


# Motifs. Each is a few steps with moments in between; each may find nothing to do.


def rebirth(sketch):
    """An id dies and is born again, under the same parent or another, soon or late."""
    context = sketch.victim()
    parent = sketch.parents.get(context, 0)
    sketch.rng.choice((sketch.kill, sketch.disconnect))(context)
    sketch.wait(6)
    sketch.connect(context, sketch.rng.choice((parent, sketch.choose_parent())))


def rebirth_below_orphan(sketch):
    """An id is born again below its own orphan, that a partition or a slow link keeps alive."""
    parents = [parent for parent in sketch.parents.values() if parent]
    if not parents:
        return
    context = sketch.rng.choice(parents)
    child = sketch.rng.choice([other for other, parent in sketch.parents.items() if parent == context])
    if sketch.rng.random() < 0.8:
        sketch.partition(child)
        sketch.wait()
    nephew = sketch.rng.choice([child, *sketch.below(child)])
    sketch.kill(context)
    sketch.wait(1)
    sketch.connect(context, nephew)
    family = (child, nephew, context)
    for _ in range(sketch.rng.randint(0, 6)):
        sketch.wait()
        if sketch.rng.random() < 0.5:
            sketch.talk(sketch.rng.choice((*family, sketch.anyone())), sketch.rng.choice((*family, 0)))
        elif sketch.rng.random() < 0.7:
            sketch.connect(sketch.fresh(), sketch.rng.choice(family))
        else:
            sketch.rng.choice((sketch.kill, sketch.disconnect))(sketch.victim())
    if sketch.rng.random() < 0.6:
        sketch.wait(20)
        sketch.heal(child)


def partition_outlives_death(sketch):
    """A branch is partitioned, one of the two ends dies, and perhaps the id comes back before the heal."""
    context = sketch.someone()
    parent = sketch.parents.get(context, 0)
    sketch.partition(context)
    sketch.wait()
    sketch.talk(sketch.anyone(), context)
    victim = sketch.rng.choice((context, context, parent or context))
    sketch.rng.choice((sketch.kill, sketch.kill, sketch.disconnect))(victim)
    sketch.wait(10)
    if sketch.rng.random() < 0.6:
        sketch.connect(context, sketch.rng.choice((parent, 0, sketch.choose_parent())))
        sketch.wait()
        if sketch.rng.random() < 0.4:
            sketch.partition(context)
    sketch.talk(context, sketch.anyone())
    sketch.wait(10)
    sketch.heal(context)


def call_across_a_death(sketch):
    """Traffic on a path, then a death on it while more is in flight."""
    caller, callee = sketch.anyone(), sketch.someone()
    for _ in range(sketch.rng.randint(1, 4)):
        sketch.talk(*sketch.rng.choice(((caller, callee), (callee, caller), (callee, 0))))
        sketch.wait()
    sketch.rng.choice((sketch.kill, sketch.disconnect))(sketch.rng.choice([callee, callee, *sketch.path(callee)]))
    sketch.wait()
    sketch.talk(caller, callee)


def siblings(sketch):
    """Contexts of different branches talk: forwarded, or refused in a unidirectional tree."""
    for _ in range(sketch.rng.randint(2, 5)):
        sketch.talk(sketch.someone(), sketch.someone())
        sketch.wait()


def strangers(sketch):
    """Calls to an id that does not exist, or not yet; then it is connected, and called again."""
    stranger = sketch.pool[0]
    sketch.talk(sketch.anyone(), stranger)
    sketch.call(sketch.anyone(), 777_777)
    sketch.wait()
    if sketch.rng.random() < 0.6:
        sketch.connect(sketch.pool.pop(0), sketch.choose_parent())
        sketch.wait(8)
        sketch.talk(sketch.anyone(), stranger)


def monologue(sketch):
    """A context calls itself, and dies with a call open."""
    context = sketch.anyone()
    sketch.call(context, context)
    sketch.call(context, sketch.anyone())
    if sketch.rng.random() < 0.5:
        sketch.kill(context)


def caller_reborn(sketch):
    """A caller dies and is born again before the reply arrives, and its new calls use the old handles."""
    far, caller, parent, slow = sketch.pool.pop(0), sketch.fresh(), sketch.choose_parent(), 30 * sketch.mix.grid
    sketch.connect(far, sketch.rng.choice((0, sketch.choose_parent())), latency=slow)
    sketch.connect(caller, parent, latency=sketch.mix.grid)
    sketch.now += 4 * slow
    for _ in range(sketch.rng.randint(1, 2)):
        sketch.call(caller, far)
    sketch.now += 2 * sketch.mix.grid
    sketch.rng.choice((sketch.kill, sketch.disconnect))(caller)
    sketch.wait(4)
    sketch.connect(caller, parent, latency=sketch.mix.grid)
    for _ in range(sketch.rng.randint(1, 2)):
        sketch.call(caller, sketch.rng.choice((far, sketch.anyone(), sketch.stranger())))
    sketch.now += 2 * slow


def quick_life(sketch):
    """A context appears, is called, and is gone while the news still climbs."""
    context = sketch.fresh()
    sketch.connect(context, sketch.choose_parent())
    sketch.wait(2)
    sketch.talk(sketch.anyone(), context)
    sketch.wait(2)
    sketch.rng.choice((sketch.kill, sketch.disconnect))(context)


def cut_twice(sketch):
    """Disconnect and kill of the same context, and of its parent, close together."""
    context = sketch.victim()
    parent = sketch.parents.get(context, 0)
    sketch.disconnect(context)
    sketch.wait(1)
    sketch.add(sketch.rng.choice(("disconnect", "kill", "partition")), id=context)
    sketch.wait(1)
    sketch.add(sketch.rng.choice(("kill", "disconnect")), id=parent)
    sketch.bury(parent)


MOTIFS = (
    partition_outlives_death, call_across_a_death, siblings, strangers, monologue, quick_life, cut_twice,
    rebirth, caller_reborn, rebirth_below_orphan,
)


def draw(word, index):
    """Scenario number `index` of the sequence that `word` names."""
    rng = random.Random(f"{word}/{index}")
    mix = draw_mix(rng)
    sketch = Sketch(rng, mix)
    for _ in range(rng.randint(max(1, mix.contexts // 2), mix.contexts)):
        sketch.connect(sketch.pool.pop(0), sketch.choose_parent(), into=sketch.contexts)
    sketch.now = mix.grid * rng.choice((0, 1, 2, 50))
    motifs = rng.sample(MOTIFS, rng.randint(1, len(MOTIFS)))
    while len(sketch.events) < mix.events:
        if len(sketch.parents) < mix.contexts // 2 and rng.random() < 0.5:
            sketch.connect(sketch.fresh(), sketch.choose_parent())
        if rng.random() < mix.motifs:
            rng.choice(motifs)(sketch)
        else:
            random_step(sketch)
        sketch.advance()
    return assemble(sketch, f"{word}-{index}")


def draw_fleet(word, index):
    """A scenario in treequake's own language, for `treequake expand` to write out in core form: a shape, links by depth
    (drawn once per link or constant), a join, cuts that heal by themselves, a swizzle, and churn."""
    rng = random.Random(f"{word}/fleet/{index}")
    shape = rng.choice(("star", "chain", "kary", "random", "caterpillar", "fleet"))
    contexts = rng.randint(2, 9 if shape == "chain" else 14)
    topology = {"shape": shape}
    if shape == "fleet":
        topology["levels"] = [
            {"name": name, "count": rng.randint(1, 3)} for name in ("bastion", "host", "sudo")[: rng.randint(1, 3)]
        ]
    else:
        topology["contexts"] = contexts
    if shape in ("kary", "caterpillar"):
        topology["fanout"] = rng.randint(1, 3)
    if rng.random() < 0.5:
        topology["join"] = rng.choice(({"every": "1ms"}, {"after_parent": "105ms"}))
    drawn = {"latency": {"uniform": {"min": "1ms", "max": "9ms"}, "per": "link"}}
    topology["links"] = [rng.choice(("lan", "rtt-26ms", "local-pipe", drawn)) for _ in range(rng.randint(1, 3))]
    scenario = {"version": 1, "name": f"{word}-fleet-{index}", "seed": rng.randrange(2**32), "topology": topology}
    scenario["unidirectional"] = rng.random() < 0.3
    scenario["max_events"] = 2000
    scenario["events"] = [{"at": f"{rng.randint(1, 900)}ms", "do": "partition", "id": 1, "for": f"{rng.randint(1, 300)}ms"}]
    if rng.random() < 0.4:
        scenario["events"].append({"at": "500ms", "do": "swizzle", "id": 1, "for": "300ms"})
    rates = {kind: f"{rng.randint(1, 20)}/s" for kind in ("connects", "kills", "disconnects", "partitions", "calls")}
    chosen = {kind: rate for kind, rate in rates.items() if rng.random() < 0.7}
    scenario["churn"] = {"at": "200ms", "for": "800ms", "partition_for": f"{rng.randint(1, 200)}ms", **chosen}
    return scenario


#: Mitogen's limit for a message, and lengths around it. The last one is the most that a file can say.
LIMIT = 128 * 1024 * 1024
LENGTHS = (0, 1, 1, 26, 500, 500, 70_000, 1_000_000, LIMIT, *[LIMIT + 1] * 10, 2**30)


def draw_beyond(word, index):
    """A scenario of `draw` with steps beyond the core form: shutdowns, also in place of deaths; contexts that leave
    their parents; long messages and long replies."""
    rng = random.Random(f"{word}/beyond/{index}")
    scenario = draw(word, index)
    scenario["name"] += "-beyond"
    ids = [0, *(context["id"] for context in scenario["contexts"])]
    ids += [step["id"] for step in scenario["events"] if step["do"] == "connect"]
    shut, leave, long = (rng.choice((0.0, 0.1, 0.3, 0.7)) for _ in range(3))
    for step in list(scenario["events"]):
        if step["do"] in ("kill", "disconnect") and rng.random() < shut:
            step["do"] = "shutdown"
            if rng.random() < 0.5:
                step["from"] = rng.choice((step["id"], rng.choice(ids)))
        elif step["do"] in ("send", "call"):
            if rng.random() < long:
                step["size"] = rng.choice(LENGTHS)
            if step["do"] == "call" and rng.random() < long:
                step["reply_size"] = rng.choice(LENGTHS)
        at = {"at": step["at"]}
        if rng.random() < leave / 3:
            scenario["events"].append({**at, "do": "detach", "id": rng.choice(ids)})
        if rng.random() < shut / 5:
            scenario["events"].append({**at, "do": "shutdown", "id": rng.choice(ids), "from": rng.choice(ids)})
    return scenario


def draw_whole(word, index):
    """A scenario with everything that the language has, for a treequake on either side: a fleet whose links have
    keepalives, bandwidths and latencies drawn for each message; slow links, cuts in one direction, orders to end."""
    rng = random.Random(f"{word}/whole/{index}")
    scenario = draw_fleet(word, index)
    scenario["name"] += "-whole"
    message = {"latency": {"exponential": {"min": "1ms", "mean": "8ms"}}}
    busy = {"like": "rtt-26ms", "bandwidth": rng.choice(("64kbit", "1Mbit", "100Mbit"))}
    watched = {"like": "lan", "keepalive": {"interval": f"{rng.randint(20, 400)}ms", "count": rng.randint(1, 3)}}
    links = scenario["topology"]["links"]
    scenario["topology"]["links"] = [rng.choice((*links, message, busy, watched, watched)) for _ in range(3)]
    for _ in range(rng.randint(2, 8)):
        context, time = rng.randint(1, 6), f"{rng.randint(50, 2500)}ms"
        scenario["events"].append(
            rng.choice((
                {"at": time, "do": "slow", "id": context, "factor": rng.randint(2, 90), "for": "400ms"},
                {"at": time, "do": "partition", "id": context, "way": rng.choice(("up", "down")), "for": "300ms"},
                {"at": time, "do": "shutdown", "id": context, "from": rng.choice((0, 0, context, 1))},
                {"at": time, "do": "detach", "id": context},
                {"at": time, "do": "call", "from": 0, "to": context, "size": 9000, "reply_size": rng.choice(LENGTHS)},
                {"at": time, "do": "call", "from": context, "to": rng.randint(1, 6), "size": rng.choice(LENGTHS)},
            ))
        )
    return scenario


def assemble(sketch, name):
    """The file: `events` need not be sorted, and most keys may be absent."""
    rng, mix = sketch.rng, sketch.mix
    scenario = {"version": 1, "name": name}
    if mix.unidirectional or rng.random() < 0.2:
        scenario["unidirectional"] = mix.unidirectional
    if rng.random() < 0.07:
        scenario["max_events"] = rng.randint(1, 120)
    elif sketch.may_explode() or rng.random() < 0.5:
        scenario["max_events"] = rng.choice((300, 600, 1000, 1000, 2000))
    if rng.random() < 0.8:
        scenario["link"] = {"latency": duration(rng.choice(mix.latencies))}
    if mix.shuffled:
        rng.shuffle(sketch.events)
    scenario["contexts"] = sketch.contexts
    scenario["events"] = sketch.events
    return scenario


def main(arguments=None):
    parser = argparse.ArgumentParser(description="Draws random scenarios in core form.")
    parser.add_argument("--seed", default="treequake", metavar="WORD")
    parser.add_argument("--first", type=int, default=0, metavar="INDEX")
    parser.add_argument("--count", type=int, default=1)
    parser.add_argument("--folder", type=pathlib.Path, help="one file each; default: one a line on standard output")
    options = parser.parse_args(arguments)
    if options.folder is not None:
        options.folder.mkdir(parents=True, exist_ok=True)
    for index in range(options.first, options.first + options.count):
        scenario = draw(options.seed, index)
        if options.folder is None:
            sys.stdout.reconfigure(encoding="utf-8")
            print(json.dumps(scenario, ensure_ascii=False))
        else:
            text = json.dumps(scenario, ensure_ascii=False, indent=2) + "\n"
            (options.folder / f"{options.seed}-{index}.json").write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
