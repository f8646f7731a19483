// Two runs of one scenario, at one time: the charts share an axis; the trees and the tables are those of the same context.

const byId = (id) => document.getElementById(id);

class Pair {
  constructor() {
    const data = JSON.parse(byId("data").textContent);
    this.models = data.sides.map((side) => new Model(side));
    this.difference = data.difference;
    this.command = data.command;
    this.find();
    this.view = { place: 0, context: 0, route: null };
    Theme.read();
    this.head();
    const go = (event, model) => this.goTime(event === 0 ? -1 : model.at[event - 1]);
    this.axis = this.sharedAxis();
    this.charts = this.models.map((model, side) => new Chart(byId(`chart-${side}`), model, { go: (event) => go(event, model), axis: this.axis, isBare: side === 0 }));
    this.trees = this.models.map((model, side) => new Tree(byId(`tree-${side}`), model, (life) => this.choose(model, life), (name) => byId(`${name}-${side}`)));
    this.tables = this.models.map((model, side) => new Table(model, (route) => this.set({ route }), (name) => byId(`${name}-${side}`)));
    this.tables.forEach((table, side) => this.markRows(table, side));
    this.marks = this.charts.map(({ box }) => {
      const mark = el("div", { class: "mark-first", "aria-hidden": "true" });
      box.append(mark);
      return mark;
    });
    this.axis.listeners.push(() => this.drawApart());
    new ResizeObserver(() => this.drawApart()).observe(byId("apart"));
    this.controls();
    this.view = this.fromFragment() ?? { place: this.first, context: this.story(), route: null };
    this.repaint();
    this.show();
    this.keepFragment();
    addEventListener("popstate", () => { this.view = this.fromFragment() ?? this.view; this.later(); });
  }

  // All times with an event, and how many entries differ after each.
  find() {
    const [one, other] = this.models;
    this.times = [...new Set([...one.at, ...other.at])].sort((a, b) => a - b);
    // The other life of the same context.
    const key = (model, life) => `${model.id[life]} ${model.earlier[life]}`;
    const lives = new Map(Array.from({ length: other.lives }, (_, life) => [key(other, life), life]));
    this.partner = [Int32Array.from({ length: one.lives }, (_, life) => lives.get(key(one, life)) ?? -1), new Int32Array(other.lives).fill(-1)];
    this.partner[0].forEach((to, from) => { if (to >= 0) this.partner[1][to] = from; });
    this.walk();
    const seen = this.seen();
    this.seenAt = seen?.at ?? null;
    this.seenWords = seen?.only ?? null;
    this.eventsAt = seen?.events ?? null;
    const at = this.seenAt ?? this.difference?.at ?? null;
    this.first = at === null ? this.times.length : Math.max(1, atOrBefore(this.times, at) + 1);
    this.turns = [];
    for (let i = 1; i <= this.times.length; i++) if ((this.apart[i] > 0) !== (this.apart[i - 1] > 0)) this.turns.push(i);
  }

  walk() {
    const [one, other] = this.models, differing = new Set(), places = [0, 0];
    this.apart = new Float64Array(this.times.length + 1);
    const has = (model, life, route) => {
      const via = life < 0 || !model.isAlive[life] ? undefined : model.tables[life].get(route);
      return via === undefined ? "" : `${model.id[via]} ${model.earlier[via]}`;
    };
    const look = (life, route) => {
      if (has(one, life, route) === has(other, this.partner[0][life], route)) differing.delete(`${life} ${route}`);
      else differing.add(`${life} ${route}`);
    };
    this.times.forEach((time, i) => {
      const touched = [];
      this.models.forEach((model, side) => {
        const last = model.eventAt(time);
        for (let moment = places[side]; moment < last; moment++) {
          const mine = (life) => (side === 0 ? life : this.partner[1][life]);
          for (let r = model.routesOf[moment]; r < model.routesOf[moment + 1]; r++) touched.push([mine(model.routes.context[r]), model.routes.target[r]]);
          for (let c = model.changesOf[moment]; c < model.changesOf[moment + 1]; c++) {
            if (model.changes.kind[c] !== "d") continue;
            const dead = model.changes.subject[c];
            for (const route of model.tables[dead].keys()) touched.push([mine(dead), route]);
            const twin = this.partner[side][dead];
            if (twin >= 0) for (const route of this.models[1 - side].tables[twin].keys()) touched.push([mine(dead), route]);
          }
        }
        places[side] = last;
        model.go(last);
      });
      for (const [life, route] of touched) if (life >= 0) look(life, route);
      this.apart[i + 1] = differing.size;
    });
  }

