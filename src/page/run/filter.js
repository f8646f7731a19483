// What the reader wants to see of the messages, on all of the page: those about one destination, or of one kind.

class Filter {
  constructor(model) {
    this.model = model;
    this.route = null;
    this.kind = "";
  }

  get isOn() {
    return this.route !== null || this.kind !== "";
  }

  flight(flight) {
    const { items, item } = this.model, which = item[flight];
    return (this.kind === "" || items.kind[which] === this.kind) && (this.route === null || items.about[which] === this.route + 1);
  }

  // Steps are always seen. An event is about a destination if its message is, or if it changed an entry for it.
  moment(moment) {
    const { model } = this;
    if (!this.isOn || model.kind[moment] === "s") return true;
    if (model.kind[moment] === "a" && this.flight(model.cause[moment])) return true;
    if (this.kind !== "" || this.route === null) return false;
    for (let i = model.turnsOf[moment]; i < model.turnsOf[moment + 1]; i++) if (model.turns.destination[i] === this.route) return true;
    for (let i = model.routesOf[moment]; i < model.routesOf[moment + 1]; i++) if (model.routes.target[i] === this.route) return true;
    return false;
  }
}
