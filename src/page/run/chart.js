// The convergence chart: the faults, how many entries were wrong, whose they were, what was on the wires, and where the
// window is in the whole run. A click goes to a time, a drag zooms, and the pointer reads values.

const LEFT_EDGE = 82, RIGHT_EDGE = 12, LANE = 12;

class Chart {
  // `axis` may be shared with other charts. A bare chart has no times at its foot.
  constructor(box, model, { go, axis, isBare }) {
    Object.assign(this, { box, model, go, isBare: isBare === true, axis: axis ?? Chart.axis(model), route: null, now: 0 });
    box.querySelector("svg")?.setAttribute("aria-hidden", "true");
    box.classList.add("live");
    this.canvas = el("canvas", { tabindex: "0", role: "img", "aria-label": "Convergence over time" });
    this.cursor = el("div", { class: "cursor", "aria-hidden": "true" });
    this.brush = el("div", { class: "brush", "aria-hidden": "true", hidden: true });
    this.ruler = el("div", { class: "ruler", "aria-hidden": "true", hidden: true });
    this.tip = el("div", { class: "tip", hidden: true });
    box.append(this.canvas, this.ruler, this.cursor, this.brush, this.tip);
    this.marks = [];
    this.faults = model.data.chart.faults.map((fault) => ({ ...fault, words: shown(fault.words) }));
    this.spans = this.faults.filter((fault) => fault.until !== null && fault.until > fault.at);
    const list = document.getElementById("chart-legend"), c = Theme.colours;
    this.drawLegend = () => {
      list?.replaceChildren();
      const box = (name, stroke) => (g) => {
        g.fillStyle = c[name];
        g.fillRect(2, 3, 14, 8);
        if (stroke) { g.strokeStyle = c[stroke]; g.strokeRect(2.5, 3.5, 13, 7); }
      };
      const line = (g) => { g.strokeStyle = c.blue; g.lineWidth = 2; g.beginPath(); g.moveTo(0, 7); g.lineTo(18, 7); g.stroke(); };
      for (const [draw, words] of [[line, "wrong entries"], [box("red"), "who"], [box("band", "orange"), "fault"], [box("muted"), "on the wires"]]) {
        if (list) Marks.legend(list, draw, words);
      }
    };
    this.axis.listeners.push(() => this.later());
    this.listen();
    new ResizeObserver(() => this.later()).observe(box);
  }

  // The axis of a run: its window skips the join, and long pauses are cut short if the run is nothing but pauses.
  static axis(model) {
    const end = model.count ? model.at[model.count - 1] : 0;
    const axis = new TimeAxis(model.data.chart.segments, end);
    Chart.skipJoin(axis, model);
    if (axis.segments.length < 2) return axis;
    const filled = () => {
      const places = new Set();
      for (let i = 0; i < model.count; i++) {
        const isSeen = model.kind[i] === "s" || model.turnsOf[i] !== model.turnsOf[i + 1];
        if (isSeen && model.at[i] >= axis.from) places.add(Math.floor(axis.place(model.at[i]) * 200));
      }
      return places.size;
    };
    const toScale = filled();
    axis.isCut = true;
    if (filled() < 1.5 * toScale) axis.isCut = false;
    Chart.skipJoin(axis, model);
    return axis;
  }

  // Shows all that comes after the join.
  static skipJoin(axis, model) {
    const first = Chart.joined(model);
    if (first < 0) return axis.whole();
    const end = axis.u(axis.end), from = axis.u(model.at[first]);
    const room = Math.max(end - from, 1e-9);
    // The join stays out of the window, also where the first fault follows it at once.
    let last = first - 1;
    while (last >= 0 && model.wrongAfter[last] === 1 && model.wrongAfter[last - 1] === 1) last--;
    const joined = last >= 0 ? (axis.u(model.at[last]) + from) / 2 : -0.01;
    axis.from = Math.max(-axis.end * 0.01, axis.t(Math.max(joined, from - room * 0.04)));
    axis.to = axis.t(end + room * 0.03);
  }

