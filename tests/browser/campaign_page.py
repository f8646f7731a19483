"""The page of a campaign in a real browser: what it says, that its buttons, keys and links work, that it loads nothing,
and that everyone can read it.

    TREEQUAKE=target/debug/treequake python3 tests/browser/campaign_page.py [TEST...]

SCREENSHOTS=FOLDER keeps pictures to look at.
"""

import json
import os
import pathlib
import shlex
import shutil
import subprocess
import tempfile
import time
import unittest

from browser import ENTER, HOME, TAB, Browser

ROOT = pathlib.Path(__file__).resolve().parents[2]
TREEQUAKE = os.path.abspath(os.environ.get("TREEQUAKE", ROOT / "target/debug/treequake"))

HOSTILE = "a\"><script>document.title='harm'<\\script><img src=x onerror=alert(1)>"
PART = "parts/part-1-of-2"
EVERYTHING = ["--deny", "duplicate-signal", "--deny", "logged-error", "--deny", "duplicate-del", "--budget", "1"]

# The least contrast of all visible text, with the text. Backgrounds are blended down to the page.
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



class Page(unittest.TestCase):
    """One browser and one set of run folders for all tests. After each test, the page has logged no error and loaded nothing."""

    @classmethod
    def setUpClass(cls):
        cls.desk = tempfile.TemporaryDirectory(prefix="treequake-campaigns-")
        cls.folder = pathlib.Path(cls.desk.name)
        cls.make("found", "--profile", "reuse", "--seeds", "0..1500")
        cls.make("cut", "--seeds", "200..320", "--deny", "duplicate-signal", "--budget", "1")
        cls.make("many", "--profile", "reuse", "--seeds", "0..600", *EVERYTHING)
        cls.make("none", "--seeds", "0..40")
        cls.make("parts", "--profile", "reuse", "--seeds", "0..400", "--partition", "slice:1/2", folder=PART)
        cls.make(HOSTILE, "--profile", "reuse", "--seeds", "160..180")
        cls.browser = Browser(1280, 900)

    @classmethod
    def tearDownClass(cls):
        cls.browser.close()
        cls.desk.cleanup()

    @classmethod
    def treequake(cls, *args, **more):
        # Whatever engine runs the tests, campaigns are whole.
        return subprocess.run([TREEQUAKE, *args], cwd=cls.folder, capture_output=True, text=True, env={}, **more)

    @classmethod
    def make(cls, name, *args, folder=None):
        done = cls.treequake("fuzz", "--out", name, *args)
        assert done.returncode in (0, 1), done
        done = cls.treequake("report", folder or name)
        assert done.returncode == 0, done

    def setUp(self):
        self.opened = set()
        self.browser.size(1280, 900)
        self.browser.scheme("light")

    def tearDown(self):
        self.assertEqual(self.browser.errors(), [])
        asked = {url.split("#")[0] for url in self.browser.requests()}
        self.assertLessEqual(asked, self.opened, "a page has asked for something")

    def open(self, name):
        page = self.folder / name / "report.html"
        self.opened.add(page.resolve().as_uri())
        self.browser.open(page)

    def run_js(self, script, *args):
        return self.browser.run(script, *args)


class Words(Page):
    def test_it_opens_at_once(self):
        for name in ["found", "many", "none", PART, HOSTILE]:
            start = time.monotonic()
            self.open(name)
            self.assertLess(time.monotonic() - start, 2, name)
            self.assertEqual(self.run_js("return performance.getEntriesByType('resource').length"), 0)

    def test_it_says_what_the_campaign_came_to(self):
        self.open("found")
        self.assertIn("of 1,500 cases fail, in ", self.browser.text(".verdict"))
        classes = list((self.folder / "found/findings").glob("*.json"))
        self.assertEqual(len(self.browser.texts(".classes tbody")), len(classes))
        self.assertEqual(self.browser.texts(".funnel tbody .number")[-1], str(len(classes)))
        self.assertEqual(len(self.browser.texts(".multiple")), 9, "a panel for each kind of fault")
        self.assertEqual(len(self.browser.texts(".key-list")), 1, "one legend")
        self.open("none")
        self.assertIn("None of 40 cases fails.", self.browser.text(".verdict"))
        self.open(PART)
        self.assertIn("This is only part 1 of 2.", self.browser.text(".note"))

    def test_a_name_that_looks_like_markup_is_text(self):
        self.open(HOSTILE)
        title = "Campaign of seeds 160..180 under mitogen-0.3, profile reuse"
        self.assertEqual(self.run_js("return document.title"), title)
        self.assertEqual(self.run_js("return document.images.length + document.scripts.length"), 1)
        self.assertIn(HOSTILE, self.browser.text(".facts"))

    def test_without_javascript_all_is_there_and_nothing_that_does_nothing(self):
        self.browser.command("Emulation.setScriptExecutionDisabled", {"value": True})
        try:
            self.open("found")
            script = """[...document.querySelectorAll('button')].every((b) => b.hidden)
                && document.querySelectorAll('.mark, .classes tbody, .coverage td').length > 300"""
            seen = self.browser.command("Runtime.evaluate", {"expression": script, "returnByValue": True})
            self.assertIs(seen["result"]["value"], True)
        finally:
            self.browser.command("Emulation.setScriptExecutionDisabled", {"value": False})


