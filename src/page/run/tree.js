// The tree at the moment: marks for contexts, lines for links, and the items on the wires. The reader can move and zoom it.

class Tree {
  // `part(name)` is the button or list of that name, if there is one.
  constructor(box, model, choose, part = (name) => document.getElementById(name)) {
    Object.assign(this, { part, box, model, choose, canvas: box.querySelector("canvas"), tip: box.querySelector(".tip"), chosen: 0 });
    this.take(new Scene(model));
    this.listen();
    new ResizeObserver(() => { if (!this.isMoved) this.view = null; this.draw(); }).observe(box);
    const list = part("tree-legend");
    const context = (health) => (g) => Marks.context(g, health, 9, 7, 4.5);
    this.drawLegend = () => {
      if (!list) return;
      list.replaceChildren();
      for (const [health, words] of [["fine", "right"], ["wrong", "wrong"], ["orphan", "orphan"], ["dead", "dead"], ["unknown", "not followed"]]) {
        if (health !== "unknown" || this.model.isLost) Marks.legend(list, context(health), words);
      }
      if (this.scene.isFolded) {
        Marks.legend(list, (g) => { Marks.stack(g, "fine", 7, 8, 4); Marks.context(g, "fine", 7, 8, 4); }, "alike");
      }
      Marks.legend(list, (g) => this.line(g, "cut"), "cut");
      Marks.legend(list, (g) => this.line(g, "closed"), "closed");
    };
  }

  // Shows another scene of the same run.
  take(scene) {
    const t = scene.places;
    this.scene = scene;
    this.width = t.width;
    this.height = t.height;
    this.x = sums(t.x);
    this.y = sums(t.y);
    this.room = sums(t.room);
    this.way = t.way;
    this.turn = new Int32Array(scene.count);
    this.block = new Int32Array(scene.count).fill(-1);
    this.blocks = t.blocks.map(([edges, corners]) => ({ edges, corners, members: [] }));
    const blocksOf = sums(t.blocks_of);
    for (let node = 0, turns = 0, inBlocks = 0; node < scene.count; node++) {
      if (this.way[node] === "t") this.turn[node] = t.turns[turns++];
      if (this.way[node] === "b") {
        this.block[node] = blocksOf[inBlocks++];
        this.blocks[this.block[node]].members.push(node);
      }
    }
    this.view = null;
    this.isMoved = false;
  }

  line(g, state) {
    Marks.link(g, state);
    g.beginPath(); g.moveTo(0, 7); g.lineTo(18, 7); g.stroke();
    g.setLineDash([]);
  }

  listen() {
    const { box, canvas } = this;
    let last = null, isDragged = false;
    canvas.addEventListener("pointerdown", (event) => { last = event; isDragged = false; canvas.setPointerCapture(event.pointerId); });
    canvas.addEventListener("pointermove", (event) => {
      if (!last) return this.hover(event);
      if (Math.hypot(event.offsetX - last.offsetX, event.offsetY - last.offsetY) < 3 && !isDragged) return;
      isDragged = true;
      box.classList.add("dragged");
      this.move(event.offsetX - last.offsetX, event.offsetY - last.offsetY);
      last = event;
    });
    canvas.addEventListener("pointerup", (event) => {
      if (last && !isDragged) {
        const node = this.at(event.offsetX, event.offsetY);
        if (node >= 0) this.choose(this.scene.life(node));
      }
      last = null;
      box.classList.remove("dragged");
    });
    canvas.addEventListener("pointerleave", () => { this.tip.hidden = true; });
    canvas.addEventListener("wheel", (event) => {
      if (!event.ctrlKey && document.activeElement !== canvas) return;
      event.preventDefault();
      this.zoom(Math.exp(-event.deltaY / 400), event.offsetX, event.offsetY);
    }, { passive: false });
    const middle = (factor) => () => this.zoom(factor, this.box.clientWidth / 2, this.box.clientHeight / 2);
    this.part("tree-in")?.addEventListener("click", middle(1.4));
    this.part("tree-out")?.addEventListener("click", middle(1 / 1.4));
    this.part("tree-fit")?.addEventListener("click", () => { this.view = null; this.isMoved = false; this.draw(); });
  }

