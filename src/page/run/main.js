// The page: one view (event, context, route, call), which all parts show and the fragment of the address keeps.

// A picture of the tree with more nodes than this opens as an outline, if that is shorter.
const NODES_MAX = 60;

const byId = (id) => document.getElementById(id);

class Page {
  constructor() {
    this.model = new Model(JSON.parse(byId("data").textContent));
    this.view = { event: this.model.count, context: 0, route: null, call: null };
    this.find();
    this.trails = new Map(this.model.data.trails.map((trail) => [trail.call, trail]));
    this.readTheme();
    Theme.read();
    this.head();
    const go = (event) => this.set({ event }), choose = (context) => this.set({ context, route: null });
    this.only = new Filter(this.model);
    this.chart = new Chart(byId("chart"), this.model, { go });
    this.tree = new Tree(byId("tree"), this.model, choose);
    this.outline = new Outline(byId("outline"), this.model, choose);
    this.sequence = new Sequence(byId("sequence"), this.model, {
      go, choose, groups: this.groups, groupWords: (group) => this.groupWords(group), filter: this.only,
    });
    this.table = new Table(this.model, (route) => this.set({ route }));
    this.why = new WhyView(byId("why"), this.model, {
      link: (change, words) => this.link(change, words),
      command: (what, command) => this.command(what, command),
    });
    this.lists();
    this.controls();
    this.listenToFragment();
    this.view = this.fromFragment() ?? this.first();
    this.tree.only = this.only;
    this.chart.filter(this.only.route);
    this.outline.only = this.only;
    this.scenes = { plain: this.tree.scene, folded: this.model.data.tree.folded ? new FoldedScene(this.model) : null };
    this.turnFold(this.scenes.folded !== null);
    this.turnTree(this.outline.isShorter && this.tree.scene.count > NODES_MAX);
    this.legends();
    this.show();
    this.keepFragment(false);
    this.paper = new Paper(this);
  }

  // Finds the groups of steps (steps of one kind at one time, and the contexts of the file) and the events that turn an
  // entry. The event of a group is its last.
  find() {
    const { model } = this, contexts = model.data.steps.contexts;
    this.groups = [];
    this.turns = [];
    let last = null;
    for (let i = 0; i < model.count; i++) {
      if (model.kind[i] === "s") {
        const verb = model.cause[i] < contexts ? "" : Words.moment(model, i).split(" ", 1)[0];
        if (last && last.verb === verb && last.at === model.at[i]) { last.event = i + 1; last.count++; }
        else this.groups.push(last = { verb, at: model.at[i], first: i, event: i + 1, count: 1 });
      }
      if (model.turnsOf[i] !== model.turnsOf[i + 1]) this.turns.push(i + 1);
    }
    this.steps = this.groups.map((group) => group.event);
  }

  groupWords(group) {
    if (group.verb === "") return counted(group.count, "context connects", "contexts connect");
    const words = Words.moment(this.model, group.first);
    return group.count === 1 ? words : `${words} and ${number(group.count - 1)} more`;
  }

  // The first view: the end, with the first wrong entry or hung call that is left. If there is none, the event after which
  // most entries are wrong, from the first step on that is not part of the join; or that step.
  first() {
    const { model } = this;
    const finding = model.data.findings.find((finding) => finding.moment > 0 && finding.kind !== "warning");
    if (finding) return { event: model.count, ...this.viewOf(finding) };
    // Contexts that connect one after the other are part of the join.
    const first = this.groups.find(({ verb }) => verb !== "" && verb !== "connect") ?? this.groups.find(({ verb }) => verb !== "");
    let event = first ? first.first + 1 : model.count;
    for (let i = event; i < model.count; i++) if (model.wrongAfter[i] > model.wrongAfter[event - 1]) event = i + 1;
    return { event, context: 0, route: null, call: null };
  }

  head() {
    const { run } = this.model.data;
    byId("name").textContent = shown(run.name);
    byId("monitor").textContent = run.monitor;
    byId("verdict-word").textContent = run.verdict;
    byId("verdict-word").className = run.is_good ? "fine" : "bad";
    byId("sentence").textContent = run.sentence + (run.is_fine || run.verdict === "fails" ? "" : " The run fails: see the findings.");
    byId("cost").textContent = run.cost;
    byId("count").textContent = number(this.model.number(this.model.count));
    byId("scrubber").max = this.model.count;
    byId("commands").replaceChildren();
    for (const [what, command] of run.commands) byId("commands").append(this.command(what, command));
    for (const [name, value] of [["digest", run.digest], ["seed", run.seed], ["treequake", run.version], ["file", run.file]]) {
      byId("facts").append(el("div", {}, el("dt", {}, name), el("dd", {}, el("bdi", {}, shown(value)))));
    }
    this.description(shown(run.description));
    if (run.is_cut) this.note(`The run is too long for a page: this one has its first ${counted(this.model.number(this.model.count), "event", "events")}. The verdict, the digest and the figures are those of the whole run.`);
    if (run.has_given_up) this.note("The run is too large to follow which routes are wrong. From some event on, the page does not say it.");
  }

