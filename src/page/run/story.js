// What happened, in few lines: rounds that repeat, the steps that findings come from, and findings of one cause.

const ROUND_MAX = 12, ROUNDS_MIN = 4;

const Story = {
  // What a moment is, without its time, as a number. Equal moments are the same thing again.
  sign(model, moment) {
    if (model.kind[moment] !== "a") return -1 - model.wordsOf[moment];
    const flight = model.cause[moment];
    return model.lane[flight] * model.items.words.length + model.item[flight];
  },

  // Splits a list of signs into single ones and rounds: `{ from, to, period }`, where a period of 0 is a single one.
  rounds(signs) {
    const pieces = [];
    for (let i = 0; i < signs.length;) {
      let best = null;
      for (let period = 1; period <= ROUND_MAX && i + period < signs.length; period++) {
        let same = 0;
        while (i + same + period < signs.length && signs[i + same] === signs[i + same + period]) same++;
        const count = Math.floor((same + period) / period);
        if (count >= ROUNDS_MIN && (!best || count * period > best.to - best.from)) best = { from: i, to: i + count * period, period };
      }
      best ??= { from: i, to: i + 1, period: 0 };
      pieces.push(best);
      i = best.to;
    }
    return pieces;
  },

  // Rounds in words: `2 → 1' → 2, 9,995 rounds, 2ms each`.
  roundWords(model, moments, period, count = moments.length / period) {
    const first = moments[0], last = moments[moments.length - 1], took = (model.at[last] - model.at[first]) / Math.max(1, moments.length - 1) * period;
    const each = `${counted(count, "round", "rounds")}, ${roughly(Math.round(took))} each`;
    const round = moments.slice(0, period);
    if (!round.every((moment) => model.kind[moment] === "a")) return `${Words.moment(model, first)}${period > 1 ? ` and ${period - 1} more` : ""}: ${each}`;
    const places = [model.sender(model.cause[first]), ...round.map((moment) => model.receiver(model.cause[moment]))];
    const isWay = round.every((moment, i) => model.sender(model.cause[moment]) === places[i]);
    const way = isWay ? places.map((life) => Words.short(model, life)).join(" → ") : [...new Set(places)].map((life) => Words.short(model, life)).join(", ");
    return `${way}, ${each}`;
  },

  // The storm that a run ends in: the moments of its rounds, and their period.
  storm(model) {
    if (!["storm", "stopped"].includes(model.data.run.verdict) || model.count === 0) return null;
    const chain = model.chain([model.count - 1]), signs = chain.map((moment) => Story.sign(model, moment));
    const pieces = Story.rounds(signs.reverse()).filter(({ period }) => period > 0);
    if (!pieces.length) return null;
    const { from, to, period } = pieces.reduce((one, other) => (other.to - other.from > one.to - one.from ? other : one));
    return { moments: chain.slice(chain.length - to, chain.length - from), period };
  },

  // The step that led to a moment, through all that was between; -1 if there is none.
  step(model, moment) {
    let at = moment;
    while (at >= 0 && model.origin[at] >= 0) at = model.origin[at];
    return at;
  },

  // The findings in groups of one cause: the kind, and the step that it came from. Groups come in the order of their
  // first findings, except that storms come first and warnings last.
  groups(model) {
    const groups = new Map(), { findings } = model.data;
    const storm = Story.storm(model);
    if (storm) {
      const { moments, period } = storm, first = moments[0];
      const words = `${Story.roundWords(model, moments, period)}, from ${roughly(model.at[first])} on: ${Words.item(model, model.cause[first]) || Words.moment(model, first)}`;
      groups.set("storm", { kind: "storm", members: [{ kind: "storm", words, moment: first + 1, context: model.context[first] + 1, route: null, call: null }], rest: 0 });
    }
    findings.forEach((finding, place) => {
      const isEntry = ["stale", "missing", "wrong"].includes(finding.kind);
      const step = isEntry && finding.moment > 0 ? Story.step(model, finding.moment - 1) : -1;
      const key = isEntry ? `${finding.kind} ${step}` : finding.kind === "hung" ? "hung" : `one ${place}`;
      if (finding.rest) {
        const of = [...groups.values()].filter((group) => group.kind === finding.kind || (finding.kind === "wrong" && group.isEntry)).pop();
        if (of) { of.rest = finding.rest; return; }
      }
      if (!groups.has(key)) groups.set(key, { kind: finding.kind, isEntry, step, members: [], rest: 0 });
      groups.get(key).members.push(finding);
    });
    return [...groups.values()].map((group) => Object.assign(group, Story.words(model, group)));
  },

  // A group as one line, and when it began.
  words(model, { kind, isEntry, step, members, rest }) {
    const [first] = members, count = members.length + rest;
    if (members.length < 3) return { words: null };
    const earliest = Math.min(...members.map(({ moment }) => moment || Infinity));
    const at = earliest === Infinity ? 0 : earliest;
    if (!isEntry) {
      const who = [...new Set(members.map(({ context }) => context - 1))];
      return { at, words: `${counted(count, "call", "calls")} of ${who.length === 1 ? Words.short(model, who[0]) : counted(who.length, "context", "contexts")}: ${ranges(members.map(({ call }) => call ?? 0))}` };
    }
    const tables = [...new Set(members.map(({ context }) => context - 1))];
    const to = ranges(members.map(({ route }) => route));
    const since = step >= 0 ? ` since ${Words.moment(model, step)}` : "";
    const where = tables.length === 1 ? `${Words.short(model, tables[0])}` : counted(tables.length, "table", "tables");
    return { at, words: `${counted(count, "entry", "entries")}${since}: ${where} to ${to}${kind === "stale" && tables.length === 1 ? Story.via(first) : ""}` };
  },

  via({ words }) {
    const via = /via (\S+?),/.exec(words);
    return via ? `, via ${via[1]}` : "";
  },
};