  fit() {
    const wide = this.box.clientWidth, high = this.box.clientHeight, edge = 22, above = Math.max(10, Math.min(edge, high * 0.12));
    const scale = Math.min((wide - 2 * edge) / Math.max(this.width, 8), (high - 2 * above) / Math.max(this.height, 8), 9);
    this.view = { scale, x: (wide - this.width * scale) / 2, y: Math.max(above, (high - this.height * scale) / 2) };
  }

  // Shows the moment, and brings the chosen context into view.
  show(chosen) {
    const isNew = chosen !== this.chosen;
    this.chosen = chosen;
    if (isNew && this.isMoved && this.view) {
      const node = this.scene.node(chosen);
      const { clientWidth: wide, clientHeight: high } = this.box, x = this.px(node), y = this.py(node);
      if (x < 10 || y < 10 || x > wide - 10 || y > high - 10) {
        this.view.x += wide / 2 - x;
        this.view.y += high / 2 - y;
      }
    }
    this.draw();
  }

  move(x, y) {
    this.view.x += x;
    this.view.y += y;
    this.isMoved = true;
    this.draw();
  }

  zoom(factor, x, y) {
    const scale = Math.max(0.2, Math.min(40, this.view.scale * factor));
    const by = scale / this.view.scale;
    Object.assign(this.view, { scale, x: x - (x - this.view.x) * by, y: y - (y - this.view.y) * by });
    this.isMoved = true;
    this.draw();
  }

  // The node at a point; -1 is none. Later lives are on top.
  at(x, y) {
    let best = -1, least = 14;
    for (let node = 0; node < this.scene.count; node++) {
      if (!this.scene.isBorn(node)) continue;
      const distance = Math.hypot(this.px(node) - x, this.py(node) - y);
      if (distance <= least) { best = node; least = distance; }
    }
    return best;
  }

  hover(event) {
    const node = this.at(event.offsetX, event.offsetY);
    this.tip.hidden = node < 0;
    if (node < 0) return;
    this.tip.textContent = this.scene.tip(node);
    const left = Math.min(this.px(node) + 12, this.box.clientWidth - this.tip.offsetWidth - 4);
    this.tip.style.left = Math.max(4, left) + "px";
    this.tip.style.top = Math.min(this.py(node) + 12, this.box.clientHeight - this.tip.offsetHeight - 4) + "px";
  }

  px(node) { return this.view.x + this.x[node] * this.view.scale; }
  py(node) { return this.view.y + this.y[node] * this.view.scale; }

  // The corners of a link from the parent to the child, in quarters of cells. A link along a shelf or into a block shares
  // its first part with others; these are the corners of the rest.
  corners(child) {
    const { x, y } = this, from = this.scene.parent[child];
    switch (this.way[child]) {
      case "h":
        return [x[child], y[child] - 4, x[child], y[child]];
      case "t": return [x[from], y[from], this.turn[child], y[from], this.turn[child], y[child], x[child], y[child]];
      case "b": return [x[child], y[child] - 2, x[child], y[child]];
      default: return [x[from], y[from], x[child], y[child]];
    }
  }

  trace(g, corners) {
    const { scale, x, y } = this.view;
    for (let i = 0; i < corners.length; i += 2) {
      const px = x + corners[i] * scale, py = y + corners[i + 1] * scale;
      if (i === 0) g.moveTo(px, py); else g.lineTo(px, py);
    }
  }

  radius() {
    return Math.max(1.7, Math.min(7, this.view.scale * 1.35));
  }

  // The master and its children stay visible among hundreds, unless the children are hundreds themselves.
  radiusOf(node) {
    const r = this.radius();
    return this.isHigh(node) ? Math.max(4.5, r * (node === 0 ? 1.2 : 1)) : r;
  }

  isHigh(node) {
    const { scene } = this;
    return node === 0 || (scene.depth[node] === 1 && scene.first <= 24 && this.way[node] !== "b");
  }

  draw() {
    const wide = this.box.clientWidth, high = this.box.clientHeight;
    if (wide === 0 || high === 0) return;
    // Another size shows the whole tree again, unless the reader has moved it.
    if (this.fitted !== `${wide} ${high}` && !this.isMoved) this.view = null;
    this.fitted = `${wide} ${high}`;
    if (!this.view) this.fit();
    const g = surface(this.canvas, wide, high);
    this.scene.refresh();
    const cut = this.drawLinks(g);
    this.places = new Places();
    this.drawContexts(g);
    const counts = this.drawItems(g);
    this.drawLinkMarks(g, cut);
    this.drawChosen(g);
    this.drawLabels(g, counts);
    this.canvas.setAttribute("aria-label", this.words());
  }

