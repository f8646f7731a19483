// The tree as an outline, for trees with too many contexts for a picture. Children of one fate share a line: those with the
// same tree below them that the same steps are about. The context that a fault is about has a line of its own.

const ALIKE_MIN = 4;

class Outline {
  constructor(box, model, choose) {
    Object.assign(this, { box, model, choose, chosen: 0, open: new Set() });
    this.fates = sums(model.data.tree.fates);
    this.rows = new Rows(box, { height: 21, isTree: true, label: "Tree as an outline; Enter chooses a context, or unfolds those that are alike",
      draw: (row, place) => this.draw(row, place), pick: (place) => this.pick(this.lines[place]) });
    this.lay();
  }

  // The lines: a context, or some that are alike.
  lay() {
    const { model } = this;
    this.lines = [];
    this.lineOf = new Int32Array(model.lives).fill(-1);
    const left = [{ life: 0, depth: 0 }];
    while (left.length) {
      const line = left.pop();
      this.lines.push(line);
      if (line.members?.length && line.isOpen) continue;
      if (line.members) {
        const below = [...line.members];
        while (below.length) {
          const one = below.pop();
          this.lineOf[one] = this.lines.length - 1;
          below.push(...model.children[one]);
        }
        continue;
      }
      this.lineOf[line.life] = this.lines.length - 1;
      left.push(...this.childLines(line).reverse());
    }
    this.rows.show(this.lines.length, this.lineOf[this.chosen]);
  }

  childLines({ life, depth }) {
    const groups = new Map();
    for (const child of this.model.children[life]) {
      const fate = this.fates[child];
      if (!groups.has(fate)) groups.set(fate, []);
      groups.get(fate).push(child);
    }
    return [...groups.values()].flatMap((members) => {
      if (members.length < ALIKE_MIN) return members.map((child) => ({ life: child, depth: depth + 1 }));
      const head = { members, depth: depth + 1, isOpen: this.open.has(members[0]) };
      return head.isOpen ? [head, ...members.map((child) => ({ life: child, depth: depth + 2 }))] : [head];
    });
  }

  // How many lines the whole tree would have, and how many it has.
  get isShorter() {
    return this.lines.length * 2 < this.model.lives;
  }

  pick(line) {
    if (!line.members) return this.choose(line.life);
    const [first] = line.members;
    if (this.open.has(first)) this.open.delete(first); else this.open.add(first);
    const { scrollTop } = this.box;
    this.lay();
    this.box.scrollTop = scrollTop;
    this.rows.window();
  }

  show(chosen) {
    const isOther = chosen !== this.chosen;
    this.chosen = chosen;
    this.wires = null;
    this.rows.redraw(this.lineOf[chosen]);
    if (isOther || !this.isBegun) this.rows.bring(this.lineOf[chosen]);
    this.isBegun = true;
  }

  // How many items are on the links to the contexts of each line.
  onWires() {
    if (this.wires) return this.wires;
    this.wires = new Map();
    const { model } = this;
    for (const flight of model.onWire) {
      if (this.only && !this.only.flight(flight)) continue;
      const line = this.lineOf[model.lane[flight] >> 1], count = this.wires.get(line) ?? [0, 0];
      count[model.lane[flight] % 2] += model.copies[flight];
      this.wires.set(line, count);
    }
    return this.wires;
  }

  draw(row, place) {
    const { model } = this, line = this.lines[place], { members, life } = line;
    row.classList.add("line");
    row.setAttribute("aria-level", line.depth + 1);
    row.style.paddingLeft = `${8 + Math.min(line.depth, 16) * 16}px`;
    row.append(el("span", { class: "turn", "aria-hidden": "true" }, members ? (line.isOpen ? "▾" : "▸") : ""));
    if (members) row.setAttribute("aria-expanded", line.isOpen);
    if (members && line.isOpen) return row.append(el("bdi", { dir: "ltr", class: "name muted" }, this.alike(members)));
    const { worst, words: healthWords } = members ? this.health(members) : { worst: model.health(life) };
    const [sign, tone] = { fine: ["●", "fine"], unknown: ["?", "muted"], wrong: ["◆", "bad"], orphan: ["◌", "warn"], dead: ["✕", "bad"], "": ["·", "muted"] }[worst];
    const words = [];
    if (members) words.push([healthWords, tone]);
    else if (worst === "wrong") words.push([`${number(model.wrongCount(life))} wrong`, tone]);
    else if (worst !== "fine") words.push([worst === "unknown" ? "not followed" : worst || "not born yet", tone]);
    const links = this.links(members ?? (life > 0 ? [life] : [])), [down, up] = this.onWires().get(place) ?? [0, 0];
    if (links) words.push([links, "warn"]);
    if (down) words.push([`↓${number(down)} on the way`, "muted"]);
    if (up) words.push([`↑${number(up)} on the way`, "muted"]);
    if (members && this.lineOf[this.chosen] === place) words.push([`chosen: ${Words.label(model, this.chosen)}`, ""]);
    row.append(el("span", { class: tone, "aria-hidden": "true" }, sign), el("bdi", { dir: "ltr", class: "name" }, members ? this.alike(members) : Words.local(model, life)),
      ...words.map(([text, colour]) => el("span", { class: colour }, text)));
    row.title = [members ? `${Words.label(model, members[0])} and ${number(members.length - 1)} more` : Words.label(model, life), ...words.map(([text]) => text)].join("; ");
  }

  // `250 contexts, each with 1 below`, and the names of the first and the last.
  alike(members) {
    const { model } = this, below = model.below[members[0]];
    const ids = `${Words.short(model, members[0])}..${Words.short(model, members[members.length - 1])}`;
    return `${ids}: ${number(members.length)} contexts${below ? `, each with ${number(below)} below` : ""}`;
  }

  // The worst health of some contexts and all below them, and how many have it.
  health(lives) {
    const { model } = this, counts = { wrong: 0, orphan: 0, dead: 0, unknown: 0, fine: 0 };
    const left = [...lives];
    while (left.length) {
      const one = left.pop(), health = model.health(one);
      if (health) counts[health]++;
      left.push(...model.children[one]);
    }
    const worst = ["wrong", "orphan", "dead", "unknown", "fine"].find((health) => counts[health] > 0) ?? "";
    const words = [["wrong", "with wrong entries"], ["orphan", counts.orphan === 1 ? "orphan" : "orphans"], ["dead", "dead"], ["unknown", "not followed"], ["fine", "right"]]
      .filter(([health]) => counts[health] > 0).map(([health, text]) => `${number(counts[health])} ${text}`);
    return { worst, words: words.join(", ") || "not born yet" };
  }

  links(lives) {
    const { model } = this;
    let cut = 0, slow = 0;
    for (const life of lives) { if (model.cut[life]) cut++; if (model.factor[life] > 1) slow++; }
    const words = [];
    if (cut) words.push(lives.length === 1 ? "link cut" : `${counted(cut, "link", "links")} cut`);
    if (slow) words.push(lives.length === 1 ? `link slowed x${model.factor[lives[0]]}` : `${counted(slow, "link", "links")} slowed`);
    return words.join(", ");
  }
}
