// The convergence chart: a picture with a cursor at the moment. A click goes to a time.

class Chart {
  constructor(box, model, go) {
    Object.assign(this, { box, model, map: model.data.chart });
    this.svg = box.querySelector("svg");
    // The head of the page has the title and the sentence of the picture.
    this.crop = 46;
    this.svg.setAttribute("viewBox", `0 ${this.crop} ${this.map.width} ${this.map.height - this.crop}`);
    this.svg.removeAttribute("width");
    this.svg.removeAttribute("height");
    this.cursor = el("div", { class: "cursor", "aria-hidden": "true" });
    box.append(this.cursor);
    new ResizeObserver(() => this.show()).observe(box);
    box.addEventListener("click", (event) => {
      const rect = this.svg.getBoundingClientRect();
      const time = this.timeAt((event.clientX - rect.left) / rect.width * this.map.width);
      go(model.eventAt(time));
    });
  }

  // The place of a time on the axis. The axis has pieces, and time runs evenly in each.
  xOf(time) {
    const { times, xs } = this.map;
    let i = 1;
    while (i < times.length - 1 && times[i] < time) i++;
    const part = times[i] === times[i - 1] ? 1 : (time - times[i - 1]) / (times[i] - times[i - 1]);
    return xs[i - 1] + Math.max(0, Math.min(1, part)) * (xs[i] - xs[i - 1]);
  }

  timeAt(x) {
    const { times, xs } = this.map;
    let i = 1;
    while (i < xs.length - 1 && xs[i] < x) i++;
    const part = xs[i] === xs[i - 1] ? 1 : (x - xs[i - 1]) / (xs[i] - xs[i - 1]);
    return times[i - 1] + Math.max(0, Math.min(1, part)) * (times[i] - times[i - 1]);
  }

  show() {
    const rect = this.svg.getBoundingClientRect(), scale = rect.width / this.map.width;
    this.cursor.style.left = this.xOf(this.model.time()) * scale - 1 + "px";
    this.cursor.style.top = (this.map.top - this.crop) * scale + "px";
    this.cursor.style.height = (this.map.bottom - this.map.top) * scale + "px";
  }
}