  note(words) {
    byId("notes").append(el("p", { class: "note" }, words));
  }

  command(what, command) {
    const code = el("code", {}, shown(command));
    const copy = el("button", { type: "button", "aria-label": `Copy the command: ${what}` }, "Copy");
    copy.addEventListener("click", () => {
      const done = () => { copy.textContent = "Copied"; setTimeout(() => { copy.textContent = "Copy"; }, 1500); };
      const select = () => getSelection().selectAllChildren(code);
      navigator.clipboard ? navigator.clipboard.writeText(command).then(done, select) : select();
    });
    return el("li", {}, copy, code);
  }

  description(text) {
    const box = byId("description"), more = byId("description-more");
    box.textContent = text;
    if (text.length < 600) return;
    box.classList.add("folded");
    more.hidden = false;
    more.addEventListener("click", () => {
      const isFolded = box.classList.toggle("folded");
      more.setAttribute("aria-expanded", !isFolded);
      more.textContent = isFolded ? "Show all of the description" : "Show less";
    });
  }

  // The three lists.

  viewOf(finding) {
    return { context: Math.max(0, finding.context - 1), route: finding.route, call: finding.call };
  }

  lists() {
    const { model } = this;
    const jump = (finding) => this.set({
      ...(finding.moment > 0 && { event: finding.moment }),
      ...(finding.context > 0 && this.viewOf(finding)),
    });
    const findings = model.data.findings;
    this.findingGroups = Story.groups(model);
    this.findingRows = new Rows(byId("finding-rows"), {
      height: (place) => 8 + 18 * this.linesOf(this.findingLines[place]), isTree: true,
      label: "Findings; Enter goes to one, or unfolds those of one cause",
      pick: (place) => this.pickFinding(place, jump),
      draw: (row, place) => this.drawFinding(row, this.findingLines[place]),
    });
    this.stepRows = new Rows(byId("step-rows"), {
      height: 46, label: "Steps; Enter goes to one",
      pick: (place) => this.set({ event: this.steps[place], ...this.placeOf(this.groups[place]) }),
      draw: (row, place) => this.drawStep(row, place),
    });
    this.eventRows = new Rows(byId("event-rows"), {
      height: 24, label: "Events; Enter goes to one",
      pick: (place) => this.set({ event: this.filtered ? this.filtered[place] : place + 1 }),
      draw: (row, place) => this.drawEvent(row, this.filtered ? this.filtered[place] : place + 1),
    });
    const calls = model.data.calls;
    this.callRows = new Rows(byId("call-rows"), {
      height: 46, label: "Calls; Enter goes to the end of one",
      pick: (place) => this.pickCall(calls[place]),
      draw: (row, place) => this.drawCall(row, calls[place]),
    });
    this.messages = new Map(model.data.steps.messages);
    this.windows = model.data.steps.windows;
    this.windowPlaces = this.windows.map(([place]) => place);
    this.labels = new Map(model.data.steps.labels);
    byId("tab-findings").append(` ${number(this.findingGroups.reduce((sum, group) => sum + (group.words ? 1 : group.members.length), 0))}`);
    byId("tab-steps").append(` ${number(this.steps.length)}`);
    byId("tab-calls").append(` ${number(calls.length)}`);
    byId("tab-calls").hidden = calls.length === 0;
    this.callRows.show(calls.length);
    this.lineFindings();
    // How many lines a finding needs depends on the width of the list.
    new ResizeObserver(([{ contentRect: { width } }]) => {
      if (width === 0 || width === this.findingWidth) return;
      this.findingWidth = width;
      this.lineFindings();
    }).observe(byId("finding-rows"));
    this.stepRows.show(this.steps.length);
    if (!findings.length) byId("finding-rows").append(el("p", { class: "empty" }, "No findings."));
    this.tabs();
    this.openTab(byId(findings.length ? "tab-findings" : "tab-steps"));
  }

