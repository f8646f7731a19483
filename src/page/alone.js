'use strict';
// Links to files open what the page has of them, so that it works without its folder. What it has not is a link as ever.
const decoded = (base64) => new TextDecoder().decode(Uint8Array.from(atob(base64), (byte) => byte.charCodeAt(0)));

function opened(link, { content }) {
  const { style, scripts } = document.getElementById('alone').dataset, isPage = link.endsWith('.html');
  const frame = { '<!--STYLE-->': style, '<!--SCRIPTS-->': scripts };
  const text = !isPage ? decoded(content) : decoded(content).replace(/<!--(STYLE|SCRIPTS)-->/g, (mark) => decoded(frame[mark]));
  return URL.createObjectURL(new Blob([text], { type: isPage ? 'text/html' : 'application/json' }));
}

for (const { dataset } of document.querySelectorAll('#alone > span')) {
  for (const link of document.querySelectorAll(`a[href="${CSS.escape(dataset.link)}"]`)) {
    const become = () => {
      link.dataset.file ??= link.getAttribute('href');
      if (link.href.startsWith('blob:')) return;
      link.href = opened(dataset.link, dataset);
      link.target = '_blank';
      if (!dataset.link.endsWith('.html')) link.download = decodeURIComponent(dataset.link.split('/').pop());
    };
    for (const kind of ['pointerdown', 'focus', 'click']) link.addEventListener(kind, become);
  }
}
