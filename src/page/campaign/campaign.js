'use strict';
// The page is complete without this script. It adds buttons that copy commands, and tables that sort.

const told = document.getElementById('told');

function copy(button) {
  const text = button.parentElement.querySelector('code').textContent;
  const done = () => {
    button.textContent = 'Copied';
    told.textContent = 'Copied: ' + text;
    setTimeout(() => { button.textContent = 'Copy'; }, 1500);
  };
  const select = () => {
    const range = document.createRange();
    range.selectNodeContents(button.parentElement.querySelector('code'));
    getSelection().removeAllRanges();
    getSelection().addRange(range);
    if (document.execCommand('copy')) done();
  };
  // A browser may deny the clipboard to a page from disk. Then the command is selected.
  if (navigator.clipboard) navigator.clipboard.writeText(text).then(done, select);
  else select();
}

for (const button of document.querySelectorAll('.copy')) {
  button.hidden = false;
  button.setAttribute('aria-label', 'Copy: ' + button.parentElement.querySelector('code').textContent);
  button.addEventListener('click', () => copy(button));
}

// Rows that belong together have a `tbody` of their own and stay together. The table sorts by the first of them.
function value(group, column) {
  const cell = (group.rows ? group.rows[0] : group).cells[column];
  return cell.dataset.value === undefined ? cell.textContent : Number(cell.dataset.value);
}

function sort(table, head, column) {
  const order = head.getAttribute('aria-sort') === 'descending' ? 'ascending' : 'descending';
  const sign = order === 'ascending' ? 1 : -1;
  const compare = (a, b) => (typeof a === 'number' ? a - b : a < b ? -1 : a > b ? 1 : 0);
  const parent = table.tBodies.length > 1 ? table : table.tBodies[0];
  const groups = Array.from(parent === table ? table.tBodies : parent.rows);
  groups.sort((a, b) => sign * compare(value(a, column), value(b, column)));
  for (const other of table.tHead.rows[0].cells) other.removeAttribute('aria-sort');
  head.setAttribute('aria-sort', order);
  parent.append(...groups);
}

for (const table of document.querySelectorAll('table.sortable')) {
  Array.from(table.tHead.rows[0].cells).forEach((head, column) => {
    const button = document.createElement('button');
    button.type = 'button';
    button.append(...head.childNodes);
    button.addEventListener('click', () => sort(table, head, column));
    head.append(button);
  });
}