  drawLinks(g) {
    const { scene } = this;
    const by = { open: [], closed: [], cut: [] };
    const blocks = this.blocks.map(() => "");
    for (let node = 1; node < scene.count; node++) {
      if (!scene.isBorn(node)) continue;
      const state = scene.linkState(node);
      by[state].push(node);
      if (this.way[node] === "b" && state !== "closed") blocks[this.block[node]] = state;
      else if (this.way[node] === "b") blocks[this.block[node]] ||= "closed";
    }
    this.drawShelves(g);
    for (const state of ["closed", "open", "cut"]) {
      Marks.link(g, state);
      if (this.view.scale < 2) g.lineWidth *= 0.7;
      g.beginPath();
      for (const node of by[state]) if (this.way[node] !== "b" || this.view.scale >= 2.4) this.trace(g, this.corners(node));
      blocks.forEach((at, block) => { if (at === state) this.trace(g, this.blocks[block].corners); });
      g.stroke();
      g.setLineDash([]);
    }
    this.drawBlocks(g, blocks);
    return by.cut;
  }

  // The part that the links along a shelf share.
  drawShelves(g) {
    const { scene, x, y } = this;
    const ends = new Map();
    for (let node = 1; node < scene.count; node++) {
      if (this.way[node] !== "h" || !scene.isBorn(node)) continue;
      const from = scene.parent[node], key = `${from} ${y[node]}`, shelf = ends.get(key);
      if (!shelf) ends.set(key, { from, y: y[node] - 4, x: x[node] }); else shelf.x = Math.max(shelf.x, x[node]);
    }
    Marks.link(g, "open");
    g.strokeStyle = Theme.colours.rule;
    g.beginPath();
    for (const shelf of ends.values()) this.trace(g, [x[shelf.from], y[shelf.from], x[shelf.from], shelf.y, shelf.x, shelf.y]);
    g.stroke();
  }

  drawBlocks(g, states) {
    const { scale, x, y } = this.view;
    g.strokeStyle = Theme.colours.rule;
    g.fillStyle = Theme.colours.panel;
    g.lineWidth = 1;
    this.blocks.forEach(({ edges: [left, top, wide, high] }, block) => {
      if (!states[block]) return;
      g.beginPath();
      g.roundRect(x + left * scale, y + top * scale, wide * scale, high * scale, Math.min(6, 2 * scale));
      g.fill();
      g.stroke();
    });
  }

  // A gap in a link that is cut both ways, an arrow on one that still delivers one way, and the factor of a slow one. They
  // are on top of the items that the link holds.
  drawLinkMarks(g, cut) {
    const { scene, view, places } = this, c = Theme.colours;
    for (const node of cut) {
      const { x, y, angle } = this.middle(node), ways = scene.cut(node);
      if (x < -20 || y < -20 || x > this.box.clientWidth + 20 || y > this.box.clientHeight + 20) continue;
      const size = this.way[node] === "b" ? Math.min(8, this.radius() * 1.2) : 8, gap = size / 4;
      g.save();
      g.translate(x, y);
      g.rotate(angle + (ways === 1 ? Math.PI : 0));
      g.fillStyle = c.ground;
      if (ways === 3) {
        g.fillRect(-gap - 2, -size - 1, 2 * gap + 4, 2 * size + 2);
        g.fillStyle = c.orange;
        g.fillRect(-gap - 1.5, -size, 2.5, 2 * size);
        g.fillRect(gap - 1, -size, 2.5, 2 * size);
      } else {
        g.beginPath(); g.moveTo(size, 0); g.lineTo(-size * 0.7, size * 0.8); g.lineTo(-size * 0.7, -size * 0.8); g.closePath();
        g.lineWidth = 3;
        g.strokeStyle = c.ground;
        g.stroke();
        g.fillStyle = c.orange;
        g.fill();
      }
      g.restore();
      places.take(x - size, y - size, x + size, y + size);
    }
    g.font = `600 ${Math.max(9, Math.min(12, view.scale * 3))}px ${Theme.sans}`;
    g.textAlign = "center";
    g.textBaseline = "middle";
    for (let node = 1; node < scene.count; node++) {
      if (scene.factor(node) <= 1 || !scene.isBorn(node) || this.isShort(node)) continue;
      const { x, y } = this.along(this.corners(node), 0.5);
      Marks.text(g, `x${scene.factor(node)}`, x, y, c.orange);
      places.take(x - 10, y - 7, x + 10, y + 7);
    }
  }

