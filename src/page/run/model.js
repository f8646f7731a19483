// The run at one moment. The model reads the columns once (data.rs says what is in them). From then on it goes forward and
// back by the changes of each moment, and holds what there is after `now` moments. 0 is before the first.

function sums(column) {
  const out = new Float64Array(column.length);
  let sum = 0;
  for (let i = 0; i < column.length; i++) out[i] = sum += column[i];
  return out;
}

// Where the parts of each moment begin, and one past the last.
function starts(counts) {
  const out = new Uint32Array(counts.length + 1);
  for (let i = 0; i < counts.length; i++) out[i + 1] = out[i] + counts[i];
  return out;
}

// A column of the number `usual`, except in some places.
function sparse(count, pairs, usual) {
  const out = new Float64Array(count).fill(usual);
  for (const [place, number] of pairs) out[place] = number;
  return out;
}

const DOWN = 0, UP = 1;

class Model {
  constructor(data) {
    this.data = data;
    this.words = data.words;
    this.readMoments(data.moments);
    this.readLives(data.lives);
    this.readFlights(data.flights, data.items);
    this.records = data.records.words;
    this.recordKinds = data.records.kind;
    this.routes = { context: sums(data.routes.context), target: sums(data.routes.target), after: sums(data.routes.after),
      before: new Int32Array(data.routes.context.length) };
    this.readTurns(data.turns);
    this.readChanges(data.changes);
    this.readOrigins(data.moments);
    this.readReasons(data.reasons);
    this.start();
  }

  readMoments(m) {
    const count = m.at.length;
    this.count = count;
    this.at = sums(m.at);
    this.silence = m.silence ?? Infinity;
    this.kind = m.kind;
    this.times = sparse(count, m.times, 1);
    // How many events there were before each moment. Equal events in a row are one moment; people see events.
    this.before = new Float64Array(count + 1);
    for (let i = 0; i < count; i++) this.before[i + 1] = this.before[i] + this.times[i];
    this.wrongAfter = sums(m.wrong);
    // From which moment on nobody follows any more what is wrong; -1 if somebody does to the end.
    this.lostFrom = this.wrongAfter.indexOf(0);
    this.isLost = this.lostFrom >= 0;
    this.onWireAfter = sums(m.on_wire);
    this.recordsOf = starts(m.records);
    this.routesOf = starts(m.routes);
    this.turnsOf = starts(m.turns);
    this.changesOf = starts(m.changes);
    this.flightsOf = starts(m.flights);
    this.cause = new Int32Array(count).fill(-1);
    this.context = new Int32Array(count).fill(-1);
    this.wordsOf = new Int32Array(count).fill(-1);
    const causes = sums(m.cause);
    for (let i = 0, c = 0, w = 0; i < count; i++) {
      const kind = m.kind[i];
      if (kind === "a" || kind === "s") this.cause[i] = causes[c++];
      if (kind === "a") continue;
      this.context[i] = m.context[w];
      this.wordsOf[i] = m.words[w++];
    }
  }

  readLives(lives) {
    this.id = Uint32Array.from(sums(lives.id));
    this.lives = this.id.length;
    this.parent = Int32Array.from(sums(lives.parent), (place) => place - 1);
    this.earlier = sparse(this.lives, lives.earlier, 0);
    this.name = sparse(this.lives, lives.name, -1);
    this.shared = sparse(this.lives, lives.shared, 0);
    this.depth = new Uint32Array(this.lives);
    this.children = Array.from({ length: this.lives }, () => []);
    for (let i = 1; i < this.lives; i++) {
      this.depth[i] = this.depth[this.parent[i]] + 1;
      this.children[this.parent[i]].push(i);
    }
    this.livesOf = new Map();
    for (let i = 0; i < this.lives; i++) {
      if (!this.livesOf.has(this.id[i])) this.livesOf.set(this.id[i], []);
      this.livesOf.get(this.id[i]).push(i);
    }
    // The order of the tree: each life before its children, and children in the order in which they were born.
    this.order = [];
    const left = [0];
    while (left.length) {
      const one = left.pop();
      this.order.push(one);
      for (let i = this.children[one].length; i > 0; i--) left.push(this.children[one][i - 1]);
    }
    // How many lives are below each.
    this.below = new Uint32Array(this.lives);
    for (let place = this.lives - 1; place > 0; place--) {
      const life = this.order[place];
      this.below[this.parent[life]] += 1 + this.below[life];
    }
    this.placeInOrder = new Int32Array(this.lives);
    this.order.forEach((life, place) => { this.placeInOrder[life] = place; });
  }

