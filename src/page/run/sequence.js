// The sequence diagram: a lifeline for each context, in the order of the tree; a row for each event, with its words; an arrow
// from where a message was sent to where it arrived. Only what is on screen is drawn. A context without a column is part of
// the nearest ancestor that has one. The columns are where the story is; `Folding` makes the rows.

const ROW = 20, HEAD = 40, GUTTER = 128, COLUMNS_MAX = 24;

class Sequence {
  constructor(box, model, { go, choose, groups, groupWords, filter }) {
    Object.assign(this, { box, model, go, choose, groupWords, filter, chosen: 0, gutter: GUTTER, beside: 270 });
    // Many steps of one kind at one time have one row.
    this.groups = new Map();
    this.inGroup = new Uint8Array(model.count);
    for (const group of groups) {
      if (group.count <= 4 || group.verb === "") continue;
      this.groups.set(group.first, group);
      for (let i = group.first + 1; i < group.event; i++) if (model.kind[i] === "s") this.inGroup[i] = 1;
    }
    this.sheet = box.querySelector("#sequence-sheet");
    this.canvas = box.querySelector("canvas");
    this.open = new Set();
    this.shown = new Set([0]);
    this.fold();
    box.addEventListener("scroll", () => this.later(), { passive: true });
    new ResizeObserver(() => { this.size(); this.draw(); }).observe(box);
    this.canvas.addEventListener("click", (event) => this.click(event));
    this.canvas.addEventListener("pointermove", (event) => this.hover(event));
    const list = document.getElementById("sequence-legend");
    this.drawLegend = () => {
      list.replaceChildren();
      for (const [kind, words] of Words.kinds(this.model)) {
        Marks.legend(list, (g) => this.arrow(g, kind, 0, 7, 17, 7), words);
      }
      Marks.legend(list, (g) => Marks.cross(g, 9, 7, 4), "lost");
    };
  }

  // The columns where the story is: the contexts with most to do around the moment, and the way to each.
  focus() {
    const { model } = this, now = Math.max(0, model.now - 1), score = new Map();
    const add = (life, by) => { if (life >= 0) score.set(life, (score.get(life) ?? 0) + by); };
    add(this.chosen, 1e6);
    let from = now;
    while (from > 0 && now - from < 400 && !(model.kind[from] === "s" && now - from > 40)) from--;
    for (let moment = from; moment < Math.min(model.count, now + 200); moment++) {
      if (!this.filter.moment(moment)) continue;
      const by = moment === now ? 1e5 : 1 / (1 + Math.abs(moment - now) / 20);
      const isJoin = model.kind[moment] === "s" && model.cause[moment] < model.data.steps.contexts;
      add(model.context[moment], model.kind[moment] === "s" && !isJoin ? 20 * by : by);
      if (model.kind[moment] === "a") add(model.sender(model.cause[moment]), by);
    }
    const shown = new Set([0]), most = Math.max(4, Math.min(COLUMNS_MAX, Math.floor(this.room() / 52)));
    this.focused = now;
    for (const [life, by] of [...score].sort((one, other) => other[1] - one[1])) {
      const way = [];
      for (let at = life; at > 0 && !shown.has(at); at = model.parent[at]) way.push(at);
      if (shown.size + way.length > most && by < 1e5) { if (shown.size >= most) break; continue; }
      for (const at of way) shown.add(at);
    }
    this.shown = shown;
    this.fold();
  }

  // The width of the columns together.
  room() {
    const wide = this.box.clientWidth || 700;
    this.gutter = wide < 520 ? 72 : GUTTER;
    this.beside = Math.max(150, Math.min(wide * (wide < 520 ? 0.62 : 0.5), this.wordsWide ?? 270));
    return Math.max(60, wide - this.gutter - this.beside);
  }

  // Makes the columns and the rows.
  fold() {
    const { model } = this;
    const shown = new Set(this.shown);
    for (let life = this.chosen; life > 0; life = model.parent[life]) shown.add(life);
    this.columns = model.order.filter((life) => shown.has(life));
    this.column = new Int32Array(model.lives).fill(-1);
    this.hidden = new Uint32Array(this.columns.length);
    this.columns.forEach((life, place) => { this.column[life] = place; });
    for (const life of model.order) {
      if (shown.has(life)) continue;
      this.column[life] = this.column[model.parent[life]];
      this.hidden[this.column[life]]++;
    }
    this.isShown = (life) => this.columns[this.column[life]] === life;
    this.foldRows();
    this.size();
  }