  // The context that a single step is about.
  placeOf(group) {
    return group.count > 1 || group.verb === "" ? {} : { context: this.model.context[group.first], route: null };
  }

  // The lines of the list: a group of one cause is one line, and unfolds.
  lineFindings() {
    this.findingLines = this.findingGroups.flatMap((group) => {
      if (!group.words) return group.members;
      return [group, ...(group.isOpen ? group.members.map((member) => ({ ...member, isMember: true })) : [])];
    });
    const { scrollTop } = this.findingRows.box;
    this.findingRows.show(this.findingLines.length);
    this.findingRows.box.scrollTop = scrollTop;
  }

  // A group unfolds, and goes to its first member.
  pickFinding(place, jump) {
    const line = this.findingLines[place];
    if (!line.members) return jump(line);
    line.isOpen = !line.isOpen;
    this.lineFindings();
    if (line.isOpen) jump(line.members[0]);
  }

  // How many lines a finding needs, at most four.
  linesOf(finding) {
    if (finding.isMember) return 1;
    const g = this.ruler ??= el("canvas").getContext("2d");
    g.font = `${finding.members ? "600 " : ""}12.6px ${Theme.sans}`;
    const wide = g.measureText(`${finding.members ? "▸ " : ""}${finding.kind} ${this.timeOf(finding)}${finding.words}`).width;
    return Math.min(4, Math.ceil(wide * 1.06 / Math.max(200, (byId("finding-rows").clientWidth || 270) - 24)));
  }

  timeOf(finding) {
    const event = finding.members ? finding.at : finding.moment;
    return event > 0 ? `${roughly(this.model.at[event - 1])} ` : "";
  }

  drawFinding(row, finding) {
    row.classList.add("two");
    row.classList.toggle("group", finding.members !== undefined);
    row.classList.toggle("member", finding.isMember === true);
    if (finding.members) row.setAttribute("aria-expanded", finding.isOpen === true);
    row.setAttribute("aria-level", finding.isMember ? 2 : 1);
    row.append(el("span", { class: "wrapped" },
      finding.members && el("span", { class: "turn", "aria-hidden": "true" }, finding.isOpen ? "▾" : "▸"),
      el("span", { class: `badge ${finding.kind === "warning" ? "warn" : "bad"}` }, finding.kind), " ",
      el("span", { class: "at" }, this.timeOf(finding)), el("bdi", { dir: "ltr" }, shown(finding.words))));
    row.title = shown(finding.words);
  }

  drawStep(row, place) {
    const { model } = this, group = this.groups[place], words = this.groupWords(group);
    row.classList.add("two");
    const label = this.labels.get(model.cause[group.first]);
    row.append(el("span", { class: "grow" }, el("span", { class: "at" }, span(group.at)), " ", el("bdi", { dir: "ltr" }, words), label ? el("bdi", { class: "muted label" }, shown(label)) : ""));
    row.append(el("span", { class: "muted" }, this.figureWords(group)));
    row.title = words;
  }

  // The figures of a group: how long until all routes were right, if a step of the group opens the window of its time,
  // and the messages, if the group is the first of its time.
  figureWords(group) {
    const { model } = this, from = model.cause[group.first], to = model.cause[group.event - 1];
    const words = [], found = atOrBefore(this.windowPlaces, to);
    if (found >= 0 && this.windows[found][0] >= from) words.push(this.windows[found][1]);
    if (this.messages.has(from)) words.push(counted(this.messages.get(from), "message", "messages"));
    return words.length ? words.join(", ") : "at the same time as the step above";
  }

  pickCall({ call, made, moment, ended }) {
    const event = moment || made;
    this.set({
      ...(event > 0 && { event: ended === "hung" ? this.model.count : event }),
      ...(made > 0 && { context: this.model.context[made - 1], route: null, call: ended === "hung" ? call : null }),
    });
  }

  drawCall(row, { call, ended, words }) {
    const tone = { ok: "fine", hung: "bad" }[ended] ?? "warn";
    row.classList.add("two");
    row.append(el("span", { class: "wrapped" }, `call ${number(call)} `, el("span", { class: `badge ${tone}` }, ended), " ",
      el("bdi", {}, words)));
    row.title = `call ${number(call)}, ${ended}: ${words}`;
  }

