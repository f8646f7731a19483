// What a picture of the tree shows: a node for each life, or, folded, one node for siblings that are alike with everything
// below them.

class Scene {
  constructor(model) {
    const { tree } = model.data;
    Object.assign(this, { model, places: tree.places, count: model.lives, parent: model.parent, depth: model.depth, isFolded: false });
    this.told = new Set(tree.told);
    this.first = model.children[0].length;
  }

  // The node of a life, and the life that a click on a node chooses.
  node(life) { return life; }
  life(node) { return node; }
  size() { return 1; }
  isTold(node) { return this.told.has(node); }

  // Takes the moment of the model.
  refresh() {}

  isBorn(node) { return this.model.isBorn(node); }
  health(node) { return this.model.health(node); }
  cut(node) { return this.model.cut[node]; }
  factor(node) { return this.model.factor[node]; }

  linkState(node) {
    const { isOpen, cut } = this.model;
    return !isOpen[2 * node] || !isOpen[2 * node + 1] ? "closed" : cut[node] ? "cut" : "open";
  }

  // Whether it is an earlier life of an id, and over.
  isBuried(node) {
    const { model } = this;
    return !model.isAlive[node] && model.latest.get(model.id[node]) !== node;
  }

  // What is wrong about it, as a number to stand beside its mark.
  wrong(node) { return number(this.model.wrongCount(node)); }

  // Its labels, short and with its name, and all that is known of it.
  short(node) { return Words.short(this.model, node); }
  local(node) { return Words.local(this.model, node); }

  tip(node) {
    const { model } = this;
    const link = node === 0 ? "" : `\nlink to ${Words.short(model, model.parent[node])}: ${Words.link(model, node)}`;
    return `${Words.label(model, node)}\n${Words.health(model, node)}${link}`;
  }
}

class FoldedScene extends Scene {
  constructor(model) {
    super(model);
    const { places, parent, node } = model.data.tree.folded;
    Object.assign(this, { places, isFolded: true, count: parent.length, nodes: Uint32Array.from(sums(node)) });
    this.parent = Int32Array.from(sums(parent), (place) => place - 1);
    this.depth = new Uint32Array(this.count);
    this.members = Array.from({ length: this.count }, () => []);
    for (let life = 0; life < model.lives; life++) this.members[this.nodes[life]].push(life);
    for (let node = 1; node < this.count; node++) this.depth[node] = this.depth[this.parent[node]] + 1;
    this.first = this.parent.filter((parent) => parent === 0).length;
  }

  node(life) { return this.nodes[life]; }
  size(node) { return this.members[node].length; }
  isTold(node) { return this.size(node) === 1 && super.isTold(this.members[node][0]); }

  // The first of those that are worst.
  life(node) {
    const health = this.health(node);
    return this.members[node].find((life) => this.model.health(life) === health) ?? this.members[node][0];
  }

  // Counts the members of each node by health, and by the state of their links.
  refresh() {
    const { model } = this;
    if (this.now === model.now) return;
    this.now = model.now;
    this.counts = Array.from({ length: this.count }, () => ({ wrong: 0, orphan: 0, dead: 0, unknown: 0, fine: 0, cut: 0, ways: 0, closed: 0, factor: 1, born: 0 }));
    for (let life = 0; life < model.lives; life++) {
      const health = model.health(life);
      if (!health) continue;
      const counts = this.counts[this.nodes[life]];
      counts[health]++;
      counts.born++;
      const state = super.linkState(life);
      if (state !== "open") counts[state]++;
      counts.ways |= state === "cut" ? model.cut[life] : 0;
      counts.factor = Math.max(counts.factor, model.factor[life]);
    }
  }

  isBorn(node) { return this.counts[node].born > 0; }

  health(node) {
    return ["wrong", "orphan", "dead", "unknown", "fine"].find((health) => this.counts[node][health] > 0) ?? "";
  }

  cut(node) { return this.counts[node].ways; }
  factor(node) { return this.counts[node].factor; }

  linkState(node) {
    const { cut, closed, born } = this.counts[node];
    return cut > 0 ? "cut" : born > 0 && closed === born ? "closed" : "open";
  }

  isBuried(node) { return this.members[node].every((life) => super.isBuried(life)); }

  wrong(node) {
    const { wrong, born } = this.counts[node];
    return this.size(node) === 1 ? super.wrong(this.members[node][0]) : `${number(wrong)} of ${number(born)}`;
  }

  short(node) {
    return this.size(node) === 1 ? super.short(this.members[node][0]) : `×${number(this.size(node))}`;
  }

  local(node) {
    return this.size(node) === 1 ? super.local(this.members[node][0]) : this.words(node);
  }

  // `3..252: 250 contexts, each with 1 below`. A stack below a stack has only its number and ids.
  words(node) {
    const { model } = this, members = this.members[node], ids = ranges(members.map((life) => model.id[life])), many = number(members.length);
    const below = model.below[members[0]], above = this.parent[node];
    if (above > 0 && this.size(above) > 1) return `×${many}: ${ids}`;
    return `${ids}: ${many} contexts${below ? `, each with ${number(below)} below` : ""}`;
  }

  tip(node) {
    if (this.size(node) === 1) return super.tip(this.members[node][0]);
    const { wrong, orphan, dead, unknown, fine, cut, closed, factor } = this.counts[node];
    const said = (pairs) => pairs.filter(([count]) => count > 0).map(([count, words]) => `${number(count)} ${words}`).join(", ");
    const health = said([[wrong, "with wrong entries"], [orphan, orphan === 1 ? "orphan" : "orphans"], [dead, "dead"], [unknown, "not followed"], [fine, "right"]]);
    const links = said([[cut, "cut"], [closed, "closed"]]) + (factor > 1 ? `${cut + closed ? ", " : ""}some slowed x${number(factor)}` : "");
    return `${this.words(node)}\n${health}\nlinks: ${links || "open"}`;
  }
}