  readFlights(f, items) {
    const count = f.end.length;
    this.flights = count;
    this.lane = Uint32Array.from(sums(f.lane));
    this.item = Uint32Array.from(sums(f.item));
    this.items = items;
    this.copies = sparse(count, f.copies, 1);
    this.end = f.end;
    this.sent = new Int32Array(count);
    for (let moment = 0; moment < this.count; moment++) {
      this.sent.fill(moment, this.flightsOf[moment], this.flightsOf[moment + 1]);
    }
    // The moment in which it came off the wire; past the last if it never did.
    this.ended = new Int32Array(count).fill(this.count);
    const after = sums(f.after);
    const counts = new Uint32Array(this.count);
    for (let i = 0, a = 0; i < count; i++) {
      if (f.end[i] !== "a" && f.end[i] !== "v") continue;
      this.ended[i] = this.sent[i] + after[a++];
      counts[this.ended[i]]++;
    }
    this.endsOf = starts(counts);
    this.endedFlights = new Uint32Array(this.endsOf[this.count]);
    const next = this.endsOf.slice();
    for (let i = 0; i < count; i++) {
      if (this.ended[i] < this.count) this.endedFlights[next[this.ended[i]]++] = i;
    }
    for (let i = 0; i < this.count; i++) {
      if (this.kind[i] === "a") this.context[i] = this.receiver(this.cause[i]);
    }
  }

  readTurns(turns) {
    const twice = sums(turns.destination);
    this.turns = {
      context: sums(turns.context),
      destination: Float64Array.from(twice, (number) => Math.floor(number / 2)),
      isWrong: Uint8Array.from(twice, (number) => number % 2),
      wasWrong: new Uint8Array(twice.length),
    };
  }

  readChanges(changes) {
    const count = changes.kind.length;
    this.changes = { kind: changes.kind, subject: sums(changes.subject), amount: new Uint32Array(count),
      before: new Int32Array(count) };
    this.born = new Int32Array(this.lives);
    this.died = new Int32Array(this.lives).fill(this.count);
    this.born.fill(this.count, 1);
    for (let i = 0, a = 0, moment = 0; i < count; i++) {
      while (this.changesOf[moment + 1] <= i) moment++;
      const kind = changes.kind[i], subject = this.changes.subject[i];
      if (kind === "p" || kind === "s") this.changes.amount[i] = changes.amount[a++];
      if (kind === "b" || kind === "o") this.born[subject] = moment;
      if (kind === "d") this.died[subject] = moment;
    }
  }

  // The moment that led to each moment; -1 is none. A sending leads to an arrival, and nothing to a step; the column has
  // the rest.
  readOrigins(m) {
    this.origin = Int32Array.from(m.kind, (kind, moment) => (kind === "a" ? this.sent[this.cause[moment]] : -1));
    for (const [moment, place] of m.origins) this.origin[moment] = place - 1;
  }

  readReasons(r) {
    const context = sums(r.context), route = sums(r.route), first = sums(r.first), last = sums(r.last), asked = sums(r.asked);
    this.intervals = r.intervals;
    this.reasons = r.tips.map((tips, i) => ({
      context: context[i], route: route[i], first: first[i], last: last[i], asked: asked[i], tips,
      standing: this.words[r.standing[i]], headline: this.words[r.headline[i]],
      sentences: r.sentences[i].map((place) => this.words[place]),
    }));
  }

  start() {
    const lives = this.lives;
    this.now = 0;
    this.isAlive = new Uint8Array(lives);
    this.isAttached = new Uint8Array(lives);
    this.isAlive[0] = this.isAttached[0] = 1;
    this.isOpen = new Uint8Array(2 * lives).fill(1);
    // Bit 1: it delivers nothing downward; bit 2: nothing upward.
    this.cut = new Uint8Array(lives);
    this.factor = new Uint32Array(lives).fill(1);
    this.tables = Array.from({ length: lives }, () => new Map());
    this.graves = new Map();
    this.wrong = new Array(lives);
    this.latest = new Map([[0, 0]]);
    this.onWire = new Set();
  }

  // Goes to what there is after so many moments.
  go(moments) {
    const to = Math.max(0, Math.min(this.count, moments));
    while (this.now < to) this.forward(this.now++);
    while (this.now > to) this.back(--this.now);
  }