  foldRows() {
    const isSeen = (moment) => this.isToBeSeen(moment) && this.filter.moment(moment);
    this.folding = new Folding(this.model, { isSeen, inGroup: this.inGroup, open: this.open });
    this.rowOf = this.folding.rowOf;
    this.rows = this.folding.first;
    this.kinds = this.folding.kinds;
    this.measure();
  }

  // The words of the rows have as much room as the longest of those near the moment, up to half of the panel.
  measure() {
    const g = this.canvas.getContext("2d"), { model } = this, now = model.now ? this.rowOf[model.now - 1] : 0;
    g.font = `600 11px ${Theme.sans}`;
    let most = 0;
    for (let row = Math.max(0, now - 20); row < Math.min(this.rows.length, now + 40); row++) most = Math.max(most, g.measureText(this.rowWords(row)).width);
    this.wordsWide = most + 22;
  }

  rowWords(row) {
    const group = this.kinds[row] === EVENT ? this.groups.get(this.rows[row]) : undefined;
    return group ? this.groupWords(group) : this.folding.words(row, this.model.now - 1, this.filter.isOn ? "not shown" : "at other contexts");
  }

  isToBeSeen(moment) {
    const { model } = this;
    if (model.kind[moment] === "a") {
      const flight = model.cause[moment];
      return this.column[model.sender(flight)] !== this.column[model.receiver(flight)];
    }
    const isFirst = model.kind[moment] === "s" && model.cause[moment] < model.data.steps.contexts;
    return this.isShown(model.context[moment]) || (model.kind[moment] === "s" && !isFirst);
  }

  size() {
    const wide = this.box.clientWidth, room = this.room();
    this.wide = Math.max(44, Math.min(150, room / Math.max(1, this.columns.length)));
    this.sheet.style.width = Math.max(wide, this.gutter + this.beside + this.wide * this.columns.length) + "px";
    this.sheet.style.height = HEAD + this.rows.length * ROW + 12 + "px";
  }

  later() {
    if (this.isWaiting) return;
    this.isWaiting = true;
    requestAnimationFrame(() => { this.isWaiting = false; this.draw(); });
  }

  // Shows the moment. If its row is folded away, or another context is chosen, other columns tell the story.
  show(chosen) {
    const { model } = this, isOther = chosen !== this.chosen;
    this.chosen = chosen;
    // A step or two into what is folded away moves nothing.
    const isFar = this.focused === undefined || Math.abs(model.now - 1 - this.focused) > 24;
    const isHidden = isFar && model.now > 0 && this.kinds[this.rowOf[model.now - 1]] === HIDDEN && this.filter.moment(model.now - 1);
    if (isHidden || this.focused === undefined || (isOther && !this.isShown(chosen))) this.focus();
    this.bring();
    this.draw();
  }

  // Takes a changed filter.
  refilter() {
    this.open.clear();
    this.focus();
    this.bring();
    this.draw();
  }

  bring() {
    const { box, model } = this;
    const row = model.now === 0 ? 0 : this.rowOf[model.now - 1], top = row * ROW, room = box.clientHeight - HEAD;
    if (top < box.scrollTop || top + ROW > box.scrollTop + room - 4) box.scrollTop = top - room * 0.4;
    const column = model.now === 0 ? 0 : this.column[model.context[model.now - 1]];
    const left = column * this.wide, wide = box.clientWidth - this.gutter - this.beside;
    if (left < box.scrollLeft || left + this.wide > box.scrollLeft + wide) box.scrollLeft = left - wide / 2;
  }

  setFold(how) {
    const { model } = this;
    if (how === "all") this.shown = new Set([0, ...(model.children[0].length <= COLUMNS_MAX ? model.children[0] : [])]);
    if (how === "none") {
      if (model.children[this.chosen].some((child) => !this.shown.has(child))) this.add(this.chosen);
      else return this.refilter();
    }
    if (how === "chosen") this.remove(this.chosen);
    this.fold();
    this.bring();
    this.draw();
  }

  add(life) {
    for (let at = life; at > 0; at = this.model.parent[at]) this.shown.add(at);
    for (const child of this.model.children[life].slice(0, 400)) this.shown.add(child);
  }

  remove(life) {
    const left = [...this.model.children[life]];
    while (left.length) {
      const one = left.pop();
      this.shown.delete(one);
      left.push(...this.model.children[one]);
    }
  }