  // The first time at which the runs do something else, and what only each of them does then; and the first time at which
  // other messages arrive. The traces may differ before, as in how a message is written.
  seen() {
    const places = [0, 0], isSame = (lists) => lists[0].length === lists[1].length && lists[0].every((phrase, i) => phrase === lists[1][i]);
    let seen = null;
    for (const time of this.times) {
      const events = [[], []], happens = this.models.map((model, side) => {
        const list = [];
        for (; places[side] < model.count && model.at[places[side]] === time; places[side]++) {
          events[side].push(Words.moment(model, places[side]));
          if (!seen) list.push(...this.phrases(model, places[side]));
        }
        return list;
      });
      if (!seen && !isSame(happens)) seen = { at: time, only: happens.map((list, side) => without(list, happens[1 - side])), events: null };
      if (seen && !isSame(events)) { seen.events = time; break; }
    }
    return seen;
  }

  // All that a moment is and does, in words.
  phrases(model, moment) {
    const list = [Words.moment(model, moment), ...Words.records(model, moment), ...Words.changes(model, moment)];
    for (let i = model.routesOf[moment]; i < model.routesOf[moment + 1]; i++) {
      const via = model.routes.after[i] === 0 ? "is removed" : `is via ${Words.short(model, model.routes.after[i] - 1)} now`;
      list.push(`${Words.short(model, model.routes.context[i])}'s entry for ${Words.destination(model.routes.target[i])} ${via}`);
    }
    for (let flight = model.flightsOf[moment]; flight < model.flightsOf[moment + 1]; flight++) {
      list.push(`${Words.short(model, model.sender(flight))} sends ${Words.item(model, flight)} to ${Words.short(model, model.receiver(flight))}`);
    }
    return list;
  }

  // The axis of the run that lasts longer.
  sharedAxis() {
    const end = (model) => (model.count ? model.at[model.count - 1] : 0);
    const [one, other] = this.models;
    return Chart.axis(end(one) >= end(other) ? one : other);
  }

  // The context of the first run where they part.
  story() {
    const [one] = this.models, at = this.seenAt ?? this.difference?.at;
    const now = at === undefined ? 0 : one.eventAt(at);
    return now === 0 ? 0 : Math.max(0, one.context[now - 1]);
  }

  // The entries that differ at the moment of the models, at most so many.
  differing(most) {
    const [one, other] = this.models, list = [];
    for (let life = 0; life < one.lives && list.length < most; life++) {
      const twin = this.partner[0][life];
      const mine = one.isAlive[life] ? one.tables[life] : new Map(), theirs = twin >= 0 && other.isAlive[twin] ? other.tables[twin] : new Map();
      for (const route of new Set([...mine.keys(), ...theirs.keys()])) {
        const [a, b] = [mine.get(route) ?? -1, theirs.get(route) ?? -1];
        if ((a < 0 ? -1 : a) === (b < 0 ? -1 : this.partner[1][b])) continue;
        list.push({ life, route, vias: [a, b] });
        if (list.length >= most) break;
      }
    }
    return list;
  }

  head() {
    this.models.forEach((model, side) => {
      const { run } = model.data;
      byId(`verdict-${side}`).className = run.is_good ? "fine" : "bad";
      byId(`verdict-${side}`).textContent = run.verdict;
      byId(`verdict-${side}`).nextElementSibling.textContent = run.sentence;
      byId(`verdict-${side}`).parentElement.previousElementSibling.textContent = run.monitor;
      byId("name").textContent = shown(run.name);
      byId(`name-${side}`).textContent = run.monitor;
      byId(`strip-${side}`).textContent = run.monitor;
    });
    const box = byId("parting"), { difference } = this;
    if (difference === null) return box.append("Both runs are the same, record by record.");
    const written = `with record ${number(difference.line)} of the traces`;
    if (this.seenAt === null) box.append(el("strong", {}, `They do the same`), `; the traces differ only in how it is written, first at ${span(difference.at)}, ${written}.`);
    else {
      box.append(el("strong", {}, `They part at ${span(this.seenAt)}. `), ...this.onlyWords());
      if (difference.at < this.seenAt) box.append(el("span", { class: "muted" }, ` The traces differ before, in how it is written: at ${span(difference.at)}, ${written}.`));
    }
    if (this.seenAt !== null) this.tellLater();
    difference.records.forEach((record, side) => byId("records").append(el("li", {}, el("span", {}, this.models[side].data.run.monitor), el("code", {}, shown(record ?? "the trace has ended")))));
  }