  drawEvent(row, event) {
    const { model } = this, moment = event - 1;
    const words = Words.moment(model, moment);
    row.append(el("span", { class: "no" }, String(model.number(event))), el("span", { class: "grow" }, el("bdi", { dir: "ltr" }, words)));
    if (model.turnsOf[moment] !== model.turnsOf[moment + 1]) {
      const wrong = model.wrongAfter[moment] - 1;
      row.append(el("span", { class: `badge ${wrong > 0 ? "bad" : "fine"}`, title: "wrong entries after it" }, wrong > 0 ? `◆ ${number(wrong)}` : "● 0"));
    }
    row.title = `${span(model.at[moment])}: ${words}`;
  }

  filter() {
    const { model } = this, how = byId("event-filter").value;
    this.filtered = null;
    if (how === "turns") this.filtered = this.turns.filter((event) => this.only.moment(event - 1));
    if (how === "all" && this.only.isOn) {
      this.filtered = [];
      for (let i = 0; i < model.count; i++) if (this.only.moment(i)) this.filtered.push(i + 1);
    }
    if (how === "context") {
      this.filtered = [];
      for (let i = 0; i < model.count; i++) if (model.context[i] === this.view.context && this.only.moment(i)) this.filtered.push(i + 1);
    }
    this.filteredFor = how === "context" ? this.view.context : -1;
    this.eventRows.show(this.filtered ? this.filtered.length : model.count, this.placeOfEvent());
    this.eventRows.bring(this.placeOfEvent());
  }

  // The row of the last listed event that is not after the moment.
  placeOfEvent() {
    if (!this.filtered) return this.view.event - 1;
    return atOrBefore(this.filtered, this.view.event);
  }

  tabs() {
    const tabs = ["tab-findings", "tab-steps", "tab-calls", "tab-events"].map(byId).filter((tab) => !tab.hidden);
    for (const tab of tabs) {
      tab.addEventListener("click", () => this.openTab(tab));
      tab.addEventListener("keydown", (event) => {
        const by = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
        if (!by || event.shiftKey) return;
        event.preventDefault();
        const next = tabs[(tabs.indexOf(tab) + by + tabs.length) % tabs.length];
        this.openTab(next);
        next.focus();
      });
    }
    byId("event-filter").addEventListener("change", () => this.filter());
  }

  openTab(tab) {
    for (const other of tab.parentElement.children) {
      const isOpen = other === tab;
      other.setAttribute("aria-selected", isOpen);
      other.tabIndex = isOpen ? 0 : -1;
      byId(other.getAttribute("aria-controls")).hidden = !isOpen;
    }
    if (tab.id === "tab-events") this.filter();
    this.findingRows.window();
    this.callRows.window();
    this.stepRows.choose(this.placeOfStep());
  }

  placeOfStep() {
    return atOrBefore(this.steps, this.view.event);
  }

  // Controls for the moment and for what is chosen.

  controls() {
    this.actions = {
      on: () => this.set({ event: this.view.event + 1 }, "step"),
      back: () => this.set({ event: this.view.event - 1 }, "step"),
      "fault-on": () => this.set({ event: after(this.steps, this.view.event) ?? this.model.count }),
      "fault-back": () => this.set({ event: before(this.steps, this.view.event) ?? 0 }),
      "turn-on": () => this.set({ event: after(this.turns, this.view.event) ?? this.view.event }),
      "turn-back": () => this.set({ event: before(this.turns, this.view.event) ?? this.view.event }),
      home: () => this.set({ event: 0 }),
      end: () => this.set({ event: this.model.count }),
      "context-on": () => this.nextContext(1),
      "context-back": () => this.nextContext(-1),
      parent: () => this.set({ context: Math.max(0, this.model.parent[this.view.context]), route: null }),
      "wrong-on": () => this.nextWrong(1),
      "wrong-back": () => this.nextWrong(-1),
      fold: () => this.sequence.setFold(this.sequence.hidden[this.sequence.column[this.view.context]] > 0 ? "none" : "chosen"),
      clear: () => this.set({ route: null, call: null }),
      keys: () => byId("keys").showModal(),
      play: () => this.play(),
      "zoom-in": () => this.chart.axis.zoom(1.6, this.model.time()),
      "zoom-out": () => this.chart.axis.zoom(1 / 1.6, this.model.time()),
      "zoom-all": () => this.turnWindow(),
    };
    listenToKeys(this.actions);
    fillKeys(byId("keys-table"));
    for (const button of document.querySelectorAll("[data-go]")) button.addEventListener("click", this.actions[button.dataset.go]);
    byId("play").addEventListener("click", this.actions.play);
    byId("keys-open").addEventListener("click", this.actions.keys);
    byId("context-up").addEventListener("click", this.actions.parent);
    byId("scrubber").addEventListener("input", (event) => this.set({ event: Number(event.target.value) }, "step"));
    this.listenToBox(byId("event"), (input) => this.typedEvent(input));
    this.listenToBox(byId("context"), (input) => this.typedContext(input));
    byId("theme").addEventListener("click", () => this.turnTheme());
    this.chartControls();
    this.onlyControls();
    byId("tree-outline").addEventListener("click", () => { this.turnTree(!this.isOutlined); this.showTree(); });
    byId("tree-fold").addEventListener("click", () => { this.turnFold(!this.tree.scene.isFolded); this.showTree(); });
    for (const button of document.querySelectorAll(".enlarge")) button.addEventListener("click", () => this.enlarge(button));
    for (const [id, how] of [["fold-all", "all"], ["fold-none", "none"], ["fold-chosen", "chosen"]]) {
      byId(id).addEventListener("click", () => this.sequence.setFold(how));
    }
    const transport = byId("transport");
    // The side columns end at the foot of the window, at any scroll position.
    const measure = () => {
      const top = Math.max(transport.offsetHeight + 8, document.querySelector("main").getBoundingClientRect().top);
      document.documentElement.style.setProperty("--transport", transport.offsetHeight + "px");
      document.documentElement.style.setProperty("--room", innerHeight - top - 10 + "px");
    };
    for (const part of [transport, document.body]) new ResizeObserver(measure).observe(part);
    for (const kind of ["scroll", "resize"]) addEventListener(kind, measure, { passive: true });
    document.querySelector(".skip").addEventListener("click", (event) => { event.preventDefault(); byId("transport").focus(); });
    const dark = matchMedia("(prefers-color-scheme: dark)");
    const follow = () => { if (!document.documentElement.dataset.theme) byId("theme").setAttribute("aria-pressed", dark.matches); };
    dark.addEventListener("change", () => { follow(); this.repaint(); });
    follow();
  }

