// The time axis of a chart: a window of the run, to scale or with long pauses cut short. Several charts can share one.

class TimeAxis {
  // `segments` are the parts of the axis on which pauses are cut short: from, to, place, place, whether it is a pause.
  constructor(segments, end) {
    this.segments = segments.length ? longerIsWider(segments) : [[0, Math.max(1, end), 0, 1, false]];
    this.end = Math.max(1, end);
    this.isCut = false;
    this.listeners = [];
    this.whole();
  }

  whole() {
    this.from = -this.end * 0.01;
    this.to = this.end * 1.02;
  }

  changed() {
    for (const listener of this.listeners) listener();
  }

  // Shows a part of the run.
  show(from, to) {
    const least = Math.max(20, this.end / 1e8), middle = (from + to) / 2;
    if (to - from < least) { from = middle - least / 2; to = middle + least / 2; }
    this.from = Math.max(-this.end * 0.01, from);
    this.to = Math.min(this.end * 1.02, to);
    this.changed();
  }

  // Makes the window smaller or larger around a time.
  zoom(factor, around) {
    const at = this.u(around), from = this.u(this.from), to = this.u(this.to);
    this.show(this.t(at - (at - from) / factor), this.t(at + (to - at) / factor));
  }

  cut(isCut) {
    this.isCut = isCut;
    this.changed();
  }

  // Brings a time into the window.
  follow(time) {
    if (time >= this.from && time <= this.to) return;
    const width = this.to - this.from;
    if (time < this.from) this.show(time - width * 0.1, time + width * 0.9);
    else this.show(time - width * 0.9, time + width * 0.1);
  }

  // Time to place on the whole axis, and back. Time before 0 and after the end is to scale.
  u(time) {
    if (!this.isCut || time < 0) return time / this.end;
    if (time > this.end) return 1 + (time - this.end) / this.end;
    const { segments } = this;
    let i = 0;
    while (i < segments.length - 1 && segments[i][1] < time) i++;
    const [from, to, start, end] = segments[i];
    return to === from ? end : start + (time - from) / (to - from) * (end - start);
  }

  t(place) {
    if (!this.isCut || place < 0) return place * this.end;
    if (place > 1) return this.end + (place - 1) * this.end;
    const { segments } = this;
    let i = 0;
    while (i < segments.length - 1 && segments[i][3] < place) i++;
    const [from, to, start, end] = segments[i];
    return end === start ? to : from + (place - start) / (end - start) * (to - from);
  }

  // The place of a time in the window: 0 at its left, 1 at its right.
  place(time) {
    const { start, length } = this.window();
    return (this.u(time) - start) / length;
  }

  timeAt(place) {
    const { start, length } = this.window();
    return this.t(start + place * length);
  }

  // Where the window begins on the whole axis, and how long it is there.
  window() {
    const kept = this.kept;
    if (kept && kept.from === this.from && kept.to === this.to && kept.isCut === this.isCut) return kept;
    const { from, to, isCut } = this, start = this.u(from);
    return this.kept = { from, to, isCut, start, length: this.u(to) - start || 1 };
  }

  // The pauses that are cut short in the window.
  pauses() {
    return this.isCut ? this.segments.filter(([from, to, , , isPause]) => isPause && to > this.from && from < this.to) : [];
  }

  // Round times in the window, at least `gap` of its width apart.
  ticks(gap) {
    const parts = this.isCut ? this.segments.filter(([, , , , isPause]) => !isPause) : [[-Infinity, Infinity]];
    const ticks = [];
    for (const [first, last] of parts) {
      const from = Math.max(0, this.from, first), to = Math.min(this.to, last);
      if (to < from) continue;
      const room = this.place(to) - this.place(from), most = Math.max(1, Math.floor(room / gap));
      const step = roundStep((to - from) / most);
      for (let time = Math.ceil(from / step) * step; time <= to && ticks.length < 60; time += step) {
        const place = this.place(time), before = ticks.length ? ticks[ticks.length - 1].place : -1;
        if (place - before >= gap) ticks.push({ time, place, step });
      }
    }
    return ticks;
  }
}

// Divides what pauses have of the axis by the roots of their lengths, so that 300 s and 45 s do not look alike. None is less than
// half as wide as before: there must be room for its length in words.
function longerIsWider(segments) {
  const pauses = segments.filter(([, , , , isPause]) => isPause), root = ([from, to]) => Math.sqrt(to - from);
  const room = pauses.reduce((sum, [, , start, end]) => sum + end - start, 0), roots = pauses.reduce((sum, pause) => sum + root(pause), 0);
  if (roots === 0) return segments;
  let at = segments[0][2];
  return segments.map((segment) => {
    const [from, to, first, last, isPause] = segment, start = at;
    at += isPause ? (last - first) / 2 + room / 2 * root(segment) / roots : last - first;
    return [from, to, start, at, isPause];
  });
}

// The smallest round number of nanoseconds that is not below `least`: 1, 2 or 5 times a power of ten; minutes in the end.
function roundStep(least) {
  for (const minutes of [1, 2, 5, 10, 30, 60, 120, 300, 600, 1440]) {
    if (least > 3e10 && least <= minutes * 6e10) return minutes * 6e10;
  }
  const power = 10 ** Math.floor(Math.log10(Math.max(1, least)));
  return power * [1, 2, 5, 10].find((factor) => factor * power >= least * 0.999999);
}