  // What is drawn at a point: the panel may have been scrolled since.
  place(event) {
    const rect = this.canvas.getBoundingClientRect();
    const x = event.clientX - rect.left, y = event.clientY - rect.top;
    const column = Math.floor((x - this.gutter + this.left) / this.wide);
    const row = Math.floor((y - HEAD + this.top) / ROW);
    return { isHead: y < HEAD, isLower: y > 21, column: x < this.gutter || x > this.box.clientWidth - this.beside ? -1 : column, row };
  }

  click(event) {
    const { isHead, isLower, column, row } = this.place(event);
    const life = this.columns[column];
    if (!isHead) {
      if (this.rows[row] === undefined) return;
      if (this.folding.isFolded(row)) {
        this.open.add(this.rows[row]);
        this.fold();
        this.draw();
      }
      this.go(this.rows[row] + 1);
      return;
    }
    if (life === undefined) return;
    if (isLower && this.model.children[life].length) {
      if (this.model.children[life].every((child) => this.isShown(child))) this.remove(life); else this.add(life);
      this.fold();
      this.draw();
    } else {
      this.choose(life);
    }
  }

  hover(event) {
    const { isHead, isLower, column, row } = this.place(event);
    const life = this.columns[column];
    this.canvas.style.cursor = isHead ? (life === undefined ? "" : "pointer") : this.rows[row] === undefined ? "" : "pointer";
    this.canvas.title = isHead && life !== undefined
      ? isLower ? "fold or unfold" : Words.label(this.model, life)
      : this.rows[row] !== undefined && !isHead ? this.rowWords(row) : "";
  }

  x(column) { return this.gutter + (column + 0.5) * this.wide - this.left; }
  y(row) { return HEAD + (row + 0.5) * ROW - this.top; }

  draw() {
    const { box } = this;
    const wide = box.clientWidth, high = box.clientHeight;
    if (wide === 0 || high === 0) return;
    const g = surface(this.canvas, wide, high);
    this.top = box.scrollTop;
    this.left = box.scrollLeft;
    const first = Math.max(0, Math.floor(this.top / ROW) - 1);
    const last = Math.min(this.rows.length - 1, Math.ceil((this.top + high - HEAD) / ROW));
    g.save();
    g.beginPath();
    g.rect(0, HEAD, wide, high - HEAD);
    g.clip();
    this.drawNow(g, wide);
    g.save();
    g.beginPath();
    g.rect(this.gutter, HEAD, wide - this.gutter - this.beside, high - HEAD);
    g.clip();
    this.drawLifelines(g, high);
    this.drawArrows(g, first, last);
    this.drawMarks(g, first, last);
    g.restore();
    this.drawTimes(g, first, last);
    this.drawRowWords(g, first, last, wide);
    g.restore();
    this.drawHead(g, wide);
  }

  drawNow(g, wide) {
    if (this.model.now === 0) return;
    const y = this.y(this.rowOf[this.model.now - 1]);
    g.fillStyle = Theme.colours.blue;
    g.globalAlpha = 0.14;
    g.fillRect(0, y - ROW / 2, wide, ROW);
    g.globalAlpha = 1;
    g.fillRect(0, y - ROW / 2, 3, ROW);
  }

  drawLifelines(g, high) {
    const { model } = this;
    this.columns.forEach((life, column) => {
      const x = this.x(column);
      if (x < this.gutter - 10 || x > this.box.clientWidth + 10) return;
      const born = life === 0 || model.count === 0 ? HEAD : this.y(this.rowOf[Math.min(model.born[life], model.count - 1)]);
      const isDead = model.died[life] < model.count;
      const died = isDead ? this.y(this.rowOf[model.died[life]]) : high;
      if (born > high || died < HEAD) return;
      g.beginPath();
      g.moveTo(x, Math.max(born, HEAD - 2));
      g.lineTo(x, Math.min(died, high));
      g.strokeStyle = life === this.chosen ? Theme.colours.blue : Theme.colours.rule;
      g.lineWidth = life === this.chosen ? 2.5 : 1.5;
      g.stroke();
      if (isDead) Marks.cross(g, x, died, 4);
    });
  }

