// A run in words: the same words as on the command line.

const UNITS = [["s", 1e9], ["ms", 1e6], ["us", 1e3], ["ns", 1]];

// A length of time, exactly: 0s, 26ms, 1.5s, 2m40s, 1h11m40.25s.
function span(ns) {
  if (ns < 60e9) return inOneUnit(ns);
  const minutes = Math.floor(ns / 60e9), rest = ns - minutes * 60e9;
  const parts = [[Math.floor(minutes / 60), "h"], [minutes % 60, "m"]].filter(([count]) => count > 0);
  return parts.map((part) => part.join("")).join("") + (rest > 0 ? inUnits(rest, "s", 1e9) : "");
}

function inOneUnit(ns) {
  const unit = UNITS.find(([, length]) => ns >= length);
  return unit ? inUnits(ns, ...unit) : "0s";
}

function inUnits(ns, name, length) {
  const whole = Math.floor(ns / length), rest = ns - whole * length;
  if (rest === 0) return whole + name;
  const digits = String(rest).padStart(String(length).length - 1, "0").replace(/0+$/, "");
  return `${whole}.${digits}${name}`;
}

// A length of time with at most four digits: 1.234s, 26.5ms; from a minute on in seconds, from an hour on in minutes.
function roughly(ns) {
  if (ns >= 3600e9) return span(Math.round(ns / 60e9) * 60e9);
  if (ns >= 59.995e9) return span(Math.round(ns / 1e9) * 1e9);
  const unit = UNITS.find(([, length]) => ns >= length);
  if (!unit) return "0s";
  const [name, length] = unit, value = ns / length;
  const digits = Number(value.toPrecision(value >= 1000 ? String(Math.floor(value)).length : 4));
  // 999.96ms is 1s.
  const larger = UNITS[UNITS.indexOf(unit) - 1];
  return digits === 1000 && larger ? `1${larger[0]}` : `${digits}${name}`;
}

const number = (() => {
  const format = new Intl.NumberFormat("en");
  return (value) => format.format(value);
})();

function counted(count, one, many) {
  return `${number(count)} ${count === 1 ? one : many}`;
}

// Text from a file, with control characters made visible.
function shown(text) {
  return text.replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g, "\ufffd");
}

// Numbers as ranges: `1, 3..502`; at most five ranges.
function ranges(numbers) {
  const all = [...new Set(numbers)].sort((one, other) => one - other), words = [];
  for (let i = 0; i < all.length;) {
    let last = i;
    while (last + 1 < all.length && all[last + 1] === all[last] + 1) last++;
    words.push(last === i ? String(all[i]) : last === i + 1 ? `${all[i]}, ${all[last]}` : `${all[i]}..${all[last]}`);
    i = last + 1;
  }
  return words.length > 5 ? `${words.slice(0, 5).join(", ")}, ...` : words.join(", ");
}

// A name that may run from right to left, so that it turns nothing around but itself: neither its id nor what follows.
function isolated(name) {
  return /[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufeff\ud802\ud803\ud83a\ud83b]/.test(name) ? `\u2068${name}\u2069` : name;
}