class Doing(Page):
    def test_a_button_copies_the_command_which_works(self):
        self.open("found")
        self.browser.command("Browser.grantPermissions",
                             {"permissions": ["clipboardReadWrite", "clipboardSanitizedWrite"]})
        self.browser.click(".classes .copy")
        said = "return document.querySelector('.classes .copy').textContent === 'Copied'"
        self.browser.wait("the button says so", said)
        command = self.browser.text(".classes .command code")
        self.assertEqual(self.browser.text("#told"), "Copied: " + command)
        self.run_js("navigator.clipboard.readText().then((t) => { window.clip = t; }, (e) => { window.clip = `${e}`; })")
        self.assertEqual(self.browser.wait("the clipboard", "return window.clip"), command)
        words = shlex.split(command)
        self.assertEqual(words[:2], ["treequake", "replay"])
        self.assertEqual(self.treequake(*words[1:]).returncode, 0)

    def test_the_command_of_an_outlier_writes_its_page(self):
        self.open("found")
        command = self.browser.text("#slowest-0 .command code")
        one, other = [shlex.split(part)[1:] for part in command.split(" | ")]
        done = self.treequake(*other, input=self.treequake(*one).stdout)
        self.assertEqual(done.returncode, 0, done)
        page = self.folder / other[-1]
        self.assertRegex(other[-1], r"^seed-\d+\.html$")
        self.opened.add(page.resolve().as_uri())
        self.browser.open(page)
        self.assertIn("fuzz-reuse-", self.run_js("return document.title"))

    def test_all_panels_have_one_time_axis(self):
        for width, columns in [(1440, 3), (1024, 2), (390, 1)]:
            self.browser.size(width, 800)
            self.open("found")
            plots = self.run_js("""
                return [...document.querySelectorAll('.multiple .plot')].map((plot) => {
                  const { left, width, bottom } = plot.getBoundingClientRect();
                  const ticks = [...plot.querySelectorAll('.tick')].filter((tick) => tick.checkVisibility());
                  const middle = (tick) => { const r = tick.getBoundingClientRect(); return (r.left + r.width / 2 - left) / width; };
                  return { left, width, bottom, ticks: ticks.map((tick) => [tick.textContent, middle(tick).toFixed(2)]) };
                })""")
            self.assertEqual(len({round(plot["left"]) for plot in plots}), columns)
            self.assertEqual(len({round(plot["width"]) for plot in plots}), 1)
            # Only the lowest panel of each column has times, and all have the same.
            shown = [plot for plot in plots if plot["ticks"]]
            self.assertEqual(len(shown), columns)
            self.assertEqual(len({json.dumps(plot["ticks"]) for plot in shown}), 1)
            for plot in shown:
                self.assertEqual(plot["bottom"], max(p["bottom"] for p in plots if p["left"] == plot["left"]))

    def test_cases_that_were_stopped_are_named(self):
        cut = json.loads((self.folder / "cut/summary.json").read_text())["tally"]["cut"]
        self.assertGreater(cut, 0)
        self.open("cut")
        self.assertIn(f"{cut} cases were stopped far over their budget", self.browser.text(".note"))
        rows = [json.loads(line) for line in (self.folder / "cut/results.ndjson").read_text().splitlines()]
        seeds = {str(row["seed"]) for row in rows if row.get("cut")}
        marked = self.run_js("""return [...document.querySelectorAll('.outliers tbody')].filter((body) => body.querySelector('.warn'))
            .map((body) => body.querySelector('th').textContent)""")
        listed = set(self.browser.texts(".outliers tbody th"))
        self.assertEqual(set(marked), seeds & listed)
        self.assertTrue(marked)

    def test_heads_sort_by_mouse_and_keys(self):
        self.open("found")
        seeds = """return [...document.querySelectorAll('.classes tbody')]
            .map((b) => Number(b.rows[0].cells[3].dataset.value))"""
        self.browser.click(".classes thead th:nth-child(4) button")
        self.assertEqual(self.run_js(seeds), sorted(self.run_js(seeds), reverse=True))
        self.browser.keys(ENTER)
        self.assertEqual(self.run_js(seeds), sorted(self.run_js(seeds)))
        sort = "return document.querySelector('.classes th[aria-sort]').ariaSort"
        self.assertEqual(self.run_js(sort), "ascending")
        together = """return [...document.querySelectorAll('.classes tbody')]
            .every((b) => b.rows.length === 2 && b.querySelector('.command code').textContent.includes(b.id))"""
        self.assertTrue(self.run_js(together))
        self.browser.click("#convergence thead th:nth-child(2) button")
        cases = """return [...document.querySelectorAll('#convergence tbody tr')]
            .map((r) => Number(r.cells[1].dataset.value))"""
        self.assertEqual(self.run_js(cases), sorted(self.run_js(cases), reverse=True))

    def test_tab_reaches_everything_and_a_mark_leads_to_its_row(self):
        self.open("found")
        count = self.run_js("return document.querySelectorAll('a[href], button, summary, [tabindex]').length")
        seen = set()
        for _ in range(count):
            self.browser.keys(TAB)
            seen.add(tuple(self.run_js("""const e = document.activeElement;
                return [[...document.querySelectorAll('*')].indexOf(e), getComputedStyle(e).outlineStyle, e.tagName]""")))
        self.assertEqual(len(seen), count)
        self.assertEqual([one for one in seen if one[1] == "none"], [], "a focus that nobody sees")
        self.run_js("document.querySelector('.mark').focus()")
        self.browser.keys(ENTER)
        self.assertTrue(self.browser.url().endswith("#slowest-0"))
        self.browser.wait("the row is in sight", """
            const r = document.querySelector('#slowest-0').getBoundingClientRect();
            return r.top >= 0 && r.bottom <= innerHeight""")
        labels = self.run_js("return [...document.querySelectorAll('.mark')].map((m) => m.getAttribute('aria-label'))")
        self.assertEqual(len(labels), 24)
        self.assertTrue(all(label.startswith("seed ") for label in labels))

    def test_a_class_leads_to_its_run_page_which_is_within_the_page(self):
        alone = self.folder / "alone"
        alone.mkdir()
        for place in ["found", HOSTILE]:
            # Sent alone, without its folder.
            page = alone / "report.html"
            shutil.copy(self.folder / place / "report.html", page)
            self.open("alone")
            name = self.browser.text(".classes tbody a")
            broke = self.browser.text(".classes tbody p")
            self.browser.click(".classes tbody a")
            first, second = self.browser.wait_for_tabs(2)
            self.browser.tab(second)
            self.browser.wait("the run page is ready", "return 'ready' in document.documentElement.dataset")
            self.assertIn(name, self.run_js("return document.title"))
            self.assertIn(broke, self.browser.text("#broke").replace("`", ""))
            self.assertIsNone(self.run_js("return document.querySelector('#back')"), "there is nothing to go back to")
            self.browser.keys(HOME)
            self.browser.wait("keys work", "return page.view.event === 0 && location.hash.includes('event=0')")
            self.browser.close_tab()
            self.browser.tab(first)

    def test_a_scenario_is_within_the_page(self):
        self.open("found")
        texts = self.run_js("""
            const link = document.querySelector('.classes .file a');
            link.dispatchEvent(new Event('focus'));
            return [link.download, link.href.startsWith('blob:'), decoded(document.querySelector(`#alone > [data-link="${link.dataset.file}"]`).dataset.content)]""")
        self.assertTrue(texts[1])
        self.assertEqual(texts[2], (self.folder / "found/findings" / texts[0]).read_text())

    def test_the_folder_has_the_run_pages_too(self):
        for page in (self.folder / "found/findings").glob("*.html"):
            self.opened.add(page.resolve().as_uri())
            self.browser.open(page)
            self.browser.wait("the run page is ready", "return 'ready' in document.documentElement.dataset")
            self.opened.add((self.folder / "found/report.html").resolve().as_uri())
            self.browser.click("#back")
            self.browser.wait("it goes back", "return location.pathname.endsWith('/report.html')")