  // The first fault: the first step that is neither part of the join nor a call. If there is none, the first step after
  // the join; -1 if there is none of these either.
  static joined(model) {
    const { contexts } = model.data.steps;
    for (const others of [["connect", "call", "send"], ["connect"], []]) {
      for (let i = 0; i < model.count; i++) {
        if (model.kind[i] !== "s" || model.cause[i] < contexts) continue;
        if (!others.includes(Words.moment(model, i).split(" ", 1)[0])) return i;
      }
    }
    return -1;
  }

  // Shows the wrong entries for one destination, or all (null).
  filter(route) {
    if (this.lanes && this.route === route) return;
    this.route = route;
    this.lanes = null;
    this.later();
  }

  later() {
    if (this.isWaiting) return;
    this.isWaiting = true;
    requestAnimationFrame(() => { this.isWaiting = false; this.draw(); });
  }

  show() {
    this.cursorAt(this.model.time());
  }

  // Shows a time, and brings it into the window.
  cursorAt(time) {
    this.now = time;
    this.axis.follow(time);
    this.placeCursor();
  }

  placeCursor() {
    this.cursor.hidden = this.now < this.axis.from || this.now > this.axis.to;
    this.cursor.style.left = this.xOf(this.now) - 1 + "px";
  }

  // The width of the plots. Reading it from the page takes long, so it is kept until the next drawing.
  wide() { return this.width ??= Math.max(1, this.box.clientWidth - LEFT_EDGE - RIGHT_EDGE); }
  xOf(time) { return LEFT_EDGE + this.axis.place(time) * this.wide(); }
  timeAt(x) { return this.axis.timeAt((x - LEFT_EDGE) / this.wide()); }

  listen() {
    const { box, canvas } = this;
    let from = null;
    const x = (event) => event.clientX - box.getBoundingClientRect().left;
    const y = (event) => event.clientY - box.getBoundingClientRect().top;
    canvas.addEventListener("pointerdown", (event) => {
      if (event.button !== 0) return;
      from = { x: x(event), isOverview: this.rows !== undefined && y(event) >= this.rows.overview - 4 };
      canvas.setPointerCapture(event.pointerId);
    });
    canvas.addEventListener("pointermove", (event) => {
      if (from?.isOverview) return this.pan(x(event));
      if (from && Math.abs(x(event) - from.x) > 4) return this.drawBrush(from.x, x(event));
      this.hover(x(event), y(event));
    });
    canvas.addEventListener("pointerup", (event) => {
      if (!from) return;
      const to = x(event), start = from;
      from = null;
      this.brush.hidden = true;
      if (start.isOverview) return this.pan(to);
      if (Math.abs(to - start.x) <= 4) {
        // A click on a mark of steps goes to them.
        const mark = this.marks.find((mark) => start.x >= mark.from && start.x <= mark.to && y(event) >= mark.top && y(event) < mark.bottom);
        return this.go(this.model.eventAt(mark ? mark.at : this.timeAt(Math.max(LEFT_EDGE, to))));
      }
      const [low, high] = [this.timeAt(Math.max(LEFT_EDGE, Math.min(start.x, to))), this.timeAt(Math.max(start.x, to))];
      this.axis.show(low, high);
    });
    canvas.addEventListener("pointercancel", () => { from = null; this.brush.hidden = true; });
    canvas.addEventListener("pointerleave", () => { this.tip.hidden = this.ruler.hidden = true; });
    canvas.addEventListener("wheel", (event) => {
      if (!event.ctrlKey && document.activeElement !== canvas) return;
      event.preventDefault();
      this.axis.zoom(Math.exp(-event.deltaY / 300), this.timeAt(x(event)));
    }, { passive: false });
  }

  pan(x) {
    const { axis } = this, width = axis.to - axis.from;
    const at = Math.max(0, Math.min(1, (x - LEFT_EDGE) / this.wide())) * axis.end;
    axis.show(at - width / 2, at + width / 2);
  }

  drawBrush(from, to) {
    this.tip.hidden = true;
    this.brush.hidden = false;
    this.brush.style.left = Math.max(LEFT_EDGE, Math.min(from, to)) + "px";
    this.brush.style.width = Math.abs(from - to) + "px";
  }