const Words = {
  // `master`, `3`. A later life of an id has a prime for each life before it: `3'`. Where there are many, it has their number.
  short(model, life) {
    if (life < 0) return "nothing";
    const earlier = model.earlier[life];
    return life === 0 ? "master" : model.id[life] + (earlier > 3 ? `'${earlier}` : "'".repeat(earlier));
  },

  name(model, life) {
    return model.name[life] < 0 ? "" : shown(model.words[model.name[life]]);
  },

  label(model, life) {
    const name = life < 0 ? "" : Words.name(model, life);
    return Words.short(model, life) + (name ? " " + isolated(name) : "");
  },

  // The id, and the name without that of the parent, where it begins with it; else without what its siblings' names share.
  local(model, life) {
    const name = life < 0 ? "" : Words.name(model, life), parent = life <= 0 ? "" : Words.name(model, model.parent[life]);
    const isLonger = parent !== "" && name.startsWith(parent) && /^[.\-_/:]/.test(name.slice(parent.length));
    const shared = life <= 0 ? 0 : model.shared[model.parent[life]];
    const rest = isLonger ? name.slice(parent.length) : shared > 0 && shared < name.length ? `…${name.slice(shared)}` : name;
    return `${Words.short(model, life)} ${isolated(rest)}`.trim();
  },

  // A destination is an id; any of its lives may have it.
  destination(id) {
    return id === 0 ? "master" : String(id);
  },

  item(model, flight) {
    return model.words[model.items.words[model.item[flight]]];
  },

  // What the protocol calls its messages, by kind: letter and words. Only of those that were sent.
  kinds(model) {
    const by = new Map();
    for (const [kind, name] of model.items.names) by.set(kind, [...(by.get(kind) ?? []), shown(name)]);
    const few = (names) => (names.length > 3 ? `${names.slice(0, 3).join(", ")}, …` : names.join(", "));
    return [..."adem"].filter((kind) => by.has(kind)).map((kind) => [kind, few(by.get(kind))]);
  },

  moment(model, moment) {
    if (model.kind[moment] !== "a") return shown(model.words[model.wordsOf[moment]]);
    const flight = model.cause[moment];
    const from = Words.short(model, model.sender(flight)), at = Words.short(model, model.receiver(flight));
    const vanishes = model.end[flight] === "v" && model.ended[flight] <= moment;
    const words = `${Words.item(model, flight)} from ${from} ${vanishes ? "vanishes" : "arrives"} at ${at}`;
    return model.times[moment] === 1 ? words : `${words}, ${number(model.times[moment])} times`;
  },

  records(model, moment) {
    const words = [];
    for (let i = model.recordsOf[moment]; i < model.recordsOf[moment + 1]; i++) words.push(shown(model.words[model.records[i]]));
    return words;
  },

  // What happened to links, and who became an orphan. The event itself tells births and deaths.
  changes(model, moment) {
    const { kind, subject, amount } = model.changes, words = [], orphans = [], closed = new Map();
    for (let i = model.changesOf[moment]; i < model.changesOf[moment + 1]; i++) {
      const life = kind[i] === "c" ? subject[i] >> 1 : subject[i];
      const short = Words.short(model, life), parent = Words.short(model, model.parent[life]);
      const link = `the link of ${short} to ${parent}`;
      switch (kind[i]) {
        case "c": {
          const [one, other] = subject[i] % 2 === UP ? [life, model.parent[life]] : [model.parent[life], life];
          if (!closed.has(one)) closed.set(one, []);
          closed.get(one).push(other);
          break;
        }
        case "l": if (model.died[life] !== moment) orphans.push(life); break;
        case "p": words.push(`${link} delivers nothing${["", " downward", " upward", ""][amount[i]]}`); break;
        case "h": words.push(`${link} delivers again`); break;
        case "s": words.push(amount[i] === 1 ? `${link} has its normal speed again` : `${link} takes ${amount[i]} times as long`); break;
      }
    }
    for (const [one, others] of closed) {
      const who = others.length > 3 ? `its ends to ${ranges(others.map((life) => model.id[life]))}` : null;
      if (who) words.push(`${Words.short(model, one)} closes ${who}`);
      else for (const other of others) words.push(`${Words.short(model, one)} closes its end to ${Words.short(model, other)}`);
    }
    if (orphans.length > 3) words.push(`${counted(orphans.length, "context", "contexts")} become orphans: ${ranges(orphans.map((life) => model.id[life]))}`);
    else for (const life of orphans) words.push(`${Words.short(model, life)} becomes an orphan`);
    return words;
  },

  health(model, life) {
    switch (model.health(life)) {
      case "dead": return "dead";
      case "orphan": return "an orphan: alive, but cut off from the tree";
      case "wrong": return counted(model.wrongCount(life), "entry wrong", "entries wrong");
      case "fine": return "every entry right";
      case "unknown": return "not known to be right or wrong";
      default: return "not born yet";
    }
  },

  link(model, life) {
    const words = [];
    if (model.cut[life] === 3) words.push("partitioned");
    if (model.cut[life] === 1) words.push("delivers upward only");
    if (model.cut[life] === 2) words.push("delivers downward only");
    if (!model.isOpen[2 * life] && !model.isOpen[2 * life + 1]) words.push("closed");
    else if (!model.isOpen[2 * life]) words.push("closed at the parent's end");
    else if (!model.isOpen[2 * life + 1]) words.push("closed at the child's end");
    if (model.factor[life] > 1) words.push(`slowed x${model.factor[life]}`);
    return words.length ? words.join(", ") : "open";
  },

  // The moment of the model, for screen readers.
  now(model) {
    if (model.now === 0) return "Before the first event";
    const moment = model.now - 1;
    const wrong = model.wrongAfter[moment];
    const tables = wrong === 0 ? "" : wrong === 1 ? "; every entry right" : `; ${counted(wrong - 1, "entry", "entries")} wrong`;
    return `Event ${number(model.number(model.now))} at ${span(model.at[moment])}: ${Words.moment(model, moment)}${tables}`;
  },
};

// Makes an element. A string always becomes a text node, never markup.
function el(tag, attributes, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes ?? {})) {
    if (name === "class") element.className = value;
    else if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (value !== false && value != null) element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.filter((child) => child != null && child !== false));
  return element;
}

// In an ascending list: the first number above `value`, the last number below it, and the place of the last number that is
// not above it (-1: none).
function after(list, value) {
  return list[atOrBefore(list, value) + 1];
}

function before(list, value) {
  return list[atOrBefore(list, value - 1)];
}

function atOrBefore(list, value) {
  let low = 0, high = list.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (list[middle] <= value) low = middle + 1; else high = middle;
  }
  return low - 1;
}