class Looks(Page):
    def test_no_page_is_wider_than_its_window(self):
        for name in ["found", "many", "none", HOSTILE]:
            for width in [1280, 800, 480]:
                self.browser.size(width, 800)
                self.open(name)
                room = self.run_js("const s = document.scrollingElement; return s.clientWidth - s.scrollWidth")
                self.assertGreaterEqual(room, 0, f"{name} at {width}")

    def test_the_heads_of_the_matrix_stay_in_sight(self):
        self.browser.size(800, 500)
        self.open("found")
        self.run_js("document.querySelector('.coverage tbody tr:nth-child(20)').scrollIntoView({block: 'center'})")
        top = "return document.querySelector('.coverage thead th').getBoundingClientRect().top"
        self.assertEqual(self.run_js(top), 0)

    def test_all_text_has_contrast(self):
        for scheme in ["light", "dark"]:
            self.browser.scheme(scheme)
            for name in ["found", "none", PART]:
                self.open(name)
                self.run_js("document.querySelectorAll('details').forEach((d) => { d.open = true; })")
                least, text = self.run_js(CONTRAST)
                self.assertGreaterEqual(least, 4.5, f"{scheme} {name}: {text!r}")

    def test_pictures(self):
        if "SCREENSHOTS" not in os.environ:
            self.skipTest("SCREENSHOTS is not set")
        folder = pathlib.Path(os.environ["SCREENSHOTS"])
        folder.mkdir(parents=True, exist_ok=True)
        for scheme in ["light", "dark"]:
            self.browser.scheme(scheme)
            for name in ["found", "many", "none"]:
                for width in [1280, 800]:
                    self.browser.size(width, 900)
                    self.open(name)
                    self.browser.screenshot(folder / f"campaign-{name}-{width}-{scheme}.png", whole=True)


if __name__ == "__main__":
    unittest.main(verbosity=2)