  // The middle of the visible part of a link, between the marks at its ends.
  middle(child) {
    const corners = this.corners(child), scale = this.view.scale;
    let length = 0;
    for (let i = 2; i < corners.length; i += 2) length += Math.hypot(corners[i] - corners[i - 2], corners[i + 1] - corners[i - 1]) * scale;
    const isWhole = this.way[child] !== "h" && this.way[child] !== "b";
    const from = isWhole ? this.radiusOf(this.scene.parent[child]) : 0, to = length - this.radiusOf(child);
    return this.along(corners, Math.max(0, from + to) / 2 / Math.max(1, length));
  }

  // Whether a link is too short for a mark.
  isShort(node) {
    const corners = this.corners(node), last = corners.length;
    return Math.hypot(corners[last - 2] - corners[0], corners[last - 1] - corners[1]) * this.view.scale < 30;
  }

  drawContexts(g) {
    const { scene } = this;
    for (let pass = 0; pass < 2; pass++) {
      for (let node = 0; node < scene.count; node++) {
        const health = scene.health(node);
        if (!health || (health === "wrong") !== (pass === 1)) continue;
        const isBuried = health === "dead" && scene.isBuried(node);
        const x = this.px(node), y = this.py(node), r = this.radiusOf(node), half = health === "wrong" ? r * 1.45 : r;
        if (scene.size(node) > 1) Marks.stack(g, health, x, y, r);
        g.globalAlpha = isBuried ? 0.35 : 1;
        Marks.context(g, health, x, y, r);
        this.places.take(x - half, y - half, x + half, y + half);
      }
    }
    g.globalAlpha = 1;
  }

  // The place on a link at a fraction of its length.
  along(corners, part) {
    const { scale, x, y } = this.view;
    let length = 0;
    for (let i = 2; i < corners.length; i += 2) length += Math.hypot(corners[i] - corners[i - 2], corners[i + 1] - corners[i - 1]);
    let left = length * part;
    for (let i = 2; i < corners.length; i += 2) {
      const dx = corners[i] - corners[i - 2], dy = corners[i + 1] - corners[i - 1], piece = Math.hypot(dx, dy);
      if (left <= piece || i + 2 >= corners.length) {
        const f = piece === 0 ? 0 : Math.min(1, left / piece);
        return { x: x + (corners[i - 2] + dx * f) * scale, y: y + (corners[i - 1] + dy * f) * scale, angle: Math.atan2(dy, dx) };
      }
      left -= piece;
    }
    return { x, y, angle: 0 };
  }

  // Draws one mark for the items of each kind on each wire. Returns their counts and the places of these. A short link has
  // room for the first mark only, and a short cut link for none; the other marks are beside it.
  drawItems(g) {
    const { model, scene } = this, time = model.time();
    const groups = new Map();
    for (const flight of model.onWire) {
      if (this.only && !this.only.flight(flight)) continue;
      const kind = model.items.kind[model.item[flight]];
      const key = (2 * scene.node(model.lane[flight] >> 1) + model.lane[flight] % 2) * 4 + "adem".indexOf(kind);
      const group = groups.get(key);
      if (group) { group.count += model.copies[flight]; continue; }
      groups.set(key, { flight, kind, count: model.copies[flight] });
    }
    const r = Math.max(1.4, Math.min(5, this.radius() * 0.8));
    let drawn = 0;
    const counts = [], beside = new Map();
    for (const { flight, kind, count } of groups.values()) {
      if (drawn++ > 3000) break;
      const sent = model.at[model.sent[flight]];
      const arrives = model.ended[flight] < model.count ? model.at[model.ended[flight]] : Infinity;
      const isHeld = model.isHeld(flight);
      let part = isHeld || arrives === Infinity ? 0.42 : (time - sent) / Math.max(1, arrives - sent);
      part = 0.1 + 0.8 * Math.max(0, Math.min(1, part));
      const isUp = model.lane[flight] % 2 === UP;
      const child = scene.node(model.lane[flight] >> 1);
      const { x: onX, y: onY, angle } = this.along(this.corners(child), isUp ? 1 - part : part);
      let aside = 0;
      if (this.isShort(child) && this.way[child] !== "b") {
        const place = beside.get(child) ?? (scene.cut(child) ? 1 : 0);
        beside.set(child, place + 1);
        aside = place === 0 ? 0 : place * 2.6 * r + (scene.cut(child) ? 4 : 0);
      }
      const x = onX - Math.sin(angle) * aside, y = onY + Math.cos(angle) * aside;
      Marks.item(g, kind, x, y, isUp ? angle + Math.PI : angle, r, isHeld);
      this.places.take(x - r, y - r, x + r, y + r);
      if (count > 1 && this.view.scale > 1.2) counts.push({ text: number(count), x, y, r, colour: Marks.itemColour(kind) });
    }
    return counts;
  }

