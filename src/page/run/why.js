// Why an entry is as it is, or is not there: the walk that src/why.rs describes, over the columns.

class Why {
  constructor(model, context, route) {
    Object.assign(this, { model, context, route, end: model.now - 1, turnsOf: new Map(), moments: new Set(), sentences: [] });
    this.readTurns();
    const died = model.died[context];
    if (!model.isBorn(context)) {
      this.headline = `${Words.short(model, context)} has no table: it is born at ${span(model.at[model.born[context]])}`;
      this.standing = "unborn";
    } else if (died <= this.end) {
      this.headline = `${Words.short(model, context)} has no table: it died at ${span(model.at[died])}`;
      this.standing = "dead";
      this.addChain(died);
    } else {
      this.explain();
    }
    this.list = [...this.moments].sort((one, other) => one - other);
  }

  // All changes of entries for the route, by context: moment, before, after (neighbours, or -1).
  readTurns() {
    const { routes, routesOf } = this.model;
    let moment = 0;
    const last = new Map();
    for (let i = 0; i < routes.target.length; i++) {
      if (routes.target[i] !== this.route) continue;
      while (routesOf[moment + 1] <= i) moment++;
      const context = routes.context[i], after = routes.after[i] - 1;
      if (!this.turnsOf.has(context)) this.turnsOf.set(context, []);
      this.turnsOf.get(context).push({ moment, before: last.get(context) ?? -1, after });
      last.set(context, after);
    }
  }

  last(context, moment) {
    return (this.turnsOf.get(context) ?? []).findLast((turn) => turn.moment <= moment);
  }

  next(context, moment) {
    return (this.turnsOf.get(context) ?? []).find((turn) => turn.moment > moment);
  }

  via(context) {
    return this.last(context, this.end)?.after ?? -1;
  }

  explain() {
    const { model, context, route } = this;
    const entry = { via: model.tables[context].get(route) ?? -1, expected: model.expected(context, route) };
    const isAttached = model.isAttached[context] === 1;
    this.standing = isAttached ? difference(entry) || "right" : "orphaned";
    this.headline = this.head(entry);
    const last = this.last(context, this.end);
    if (last) this.addChain(last.moment);
    if (!isAttached || this.standing === "right") return;
    if (entry.expected >= 0 && entry.expected !== model.parent[context]) {
      const about = model.latest.get(route);
      if (about !== undefined) this.news(about);
    }
    if (this.standing !== "missing") this.retraction();
  }

  head(entry) {
    const { model } = this;
    const short = (life) => Words.short(model, life);
    const has = entry.via >= 0
      ? `${short(this.context)} has a route to ${this.route} via ${short(entry.via)}`
      : `${short(this.context)} has no route to ${this.route}`;
    switch (this.standing) {
      case "stale": return `${has}, and should have none: ${this.place()}`;
      case "missing": return `${has}, which is via ${short(entry.expected)}`;
      case "wrong": return `${has}; it is via ${short(entry.expected)}`;
      case "orphaned": return `${has}, and ${short(this.context)} is an orphan since ${this.left(this.context)}: nobody judges it`;
      default: return entry.via >= 0 ? `${has}, where it is` : `${has}, and should have none: ${this.place()}`;
    }
  }

  // Where the destination is.
  place() {
    const { model, context, route } = this;
    const target = model.latest.get(route);
    if (target === undefined) {
      const first = model.livesOf.get(route)?.[0];
      return first === undefined ? `${route} never connects` : `${route} is born at ${span(model.at[model.born[first]])}`;
    }
    if (model.id[context] === route) return "no context has one to itself";
    const short = Words.short(model, target);
    if (!model.isAlive[target]) return `${short} died at ${span(model.at[model.died[target]])}`;
    if (model.parent[context] === target) return `${route} is there`;
    if (!model.isAttached[target]) return `${short} is an orphan since ${this.left(target)}`;
    return model.childTowards(context, target) < 0 ? `${short} is not below ${Words.short(model, context)}` : `${route} is there`;
  }

  // When a context became an orphan.
  left(context) {
    const { changes, at, born } = this.model;
    for (let i = 0; i < changes.kind.length; i++) {
      if (changes.kind[i] === "l" && changes.subject[i] === context) return span(at[this.momentOfChange(i)]);
    }
    return span(at[born[context]]);
  }

  add(moment) {
    this.moments.add(moment);
  }

  addChain(moment) {
    for (let at = moment; at >= 0; at = this.origin(at)) this.add(at);
  }