  forward(moment) {
    const { routes, turns, changes } = this;
    for (let i = this.routesOf[moment]; i < this.routesOf[moment + 1]; i++) {
      const table = this.tables[routes.context[i]];
      routes.before[i] = (table.get(routes.target[i]) ?? -1) + 1;
      put(table, routes.target[i], routes.after[i]);
    }
    for (let i = this.changesOf[moment]; i < this.changesOf[moment + 1]; i++) changes.before[i] = this.change(i);
    for (let i = this.turnsOf[moment]; i < this.turnsOf[moment + 1]; i++) {
      const context = turns.context[i];
      const wrong = this.wrong[context] ??= new Set();
      turns.wasWrong[i] = wrong.has(turns.destination[i]) ? 1 : 0;
      mark(wrong, turns.destination[i], turns.isWrong[i]);
    }
    for (let i = this.endsOf[moment]; i < this.endsOf[moment + 1]; i++) this.onWire.delete(this.endedFlights[i]);
    for (let i = this.flightsOf[moment]; i < this.flightsOf[moment + 1]; i++) if (this.end[i] !== "d") this.onWire.add(i);
  }

  // Returns what was there before.
  change(i) {
    const subject = this.changes.subject[i], amount = this.changes.amount[i];
    let before = 0;
    switch (this.changes.kind[i]) {
      case "b": case "o":
        before = this.latest.get(this.id[subject]) ?? -1;
        this.latest.set(this.id[subject], subject);
        this.isAlive[subject] = 1;
        this.isAttached[subject] = this.changes.kind[i] === "b" ? 1 : 0;
        break;
      case "d":
        before = this.isAlive[subject];
        this.isAlive[subject] = 0;
        this.graves.set(subject, this.tables[subject]);
        this.tables[subject] = new Map();
        break;
      case "l": before = this.isAttached[subject]; this.isAttached[subject] = 0; break;
      case "c": before = this.isOpen[subject]; this.isOpen[subject] = 0; break;
      case "p": before = this.cut[subject]; this.cut[subject] |= amount; break;
      case "h": before = this.cut[subject]; this.cut[subject] = 0; break;
      case "s": before = this.factor[subject]; this.factor[subject] = amount; break;
    }
    return before;
  }

  back(moment) {
    const { routes, turns, changes } = this;
    for (let i = this.flightsOf[moment]; i < this.flightsOf[moment + 1]; i++) this.onWire.delete(i);
    for (let i = this.endsOf[moment]; i < this.endsOf[moment + 1]; i++) this.onWire.add(this.endedFlights[i]);
    for (let i = this.turnsOf[moment + 1] - 1; i >= this.turnsOf[moment]; i--) {
      mark(this.wrong[turns.context[i]], turns.destination[i], turns.wasWrong[i]);
    }
    for (let i = this.changesOf[moment + 1] - 1; i >= this.changesOf[moment]; i--) this.unchange(i, changes.before[i]);
    for (let i = this.routesOf[moment + 1] - 1; i >= this.routesOf[moment]; i--) {
      put(this.tables[routes.context[i]], routes.target[i], routes.before[i]);
    }
  }

  unchange(i, before) {
    const subject = this.changes.subject[i];
    switch (this.changes.kind[i]) {
      case "b": case "o":
        if (before < 0) this.latest.delete(this.id[subject]);
        else this.latest.set(this.id[subject], before);
        this.isAlive[subject] = this.isAttached[subject] = 0;
        break;
      case "d":
        this.isAlive[subject] = before;
        this.tables[subject] = this.graves.get(subject);
        break;
      case "l": this.isAttached[subject] = before; break;
      case "c": this.isOpen[subject] = before; break;
      case "p": case "h": this.cut[subject] = before; break;
      case "s": this.factor[subject] = before; break;
    }
  }

  sender(flight) {
    const child = this.lane[flight] >> 1;
    return this.lane[flight] % 2 === UP ? child : this.parent[child];
  }

  receiver(flight) {
    const child = this.lane[flight] >> 1;
    return this.lane[flight] % 2 === UP ? this.parent[child] : child;
  }

  // The time of the last moment.
  time() {
    return this.now === 0 ? 0 : this.at[this.now - 1];
  }

