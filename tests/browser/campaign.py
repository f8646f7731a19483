"""The page of a campaign in a real browser: what it says, that its buttons, keys and links work, that it asks nobody for
anything, and that it can be read by everybody.

    python3 tests/browser/campaign.py [--treequake PROGRAM] [--shots FOLDER] [NAME...]
"""

import argparse
import pathlib
import shlex
import subprocess
import tempfile
import time

from browser import ENTER, TAB, Browser

HOSTILE = "a\"><script>document.title='harm'</script><img src=x onerror=alert(1)>".replace("/", "\\")

# The least contrast of all text that can be seen, with the text; backgrounds are blended down to the page.
CONTRAST = """
const parse = (c) => (c.match(/[\\d.]+/g) || [0, 0, 0, 0]).map(Number);
const rgba = (c) => {
  const m = c.startsWith('color(srgb') ? parse(c.slice(10)).map((v, i) => (i < 3 ? v * 255 : v)) : parse(c);
  return m.length < 4 ? [...m, 1] : m;
};
const over = (a, b) => [0, 1, 2].map((i) => a[i] * a[3] + b[i] * (1 - a[3])).concat(1);
const ground = (e) => {
  const layers = [];
  for (; e; e = e.parentElement) layers.push(rgba(getComputedStyle(e).backgroundColor));
  return layers.reverse().reduce((below, layer) => over(layer, below), [255, 255, 255, 1]);
};
const light = (c) => {
  const [r, g, b] = c.map((v) => v / 255).map((v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4));
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
};
let least = [99, ''];
const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
for (let node; (node = walker.nextNode());) {
  const e = node.parentElement;
  if (!node.data.trim() || !e.checkVisibility() || e.closest('script, style, .aloud, svg')) continue;
  const back = ground(e), front = over(rgba(getComputedStyle(e).color), back);
  const [a, b] = [light(front), light(back)];
  const contrast = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
  if (contrast < least[0]) least = [contrast, node.data.trim().slice(0, 40)];
}
return least;
"""


class Campaigns:
    """Run folders to look at, made once."""

    def __init__(self, program, folder):
        self.program, self.folder = program, folder
        self.make("found", "--profile", "reuse", "--seeds", "0..1500")
        self.make("many", "--profile", "reuse", "--seeds", "0..600", "--deny", "duplicate-signal", "--deny", "logged-error",
                  "--deny", "duplicate-del", "--budget", "1")
        self.make("none", "--seeds", "0..50")
        self.make("parts", "--seeds", "0..400", "--profile", "reuse", "--partition", "slice:1/2")
        self.make(HOSTILE, "--profile", "reuse", "--seeds", "160..180")

    def treequake(self, *args):
        return subprocess.run([self.program, *args], cwd=self.folder, capture_output=True, text=True, env={})

    def make(self, name, *args):
        ended = self.treequake("fuzz", "--out", name, *args)
        assert ended.returncode in (0, 1), ended
        self.report(name if name != "parts" else "parts/part-1-of-2")

    def report(self, name):
        ended = self.treequake("report", name)
        assert ended.returncode == 0, ended

    def page(self, name):
        return self.folder / name / "report.html"


def opened(browser, campaigns, name, fragment=""):
    start = time.monotonic()
    browser.open(campaigns.page(name), fragment)
    return time.monotonic() - start


def check_quiet(browser, campaigns):
    """No page logs an error, asks for anything but itself, or takes long."""
    for name in ["found", "many", "none", "parts/part-1-of-2", HOSTILE]:
        seconds = opened(browser, campaigns, name)
        assert seconds < 2, f"{name} took {seconds:.1f} s"
        assert browser.errors() == [], name
        asked = browser.requests()
        assert asked == [campaigns.page(name).resolve().as_uri()], asked
        assert browser.run("return performance.getEntriesByType('resource').length") == 0


def check_words(browser, campaigns):
    """The page says what the campaign came to, and has a place for each class."""
    opened(browser, campaigns, "found")
    assert "of 1,500 cases fail, in " in browser.text(".verdict")
    classes = list((campaigns.folder / "found/findings").glob("*.json"))
    assert len(browser.texts(".classes tbody")) == len(classes)
    assert browser.texts(".funnel tbody .number")[-1] == str(len(classes))
    opened(browser, campaigns, "none")
    assert "None of 50 cases fails." in browser.text(".verdict")
    opened(browser, campaigns, "parts/part-1-of-2")
    assert "part 1 of 2 only" in browser.text(".note")


def check_hostile(browser, campaigns):
    """A name that looks like markup is text."""
    opened(browser, campaigns, HOSTILE)
    assert browser.run("return document.title") == "Campaign of seeds 160..180 under mitogen-0.3, profile reuse"
    assert browser.run("return document.images.length + document.scripts.length") == 1
    assert HOSTILE in browser.text(".facts")


def check_copy(browser, campaigns):
    """A button copies the command beside it, and says so; a shell finds the file in it."""
    opened(browser, campaigns, "found")
    grant = {"permissions": ["clipboardReadWrite", "clipboardSanitizedWrite"]}
    browser.command("Browser.grantPermissions", grant)
    browser.click(".classes .copy")
    browser.wait("the button says so", "return document.querySelector('.classes .copy').textContent === 'copied'")
    command = browser.text(".classes .command code")
    assert browser.text("#told") == "copied: " + command
    browser.run("window.clip = null; navigator.clipboard.readText().then((t) => { window.clip = t; }, (e) => { window.clip = '' + e; })")
    assert browser.wait("the clipboard", "return window.clip") == command
    words = shlex.split(command)
    assert words[:2] == ["treequake", "replay"] and campaigns.treequake(*words[1:]).returncode == 0, command