  // The moment that led to another; -1 to a step.
  origin(moment) {
    const { model } = this;
    switch (model.kind[moment]) {
      case "a": return model.sent[model.cause[moment]];
      case "g": {
        for (let at = moment - 1; at >= 0; at--) {
          if (model.context[at] === model.context[moment] && this.hasRecord(at, "s")) return at;
        }
        return -1;
      }
      case "t": return this.silence(moment);
      default: return -1;
    }
  }

  // What made the link silent that an end gives up on.
  silence(moment) {
    const { model } = this, context = model.context[moment];
    let link = -1;
    for (let i = model.changesOf[moment]; i < model.changesOf[moment + 1]; i++) {
      if (model.changes.kind[i] !== "c") continue;
      const child = model.changes.subject[i] >> 1;
      if (child === context) { link = child; break; }
      if (model.parent[child] === context) link = Math.max(link, child);
    }
    if (link < 0) return -1;
    for (let i = model.changesOf[moment] - 1; i >= 0; i--) {
      const kind = model.changes.kind[i];
      if ((kind === "p" || kind === "s") && model.changes.subject[i] === link) return this.momentOfChange(i);
    }
    return model.born[link];
  }

  momentOfChange(change) {
    let low = 0, high = this.model.count;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.model.changesOf[middle + 1] <= change) low = middle + 1; else high = middle;
    }
    return low;
  }

  hasRecord(moment, kind) {
    const { recordsOf, recordKinds } = this.model;
    for (let i = recordsOf[moment]; i < recordsOf[moment + 1]; i++) if (recordKinds[i] === kind) return true;
    return false;
  }

  // What a context sent up in a moment, if it did: a flight, or -1.
  sentUp(moment, context, kind) {
    const { model } = this;
    for (let i = model.flightsOf[moment]; i < model.flightsOf[moment + 1]; i++) {
      const item = model.item[i];
      if (model.lane[i] !== 2 * context + UP || model.items.kind[item] !== kind) continue;
      if (kind === "e" || model.items.target[item] === this.route) return i;
    }
    return -1;
  }

  fate(flight) {
    const { model } = this, end = model.end[flight];
    if (end === "d") return "dropped";
    if (end === "a" && model.ended[flight] <= this.end) return "arrived";
    if (end === "v" && model.ended[flight] <= this.end) return "vanished";
    return model.isHeld(flight) ? "held" : "on its way";
  }

  // The news of a life on its way up to the context.
  news(about) {
    const { model } = this, who = Words.short(model, about);
    let moment = model.born[about], at = model.parent[about];
    for (;;) {
      this.add(moment);
      const isRefused = this.hasRecord(moment, "e"), when = span(model.at[moment]), here = Words.short(model, at);
      const flight = at === this.context ? -1 : this.sentUp(moment, at, "a");
      if (flight >= 0) {
        if (this.fate(flight) !== "arrived") return this.lost(flight, `the news of ${who}`);
        moment = model.ended[flight];
        at = model.context[moment];
      } else if (isRefused) {
        this.say(`${here} refused the news of ${who} at ${when}; ADD_ROUTE is sent once, at a connect.`);
        return this.obstacle(at, moment);
      } else {
        return this.say(at === this.context ? `The news of ${who} came at ${when}.`
          : `${here} knew of ${who} at ${when}, and told nobody above.`);
      }
    }
  }

  // The entry that stood in the way of refused news.
  obstacle(context, moment) {
    const made = this.last(context, moment - 1);
    if (!made || made.after < 0) return;
    this.addChain(made.moment);
    const next = this.next(context, moment);
    if (next && next.moment <= this.end && next.after < 0) this.addChain(next.moment);
  }

  // What should have removed the entry.
  retraction() {
    const { model } = this;
    for (let at = this.context; ;) {
      const about = this.via(at);
      if (about === model.parent[at]) return;
      const who = Words.short(model, about);
      if (!model.isOpen[2 * about + UP]) return this.retracted(about, this.closed(2 * about + UP), "e");
      const last = this.last(about, this.end);
      if (!last) return this.say(`Nothing was sent that would remove it: ${who} never had a route to ${this.route}.`);
      if (last.after < 0) return this.retracted(about, last.moment, "d");
      at = about;
    }
  }

  // When the end closed that sends on a lane; -1 is never.
  closed(lane) {
    const { changes } = this.model;
    for (let i = 0; i < changes.kind.length; i++) {
      if (changes.kind[i] === "c" && changes.subject[i] === lane) return this.momentOfChange(i);
    }
    return -1;
  }

  // When a link was last cut.
  cutAt(link) {
    const { changes, changesOf } = this.model;
    for (let i = changesOf[this.end + 1] - 1; i >= 0; i--) {
      if (changes.kind[i] === "p" && changes.subject[i] === link) return this.momentOfChange(i);
    }
    return -1;
  }

  retracted(about, moment, kind) {
    const { model } = this, who = Words.short(model, about);
    this.addChain(moment);
    const flight = this.sentUp(moment, about, kind);
    if (flight < 0) {
      return this.say(`${who} has no route to ${this.route} since ${span(model.at[moment])}, and told nobody above.`);
    }
    if (this.fate(flight) !== "arrived") return this.lost(flight, "what should remove it");
    const arrived = model.ended[flight], when = span(model.at[arrived]);
    this.add(arrived);
    this.say(this.hasRecord(arrived, "e") ? `${Words.short(model, model.context[arrived])} refused what ${who} sent at ${when}.`
      : `What should have removed it came from ${who} at ${when}, and left it.`);
  }

  // What was lost: where it vanished, and what closed that end; or what cut the link.
  lost(flight, what) {
    const { model } = this, fate = this.fate(flight), lane = model.lane[flight], ended = model.ended[flight];
    const from = Words.short(model, model.sender(flight)), to = Words.short(model, model.receiver(flight));
    const sent = span(model.at[model.sent[flight]]);
    const role = `${what[0].toUpperCase()}${what.slice(1)}`, words = `${role}, from ${from} to ${to}, was sent at ${sent}`;
    const end = ended < model.count ? span(model.at[ended]) : "";
    switch (fate) {
      case "vanished":
        this.add(ended);
        this.addChain(this.closed(lane ^ 1));
        return this.say(`${words}, and vanished at ${end}: ${to} had closed that end.`);
      case "dropped":
        this.addChain(this.closed(lane));
        return this.say(`${role}, to ${to}, was dropped by ${from} at ${sent}: it had closed that end.`);
      case "held":
        this.addChain(this.cutAt(lane >> 1));
        return this.say(`${words}; the cut link of ${Words.short(model, lane >> 1)} holds it${end ? ` until ${end}` : ""}.`);
      default:
        return this.say(end ? `${words}, and gets there at ${end}.` : `${words}, and is on its way.`);
    }
  }

  say(sentence) {
    this.sentences.push(sentence);
  }
}