  // When messages and entries differ first, with links.
  tellLater() {
    const place = this.apart.findIndex((count) => count > 0), when = (time) => el("a", { href: "#at=" + time, onclick: (event) => { event.preventDefault(); this.goTime(time); } }, span(time));
    const events = this.eventsAt === null ? ["The same events happen in both"] : ["Other events from ", when(this.eventsAt), " on"];
    const tables = place < 0 ? ["; the route tables are always the same."] : ["; other route tables from ", when(this.times[place - 1]), ` on, at most ${counted(Math.max(...this.apart), "entry", "entries")} at once.`];
    byId("later").append(...events, ...tables);
  }

  // What only each of them does when they part.
  onlyWords() {
    return this.models.flatMap((model, side) => {
      const only = this.seenWords[side], words = only.slice(0, 3).join("; ") + (only.length > 3 ? `; and ${number(only.length - 3)} more` : "");
      return [`Only ${model.data.run.monitor}: `, el("bdi", { dir: "ltr" }, only.length ? words : "nothing"), ". "];
    });
  }

  choose(model, life) {
    const mine = model === this.models[0] ? life : this.partner[1][life];
    if (mine >= 0) this.set({ context: mine, route: null });
  }

  // Marks the rows in which the tables differ.
  markRows(table, side) {
    const { draw } = table.rows;
    table.rows.draw = (row, place) => {
      draw(row, place);
      const route = table.list[place].destination, [one, other] = this.models, twin = this.partner[0][this.view.context];
      const mine = one.tables[this.view.context].get(route) ?? -1, theirs = twin < 0 ? -1 : other.tables[twin].get(route) ?? -1;
      const isApart = mine !== (theirs < 0 ? -1 : this.partner[1][theirs]);
      row.classList.toggle("apart", isApart);
      if (isApart) row.setAttribute("aria-description", `${row.getAttribute("aria-description")}, differs under ${this.models[1 - side].data.run.monitor}`);
    };
  }

