// Colours and marks: what contexts, links and items look like on every canvas.

const Theme = {
  colours: {},

  read() {
    const style = getComputedStyle(document.documentElement);
    for (const name of ["ground", "panel", "ink", "muted", "rule", "band", "blue", "orange", "green", "red", "purple", "teal"]) {
      Theme.colours[name] = style.getPropertyValue("--" + name).trim();
    }
    Theme.sans = "system-ui, sans-serif";
    Theme.mono = "ui-monospace, monospace";
  },
};

// Makes a canvas as sharp as the screen. Returns its drawing context, which takes pixels of the page.
function surface(canvas, width, height) {
  const scale = window.devicePixelRatio || 1;
  const wide = Math.round(width * scale), high = Math.round(height * scale);
  if (canvas.width !== wide || canvas.height !== high) {
    canvas.width = wide;
    canvas.height = high;
    canvas.style.width = width + "px";
    canvas.style.height = height + "px";
  }
  const g = canvas.getContext("2d");
  g.setTransform(scale, 0, 0, scale, 0, 0);
  g.clearRect(0, 0, width, height);
  return g;
}

const Marks = {
  // A context: a disc if it is fine, a grey one if that is not known, a diamond if it has wrong entries, a dashed ring for an orphan, a cross for the dead.
  context(g, health, x, y, r) {
    const c = Theme.colours;
    g.beginPath();
    switch (health) {
      case "fine":
        g.arc(x, y, r, 0, 7);
        g.fillStyle = c.green;
        g.fill();
        break;
      case "unknown":
        g.arc(x, y, r, 0, 7);
        g.fillStyle = c.muted;
        g.fill();
        break;
      case "wrong": {
        const d = r * 1.45;
        g.moveTo(x, y - d); g.lineTo(x + d, y); g.lineTo(x, y + d); g.lineTo(x - d, y); g.closePath();
        g.fillStyle = c.red;
        g.fill();
        break;
      }
      case "orphan":
        g.setLineDash(r > 4 ? [3, 2] : [2, 1.5]);
        g.lineWidth = r > 4 ? 1.6 : 1.1;
        g.arc(x, y, r * 0.9, 0, 7);
        g.fillStyle = c.ground;
        g.fill();
        g.strokeStyle = c.orange;
        g.stroke();
        g.setLineDash([]);
        break;
      case "dead": {
        const d = r * 0.75;
        g.moveTo(x - d, y - d); g.lineTo(x + d, y + d); g.moveTo(x + d, y - d); g.lineTo(x - d, y + d);
        g.lineWidth = r > 4 ? 2 : 1.1;
        g.strokeStyle = c.red;
        g.stroke();
        break;
      }
    }
  },

  // The marks behind that of several contexts.
  stack(g, health, x, y, r) {
    for (const [place, alpha] of [[2, 0.3], [1, 0.55]]) {
      g.globalAlpha = alpha;
      Marks.context(g, health, x + place * r * 0.7, y - place * r * 0.45, r);
    }
    g.globalAlpha = 1;
  },

  itemColour(kind) {
    const c = Theme.colours;
    return { a: c.blue, d: c.orange, e: c.muted, m: c.purple }[kind];
  },

  // An item on its way: a filled arrow head for news of a route, an open one for news that one is gone, a square for
  // the end of a stream, a dot for anything else.
  item(g, kind, x, y, angle, r, isHeld) {
    g.save();
    g.translate(x, y);
    g.rotate(angle);
    g.beginPath();
    if (kind === "e") g.rect(-r * 0.8, -r * 0.8, r * 1.6, r * 1.6);
    else if (kind === "m") g.arc(0, 0, r * 0.9, 0, 7);
    else { g.moveTo(r * 1.3, 0); g.lineTo(-r, r); g.lineTo(-r, -r); g.closePath(); }
    g.lineWidth = 1.5;
    g.strokeStyle = Marks.itemColour(kind);
    g.fillStyle = kind === "d" || isHeld ? Theme.colours.ground : Marks.itemColour(kind);
    g.fill();
    g.stroke();
    g.restore();
  },

  cross(g, x, y, r) {
    g.beginPath();
    g.moveTo(x - r, y - r); g.lineTo(x + r, y + r); g.moveTo(x + r, y - r); g.lineTo(x - r, y + r);
    g.lineWidth = 2;
    g.strokeStyle = Theme.colours.red;
    g.stroke();
  },

  // How a link is drawn: colour, dash, width.
  link(g, state) {
    const c = Theme.colours;
    const [colour, dash, width] = {
      open: [c.muted, [], 1.2],
      cut: [c.orange, [5, 4], 2.6],
      closed: [c.muted, [1.5, 3], 1],
    }[state];
    g.strokeStyle = colour;
    g.setLineDash(dash);
    g.lineWidth = width;
  },

  // Text with a border in the colour of the ground, readable over lines.
  text(g, text, x, y, colour) {
    g.lineJoin = "round";
    g.lineWidth = 3;
    g.strokeStyle = Theme.colours.ground;
    g.strokeText(text, x, y);
    g.fillStyle = colour;
    g.fillText(text, x, y);
  },

  // Adds a small picture and its word to a legend.
  legend(list, draw, words) {
    const canvas = el("canvas", { "aria-hidden": "true" });
    list.append(el("li", {}, canvas, words));
    draw(surface(canvas, 18, 14));
  },
};

// Text cut to fit into a width.
function fitted(g, text, width) {
  if (g.measureText(text).width <= width) return text;
  let low = 0, high = Math.min(text.length, 200);
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (g.measureText(text.slice(0, middle) + "…").width <= width) low = middle; else high = middle - 1;
  }
  // A character of two halves stays whole or goes.
  if (/[\ud800-\udbff]/.test(text.charAt(low - 1))) low--;
  return low === 0 ? "" : text.slice(0, low) + "…";
}