// The chain in the page.
class WhyView {
  constructor(box, model, { link, command }) {
    Object.assign(this, { box, model, link, command });
  }

  // The chain of an entry, or of a call that hangs.
  show(context, route, trail, call) {
    if (call !== null) return this.showCall(trail, call);
    if (route === null || context < 0) {
      this.box.replaceChildren(el("p", { class: "muted" }, "Choose an entry of the table, or a call that hangs among the findings, to see the events that led to it."));
      return;
    }
    this.tell(new Why(this.model, context, route),
      `--context ${this.model.id[context]} --route ${route} --at ${span(this.model.time())}`);
  }

  // The page knows the way of a call as the command line does; of a few among many calls, it knows the command alone.
  showCall(trail, call) {
    if (trail) return this.tell({ ...trail, list: trail.moments, turnsOf: new Map() }, `--call ${call}`);
    this.box.replaceChildren(el("p", {}, `The way of call ${number(call)} is not on this page.`), this.commands(`--call ${call}`));
  }

  tell(why, options) {
    const shownMax = 60;
    const items = why.list.slice(0, shownMax).map((moment) => this.item(why, moment));
    this.box.replaceChildren(
      el("p", {}, el("strong", { class: `badge ${why.standing === "right" ? "fine" : "bad"}` }, why.standing), ` ${why.headline}.`),
      el("ol", { id: "why-chain", "aria-label": "Events that led to it" }, ...items),
      ...(why.list.length > shownMax ? [el("p", { class: "muted" }, `... and ${number(why.list.length - shownMax)} more`)] : []),
      ...why.sentences.map((sentence) => el("p", {}, sentence)),
      this.commands(options),
    );
  }

  commands(options) {
    const [, base] = this.model.data.run.commands.find(([what]) => what === "why");
    return el("ul", { class: "commands" }, this.command("why", `${base} ${options}`));
  }

  item(why, moment) {
    const { model } = this;
    const changes = [];
    for (const [context, turns] of why.turnsOf) {
      for (const turn of turns) {
        if (turn.moment !== moment) continue;
        const via = turn.after < 0 ? "removed" : `via ${Words.short(model, turn.after)}`;
        changes.push(`${Words.short(model, context)}'s entry for ${why.route}: ${via}`);
      }
    }
    const errors = Words.records(model, moment).filter((words) => words.includes(" logs "));
    return el("li", { class: moment === model.now - 1 ? "here" : "", "data-moment": moment },
      el("span", { class: "at" }, span(model.at[moment])),
      el("span", {}, this.link({ event: moment + 1 }, Words.moment(model, moment)),
        ...[...changes, ...errors].map((words) => el("span", { class: "muted" }, `; ${words}`))));
  }
}