  hover(x, y) {
    const isIn = x >= LEFT_EDGE && x <= this.box.clientWidth - RIGHT_EDGE && this.rows !== undefined;
    this.tip.hidden = this.ruler.hidden = !isIn;
    if (!isIn) return;
    const { model } = this, isOverview = y >= this.rows.overview - 4;
    const time = isOverview ? (x - LEFT_EDGE) / this.wide() * this.axis.end : this.timeAt(x);
    this.ruler.style.left = x + "px";
    const now = model.eventAt(Math.max(0, time)), lines = [roughly(Math.max(0, time))];
    lines.push(now === 0 || model.wrongAfter[now - 1] === 1 ? "every entry right" : model.wrongAfter[now - 1] === 0 ? "not followed"
      : counted(model.wrongAfter[now - 1] - 1, "entry wrong", "entries wrong"));
    lines.push(`${counted(now ? model.onWireAfter[now - 1] : 0, "message", "messages")} on the wires`);
    const mark = this.marks.find((mark) => x >= mark.from && x <= mark.to && y >= mark.top && y < mark.bottom);
    if (mark) lines.push(...mark.words.slice(0, 6), ...(mark.words.length > 6 ? [`and ${number(mark.words.length - 6)} more`] : []));
    const open = this.spans.filter((fault) => fault.at <= time && fault.until >= time);
    const count = open.reduce((sum, fault) => sum + fault.count, 0);
    if (!mark && count) lines.push(`${counted(count, "fault", "faults")} open: ${open.slice(0, 3).map((fault) => fault.words).join("; ")}${open.length > 3 ? "; ..." : ""}`);
    const lane = this.rows.lanes.find((lane) => y >= lane.top && y < lane.top + LANE);
    if (lane) lines.push(`${lane.name}: ${counted(valueAt(lane, now - 1), "entry wrong", "entries wrong")}`);
    this.tip.textContent = lines.join("\n");
    this.tip.style.left = Math.max(4, Math.min(x + 12, this.box.clientWidth - this.tip.offsetWidth - 4)) + "px";
    this.tip.style.top = Math.max(4, Math.min(y + 14, this.box.clientHeight - this.tip.offsetHeight - 4)) + "px";
  }

  draw() {
    this.width = undefined;
    const wide = this.box.clientWidth, high = this.box.clientHeight;
    if (wide === 0 || high === 0) return;
    const g = surface(this.canvas, wide, high);
    this.lanes ??= new Lanes(this.model, this.route);
    this.layout(high);
    this.marks = [];
    this.drawPauses(g);
    this.drawFaults(g);
    this.drawWires(g);
    this.drawWrong(g);
    this.drawLanes(g);
    if (!this.isBare) {
      this.drawTicks(g);
      this.drawOverview(g);
    }
    this.cursor.style.top = this.rows.faults + "px";
    this.cursor.style.height = this.rows.axis - this.rows.faults + "px";
    this.ruler.style.top = this.cursor.style.top;
    this.ruler.style.height = this.cursor.style.height;
    this.placeCursor();
    this.canvas.setAttribute("aria-label", this.words());
  }

  // From top to bottom: steps, lasting faults, wrong entries, lanes, wires, ticks, overview.
  layout(high) {
    const { axis } = this, rows = { steps: 4, faults: 19 };
    const seen = this.spans.filter((fault) => fault.until >= axis.from && fault.at <= axis.to);
    this.tracks = tracks(seen);
    this.isProfile = this.tracks.length > 4;
    this.profile = high < 200 ? 16 : 26;
    const faults = seen.length === 0 ? 0 : this.isProfile ? this.profile + 4 : this.tracks.length * 13 + 2;
    rows.wrong = rows.faults + faults + 5;
    rows.overview = this.isBare ? high + 5 : high - 15;
    rows.axis = this.isBare ? high - 1 : rows.overview - 18;
    const left = rows.axis - rows.wrong - 26, most = Math.max(0, Math.min(14, Math.floor((left - (high < 200 ? 30 : 42)) / LANE)));
    rows.lanes = most ? this.lanes.in(axis.from, axis.to, most) : [];
    rows.wires = rows.axis - 22;
    rows.lanesTop = rows.wires - rows.lanes.length * LANE - 4;
    rows.lanes.forEach((lane, place) => { lane.top = rows.lanesTop + place * LANE; });
    rows.wrongFoot = rows.lanesTop - 5;
    this.rows = rows;
  }