  // Draws the items that cross from one column to another within some rows.
  drawArrows(g, first, last) {
    const { model } = this;
    if (last < first) return;
    const from = this.rows[first], to = last + 1 < this.rows.length ? this.rows[last + 1] : model.count;
    const list = [];
    for (let flight = 0; flight < model.flightsOf[Math.min(to, model.count)]; flight++) {
      if (model.ended[flight] < from && model.end[flight] !== "d") continue;
      if (model.end[flight] === "d" && model.sent[flight] < from) continue;
      if (this.column[model.sender(flight)] === this.column[model.receiver(flight)] || !this.filter.flight(flight)) continue;
      if (this.isUnseen(model.sent[flight]) && this.isUnseen(model.ended[flight])) continue;
      list.push(flight);
      if (list.length > 4000) break;
    }
    for (const flight of list) this.drawFlight(g, flight, list.length);
  }

  // Whether a moment is within a row that stands for more than one.
  isUnseen(moment) {
    const kind = this.kinds[this.rowOf[Math.min(moment, this.model.count - 1)]];
    return kind === HIDDEN || kind === ROUNDS;
  }

  drawFlight(g, flight, count) {
    const { model } = this, kind = model.items.kind[model.item[flight]], end = model.end[flight];
    const x1 = this.x(this.column[model.sender(flight)]), x2 = this.x(this.column[model.receiver(flight)]);
    const y1 = this.y(this.rowOf[model.sent[flight]]);
    const isNow = model.now > 0 && (model.sent[flight] === model.now - 1 || model.ended[flight] === model.now - 1);
    const isOnWire = model.onWire.has(flight);
    g.globalAlpha = isNow || count < 60 ? 1 : isOnWire && count < 200 ? 0.8 : 0.4;
    if (end === "d") {
      const x = x1 + (x2 - x1) * 0.3;
      this.line(g, kind, x1, y1, x, y1, isNow);
      Marks.cross(g, x, y1, 4);
    } else if (end === "w") {
      const x = x1 + (x2 - x1) * 0.7;
      this.line(g, kind, x1, y1, x, y1 + ROW * 1.5, isNow, true);
    } else {
      const y2 = this.y(this.rowOf[model.ended[flight]]);
      const lost = end === "v";
      const x = lost ? x2 - Math.sign(x2 - x1) * 7 : x2;
      if (lost) this.line(g, kind, x1, y1, x, y2, isNow); else this.arrow(g, kind, x1, y1, x, y2, isNow);
      if (lost) Marks.cross(g, x, y2, 4);
    }
    g.globalAlpha = 1;
  }

  line(g, kind, x1, y1, x2, y2, isNow, isOpenEnded) {
    g.strokeStyle = Marks.itemColour(kind);
    g.lineWidth = isNow ? 2.4 : 1.3;
    g.setLineDash(kind === "e" ? [2, 3] : kind === "d" ? [6, 3] : isOpenEnded ? [1, 3] : []);
    g.beginPath();
    g.moveTo(x1, y1);
    g.lineTo(x2, y2);
    g.stroke();
    g.setLineDash([]);
  }

  arrow(g, kind, x1, y1, x2, y2, isNow) {
    this.line(g, kind, x1, y1, x2, y2, isNow);
    const angle = Math.atan2(y2 - y1, x2 - x1);
    g.save();
    g.translate(x2, y2);
    g.rotate(angle);
    g.beginPath();
    g.moveTo(0, 0); g.lineTo(-8, 3.6); g.lineTo(-8, -3.6); g.closePath();
    g.fillStyle = kind === "d" ? Theme.colours.ground : Marks.itemColour(kind);
    g.strokeStyle = Marks.itemColour(kind);
    g.lineWidth = 1.2;
    g.fill();
    g.stroke();
    g.restore();
  }

  // Draws the marks of rows that are not arrivals.
  drawMarks(g, first, last) {
    const { model } = this, c = Theme.colours;
    for (let row = first; row <= last; row++) {
      const moment = this.rows[row], y = this.y(row), kind = this.kinds[row];
      if (kind === SILENCE || kind === HIDDEN) this.ruler(g, y, this.box.clientWidth - this.beside);
      if (kind === SILENCE || kind === HIDDEN || model.kind[moment] === "a") continue;
      const x = this.x(this.column[model.context[moment]]);
      g.fillStyle = model.kind[moment] === "s" ? c.orange : c.purple;
      g.fillRect(x - 4, y - 4, 8, 8);
    }
  }