  chartControls() {
    const { axis } = this.chart, cut = byId("chart-cut");
    byId("chart-cut-label").hidden = axis.segments.length < 2;
    cut.checked = axis.isCut;
    cut.addEventListener("change", () => axis.cut(cut.checked));
    byId("chart-in").addEventListener("click", this.actions["zoom-in"]);
    byId("chart-out").addEventListener("click", this.actions["zoom-out"]);
    byId("chart-all").addEventListener("click", () => { axis.whole(); axis.changed(); });
    byId("chart-faults").addEventListener("click", () => { Chart.skipJoin(axis, this.model); axis.changed(); });
    byId("chart-faults").hidden = Chart.joined(this.model) < 0;
  }

  // The whole run, or all after the join.
  turnWindow() {
    const { axis } = this.chart, { from } = axis;
    Chart.skipJoin(axis, this.model);
    if (axis.from === from) axis.whole();
    axis.changed();
  }

  onlyControls() {
    const route = byId("only-route"), kind = byId("only-kind");
    this.listenToBox(route, (input) => {
      const text = input.value.trim(), context = text === "" ? -1 : this.contextOf(text, true);
      if (text !== "" && context < 0) return `There is no context ${shown(text)}.`;
      this.filterBy({ route: context < 0 ? null : this.model.id[context], kind: this.only.kind });
    });
    for (const [value, words] of Words.kinds(this.model)) kind.append(el("option", { value }, words));
    kind.addEventListener("change", () => this.filterBy({ route: this.only.route, kind: kind.value }));
    byId("only-none").addEventListener("click", () => { this.filterBy({ route: null, kind: "" }); route.focus(); });
  }

  // Shows only what is about a destination, or of a kind, on all of the page.
  filterBy({ route, kind }) {
    Object.assign(this.only, { route, kind });
    this.showOnly();
    this.keepFragment(true);
    this.sequence.refilter();
    this.chart.filter(route);
    this.showTree();
    this.filter();
  }

  showOnly() {
    byId("only-route").value = this.only.route === null ? "" : Words.destination(this.only.route);
    byId("only-kind").value = this.only.kind;
    byId("only-none").hidden = !this.only.isOn;
  }

  // Gives one part of the middle all its room, or takes that back.
  enlarge(button) {
    const { part } = button.dataset, isLarge = byId("middle").dataset.large === part;
    if (isLarge) delete byId("middle").dataset.large; else byId("middle").dataset.large = part;
    for (const other of document.querySelectorAll(".enlarge")) {
      other.setAttribute("aria-pressed", other === button && !isLarge);
      other.textContent = other === button && !isLarge ? "Back" : "Enlarge";
    }
  }

