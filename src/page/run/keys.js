// The keys. They do nothing while the reader types.

const KEYS = [
  [["←", "→"], "previous event, next event"],
  [["Shift+←", "Shift+→"], "previous step of the scenario, next step"],
  [["[", "]"], "previous event that turns an entry wrong or right, next such event"],
  [["Home", "End"], "before the first event, after the last"],
  [["k", "j"], "previous context in the order of the tree, next context"],
  [["p"], "parent of the chosen context"],
  [["n", "Shift+n"], "next wrong entry of the table, previous one"],
  [["f"], "fold or unfold the chosen context in the messages"],
  [["+", "-"], "show less time, show more time around the moment"],
  [["0"], "all that comes after the join, or the whole run"],
  [["Space"], "play or stop; at the end, play from the start"],
  [["Esc"], "deselect the entry or the call"],
  [["?"], "show these keys"],
];

function listenToKeys(actions) {
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey || event.defaultPrevented) return;
    if (document.querySelector("dialog[open]") || isTypedInto(event.target)) return;
    const action = actionOf(event, actions);
    if (!action) return;
    event.preventDefault();
    action();
  });
}

function isTypedInto(target) {
  return target.closest("input:not([type=range]):not([type=checkbox]), select, textarea, [contenteditable]") !== null;
}

function actionOf(event, actions) {
  const isButton = event.target.closest("button, summary, a, input[type=checkbox]") !== null;
  if (event.target.closest("[role=tablist]") && event.key.startsWith("Arrow") && !event.shiftKey) return null;
  switch (event.key) {
    case "ArrowLeft": return event.shiftKey ? actions["fault-back"] : actions.back;
    case "ArrowRight": return event.shiftKey ? actions["fault-on"] : actions.on;
    case "[": return actions["turn-back"];
    case "]": return actions["turn-on"];
    case "Home": return actions.home;
    case "End": return actions.end;
    case "j": return actions["context-on"];
    case "k": return actions["context-back"];
    case "p": return actions.parent;
    case "n": return actions["wrong-on"];
    case "N": return actions["wrong-back"];
    case "f": return actions.fold;
    case "+": case "=": return actions["zoom-in"];
    case "-": return actions["zoom-out"];
    case "0": return actions["zoom-all"];
    case "Escape": return actions.clear;
    case "?": return actions.keys;
    case " ": return isButton ? null : actions.play;
    default: return null;
  }
}

function fillKeys(table) {
  for (const [keys, words] of KEYS) {
    const cell = el("td", {});
    keys.forEach((key, place) => cell.append(place ? " " : "", el("kbd", {}, key)));
    table.append(el("tr", {}, cell, el("td", {}, words)));
  }
}
