// A long list. Only the rows on screen exist. While it has the focus, the arrow and page keys move in it, and Enter picks
// a row.

class Rows {
  // `draw(row, place)` fills the element of a row. A click or Enter calls `pick(place)`. `height` is the height of every
  // row, or a function of the place. Rows of a tree may be unfolded.
  constructor(box, { height, draw, pick, label, isTree }) {
    Object.assign(this, { box, height, draw, pick, tops: [0], count: 0, active: -1, chosen: -1 });
    this.sheet = el("div", { class: "sheet" });
    box.append(this.sheet);
    box.tabIndex = 0;
    this.item = isTree ? "treeitem" : "option";
    box.setAttribute("role", isTree ? "tree" : "listbox");
    box.setAttribute("aria-label", label);
    this.rows = new Map();
    this.prefix = box.id + "-";
    box.addEventListener("scroll", () => this.later(), { passive: true });
    box.addEventListener("keydown", (event) => this.key(event));
    box.addEventListener("click", (event) => {
      const row = event.target.closest(".row");
      if (row) this.take(Number(row.dataset.place));
    });
    new ResizeObserver(() => this.later()).observe(box);
  }

  later() {
    if (this.isWaiting) return;
    this.isWaiting = true;
    requestAnimationFrame(() => { this.isWaiting = false; this.window(); });
  }

  // Shows a list of `count` rows, with one of them chosen (-1: none).
  show(count, chosen = -1) {
    this.count = count;
    this.chosen = chosen;
    if (typeof this.height === "function") {
      this.tops = new Float64Array(count + 1);
      for (let i = 0; i < count; i++) this.tops[i + 1] = this.tops[i] + this.height(i);
    }
    this.sheet.style.height = this.top(count) + "px";
    for (const row of this.rows.values()) row.remove();
    this.rows.clear();
    this.window();
  }

  // Draws the same rows again, with one of them chosen.
  redraw(chosen) {
    this.chosen = chosen;
    for (const row of this.rows.values()) row.remove();
    this.rows.clear();
    this.window();
  }

  top(place) {
    return typeof this.height === "function" ? this.tops[place] : place * this.height;
  }

  placeAt(y) {
    return typeof this.height === "function" ? Math.max(0, atOrBefore(this.tops, y)) : Math.floor(y / this.height);
  }

  // Marks another row and brings it into view.
  choose(place) {
    const before = this.rows.get(this.chosen), after = this.rows.get(place);
    this.chosen = place;
    for (const row of [before, after]) if (row) this.dress(row);
    this.bring(place);
  }

  bring(place) {
    if (place < 0) return;
    const top = this.top(place), bottom = this.top(place + 1), { scrollTop, clientHeight } = this.box;
    if (top < scrollTop || bottom > scrollTop + clientHeight) {
      this.box.scrollTop = (top + bottom - clientHeight) / 2;
    }
    this.window();
  }

  window() {
    const first = Math.max(0, this.placeAt(this.box.scrollTop) - 4);
    const last = Math.min(this.count, this.placeAt(this.box.scrollTop + this.box.clientHeight) + 5);
    for (const [place, row] of this.rows) {
      if (place < first || place >= last) { row.remove(); this.rows.delete(place); }
    }
    for (let place = first; place < last; place++) {
      if (this.rows.has(place)) continue;
      const row = el("div", { class: "row", role: this.item, id: this.prefix + place, "data-place": place,
        "aria-setsize": this.count, "aria-posinset": place + 1 });
      row.style.transform = `translateY(${this.top(place)}px)`;
      row.style.height = this.top(place + 1) - this.top(place) + "px";
      this.draw(row, place);
      this.dress(row);
      this.rows.set(place, row);
      this.sheet.append(row);
    }
  }

  dress(row) {
    const place = Number(row.dataset.place);
    row.setAttribute("aria-selected", place === this.chosen);
    row.classList.toggle("active", place === this.active && document.activeElement === this.box);
  }

  take(place) {
    this.move(place);
    this.pick(place);
  }

  move(place) {
    const before = this.rows.get(this.active);
    this.active = Math.max(0, Math.min(this.count - 1, place));
    this.bring(this.active);
    for (const row of [before, this.rows.get(this.active)]) if (row) this.dress(row);
    this.box.setAttribute("aria-activedescendant", this.prefix + this.active);
  }

  key(event) {
    if (event.ctrlKey || event.altKey || event.metaKey || event.shiftKey || this.count === 0) return;
    const at = this.active < 0 ? Math.max(0, this.chosen) : this.active;
    const page = Math.max(1, this.placeAt(this.box.scrollTop + this.box.clientHeight) - this.placeAt(this.box.scrollTop) - 1);
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, PageDown: at + page, PageUp: at - page }[event.key];
    if (to !== undefined) this.move(to);
    else if (event.key === "Enter") this.take(at);
    else return;
    event.preventDefault();
    event.stopPropagation();
  }
}