  // Names and numbers, where there is room: none covers a mark or another label. The chosen context comes first, then those
  // that faults are about, the top of the tree, and contexts with wrong entries.
  drawLabels(g, counts) {
    const { scene, box } = this, seen = [], chosen = scene.node(this.chosen), subject = this.subject();
    this.about = subject < 0 || scene.size(scene.node(subject)) > 1 ? -1 : scene.node(subject);
    for (let node = 0; node < scene.count; node++) {
      const x = this.px(node), y = this.py(node);
      if (x < -40 || y < -40 || x > box.clientWidth + 40 || y > box.clientHeight + 40 || !scene.isBorn(node)) continue;
      const rank = node === chosen || node === this.about ? 0 : this.isNamed(node) ? 1 : scene.isBuried(node) ? 4 : scene.health(node) === "wrong" ? 2 : 3;
      seen.push({ node, x, y, rank });
    }
    seen.sort((one, other) => one.rank - other.rank || one.node - other.node);
    this.hasNamedBlocks = this.areBlocksNamed(g);
    for (const { node, x, y } of seen) this.drawLabel(g, node, x, y, node === chosen);
    g.font = `600 10px ${Theme.sans}`;
    for (const { text, x, y, r, colour } of counts) this.label(g, text, colour, 10, [
      [x + r + 3, y, "left"], [x - r - 3, y, "right"], [x, y - r - 7, "center"], [x, y + r + 7, "center"],
    ]);
  }

  // The context that the last step is about; -1 before the first.
  subject() {
    const { model } = this;
    for (let moment = model.now - 1; moment >= 0 && model.now - moment < 5000; moment--) {
      if (model.kind[moment] === "s") return model.cause[moment] < model.data.steps.contexts ? -1 : model.context[moment];
    }
    return -1;
  }

  // Whether a node has a name before others: it is high, a stack, or a fault is about it.
  isNamed(node) {
    return this.isHigh(node) || this.scene.isTold(node) || this.scene.size(node) > 1;
  }

  // Whether all marks in blocks have room for a label. If one has not, none is labelled.
  areBlocksNamed(g) {
    const { scene } = this, cell = 4 * this.view.scale;
    if (cell / 2 < this.radius() + 10) return false;
    g.font = `9px ${Theme.sans}`;
    return this.blocks.every(({ members }) => members.every((node) => g.measureText(scene.short(node)).width <= cell - 2));
  }

