// What paper needs beside what the screen shows: the lists, as far as they fit on a few pages. A page is printed in light
// colours, one part after the other.

const PAPER_ROWS = 40;

class Paper {
  constructor(page) {
    this.page = page;
    this.box = document.getElementById("paper");
    addEventListener("beforeprint", () => this.lay());
    addEventListener("afterprint", () => this.clear());
  }

  lay() {
    const root = document.documentElement;
    this.theme = root.dataset.theme;
    root.dataset.theme = "light";
    root.dataset.paper = "";
    this.box.replaceChildren(...this.parts());
    this.page.sequence.size();
    this.page.sequence.bring();
    this.page.repaint();
  }

  clear() {
    const root = document.documentElement;
    delete root.dataset.paper;
    if (this.theme === undefined) delete root.dataset.theme; else root.dataset.theme = this.theme;
    this.box.replaceChildren();
    this.page.repaint();
  }

  parts() {
    const { page } = this, { model } = page;
    const findings = page.findingGroups.flatMap((group) => (group.words ? [group] : group.members));
    const steps = page.groups.map((group) => [roughly(group.at), page.groupWords(group), page.figureWords(group)]);
    const wrong = page.table.list.filter((entry) => entry.isWrong).map((entry) => [difference(entry), `to ${page.table.destination(entry.destination)}`,
      entry.via < 0 ? "no entry" : `via ${Words.short(model, entry.via)}`]);
    const { folding } = page.sequence, now = model.now ? page.sequence.rowOf[model.now - 1] : 0, first = Math.max(0, now - PAPER_ROWS / 2);
    const rows = Array.from({ length: Math.min(PAPER_ROWS, folding.count - first) }, (_, i) => [roughly(model.at[folding.first[first + i]]), page.sequence.rowWords(first + i)]);
    const ended = new Map();
    for (const call of model.data.calls) ended.set(call.ended, (ended.get(call.ended) ?? 0) + 1);
    return [
      ...this.part("Findings", findings.map((finding) => [finding.kind, page.timeOf(finding), finding.words])),
      ...this.part("Steps", steps),
      ...this.part(`Wrong entries of ${Words.label(model, page.view.context)} at this moment`, wrong),
      ...this.part("Messages around this moment", rows),
      ...this.part("Calls", [...ended].map(([how, count]) => [counted(count, "call", "calls"), how])),
    ];
  }

  part(title, rows) {
    if (!rows.length) return [];
    const shownRows = rows.slice(0, PAPER_ROWS).map((cells) => el("tr", {}, ...cells.map((cell) => el("td", {}, el("bdi", { dir: "ltr" }, shown(String(cell)))))));
    return [el("h2", {}, title), el("table", {}, el("tbody", {}, ...shownRows)),
      rows.length > PAPER_ROWS && el("p", { class: "muted" }, `and ${number(rows.length - PAPER_ROWS)} more, which the page shows on a screen`)].filter(Boolean);
  }
}