def check_sort(browser, campaigns):
    """A head sorts, by mouse and by keys, and the rows of a class stay together."""
    opened(browser, campaigns, "found")
    seeds = "return [...document.querySelectorAll('.classes tbody')].map((b) => Number(b.rows[0].cells[3].dataset.value))"
    browser.click(".classes thead th:nth-child(4) button")
    assert browser.run(seeds) == sorted(browser.run(seeds), reverse=True)
    browser.keys(ENTER)
    assert browser.run(seeds) == sorted(browser.run(seeds))
    assert browser.run("return document.querySelector('.classes th[aria-sort]').ariaSort") == "ascending"
    together = "return [...document.querySelectorAll('.classes tbody')].every((b) => b.rows.length === 2 && b.querySelector('.command code').textContent.includes(b.id))"
    assert browser.run(together)
    browser.click("#convergence thead th:nth-child(2) button")
    cases = "return [...document.querySelectorAll('#convergence tbody tr')].map((r) => Number(r.cells[1].dataset.value))"
    assert browser.run(cases) == sorted(browser.run(cases), reverse=True)


def check_keys(browser, campaigns):
    """Everything that can be clicked is reached by Tab, in order, with a focus that is seen; a mark leads to its row."""
    opened(browser, campaigns, "found")
    count = browser.run("return document.querySelectorAll('a[href], button, summary, [tabindex]').length")
    seen = set()
    for _ in range(count):
        browser.keys(TAB)
        seen.add(browser.run("const e = document.activeElement; const s = getComputedStyle(e);"
                             "return [e.tagName, s.outlineStyle !== 'none', [...document.querySelectorAll('*')].indexOf(e)].join()"))
    assert len(seen) == count and all(",true," in one for one in seen), [one for one in seen if ",true," not in one]
    browser.run("document.querySelector('.mark').focus()")
    browser.keys(ENTER)
    assert browser.url().endswith("#slowest-0")
    inside = "const r = document.querySelector('#slowest-0').getBoundingClientRect(); return r.top >= 0 && r.bottom <= innerHeight"
    browser.wait("the row is seen", inside)
    labels = browser.run("return [...document.querySelectorAll('.mark')].map((m) => m.getAttribute('aria-label'))")
    assert len(labels) == 24 and all(label.startswith("seed ") for label in labels)


def check_links(browser, campaigns):
    """The name of a class leads to a page or a file that is there."""
    for place in ["found", HOSTILE]:
        opened(browser, campaigns, place)
        browser.click(".classes tbody a")
        browser.wait("it goes there", "return location.pathname.includes('/findings/')")
        assert browser.run("return document.body.textContent.length") > 100
        browser.back()


def check_without_script(browser, campaigns):
    """Without JavaScript all is there, and nothing that would do nothing."""
    browser.command("Emulation.setScriptExecutionDisabled", {"value": True})
    try:
        opened(browser, campaigns, "found")
        hidden = browser.command("Runtime.evaluate", {"expression": "[...document.querySelectorAll('button')].every((b) => b.hidden) && document.querySelectorAll('.mark, .classes tbody, .coverage td').length > 300", "returnByValue": True})
        assert hidden["result"]["value"], hidden
    finally:
        browser.command("Emulation.setScriptExecutionDisabled", {"value": False})


def check_sizes(browser, campaigns):
    """No page is wider than its window, and the heads of the matrix stay in sight."""
    for name in ["found", "many", "none", HOSTILE]:
        for width in [1280, 800, 480]:
            browser.size(width, 800)
            opened(browser, campaigns, name)
            wide = browser.run("return document.scrollingElement.scrollWidth - document.scrollingElement.clientWidth")
            assert wide <= 0, f"{name} is {wide} pixels too wide at {width}"
    browser.size(800, 500)
    opened(browser, campaigns, "found")
    browser.run("document.querySelector('.coverage tbody tr:nth-child(20)').scrollIntoView({block: 'center'})")
    assert browser.run("return document.querySelector('.coverage thead th').getBoundingClientRect().top") == 0
    browser.size(1280, 900)


def check_contrast(browser, campaigns):
    """All text has a contrast of 4.5 at least, light and dark."""
    for scheme in ["light", "dark"]:
        browser.scheme(scheme)
        for name in ["found", "none", "parts/part-1-of-2"]:
            opened(browser, campaigns, name)
            browser.run("document.querySelectorAll('details').forEach((d) => { d.open = true; })")
            least, text = browser.run(CONTRAST)
            assert least >= 4.5, f"{scheme} {name}: {least:.2f} of {text!r}"
    browser.scheme("light")


def shoot(browser, campaigns, folder):
    folder.mkdir(parents=True, exist_ok=True)
    for scheme in ["light", "dark"]:
        browser.scheme(scheme)
        for name in ["found", "many", "none"]:
            for width in [1280, 800]:
                browser.size(width, 900)
                opened(browser, campaigns, name)
                browser.screenshot(folder / f"campaign-{name}-{width}-{scheme}.png", whole=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--treequake", default="target/debug/treequake", help="the program")
    parser.add_argument("--shots", type=pathlib.Path, help="take screenshots into this folder")
    parser.add_argument("names", nargs="*", help="the checks; all if none is named")
    args = parser.parse_args()
    checks = {name.removeprefix("check_"): check for name, check in globals().items() if name.startswith("check_")}
    program = str(pathlib.Path(args.treequake).resolve())
    with tempfile.TemporaryDirectory() as folder, Browser(1280, 900) as browser:
        campaigns = Campaigns(program, pathlib.Path(folder))
        for name in args.names or checks:
            checks[name](browser, campaigns)
            print(f"ok   {name}")
        if args.shots:
            shoot(browser, campaigns, args.shots)


if __name__ == "__main__":
    main()