  clip(g, draw) {
    g.save();
    g.beginPath();
    g.rect(LEFT_EDGE, 0, this.wide() + 1, this.box.clientHeight);
    g.clip();
    draw();
    g.restore();
  }

  label(g, text, y, colour = Theme.colours.muted) {
    g.font = `11px ${Theme.sans}`;
    g.textAlign = "right";
    g.textBaseline = "middle";
    g.fillStyle = colour;
    g.fillText(fitted(g, text, LEFT_EDGE - 12), LEFT_EDGE - 8, y);
  }

  // A pause that is cut short is a gap with its length.
  drawPauses(g) {
    const c = Theme.colours, { rows } = this;
    for (const [from, to] of this.axis.pauses()) {
      const left = Math.max(LEFT_EDGE, this.xOf(from)), right = Math.min(LEFT_EDGE + this.wide(), this.xOf(to));
      g.fillStyle = c.panel;
      g.fillRect(left, rows.faults - 2, right - left, rows.axis - rows.faults + 2);
      g.save();
      g.translate((left + right) / 2, (rows.wrong + rows.wrongFoot) / 2);
      g.rotate(-Math.PI / 2);
      g.font = `11px ${Theme.sans}`;
      g.textAlign = "center";
      g.textBaseline = "middle";
      Marks.text(g, `${roughly(to - from)} cut`, 0, 0, c.muted);
      g.restore();
    }
  }

  drawFaults(g) {
    const c = Theme.colours, { rows } = this;
    if (this.tracks.length && !(this.isProfile && this.profile < 20)) this.label(g, "faults", rows.faults + 7);
    if (this.isProfile) this.drawProfile(g);
    else {
      this.tracks.forEach((track, place) => track.forEach((fault, i) => {
        const y = rows.faults + place * 13, from = Math.max(LEFT_EDGE, this.xOf(fault.at)), edge = LEFT_EDGE + this.wide();
        const to = Math.max(from + 3, Math.min(edge, fault.end === "never" || fault.end === "later" ? edge : this.xOf(fault.until)));
        g.fillStyle = c.band;
        g.fillRect(from, y, to - from, 11);
        g.strokeStyle = c.orange;
        g.lineWidth = 1;
        g.strokeRect(from + 0.5, y + 0.5, Math.max(1, to - from - 1), 10);
        const next = track[i + 1], room = (next ? Math.min(edge, this.xOf(next.at)) : edge) - from - 4;
        this.marks.push({ from, to: Math.max(to, from + 6), top: y, bottom: y + 12, at: fault.at, words: [fault.words] });
        g.font = `10px ${Theme.sans}`;
        g.textAlign = "left";
        g.textBaseline = "middle";
        const text = [fault.words, short(fault), ...(fault.count > 1 ? [`×${number(fault.count)}`] : [])].find((text) => g.measureText(text).width <= room)
          ?? (to - from > 14 ? fitted(g, short(fault), to - from - 4) : "");
        g.fillStyle = c.ink;
        g.fillText(text, from + 4, y + 6);
      }));
    }
    this.drawSteps(g);
  }

  // How many faults were open, where there are too many for a bar each.
  drawProfile(g) {
    const c = Theme.colours, { rows } = this, ends = [];
    for (const { at, until, count } of this.spans) ends.push([at, count], [until, -count]);
    ends.sort((one, other) => one[0] - other[0] || one[1] - other[1]);
    let sum = 0, most = 1;
    const steps = ends.map(([at, by]) => { sum += by; most = Math.max(most, sum); return [at, sum]; });
    const foot = rows.faults + this.profile + 2, high = this.profile;
    this.clip(g, () => {
      g.beginPath();
      g.moveTo(LEFT_EDGE, foot);
      let y = foot;
      for (const [at, open] of steps) {
        const x = Math.max(LEFT_EDGE - 2, Math.min(LEFT_EDGE + this.wide() + 2, this.xOf(at)));
        g.lineTo(x, y);
        y = foot - open / most * high;
        g.lineTo(x, y);
      }
      g.lineTo(LEFT_EDGE + this.wide(), y);
      g.lineTo(LEFT_EDGE + this.wide(), foot);
      g.closePath();
      g.fillStyle = c.band;
      g.fill();
      g.strokeStyle = c.orange;
      g.lineWidth = 1;
      g.stroke();
    });
    this.label(g, `${number(most)} open`, rows.faults + (this.profile > 20 ? 20 : 7));
  }

