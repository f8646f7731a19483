// The route table of the chosen context at the moment, compared with the truth. Wrong entries come first.

class Table {
  // `part(name)` is the element for a part of the table.
  constructor(model, choose, part = (name) => document.getElementById(name)) {
    Object.assign(this, { model, choose, context: 0, route: null });
    this.state = part("context-state");
    this.only = part("table-only");
    this.rows = new Rows(part("table-rows"), {
      height: 25,
      label: "Entries; Enter shows why",
      draw: (row, place) => this.draw(row, place),
      pick: (place) => this.choose(this.list[place].destination),
    });
    this.empty = el("p", { class: "empty" });
    this.rows.box.after(this.empty);
    this.only.addEventListener("change", () => this.show(this.context, this.route));
  }

  show(context, route) {
    const { model } = this;
    Object.assign(this, { context, route });
    this.changed = model.changedJustNow(context);
    const isThere = model.isBorn(context) && model.isAlive[context] === 1;
    const entries = isThere ? model.entries(context) : [];
    // An entry that was just removed has a row, too, even where it should be gone.
    for (const [destination, before] of this.changed) {
      const isListed = entries.some((entry) => entry.destination === destination);
      if (isThere && !isListed && before >= 0) entries.push(model.entry(context, destination));
    }
    const judged = model.isJudged(context);
    const isSeen = (entry) => !this.only.checked || !judged || entry.isWrong || this.changed.has(entry.destination)
      || entry.destination === route;
    if (isThere && route !== null && !entries.some((entry) => entry.destination === route)) {
      entries.push(model.entry(context, route));
    }
    const rank = (entry) => (entry.isWrong ? 0 : this.changed.has(entry.destination) ? 1 : 2);
    this.list = entries.filter(isSeen).sort((one, other) => rank(one) - rank(other) || one.destination - other.destination);
    this.judged = judged;
    const right = entries.filter((entry) => !entry.isWrong && entry.via >= 0).length;
    const link = context === 0 ? "" : `; link to ${Words.short(model, model.parent[context])}: ${Words.link(model, context)}`;
    this.state.textContent = `${Words.label(model, context)}: ${Words.health(model, context)}${link}`;
    this.rows.show(this.list.length, this.list.findIndex((entry) => entry.destination === route));
    if (this.rows.chosen >= 0) this.rows.bring(this.rows.chosen);
    this.empty.hidden = this.list.length > 0;
    this.rows.box.hidden = this.list.length === 0;
    this.empty.textContent = !model.isBorn(context) ? "It is not born yet."
      : !model.isAlive[context] ? "It is dead and has no table."
      : !this.judged ? "It has no entries." : right ? "Every entry is right." : "It has no entries, and should have none.";
  }

  // A destination is an id. The name is that of the latest life of the id.
  destination(id) {
    const { model } = this, life = model.latest.get(id);
    return life === undefined ? Words.destination(id) : `${Words.destination(id)} ${Words.local(model, life).slice(Words.short(model, life).length + 1)}`.trim();
  }

  draw(row, place) {
    const { model } = this, entry = this.list[place];
    row.classList.add("entry");
    const what = difference(entry);
    // Only where a protocol is held to reach: what an entry leads through is a life, not an id.
    const astray = entry.isWrong && entry.via === entry.expected ? "but the way fails further on" : "";
    const before = this.changed.get(entry.destination);
    const now = before === undefined ? "" : before < 0 ? "added" : entry.via < 0 ? `removed, was ${Words.short(model, before)}`
      : `was via ${Words.short(model, before)}`;
    const sign = { stale: "◆ stale", missing: "◆ missing", wrong: "◆ wrong" }[what];
    row.append(
      el("span", { class: `badge ${what ? "bad" : "fine"}` }, sign ?? (!this.judged ? "" : entry.via >= 0 ? "● right" : before === undefined ? "● none" : "● gone")),
      el("span", {}, el("bdi", { dir: "ltr" }, this.destination(entry.destination))),
      el("span", {}, entry.via < 0 ? "—" : Words.short(model, entry.via)),
      el("span", {}, !entry.isWrong ? "" : entry.expected < 0 ? "none" : astray ? "as it is" : Words.short(model, entry.expected)),
      el("span", { class: "warn" }, now),
    );
    const life = model.latest.get(entry.destination);
    row.title = `to ${life === undefined ? this.destination(entry.destination) : Words.label(model, life)} via ${Words.label(model, entry.via)}${astray && `, ${astray}`}`;
    row.setAttribute("aria-description", [what || (this.judged ? "right" : ""), `to ${Words.destination(entry.destination)}`,
      entry.via < 0 ? "no entry" : `via ${Words.label(model, entry.via)}`,
      what && (entry.expected < 0 ? "should not be there" : astray || `should be via ${Words.label(model, entry.expected)}`), now]
      .filter(Boolean).join(", "));
  }
}
