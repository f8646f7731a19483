// Why an entry is as it is, or where a call went. The answers are data: `treequake why` has found them. This only shows
// them, with the events that led there.

class WhyView {
  constructor(box, model, { link, command }) {
    Object.assign(this, { box, model, link, command });
  }

  // Shows an entry, or the way of a call.
  show(context, route, trail, call) {
    if (call !== null) return this.showCall(trail, call);
    if (route === null) {
      return this.box.replaceChildren(el("p", { class: "muted" },
        "Choose an entry of the table, or a hung call among the findings, to see the events that led to it."));
    }
    const reason = this.model.reasonOf(context, route);
    if (reason) this.showReason(reason); else this.showEntry(context, route);
  }

  // The entry is wrong now. The page has the answer for the end of the interval in which it is.
  showReason({ context, route, first, last, asked, tips, ...words }) {
    const { model } = this;
    const event = (moment) => this.link({ event: moment + 1 }, `event ${number(model.number(moment + 1))}`);
    const until = last + 1 === model.count ? ["on."] : ["to ", event(last), "."];
    this.tell({ ...words, route, list: model.chain(tips) }, this.options(context, route, model.at[asked]),
      el("p", { class: "muted" }, "Wrong from ", event(first), " ", ...until));
  }

  // An entry that is right, or that the page has no answer for: what there is, and the events that led to it.
  showEntry(context, route) {
    const { model } = this, who = Words.short(model, context), entry = model.entry(context, route);
    const tell = (standing, headline, tip) => this.tell({ standing, headline, sentences: [], route, list: model.chain([tip]) },
      this.options(context, route, model.time()), entry.isWrong ? el("p", { class: "muted" }, this.bound()) : "");
    if (!model.isBorn(context)) return tell("unborn", `${who} is not born yet`, -1);
    if (!model.isAlive[context]) return tell("dead", `${who} has no table: it is dead`, model.died[context]);
    const standing = model.isJudged(context) ? difference(entry) || "right" : model.isAttached[context] ? "not followed" : "orphaned";
    const has = entry.via < 0 ? `no route to ${Words.destination(route)}` : `a route to ${Words.destination(route)} via ${Words.short(model, entry.via)}`;
    tell(standing, `${who} has ${has}`, model.lastTurn(context, route));
  }

  bound() {
    const { reasons, intervals } = this.model;
    return `This page explains ${number(reasons.length)} of the ${number(intervals)} times that an entry was wrong:`
      + " first those that last to the end, then the longest. The command explains this one.";
  }

  // The page has the way of some hung calls. For the others, it has the command.
  showCall(trail, call) {
    if (trail) return this.tell({ ...trail, route: null, list: trail.moments }, `--call ${call}`, "");
    this.box.replaceChildren(el("p", {}, `The way of call ${number(call)} is not on this page.`), this.commands(`--call ${call}`));
  }

  tell(why, options, note) {
    const shownMax = 60;
    const tone = { right: "fine", stale: "bad", missing: "bad", wrong: "bad", hung: "bad" }[why.standing] ?? "warn";
    const pieces = Story.rounds(why.list.map((moment) => Story.sign(this.model, moment)));
    const items = pieces.slice(0, shownMax).map(({ from, to, period }) => (
      period ? this.rounds(why.route, why.list.slice(from, to), period) : this.item(why.route, why.list[from])));
    this.box.replaceChildren(
      el("p", {}, el("strong", { class: `badge ${tone}` }, why.standing), ` ${why.headline}.`),
      note,
      items.length ? el("ol", { id: "why-chain", "aria-label": "Events that led to it" }, ...items)
        : el("p", { class: "muted" }, "No event has changed this entry so far."),
      ...(pieces.length > shownMax ? [el("p", { class: "muted" }, `... and ${number(pieces.length - shownMax)} more`)] : []),
      ...why.sentences.map((sentence) => el("p", {}, sentence)),
      this.commands(options),
    );
  }

  options(context, route, time) {
    return `--context ${this.model.id[context]} --route ${route} --at ${span(time)}`;
  }

  commands(options) {
    const [, base] = this.model.data.run.commands.find(([what]) => what === "why");
    return el("ul", { class: "commands" }, this.command("why", `${base} ${options}`));
  }

  // Events that repeat, round after round: one line, which unfolds to the first round.
  rounds(route, moments, period) {
    const { model } = this, first = moments[0], last = moments[moments.length - 1];
    const event = (moment) => this.link({ event: moment + 1 }, `event ${number(model.number(moment + 1))}`);
    return el("li", { "data-moment": first, "data-last": last },
      el("span", { class: "at" }, roughly(model.at[first])),
      el("details", {}, el("summary", {}, el("strong", {}, Story.roundWords(model, moments, period))),
        el("p", { class: "muted" }, "from ", event(first), " to ", event(last), "; the first round:"),
        el("ol", {}, ...moments.slice(0, period).map((moment) => this.item(route, moment)))));
  }

  // An event, and what it did to entries for the route.
  item(route, moment) {
    const { model } = this, { routes, routesOf, recordsOf } = model;
    const did = [];
    for (let i = routesOf[moment]; i < routesOf[moment + 1]; i++) {
      if (routes.target[i] !== route) continue;
      const via = routes.after[i] === 0 ? "removed" : `via ${Words.short(model, routes.after[i] - 1)}`;
      did.push(`${Words.short(model, routes.context[i])}'s entry for ${Words.destination(route)}: ${via}`);
    }
    for (let i = recordsOf[moment]; i < recordsOf[moment + 1]; i++) {
      if (model.recordKinds[i] === "e") did.push(model.words[model.records[i]]);
    }
    const when = moment === model.now - 1 ? "here" : moment >= model.now ? "later" : "";
    return el("li", { class: when, "data-moment": moment },
      el("span", { class: "at" }, span(model.at[moment])),
      el("span", {}, this.link({ event: moment + 1 }, Words.moment(model, moment)),
        ...did.map((words) => el("span", { class: "muted" }, `; ${words}`))));
  }
}