  controls() {
    const { axis } = this, actions = {
      on: () => this.set({ place: this.view.place + 1 }),
      back: () => this.set({ place: this.view.place - 1 }),
      "apart-on": () => this.set({ place: this.turns[atOrBefore(this.turns, this.view.place) + 1] ?? this.view.place }),
      "apart-back": () => this.set({ place: this.turns[atOrBefore(this.turns, this.view.place - 1)] ?? 0 }),
      home: () => this.set({ place: 0 }),
      end: () => this.set({ place: this.times.length }),
      first: () => this.set({ place: this.first }),
      in: () => axis.zoom(1.6, this.time()),
      out: () => axis.zoom(1 / 1.6, this.time()),
    };
    this.actions = actions;
    for (const button of document.querySelectorAll("[data-go]")) button.addEventListener("click", actions[button.dataset.go]);
    byId("scrubber").max = this.times.length;
    byId("scrubber").addEventListener("input", (event) => this.set({ place: Number(event.target.value) }));
    byId("chart-in").addEventListener("click", actions.in);
    byId("chart-out").addEventListener("click", actions.out);
    byId("chart-all").addEventListener("click", () => { axis.whole(); axis.changed(); });
    byId("chart-faults").addEventListener("click", () => { Chart.skipJoin(axis, this.models[0]); axis.changed(); });
    byId("chart-cut-label").hidden = axis.segments.length < 2;
    byId("chart-cut").checked = axis.isCut;
    byId("chart-cut").addEventListener("change", (event) => axis.cut(event.target.checked));
    byId("theme").addEventListener("click", () => {
      const isDark = byId("theme").getAttribute("aria-pressed") !== "true";
      byId("theme").setAttribute("aria-pressed", isDark);
      document.documentElement.dataset.theme = isDark ? "dark" : "light";
      this.repaint();
    });
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.repaint());
    this.listenToPrinter();
    byId("context").addEventListener("change", (event) => this.typed(event.target));
    document.addEventListener("keydown", (event) => {
      if (event.ctrlKey || event.altKey || event.metaKey || event.defaultPrevented) return;
      if (event.target.closest("input:not([type=range]):not([type=checkbox])")) return;
      const to = { ArrowRight: event.shiftKey ? "apart-on" : "on", ArrowLeft: event.shiftKey ? "apart-back" : "back", Home: "home", End: "end", d: "first",
        "+": "in", "=": "in", "-": "out" }[event.key];
      if (!to) return;
      event.preventDefault();
      actions[to]();
    });
    document.querySelector(".skip").addEventListener("click", (event) => { event.preventDefault(); byId("transport").focus(); });
  }

  // On paper, the page is light, and narrow enough for a sheet.
  listenToPrinter() {
    const { dataset } = document.documentElement;
    let theme;
    addEventListener("beforeprint", () => {
      theme = dataset.theme;
      dataset.theme = "light";
      dataset.paper = "";
      byId("about").open = true;
      this.repaint();
      this.show();
    });
    addEventListener("afterprint", () => {
      delete dataset.paper;
      if (theme === undefined) delete dataset.theme; else dataset.theme = theme;
      this.repaint();
    });
  }

  typed(input) {
    const text = input.value.trim(), [model] = this.models;
    let found = text === "master" ? 0 : -1;
    for (let life = 0; life < model.lives; life++) if (Words.short(model, life) === text || Words.name(model, life) === text) found = life;
    byId("context-mistake").hidden = found >= 0;
    byId("context-mistake").textContent = found >= 0 ? "" : `There is no context ${shown(text)}.`;
    input.setAttribute("aria-invalid", found < 0);
    if (found >= 0) this.set({ context: found, route: null });
  }

  repaint() {
    Theme.read();
    for (const part of [...this.charts, ...this.trees]) { part.drawLegend(); part.draw(); }
    this.drawApart();
  }

  time() {
    return this.view.place === 0 ? 0 : this.times[this.view.place - 1];
  }

  goTime(time) {
    this.set({ place: atOrBefore(this.times, time) + 1 });
  }

  set(change) {
    this.view = { ...this.view, ...change };
    this.view.place = Math.max(0, Math.min(this.times.length, this.view.place));
    this.keepFragment();
    this.later();
  }

  later() {
    if (this.isWaiting) return;
    this.isWaiting = true;
    requestAnimationFrame(() => { this.isWaiting = false; this.show(); });
  }

  show() {
    const { view, models } = this, time = this.time();
    byId("scrubber").value = view.place;
    byId("time").textContent = `${span(time)}, ${counted(this.apart[view.place], "entry differs", "entries differ")}`;
    byId("scrubber").setAttribute("aria-valuetext", byId("time").textContent);
    if (document.activeElement !== byId("context")) byId("context").value = Words.short(models[0], view.context);
    for (const who of document.querySelectorAll(".who")) who.textContent = Words.label(models[0], view.context);
    for (const model of models) model.go(view.place === 0 ? 0 : model.eventAt(time));
    models.forEach((model, side) => {
      const context = side === 0 ? view.context : this.partner[0][view.context];
      this.charts[side].cursorAt(time);
      this.trees[side].show(Math.max(0, context));
      this.tables[side].show(Math.max(0, context), view.route);
      this.showNow(model, side, time);
    });
    this.showDiffering();
    this.drawApart();
    clearTimeout(this.saying);
    this.saying = setTimeout(() => { byId("aloud").textContent = byId("time").textContent; }, 250);
  }

  // What happens at this time, and how many entries are wrong after it.
  showNow(model, side, time) {
    const wrong = model.now === 0 ? 1 : model.wrongAfter[model.now - 1], list = [];
    byId(`wrong-${side}`).className = `tally ${wrong > 1 ? "bad" : wrong === 1 ? "fine" : "muted"}`;
    byId(`wrong-${side}`).textContent = wrong === 0 ? "not followed" : wrong === 1 ? "● every entry right" : `◆ ${counted(wrong - 1, "entry", "entries")} wrong`;
    if (time === this.seenAt && this.view.place > 0) {
      const only = this.seenWords[side];
      return byId(`now-${side}`).replaceChildren(el("strong", { class: "only-here" }, "Only here: "), el("bdi", { dir: "ltr" }, only.length ? only.slice(0, 4).join("; ") + (only.length > 4 ? `; and ${number(only.length - 4)} more` : "") : "nothing"));
    }
    let count = 0;
    for (let moment = model.now - 1; moment >= 0 && model.at[moment] === time; moment--) { count++; if (list.length < 3) list.push(Words.moment(model, moment)); }
    const more = count > list.length ? ` and ${number(count - list.length)} more` : "";
    byId(`now-${side}`).replaceChildren(count ? el("bdi", { dir: "ltr" }, list.reverse().join("; ") + more) : el("span", { class: "muted" }, "nothing happens at this time"));
  }

  showDiffering() {
    const most = 30, list = this.differing(most), [one, other] = this.models, count = this.apart[this.view.place];
    const via = (model, life) => (life < 0 ? "no entry" : `via ${Words.short(model, life)}`);
    byId("differing").replaceChildren(list.length === 0 ? el("p", { class: "muted" }, "The route tables are the same.")
      : el("table", {}, el("thead", {}, el("tr", {}, ...["table", "to", one.data.run.monitor, other.data.run.monitor].map((head) => el("th", { scope: "col" }, head)))),
        el("tbody", {}, ...list.map(({ life, route, vias }) => el("tr", {},
          el("th", { scope: "row" }, el("a", { href: `#context=${Words.short(one, life)}`, onclick: (event) => { event.preventDefault(); this.set({ context: life, route }); } }, el("bdi", { dir: "ltr" }, Words.label(one, life)))),
          el("td", {}, Words.destination(route)), el("td", {}, via(one, vias[0])), el("td", {}, via(other, vias[1])))))),
      count > list.length ? el("p", { class: "muted" }, `and ${number(count - list.length)} more`) : "");
  }

  // How many entries differ over time, between the two charts.
  drawApart() {
    const box = byId("apart"), wide = box.clientWidth, high = box.clientHeight;
    if (!wide || !this.charts) return;
    const g = surface(box.querySelector("canvas"), wide, high), c = Theme.colours, [chart] = this.charts;
    const most = Math.max(1, ...this.apart), foot = high - 2;
    g.fillStyle = c.purple;
    for (let i = 0; i < this.times.length; i++) {
      if (this.apart[i + 1] === 0) continue;
      const from = chart.xOf(this.times[i]), to = i + 1 < this.times.length ? chart.xOf(this.times[i + 1]) : LEFT_EDGE + chart.wide();
      if (to < LEFT_EDGE || from > LEFT_EDGE + chart.wide()) continue;
      const left = Math.max(LEFT_EDGE, from), tall = Math.max(2, this.apart[i + 1] / most * (high - 5));
      g.fillRect(left, foot - tall, Math.max(1, Math.min(to, LEFT_EDGE + chart.wide()) - left), tall);
    }
    chart.label(g, `differ ${number(most === 1 && Math.max(...this.apart) === 0 ? 0 : most)}`, high / 2, c.purple);
    this.marks?.forEach((mark, side) => {
      const at = this.seenAt ?? this.difference?.at ?? -1, isIn = at >= this.axis.from && at <= this.axis.to;
      mark.hidden = !isIn;
      mark.style.left = this.charts[side].xOf(at) - 1 + "px";
    });
    box.setAttribute("aria-label", `At most ${counted(Math.max(0, ...this.apart), "entry differs", "entries differ")} at once`);
  }

  fromFragment() {
    const parts = new URLSearchParams(location.hash.slice(1)), [model] = this.models, at = parts.get("at");
    if (!at) return null;
    let context = 0;
    for (let life = 0; life < model.lives; life++) if (Words.short(model, life) === parts.get("context")) context = life;
    return { place: /^\d+$/.test(at) ? atOrBefore(this.times, Number(at)) + 1 : 0, context, route: /^\d+$/.test(parts.get("route") ?? "") ? Number(parts.get("route")) : null };
  }

  keepFragment() {
    clearTimeout(this.keeping);
    const { place, context, route } = this.view, who = context === 0 ? "master" : Words.short(this.models[0], context);
    const to = `#at=${place === 0 ? "start" : this.times[place - 1]}&context=${encodeURIComponent(who)}${route === null ? "" : `&route=${route}`}`;
    this.keeping = setTimeout(() => history.replaceState(null, "", to), 120);
  }
}

// The items of a list that another has not, each as often as it is more often there.
function without(list, other) {
  const left = new Map();
  for (const item of other) left.set(item, (left.get(item) ?? 0) + 1);
  return list.filter((item) => {
    const count = left.get(item) ?? 0;
    left.set(item, count - 1);
    return count <= 0;
  });
}

const page = new Pair();
performance.mark("ready");
document.documentElement.dataset.ready = "";