  // The name below the mark or beside it, and the number of wrong entries.
  drawLabel(g, node, x, y, isChosen) {
    const { scene, view, model } = this, r = this.radiusOf(node), c = Theme.colours;
    const isInBlock = this.way[node] === "b", isNamed = this.isNamed(node), isAbout = node === this.about, isTold = scene.isTold(node);
    const wrong = scene.health(node) === "wrong", half = isChosen ? r + 8 : wrong ? r * 1.45 + 1 : r + 1;
    // Most marks of a large tree have no room for any label: there is nothing to measure.
    if (!isChosen && !isNamed && !isAbout && !wrong && (isInBlock ? !this.hasNamedBlocks : this.room[node] * view.scale < 12)) return;
    const isStack = scene.size(node) > 1, chosen = isStack && isChosen ? `; chosen: ${Words.label(model, this.chosen)}` : "";
    const full = scene.local(node) + chosen, short = scene.short(node), room = this.room[node] * view.scale;
    const colour = isChosen ? c.blue : scene.health(node) === "dead" ? c.muted : c.ink, size = isInBlock && !isChosen ? 9 : 11;
    g.font = `${isChosen ? "600 " : ""}${size}px ${Theme.sans}`;
    const below = [x, y + half + 1 + size / 2, "center"], right = [x + half + (isStack ? r + 4 : 3), y, "left"], left = [x - half - 3, y, "right"];
    const isWide = g.measureText(full).width > room;
    let at = null;
    // The name of one that a fault is about is also looked for above and below.
    const near = isTold || isAbout ? [12, -12, 24, -24, 36, -36].flatMap((by) => [right, left].map(([x, y, align]) => [x, y + by, align])) : [];
    if (isChosen || isNamed || isAbout) at = this.label(g, full, colour, size, isInBlock ? [right, left, ...near] : isWide || isNamed ? [right, left, below, ...near] : [below, right, left, ...near]);
    else if (isInBlock && !this.hasNamedBlocks) return;
    else if (!isInBlock && !isWide) at = this.label(g, full, colour, size, [below]);
    at ??= isInBlock || room >= 12 || isNamed ? this.label(g, short, colour, size, isInBlock ? [below] : [below, right, left]) : null;
    // The context that a fault is about has its name, whatever is below it.
    if (!at && (isAbout || isChosen)) {
      const wide = g.measureText(short).width;
      Marks.text(g, short, Math.max(2, Math.min(x + half + 3, this.box.clientWidth - wide - 2)), y, colour);
    }
    if (!wrong || isInBlock || 4 * view.scale < 6) return;
    g.font = `700 11px ${Theme.sans}`;
    const after = at && at[1] === y && at[0] > x ? [[at[2] + 6, y, "left"]] : [];
    this.label(g, scene.wrong(node), c.red, 11, [...after, right, left, [x + half, y - half - 4, "left"]]);
  }

  // Draws text at the first free place of several (x, y of its middle, alignment). Returns where it is, or null.
  label(g, text, colour, size, places) {
    const wide = g.measureText(text).width;
    g.textAlign = "left";
    g.textBaseline = "middle";
    for (const [x, y, align] of places) {
      const from = align === "left" ? x : align === "right" ? x - wide : x - wide / 2, to = from + wide;
      if (from < 2 || to > this.box.clientWidth - 2) continue;
      if (!this.places.isFree(from - 1, y - size / 2, to + 1, y + size / 2)) continue;
      this.places.take(from - 1, y - size / 2, to + 1, y + size / 2);
      Marks.text(g, text, from, y, colour);
      return [from, y, to];
    }
    return null;
  }

  drawChosen(g) {
    if (!this.model.isBorn(this.chosen)) return;
    const node = this.scene.node(this.chosen), x = this.px(node), y = this.py(node), r = this.radiusOf(node) + 5;
    g.beginPath();
    g.arc(x, y, r, 0, 7);
    g.strokeStyle = Theme.colours.blue;
    g.lineWidth = 2.5;
    g.stroke();
  }

  words() {
    const { model } = this, counts = { fine: 0, wrong: 0, unknown: 0, orphan: 0, dead: 0 };
    for (let life = 0; life < model.lives; life++) {
      const health = model.health(life);
      if (health) counts[health]++;
    }
    return `Tree. Contexts: ${counts.fine} right, ${counts.wrong} with wrong entries, ${counts.orphan} orphaned, ${counts.dead} dead${counts.unknown ? `, ${counts.unknown} not followed` : ""}. `
      + `Items on the wires: ${model.onWire.size}. Chosen: ${Words.label(model, this.chosen)}, ${Words.health(model, this.chosen)}.`;
  }
}

// Which parts of a picture are taken, in squares.
class Places {
  constructor() {
    this.squares = new Map();
  }

  // Calls `take` for the squares of a part until it returns true.
  some(left, top, right, bottom, take) {
    for (let x = left >> 5; x <= right >> 5; x++) {
      for (let y = top >> 5; y <= bottom >> 5; y++) if (take(x * 65536 + y)) return true;
    }
    return false;
  }

  take(left, top, right, bottom) {
    this.some(left, top, right, bottom, (square) => {
      const parts = this.squares.get(square);
      if (parts) parts.push([left, top, right, bottom]); else this.squares.set(square, [[left, top, right, bottom]]);
      return false;
    });
  }

  isFree(left, top, right, bottom) {
    const meets = (part) => part[0] < right && part[2] > left && part[1] < bottom && part[3] > top;
    return !this.some(left, top, right, bottom, (square) => this.squares.get(square)?.some(meets));
  }
}