  // The steps that do not last, as marks with words that shorten.
  drawSteps(g) {
    const c = Theme.colours, { axis, rows } = this, list = [];
    for (const fault of this.faults) {
      if (fault.at < axis.from || fault.at > axis.to) continue;
      if (fault.until !== null && fault.until > fault.at) continue;
      const x = this.xOf(fault.at), last = list[list.length - 1];
      if (last && x - last.x < 7) { last.faults.push(fault); last.to = x; } else list.push({ x, to: x, faults: [fault] });
    }
    list.forEach(({ x, to, faults }, place) => {
      const isKill = faults.some(({ kind }) => kind === "kill" || kind === "timeout");
      const colour = isKill ? c.red : faults.every(({ kind }) => kind === "heal") ? c.green : c.muted;
      g.strokeStyle = colour;
      g.lineWidth = 1;
      g.beginPath();
      g.moveTo(x, rows.steps + 12);
      g.lineTo(x, rows.wrongFoot);
      g.globalAlpha = list.length > 60 ? 0.15 : 0.55;
      g.stroke();
      g.globalAlpha = 1;
      g.fillStyle = colour;
      g.fillRect(x - 1.5, rows.steps + 2, Math.max(3, to - x + 3), 10);
      const edge = LEFT_EDGE + this.wide(), room = (place + 1 < list.length ? list[place + 1].x - 4 : edge) - to - 4;
      const count = faults.reduce((sum, fault) => sum + fault.count, 0);
      const texts = faults.length === 1 ? [faults[0].words, short(faults[0])]
        : [faults.map((fault) => fault.words).join(", "), `${short(faults[0])} and ${number(count - faults[0].count)} more`, `${number(count)} steps`, `×${number(count)}`];
      g.font = `11px ${Theme.sans}`;
      g.textAlign = "left";
      g.textBaseline = "middle";
      const text = texts.find((text) => g.measureText(text).width <= room);
      const inside = `${number(count)}`;
      if (!text && to - x > g.measureText(inside).width + 1) {
        g.font = `600 9px ${Theme.sans}`;
        g.fillStyle = c.ground;
        g.textAlign = "center";
        g.fillText(inside, (x + to) / 2, rows.steps + 7.5);
      }
      if (text) Marks.text(g, text, to + 4, rows.steps + 7, isKill ? c.red : c.ink);
      else {
        const before = place === 0 ? LEFT_EDGE : list[place - 1].to, isLast = place + 1 === list.length;
        const left = isLast && texts.find((text) => g.measureText(text).width <= x - before - 12);
        if (left) { g.textAlign = "right"; Marks.text(g, left, x - 4, rows.steps + 7, isKill ? c.red : c.ink); }
      }
      this.marks.push({ from: x - 4, to: Math.max(to + 4, text ? to + 4 + g.measureText(text).width : 0), top: 0, bottom: rows.faults,
        at: faults[0].at, words: faults.map((fault) => fault.words) });
    });
  }

  // A curve of steps: after which moments it changed, and to what. Calls `each(x, low, high)` for each column of pixels.
  columns(moments, counts, each) {
    const { model, axis } = this, edge = LEFT_EDGE + this.wide();
    let i = firstPlace(moments, (moment) => model.at[moment] >= axis.from), value = i > 0 ? counts[i - 1] : 0, x = LEFT_EDGE;
    while (i < moments.length && model.at[moments[i]] <= axis.to) {
      const column = Math.floor(this.xOf(model.at[moments[i]]));
      if (column > x) each(x, column, value, value);
      let low = value, high = value;
      while (i < moments.length && Math.floor(this.xOf(model.at[moments[i]])) <= column) {
        value = counts[i++];
        low = Math.min(low, value);
        high = Math.max(high, value);
      }
      each(Math.max(x, column), column + 1, low, high);
      x = column + 1;
    }
    if (x < edge) each(x, edge, value, value);
  }