  // The words of each row, to the right of the columns.
  drawRowWords(g, first, last, wide) {
    const { model } = this, c = Theme.colours, left = wide - this.beside;
    g.save();
    g.beginPath();
    g.rect(left, HEAD, this.beside, this.box.clientHeight - HEAD);
    g.clip();
    g.textBaseline = "middle";
    g.textAlign = "left";
    for (let row = first; row <= last; row++) {
      const kind = this.kinds[row], isStep = kind === EVENT && model.kind[this.rows[row]] === "s";
      const isNow = model.now > 0 && this.rowOf[model.now - 1] === row;
      g.font = `${isStep || isNow ? "600 " : ""}11px ${Theme.sans}`;
      g.fillStyle = kind === SILENCE || kind === HIDDEN ? c.muted : c.ink;
      g.fillText(fitted(g, this.rowWords(row), this.beside - 14), left + 10, this.y(row));
    }
    g.restore();
    g.fillStyle = c.rule;
    g.fillRect(left, HEAD, 1, this.box.clientHeight);
  }

  ruler(g, y, wide) {
    g.beginPath();
    g.moveTo(this.gutter, y);
    g.lineTo(wide, y);
    g.setLineDash([1, 4]);
    g.lineWidth = 1;
    g.strokeStyle = Theme.colours.muted;
    g.stroke();
    g.setLineDash([]);
  }

  drawTimes(g, first, last) {
    const { model } = this, c = Theme.colours;
    g.textBaseline = "middle";
    let before = -1;
    for (let row = first; row <= last; row++) {
      if (this.kinds[row] === SILENCE) { before = -1; continue; }
      const moment = this.rows[row], y = this.y(row), at = model.at[moment];
      // The first whole row always shows its time.
      if (y < HEAD + ROW / 2 - 1) continue;
      if (at !== before) {
        g.font = `11px ${Theme.mono}`;
        g.textAlign = "right";
        g.fillStyle = c.muted;
        g.fillText(fitted(g, this.gutter < GUTTER ? roughly(at) : span(at), this.gutter - 22), this.gutter - 20, y);
      }
      before = at;
      if (this.kinds[row] >= EVENT) this.drawTurn(g, moment, y);
    }
    g.beginPath();
    g.moveTo(this.gutter - 0.5, HEAD);
    g.lineTo(this.gutter - 0.5, this.box.clientHeight);
    g.strokeStyle = c.rule;
    g.lineWidth = 1;
    g.stroke();
  }

  drawTurn(g, moment, y) {
    const { model } = this;
    const end = this.kinds[this.rowOf[moment]] === EVENT ? moment + 1 : this.folding.end(this.rowOf[moment]);
    if (model.turnsOf[moment] === model.turnsOf[end]) return;
    const before = moment === 0 ? 1 : model.wrongAfter[moment - 1], after = model.wrongAfter[end - 1];
    Marks.context(g, after > before ? "wrong" : "fine", this.gutter - 10, y, 3.2);
  }

  drawHead(g, wide) {
    const { model } = this, c = Theme.colours;
    g.fillStyle = c.panel;
    g.fillRect(0, 0, wide, HEAD);
    g.fillStyle = c.rule;
    g.fillRect(0, HEAD - 1, wide, 1);
    g.save();
    g.beginPath();
    g.rect(this.gutter, 0, wide - this.gutter - this.beside, HEAD);
    g.clip();
    g.textAlign = "center";
    this.columns.forEach((life, column) => {
      const x = this.x(column);
      if (x < this.gutter - this.wide || x > wide + this.wide) return;
      g.textBaseline = "middle";
      g.font = `${life === this.chosen ? "700" : "600"} 11px ${Theme.sans}`;
      g.fillStyle = life === this.chosen ? c.blue : c.ink;
      g.fillText(this.headWords(g, life), x, 12);
      g.font = `11px ${Theme.sans}`;
      g.fillStyle = c.muted;
      const hidden = this.hidden[column];
      const more = `▸ ${number(hidden)} more`;
      if (hidden > 0) g.fillText(g.measureText(more).width < this.wide - 4 ? more : `▸ ${number(hidden)}`, x, 29);
      else if (model.children[life].length) g.fillText("▾", x, 29);
    });
    g.restore();
    g.textAlign = "right";
    g.textBaseline = "middle";
    g.font = `11px ${Theme.sans}`;
    g.fillStyle = c.muted;
    g.fillText("time", this.gutter - 20, HEAD / 2);
    g.textAlign = "left";
    g.fillText("what happened", wide - this.beside + 10, HEAD / 2);
  }

  headWords(g, life) {
    const full = Words.local(this.model, life), room = this.wide - 6;
    return g.measureText(full).width <= room || room > 70 ? fitted(g, full, room) : fitted(g, Words.short(this.model, life), room);
  }
}