  // How many moments there are up to a time.
  eventAt(time) {
    let low = 0, high = this.count;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.at[middle] <= time) low = middle + 1; else high = middle;
    }
    return low;
  }

  // How many events there were after so many moments: the number of the last.
  number(now) {
    return this.before[now];
  }

  // How many moments there are up to an event, its own included.
  momentOf(number) {
    let low = 0, high = this.count;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.before[middle] < number) low = middle + 1; else high = middle;
    }
    return low;
  }

  isBorn(life) {
    return this.born[life] < this.now || life === 0;
  }

  // `fine`, `wrong`, `unknown`, `orphan` or `dead`; empty before its birth.
  health(life) {
    if (!this.isBorn(life)) return "";
    if (!this.isAlive[life]) return "dead";
    if (!this.isAttached[life]) return "orphan";
    return !this.isJudged(life) ? "unknown" : this.wrong[life]?.size ? "wrong" : "fine";
  }

  wrongCount(life) {
    return this.isJudged(life) ? this.wrong[life]?.size ?? 0 : 0;
  }

  isHeld(flight) {
    return (this.cut[this.lane[flight] >> 1] & (this.lane[flight] % 2 === DOWN ? 1 : 2)) !== 0;
  }

  // Whether anyone compares the table of a context with the truth.
  isJudged(context) {
    const isFollowed = this.now === 0 || this.wrongAfter[this.now - 1] > 0;
    return isFollowed && this.isAttached[context] === 1;
  }

  // An entry that a context has, or should have: destination, via and expected (neighbours, or -1), and whether it is wrong,
  // which the columns say.
  entry(context, destination) {
    const via = this.tables[context].get(destination) ?? -1;
    const isWrong = this.isJudged(context) && this.wrong[context]?.has(destination) === true;
    return { destination, via, isWrong, expected: isWrong ? this.expected(context, destination) : via };
  }

  // All entries that a context has, and those that it lacks.
  entries(context) {
    const destinations = new Set([...this.tables[context].keys(), ...(this.isJudged(context) ? this.wrong[context] ?? [] : [])]);
    return [...destinations].sort((one, other) => one - other).map((destination) => this.entry(context, destination));
  }

  // The neighbour through which a context should reach a destination that its table is wrong about; -1 is none. Nothing else
  // on the page looks for the truth.
  expected(context, destination) {
    const parent = this.parent[context];
    if (parent >= 0 && this.id[parent] === destination) return parent;
    let at = this.latest.get(destination) ?? -1;
    if (at < 0 || !this.isAttached[at]) return -1;
    while (this.depth[at] > this.depth[context] + 1) at = this.parent[at];
    return this.parent[at] === context ? at : this.data.run.is_held_to_reach ? parent : -1;
  }

  // The moment in which an entry last changed; -1 is never.
  lastTurn(context, destination) {
    const { routes, routesOf } = this;
    for (let i = routesOf[this.now] - 1, moment = this.now - 1; i >= 0; i--) {
      while (routesOf[moment] > i) moment--;
      if (routes.context[i] === context && routes.target[i] === destination) return moment;
    }
    return -1;
  }

  // The reason of the interval in which an entry is wrong now, if the page has it.
  reasonOf(context, route) {
    const moment = this.now - 1;
    return this.reasons.find((reason) => reason.context === context && reason.route === route
      && reason.first <= moment && moment <= reason.last);
  }

  // Moments, and all that led to them, ascending.
  chain(tips) {
    const all = new Set();
    for (const tip of tips) for (let at = tip; at >= 0 && !all.has(at); at = this.origin[at]) all.add(at);
    return [...all].sort((one, other) => one - other);
  }

  // What the last moment changed in a route table: by destination, the neighbour before, or -1.
  changedJustNow(context) {
    const changed = new Map();
    if (this.now === 0) return changed;
    const { routes } = this;
    for (let i = this.routesOf[this.now - 1]; i < this.routesOf[this.now]; i++) {
      if (routes.context[i] === context && !changed.has(routes.target[i])) changed.set(routes.target[i], routes.before[i] - 1);
    }
    return changed;
  }
}

// Sets an entry: `after` is one more than the neighbour, or 0 for none.
function put(table, target, after) {
  if (after === 0) table.delete(target); else table.set(target, after - 1);
}

function mark(set, key, isIn) {
  if (isIn) set.add(key); else set.delete(key);
}

// What is wrong about an entry, if anything.
function difference({ isWrong, via, expected }) {
  if (!isWrong) return "";
  return expected < 0 ? "stale" : via < 0 ? "missing" : "wrong";
}