  drawWrong(g) {
    const c = Theme.colours, { model, rows, lanes } = this;
    const moments = this.route === null ? null : lanes.moments;
    const all = moments ?? (model.everyMoment ??= Array.from({ length: model.count }, (_, moment) => moment));
    const counts = moments ? lanes.counts : (model.wrongCounts ??= Array.from(model.wrongAfter, (wrong) => Math.max(0, wrong - 1)));
    let most = 0;
    const pieces = [];
    // Where nobody follows what is wrong, there is no curve.
    const edge = LEFT_EDGE + this.wide(), lost = model.isLost ? Math.max(LEFT_EDGE, Math.min(edge, this.xOf(model.at[model.lostFrom]))) : edge;
    this.columns(all, counts, (from, to, low, high) => {
      if (from >= lost) return;
      most = Math.max(most, high);
      pieces.push([from, Math.min(to, lost), low, high]);
    });
    const top = rows.wrong, foot = rows.wrongFoot, y = (count) => (count === 0 ? foot : Math.min(foot - 2, foot - count / Math.max(1, most) * (foot - top)));
    g.strokeStyle = c.rule;
    g.lineWidth = 1;
    for (const at of [top, foot]) { g.beginPath(); g.moveTo(LEFT_EDGE, at + 0.5); g.lineTo(edge, at + 0.5); g.stroke(); }
    this.label(g, number(most), top + 5);
    if (foot - top > 40) this.label(g, "wrong", (top + foot) / 2 - 5);
    if (foot - top > 40) this.label(g, this.route === null ? "entries" : `for ${Words.destination(this.route)}`, (top + foot) / 2 + 7);
    this.label(g, "0", foot - 2);
    g.fillStyle = c.blue;
    for (const [from, to, , high] of pieces) {
      if (high === 0) continue;
      g.globalAlpha = 0.16;
      g.fillRect(from, y(high), to - from, foot - y(high));
      g.globalAlpha = 1;
    }
    g.beginPath();
    let last = null;
    for (const [from, to, low, high] of pieces) {
      if (last !== null) g.lineTo(from, last);
      if (low !== high) { g.moveTo(from, y(low)); g.lineTo(from, y(high)); }
      g.moveTo(from, y(high));
      g.lineTo(to, y(high));
      last = y(high);
    }
    g.strokeStyle = c.blue;
    g.lineWidth = 1.6;
    g.stroke();
    if (edge - lost > 80 && foot - top > 20) {
      g.fillStyle = c.muted;
      g.textAlign = "left";
      Marks.text(g, "not followed", lost + 8, (top + foot) / 2 + 4);
    }
    this.most = most;
  }

  drawLanes(g) {
    const c = Theme.colours, { rows } = this;
    for (const lane of rows.lanes) {
      const { top } = lane;
      this.label(g, lane.name.length < 9 ? lane.name : lane.short, top + LANE / 2);
      g.fillStyle = c.panel;
      g.fillRect(LEFT_EDGE, top + 1, this.wide(), LANE - 2);
      const most = Math.max(...lane.counts);
      this.columns(lane.moments, lane.counts, (from, to, low, high) => {
        if (high === 0) return;
        g.fillStyle = c.red;
        g.globalAlpha = 0.35 + 0.65 * Math.log(1 + high) / Math.log(1 + Math.max(1, most));
        g.fillRect(from, top + 1, Math.max(1, to - from), LANE - 2);
        g.globalAlpha = 1;
      });
    }
  }

  drawWires(g) {
    const c = Theme.colours, { model, rows } = this, foot = rows.axis - 3, high = 16;
    const all = model.everyMoment ??= Array.from({ length: model.count }, (_, moment) => moment);
    let most = 0;
    const pieces = [];
    this.columns(all, model.onWireAfter, (from, to, low, up) => { most = Math.max(most, up); pieces.push([from, to, up]); });
    g.fillStyle = c.muted;
    g.globalAlpha = 0.6;
    for (const [from, to, up] of pieces) if (up > 0) g.fillRect(from, foot - Math.max(1, up / most * high), to - from, Math.max(1, up / most * high));
    g.globalAlpha = 1;
    this.label(g, `wires ${number(most)}`, foot - 7);
  }

