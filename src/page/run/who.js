// Who was wrong when: a lane for each context that ever had wrong entries; if there are many, for each part of the tree.

class Lanes {
  // Reads how many entries were wrong after each turn, for all destinations or for one.
  constructor(model, route) {
    this.model = model;
    this.route = route;
    const { turns, turnsOf } = model, sums = new Float64Array(model.lives), open = new Map();
    this.moments = [];
    this.counts = [];
    this.byLife = new Map();
    let total = 0;
    const flip = (life, by, moment) => {
      const list = this.byLife.get(life) ?? { moments: [], counts: [] };
      this.byLife.set(life, list);
      sums[life] += by;
      const last = list.moments.length - 1;
      if (list.moments[last] === moment) list.counts[last] = sums[life]; else { list.moments.push(moment); list.counts.push(sums[life]); }
      total += by;
    };
    const gone = new Set();
    for (let moment = 0, change = 0; moment < model.count; moment++) {
      // A context that leaves the tree, or dies, has no wrong entries any more.
      for (; change < model.changesOf[moment + 1]; change++) {
        const kind = model.changes.kind[change], life = model.changes.subject[change];
        if (kind !== "d" && kind !== "l" || gone.has(life)) continue;
        gone.add(life);
        if (open.get(life)?.size) flip(life, -open.get(life).size, moment);
        open.delete(life);
      }
      // From here on, nobody has followed what is wrong.
      if (model.wrongAfter[moment] === 0) {
        for (const [life, set] of open) if (set.size) flip(life, -set.size, moment);
        open.clear();
      }
      for (let i = turnsOf[moment]; i < turnsOf[moment + 1]; i++) {
        const life = turns.context[i], to = turns.destination[i];
        if (gone.has(life) || (route !== null && to !== route)) continue;
        const set = open.get(life) ?? new Set();
        open.set(life, set);
        const was = set.has(to);
        mark(set, to, turns.isWrong[i]);
        if (was !== (turns.isWrong[i] === 1)) flip(life, was ? -1 : 1, moment);
      }
      if (this.counts[this.counts.length - 1] !== total || moment === 0) { this.moments.push(moment); this.counts.push(total); }
    }
  }

  // At most `most` lanes for a part of the run: contexts, or else parts of the tree. Each has its lives, its name and its
  // steps. The fullest come first; the others share the last one.
  in(from, to, most) {
    const { model } = this;
    const isIn = ({ moments, counts }) => moments.some((moment, i) => {
      const until = i + 1 < moments.length ? model.at[moments[i + 1]] : Infinity;
      return counts[i] > 0 && model.at[moment] <= to && until >= from;
    });
    const lives = [...this.byLife.keys()].filter((life) => isIn(this.byLife.get(life)));
    let groups = lives.map((life) => ({ lives: [life], name: Words.label(model, life), short: Words.short(model, life) }));
    if (groups.length > most) {
      const tops = new Map();
      for (const life of lives) {
        let top = life;
        while (top > 0 && model.parent[top] > 0) top = model.parent[top];
        if (!tops.has(top)) tops.set(top, []);
        tops.get(top).push(life);
      }
      groups = [...tops].map(([top, members]) => {
        const isAlone = members.length === 1 && members[0] === top;
        return { lives: members, short: Words.short(model, top) + (isAlone ? "" : " ▾"),
          name: isAlone ? Words.label(model, top) : `${Words.label(model, top)} and below: ${counted(members.length, "context", "contexts")}` };
      });
      const size = (group) => group.lives.reduce((sum, life) => sum + Math.max(...this.byLife.get(life).counts), 0);
      groups.sort((one, other) => (one.lives[0] === 0 ? -1 : other.lives[0] === 0 ? 1 : size(other) - size(one)));
      if (groups.length > most) {
        const rest = groups.splice(most - 1).flatMap((group) => group.lives);
        groups.push({ lives: rest, short: "others", name: `${counted(rest.length, "other context", "other contexts")}` });
      }
    }
    groups.sort((one, other) => (one.short === "others") - (other.short === "others") || model.placeInOrder[one.lives[0]] - model.placeInOrder[other.lives[0]]);
    for (const group of groups) Object.assign(group, this.steps(group.lives));
    return groups;
  }

  // How many entries of some contexts were wrong: after which moments it changed, and to what.
  steps(lives) {
    if (lives.length === 1) return this.byLife.get(lives[0]);
    const all = [];
    for (const life of lives) {
      const { moments, counts } = this.byLife.get(life);
      moments.forEach((moment, i) => all.push([moment, counts[i] - (i ? counts[i - 1] : 0)]));
    }
    all.sort((one, other) => one[0] - other[0]);
    const moments = [], counts = [];
    let sum = 0;
    for (const [moment, by] of all) {
      sum += by;
      if (moments[moments.length - 1] === moment) counts[counts.length - 1] = sum; else { moments.push(moment); counts.push(sum); }
    }
    return { moments, counts };
  }
}
