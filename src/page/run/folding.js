// The rows of the sequence diagram: events, what happens in one moment, rounds that repeat, times without events, and
// events that the diagram does not show.

const EVENT = 0, SILENCE = -1, HIDDEN = -2, TOGETHER = 1, ROUNDS = 2;

// Fewer arrivals of one kind in one moment than this have a row each.
const TOGETHER_MIN = 3;

class Folding {
  // `isSeen(moment)` says which events have a row. `open` has the first moments of the rows that the reader unfolded.
  constructor(model, { isSeen, inGroup, open }) {
    Object.assign(this, { model, open });
    this.first = [];
    this.kinds = [];
    this.periods = [];
    this.rowOf = new Int32Array(model.count);
    this.fold(isSeen, inGroup);
    this.count = this.first.length;
  }

  push(kind, first, period = 0) {
    this.first.push(first);
    this.kinds.push(kind);
    this.periods.push(period);
  }

  fold(isSeen, inGroup) {
    const { model } = this, { count, at } = model;
    let run = [];
    const flush = () => { this.foldRun(run); run = []; };
    for (let moment = 0; moment < count; moment++) {
      if (moment > 0 && at[moment] - at[moment - 1] > model.silence) { flush(); this.push(SILENCE, moment); }
      if (inGroup[moment] && run.length) { run[run.length - 1].to = moment + 1; continue; }
      if (!isSeen(moment)) {
        flush();
        if (this.kinds[this.kinds.length - 1] !== HIDDEN) this.push(HIDDEN, moment);
        this.rowOf[moment] = this.first.length - 1;
        continue;
      }
      const last = run[run.length - 1];
      if (last?.from !== undefined && this.isTogether(last.from, moment) && !this.open.has(last.from)) { last.to = moment + 1; last.count++; }
      else run.push({ from: moment, to: moment + 1, count: 1 });
    }
    flush();
  }

  // Whether two arrivals happen in one moment and are of one kind.
  isTogether(one, other) {
    const { model } = this;
    if (model.kind[one] !== "a" || model.kind[other] !== "a" || model.at[one] !== model.at[other]) return false;
    return model.items.kind[model.item[model.cause[one]]] === model.items.kind[model.item[model.cause[other]]];
  }

  // Events in a row, without silence.
  foldRun(run) {
    const { model } = this, pieces = run.flatMap((piece) => {
      if (piece.count === 1 || piece.count >= TOGETHER_MIN) return [piece];
      return Array.from({ length: piece.to - piece.from }, (_, i) => ({ from: piece.from + i, to: piece.from + i + 1, count: 1 }));
    });
    const signs = pieces.map(({ from, count }) => (count === 1 ? Story.sign(model, from) : -1e12 - from));
    for (const { from, to, period } of Story.rounds(signs)) {
      // The first round has rows of its own.
      const own = period === 0 || this.open.has(pieces[from + period].from) ? to : from + period;
      for (let i = from; i < own; i++) this.row(pieces[i].count > 1 ? TOGETHER : EVENT, pieces[i].from, pieces[i].to);
      if (own < to) this.row(ROUNDS, pieces[own].from, pieces[to - 1].to, period);
    }
  }

  row(kind, from, to, period = 0) {
    this.push(kind, from, period);
    for (let moment = from; moment < to; moment++) this.rowOf[moment] = this.first.length - 1;
  }

  // One past the last moment of a row.
  end(row) {
    let next = row + 1;
    while (next < this.count && this.kinds[next] === SILENCE) next++;
    return next < this.count ? this.first[next] : this.model.count;
  }

  // A row in words, as a whole; `now` is the last moment.
  words(row, now, hiddenBy) {
    const { model } = this, first = this.first[row], end = this.end(row), isHere = now >= first && now < end;
    const here = isHere ? `: ${Words.moment(model, now)}` : "";
    switch (this.kinds[row]) {
      case SILENCE: return `${roughly(model.at[first] - model.at[first - 1])} of silence`;
      case HIDDEN: return `${counted(model.number(end) - model.number(first), "event", "events")} ${hiddenBy}${here}`;
      case TOGETHER: return isHere ? `▸ ${number(now - first + 1)} of ${number(end - first)}${here}` : `▸ ${this.together(first, end)}`;
      case ROUNDS: {
        const moments = Array.from({ length: end - first }, (_, i) => first + i), period = this.periods[row];
        const words = Story.roundWords(model, moments, period, Math.round(moments.length / period)).replace(" rounds,", " more rounds,");
        return isHere ? `▸ round ${number(Math.floor((now - first) / period) + 2)}${here}` : `▸ ${words}`;
      }
      default: return Words.moment(model, first);
    }
  }

  // Arrivals of one moment in words: `ADD_ROUTE 3 from 1 arrives at 12 contexts`.
  together(first, end) {
    this.said ??= new Map();
    if (this.said.has(first)) return this.said.get(first);
    const { model } = this, items = new Set(), to = new Set(), from = new Set();
    for (let moment = first; moment < end; moment++) {
      const flight = model.cause[moment];
      items.add(Words.item(model, flight));
      to.add(model.receiver(flight));
      from.add(model.sender(flight));
    }
    const [item] = items, what = items.size === 1 ? `${number(end - first)} × ${item}` : `${number(end - first)} × ${item.split(" ", 1)[0]}`;
    const name = (lives) => (lives.size === 1 ? Words.short(model, [...lives][0]) : counted(lives.size, "context", "contexts"));
    const words = `${what} from ${name(from)} to ${name(to)}`;
    this.said.set(first, words);
    return words;
  }

  // Whether a row can be unfolded.
  isFolded(row) {
    return this.kinds[row] === TOGETHER || this.kinds[row] === ROUNDS;
  }
}