  drawTicks(g) {
    const c = Theme.colours, { rows, axis } = this, y = rows.axis;
    g.strokeStyle = c.muted;
    g.lineWidth = 1;
    g.beginPath();
    g.moveTo(LEFT_EDGE, y - 0.5);
    g.lineTo(LEFT_EDGE + this.wide(), y - 0.5);
    const ticks = axis.ticks(84 / this.wide());
    for (const { place } of ticks) { const x = LEFT_EDGE + place * this.wide(); g.moveTo(x, y - 1); g.lineTo(x, y + 3); }
    g.stroke();
    g.font = `11px ${Theme.sans}`;
    g.textBaseline = "top";
    g.fillStyle = c.muted;
    let edge = 0;
    for (const { place, time } of ticks) {
      const x = LEFT_EDGE + place * this.wide(), text = span(Math.round(time)), half = g.measureText(text).width / 2;
      const at = Math.min(Math.max(x, LEFT_EDGE + half - 20), this.box.clientWidth - half - 2);
      if (at - half < edge + 4) continue;
      edge = at + half;
      g.textAlign = "center";
      g.fillText(text, at, y + 4);
    }
    g.textAlign = "right";
    g.fillText("time", LEFT_EDGE - 8, y + 4);
  }

  // The whole run to scale: faults, wrong entries, and the window.
  drawOverview(g) {
    const c = Theme.colours, { rows, axis, model } = this, top = rows.overview, high = 11, scale = this.wide() / axis.end;
    const x = (time) => LEFT_EDGE + Math.max(0, Math.min(axis.end, time)) * scale;
    g.fillStyle = c.panel;
    g.fillRect(LEFT_EDGE, top, this.wide(), high);
    g.fillStyle = c.band;
    for (const { at, until } of this.spans) g.fillRect(x(at), top, Math.max(1, x(until) - x(at)), high);
    g.fillStyle = c.red;
    for (let i = 0, last = -1; i < this.lanes.moments.length; i++) {
      if (this.lanes.counts[i] === 0) continue;
      const from = Math.floor(x(model.at[this.lanes.moments[i]]));
      const to = Math.ceil(i + 1 < this.lanes.moments.length ? x(model.at[this.lanes.moments[i + 1]]) : x(axis.end));
      if (to <= last) continue;
      g.fillRect(Math.max(from, last), top + 5, Math.max(1, to - Math.max(from, last)), 3);
      last = Math.max(last, to);
    }
    g.strokeStyle = c.blue;
    g.lineWidth = 1.5;
    g.strokeRect(x(axis.from) + 0.75, top + 0.75, Math.max(3, x(axis.to) - x(axis.from) - 1.5), high - 1.5);
    this.label(g, `all ${roughly(axis.end)}`, top + 6);
  }

  words() {
    const { axis, rows } = this;
    return `Convergence from ${roughly(Math.max(0, axis.from))} to ${roughly(axis.to)}: at most ${counted(this.most, "entry", "entries")} wrong; `
      + `${counted(this.faults.length, "fault or step", "faults and steps")}; wrong at ${rows.lanes.map((lane) => lane.name).join(", ") || "no context"}.`;
  }
}

// Faults in as few tracks as keep them apart.
function tracks(spans) {
  const tracks = [];
  for (const fault of [...spans].sort((one, other) => one.at - other.at)) {
    const track = tracks.find((track) => track[track.length - 1].until <= fault.at);
    if (track) track.push(fault); else tracks.push([fault]);
    if (tracks.length > 4) break;
  }
  return tracks;
}

// A fault in a word and its context.
function short({ kind, count, words }) {
  const who = /\d+'*/.exec(words);
  return count > 1 ? `${kind} ×${number(count)}` : who && words.startsWith(kind) ? `${kind} ${who[0]}` : kind;
}

// The first place in a list for which something holds. It holds from there on.
function firstPlace(list, holds) {
  let low = 0, high = list.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (holds(list[middle])) high = middle; else low = middle + 1;
  }
  return low;
}

// The value of a curve of steps after a moment.
function valueAt({ moments, counts }, moment) {
  const place = firstPlace(moments, (other) => other > moment) - 1;
  return place < 0 ? 0 : counts[place];
}
