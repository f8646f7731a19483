// The run at one moment. Its columns (data.rs says what is in them) are read once; from then on the model goes forward
// and back by the changes of each event, so that what it holds is what there is after `now` events; 0 is before the first.

function sums(column) {
  const out = new Float64Array(column.length);
  let sum = 0;
  for (let i = 0; i < column.length; i++) out[i] = sum += column[i];
  return out;
}

// Where the parts of each event begin, and one past the last.
function starts(counts) {
  const out = new Uint32Array(counts.length + 1);
  for (let i = 0; i < counts.length; i++) out[i + 1] = out[i] + counts[i];
  return out;
}

// Numbers that are `usual` but for a few.
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
    this.start();
  }

  readMoments(m) {
    const count = m.at.length;
    this.count = count;
    this.at = sums(m.at);
    this.silence = m.silence ?? Infinity;
    this.kind = m.kind;
    this.times = sparse(count, m.times, 1);
    // How many events there were before each moment: equal ones in a row are one moment. What people see are events.
    this.before = new Float64Array(count + 1);
    for (let i = 0; i < count; i++) this.before[i + 1] = this.before[i] + this.times[i];
    this.wrongAfter = sums(m.wrong);
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
    // All in the order of the tree: each before its children, which come in the order in which they were born.
    this.order = [];
    const left = [0];
    while (left.length) {
      const one = left.pop();
      this.order.push(one);
      for (let i = this.children[one].length; i > 0; i--) left.push(this.children[one][i - 1]);
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
    // In which moment it came off the wire; none is past the last.
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

  start() {
    const lives = this.lives;
    this.now = 0;
    this.isAlive = new Uint8Array(lives);
    this.isAttached = new Uint8Array(lives);
    this.isAlive[0] = this.isAttached[0] = 1;
    this.isOpen = new Uint8Array(2 * lives).fill(1);
    // Bit 1: nothing is delivered down; bit 2: nothing up.
    this.cut = new Uint8Array(lives);
    this.factor = new Uint32Array(lives).fill(1);
    this.tables = Array.from({ length: lives }, () => new Map());
    this.graves = new Map();
    this.wrong = new Array(lives);
    this.latest = new Map([[0, 0]]);
    this.onWire = new Set();
  }

  // Goes to what there is after `event` events.
  go(event) {
    const to = Math.max(0, Math.min(this.count, event));
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

  // The time of the model: that of the last event.
  time() {
    return this.now === 0 ? 0 : this.at[this.now - 1];
  }

  // How many events there are up to a time.
  eventAt(time) {
    let low = 0, high = this.count;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.at[middle] <= time) low = middle + 1; else high = middle;
    }
    return low;
  }

  // The number of an event, after so many moments.
  number(now) {
    return this.before[now];
  }

  // How many moments there are up to an event with its group.
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

  // `fine`, `wrong`, `orphan`, `dead` or, before its birth, nothing.
  health(life) {
    if (!this.isBorn(life)) return "";
    if (!this.isAlive[life]) return "dead";
    if (!this.isAttached[life]) return "orphan";
    return this.wrong[life]?.size ? "wrong" : "fine";
  }

  wrongCount(life) {
    return this.isAttached[life] ? this.wrong[life]?.size ?? 0 : 0;
  }

  isHeld(flight) {
    return (this.cut[this.lane[flight] >> 1] & (this.lane[flight] % 2 === DOWN ? 1 : 2)) !== 0;
  }

  // The child of a context that leads to one below it; -1 where it is not below.
  childTowards(context, other) {
    const depth = this.depth[context];
    let at = other;
    while (this.depth[at] > depth + 1) at = this.parent[at];
    return this.parent[at] === context && at !== 0 ? at : -1;
  }

  // The neighbour through which a context should reach a destination; -1 where it should not.
  expected(context, destination) {
    if (!this.isAttached[context]) return -1;
    const parent = this.parent[context];
    if (parent >= 0 && this.id[parent] === destination) return parent;
    const other = this.latest.get(destination);
    if (other === undefined || !this.isAttached[other] || other === context) return -1;
    return this.childTowards(context, other);
  }

  // All entries that a context has or should have: destination, via, expected (neighbours, or -1).
  entries(context) {
    const list = [];
    const table = this.tables[context];
    for (const [destination, via] of table) list.push({ destination, via, expected: this.expected(context, destination) });
    const add = (destination, expected) => {
      if (expected >= 0 && !table.has(destination)) list.push({ destination, via: -1, expected });
    };
    if (this.isAttached[context]) {
      const parent = this.parent[context];
      if (parent >= 0) add(this.id[parent], parent);
      const left = this.children[context].slice();
      while (left.length) {
        const one = left.pop();
        // What is behind one that has left the tree has left it, too.
        if (!this.isBorn(one) || !this.isAttached[one]) continue;
        add(this.id[one], this.expected(context, this.id[one]));
        for (const child of this.children[one]) left.push(child);
      }
    }
    return list.sort((one, other) => one.destination - other.destination);
  }

  // How the last event changed a route table: by destination, what was there before (a neighbour, or -1).
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

// Puts an entry that is one more than a neighbour, or 0.
function put(table, target, after) {
  if (after === 0) table.delete(target); else table.set(target, after - 1);
}

function mark(set, key, isIn) {
  if (isIn) set.add(key); else set.delete(key);
}

// What is wrong about an entry, if anything.
function difference(entry) {
  if (entry.via === entry.expected) return "";
  return entry.expected < 0 ? "stale" : entry.via < 0 ? "missing" : "wrong";
}
