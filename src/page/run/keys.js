// The keys. They do nothing while somebody types.

const KEYS = [
  [["←", "→"], "the event before, the next event"],
  [["Shift+←", "Shift+→"], "the step of the scenario before, the next one"],
  [["[", "]"], "the event before, or the next one, at which an entry turned wrong or right"],
  [["Home", "End"], "before the first event, after the last"],
  [["k", "j"], "the context before, or the next one, in the order of the tree"],
  [["p"], "the parent of the chosen context"],
  [["n", "Shift+n"], "the next wrong entry of the table, the one before"],
  [["f"], "fold, or unfold, the chosen context in the messages"],
  [["Space"], "go on by itself, or stop; at the end, from the start"],
  [["Esc"], "no entry, and no call, chosen"],
  [["?"], "these keys"],
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