  // A text box: the focus selects its text, Enter takes it, and a mistake is shown below.
  listenToBox(input, take) {
    const tell = (mistake) => {
      const told = byId(`${input.id}-mistake`);
      input.setAttribute("aria-invalid", mistake !== "");
      told.textContent = mistake;
      told.hidden = mistake === "";
    };
    let taken = null;
    const read = () => { if (input.value !== taken) tell(take(input) ?? ""); taken = input.value; };
    input.addEventListener("focus", () => { taken = input.value; input.select(); });
    input.addEventListener("change", read);
    input.addEventListener("keydown", (event) => { if (event.key === "Enter") { taken = null; read(); } });
    input.addEventListener("blur", () => { tell(""); this.later(); });
  }

  // Both return the mistake, if there is one.
  typedEvent(input) {
    const text = input.value.trim().replaceAll(",", ""), last = this.model.number(this.model.count);
    if (!/^\d+$/.test(text)) return `“${shown(input.value)}” is not the number of an event; write 0 to ${number(last)}.`;
    if (Number(text) > last) return `There is no event ${text}; the last is ${number(last)}.`;
    this.set({ event: this.model.momentOf(Number(text)) });
  }

  typedContext(input) {
    const text = input.value.trim(), context = this.contextOf(text, true);
    if (context < 0) return `There is no context ${shown(text)}.`;
    this.set({ context, route: null });
  }

  // Finds a context by `3`, `3'`, `master` or a name (the latest of several); with `isPart`, also the first one by a part of
  // its name. -1 is none.
  contextOf(text, isPart = false) {
    const { model } = this;
    if (text === "master") return 0;
    const match = /^(\d+)('*)$/.exec(text);
    if (match) {
      const lives = model.livesOf.get(Number(match[1])) ?? [];
      return lives[match[2].length] ?? -1;
    }
    let found = -1;
    for (let life = 0; life < model.lives && text !== ""; life++) {
      if (Words.name(model, life) === text || Words.label(model, life) === text) found = life;
    }
    const part = text.toLowerCase();
    if (found >= 0 || !isPart || part === "") return found;
    const lives = Array.from({ length: model.lives }, (_, life) => life);
    return lives.find((life) => Words.label(model, life).toLowerCase().includes(part)) ?? -1;
  }

  nextContext(by) {
    const { model } = this, { order, placeInOrder } = model;
    for (let place = placeInOrder[this.view.context] + by; place >= 0 && place < order.length; place += by) {
      if (model.isBorn(order[place])) return this.set({ context: order[place], route: null });
    }
  }

  nextWrong(by) {
    const wrong = this.model.entries(this.view.context).filter((entry) => entry.isWrong).map((entry) => entry.destination);
    if (!wrong.length) return;
    const at = wrong.indexOf(this.view.route);
    this.set({ route: wrong[at < 0 ? (by > 0 ? 0 : wrong.length - 1) : (at + by + wrong.length) % wrong.length] });
  }

  play() {
    const button = byId("play"), isOn = this.timer === undefined;
    button.setAttribute("aria-pressed", isOn);
    button.textContent = isOn ? "Stop" : "Play";
    clearInterval(this.timer);
    this.timer = undefined;
    if (!isOn) return;
    if (this.view.event >= this.model.count) this.set({ event: Math.min(1, this.model.count) });
    this.timer = setInterval(() => {
      if (this.view.event >= this.model.count) this.play(); else this.actions.on();
    }, 120);
  }

  turnTheme() {
    const isDark = byId("theme").getAttribute("aria-pressed") !== "true";
    byId("theme").setAttribute("aria-pressed", isDark);
    document.documentElement.dataset.theme = isDark ? "dark" : "light";
    // A page from disk may have no storage.
    try { localStorage.setItem("treequake-theme", isDark ? "dark" : "light"); } catch { /* The choice is not kept. */ }
    this.repaint();
  }

  readTheme() {
    let kept = null;
    try { kept = localStorage.getItem("treequake-theme"); } catch { return; }
    if (kept !== "dark" && kept !== "light") return;
    document.documentElement.dataset.theme = kept;
    byId("theme").setAttribute("aria-pressed", kept === "dark");
  }

  repaint() {
    Theme.read();
    this.legends();
    this.chart.draw();
    this.tree.draw();
    this.sequence.draw();
  }

  legends() {
    this.chart.drawLegend();
    this.tree.drawLegend();
    this.sequence.drawLegend();
  }

  // The view.

  set(change, how = "jump") {
    const view = { ...this.view, ...(("context" in change || "route" in change) && { call: null }), ...change };
    view.event = Math.max(0, Math.min(this.model.count, view.event));
    if (view.event === this.view.event && view.context === this.view.context && view.route === this.view.route
      && view.call === this.view.call) return;
    this.view = view;
    this.keepFragment(how === "jump");
    this.later();
  }

  later() {
    if (this.isWaiting) return;
    this.isWaiting = true;
    requestAnimationFrame(() => { this.isWaiting = false; this.show(); });
  }

  show() {
    const { model, view } = this;
    model.go(view.event);
    byId("scrubber").value = view.event;
    byId("scrubber").setAttribute("aria-valuetext", Words.now(model));
    const isKept = (box) => document.activeElement === box && box.getAttribute("aria-invalid") === "true";
    if (!isKept(byId("only-route"))) this.showOnly();
    if (!isKept(byId("event"))) byId("event").value = model.number(view.event);
    if (!isKept(byId("context"))) byId("context").value = Words.short(model, view.context);
    this.showNow();
    this.chart.show();
    this.showTree();
    this.sequence.show(view.context);
    this.table.show(view.context, view.route);
    this.why.show(view.context, view.route, this.trails.get(view.call), view.call);
    this.showDetail();
    if (this.filteredFor >= 0 && this.filteredFor !== view.context) this.filter(); else this.eventRows.choose(this.placeOfEvent());
    this.stepRows.choose(this.placeOfStep());
    this.say(Words.now(model));
  }

  // The tree is a picture or an outline.
  showTree() {
    if (this.isOutlined) this.outline.show(this.view.context); else this.tree.show(this.view.context);
    const way = [];
    for (let life = this.view.context; life >= 0; life = this.model.parent[life]) way.unshift(life);
    const short = way.length > 6 ? [...way.slice(0, 2), -1, ...way.slice(-3)] : way;
    byId("crumbs").replaceChildren(...short.flatMap((life, place) => [place ? " › " : "",
      life < 0 ? `… ${number(way.length - 5)} …` : this.link({ context: life, route: null }, Words.label(this.model, life))]));
  }

  turnTree(isOutlined) {
    this.isOutlined = isOutlined;
    byId("outline").hidden = !isOutlined;
    byId("tree").hidden = isOutlined;
    for (const id of ["tree-in", "tree-out", "tree-fit"]) byId(id).hidden = isOutlined;
    byId("tree-fold").hidden = isOutlined || this.scenes.folded === null;
    byId("tree-outline").setAttribute("aria-pressed", isOutlined);
  }

  // The picture has those that are alike as one, or each alone.
  turnFold(isFolded) {
    this.tree.take(isFolded ? this.scenes.folded : this.scenes.plain);
    this.tree.drawLegend();
    byId("tree-fold").setAttribute("aria-pressed", isFolded);
  }

  showNow() {
    const { model } = this, isStart = model.now === 0;
    byId("now-time").textContent = isStart ? "0s" : span(model.time());
    byId("now-words").textContent = isStart ? "before the first event" : Words.moment(model, model.now - 1);
    const wrong = isStart ? 1 : model.wrongAfter[model.now - 1], box = byId("now-wrong");
    box.className = wrong === 1 ? "fine" : wrong === 0 ? "muted" : "bad";
    box.textContent = wrong === 1 ? "● every entry right" : wrong === 0 ? "not followed" : `◆ ${counted(wrong - 1, "entry", "entries")} wrong`;
  }

  // What the event did: its records, the entries that it turned, and what it sent, with where that arrives.
  showDetail() {
    const { model } = this, box = byId("detail");
    if (model.now === 0) return box.replaceChildren(el("p", {}, "Nothing has happened yet. There is only the master."));
    const moment = model.now - 1, listed = 8, items = [];
    const link = (event, words) => this.link({ event }, words);
    if (model.kind[moment] === "a") {
      const sent = model.sent[model.cause[moment]];
      items.push(el("li", {}, "sent by ", link(sent + 1, `event ${number(model.number(sent + 1))}: ${Words.moment(model, sent)}`)));
    }
    for (const words of Words.records(model, moment).slice(0, listed)) items.push(el("li", {}, words));
    const changes = Words.changes(model, moment);
    for (const words of changes.slice(0, listed)) items.push(el("li", {}, words));
    pushMore(items, changes.length - listed, "change", "changes");
    for (let i = model.turnsOf[moment]; i < model.turnsOf[moment + 1] && i < model.turnsOf[moment] + listed; i++) {
      const context = model.turns.context[i], route = model.turns.destination[i];
      const words = `${Words.short(model, context)}'s entry for ${Words.destination(route)}`;
      const what = model.turns.isWrong[i] ? el("span", { class: "bad" }, " is wrong now") : el("span", { class: "fine" }, " is right now");
      items.push(el("li", {}, this.link({ context, route }, words), what));
    }
    pushMore(items, model.turnsOf[moment + 1] - model.turnsOf[moment] - listed, "entry that turned", "entries that turned");
    const first = model.flightsOf[moment], last = model.flightsOf[moment + 1];
    for (let flight = first; flight < last && flight < first + listed; flight++) items.push(this.sentItem(flight, link));
    pushMore(items, last - first - listed, "item sent", "items sent");
    box.replaceChildren(
      el("p", {}, el("span", { class: "at" }, `event ${number(model.number(model.now))}, ${span(model.at[moment])}`)),
      el("p", {}, el("strong", {}, el("bdi", { dir: "ltr" }, Words.moment(model, moment)))),
      items.length ? el("ul", {}, ...items) : el("p", { class: "muted" }, "It changed nothing."),
    );
  }

  sentItem(flight, link) {
    const { model } = this, end = model.end[flight];
    const copies = model.copies[flight] > 1 ? ` x${number(model.copies[flight])}` : "";
    const words = `sends ${Words.item(model, flight)}${copies} to ${Words.short(model, model.receiver(flight))}: `;
    if (end === "d") return el("li", {}, words, el("span", { class: "bad" }, "dropped, because the end was closed"));
    if (end === "w") return el("li", {}, words, el("span", { class: "warn" }, "still on the wire at the end"));
    const event = model.ended[flight] + 1;
    return el("li", {}, words, link(event, `${end === "a" ? "arrives" : "vanishes"} at event ${number(model.number(event))}`));
  }

  // A link to another view.
  link(change, words) {
    const click = (event) => { event.preventDefault(); this.set(change); };
    const view = { ...this.view, ...("context" in change && { call: null }), ...change };
    return el("a", { href: fragment(this.model, view, this.only), onclick: click }, el("bdi", { dir: "ltr" }, words));
  }

  say(words) {
    clearTimeout(this.saying);
    this.saying = setTimeout(() => { byId("aloud").textContent = words; }, 250);
  }

  // The fragment: #event=812&context=3&route=7.

  listenToFragment() {
    addEventListener("popstate", () => {
      clearTimeout(this.keeping);
      const view = this.fromFragment(), { route, kind } = this.only;
      if (!view) return;
      this.view = view;
      if (route === this.only.route && kind === this.only.kind) return this.later();
      this.sequence.refilter();
      this.chart.filter(this.only.route);
      this.filter();
      this.later();
    });
  }

  fromFragment() {
    const parts = new URLSearchParams(location.hash.slice(1));
    if (!parts.has("event") && !parts.has("context")) return null;
    const whole = (name) => (/^\d+$/.test(parts.get(name) ?? "") ? Number(parts.get(name)) : null);
    this.only.route = whole("about");
    this.only.kind = ["a", "d", "e", "m"].includes(parts.get("kind")) ? parts.get("kind") : "";
    const event = whole("event"), context = this.contextOf(parts.get("context") ?? "master");
    return {
      event: event === null ? this.model.count : this.model.momentOf(event),
      context: Math.max(0, context),
      route: whole("route"),
      call: whole("route") === null ? whole("call") : null,
    };
  }

  // A jump is an entry of the history; a step of one event is not.
  keepFragment(isJump) {
    clearTimeout(this.keeping);
    const to = () => fragment(this.model, this.view, this.only);
    if (isJump) history.pushState(null, "", to());
    else this.keeping = setTimeout(() => history.replaceState(null, "", to()), 120);
  }
}

function fragment(model, { event, context, route, call }, only = page.only) {
  const who = context === 0 ? "0" : Words.short(model, context);
  const filter = (only.route === null ? "" : `&about=${only.route}`) + (only.kind === "" ? "" : `&kind=${only.kind}`);
  return `#event=${model.number(event)}&context=${encodeURIComponent(who)}` + (route === null ? "" : `&route=${route}`) + (call === null ? "" : `&call=${call}`) + filter;
}

function pushMore(items, more, one, many) {
  if (more > 0) items.push(el("li", { class: "muted" }, `... and ${number(more)} more ${more === 1 ? one : many}`));
}

const page = new Page();
performance.mark("ready");
document.documentElement.dataset.ready = "";
