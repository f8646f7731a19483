"""The pages of an exploration and of small worlds in a real browser: with the keyboard alone, on small windows, and sent alone.

    TREEQUAKE=target/debug/treequake python3 tests/browser/explore_page.py [TEST...]
"""

import json
import pathlib
import shutil
import unittest

from browser import ENTER, HOME, RIGHT, TAB
from run_page import MOVED, Page, treequake

ACTIVE = "const e = document.activeElement; return"


class Alone(Page):
    """A page with files beside it."""

    def show(self, path=None):
        path = path or self.path
        self.opened.add(path.as_uri())
        self.browser.go("about:blank")
        self.browser.open(path)

    def tab_to(self, what, script):
        """Presses Tab until `script` holds of the focused element `e`."""
        for _ in range(60):
            self.browser.keys(TAB)
            if self.browser.run(f"{ACTIVE} {script}"):
                return
        self.fail(f"Tab does not reach {what}")

    def sent_alone(self):
        """A copy of the page, without its folder."""
        alone = self.folder.parent / "sent"
        alone.mkdir(exist_ok=True)
        return pathlib.Path(shutil.copy(self.path, alone / self.path.name))

    def every_tab_is_seen(self):
        self.show()
        count = self.browser.run("""return [...document.querySelectorAll('a[href], summary, main [tabindex="0"]')]
            .filter((e) => e.checkVisibility()).length""")
        seen = set()
        for _ in range(count):
            self.browser.keys(TAB)
            seen.add(tuple(self.browser.run(f"{ACTIVE} [[...document.querySelectorAll('*')].indexOf(e), getComputedStyle(e).outlineStyle]")))
        self.assertEqual(len(seen), count)
        self.assertEqual([one for one in seen if one[1] == "none"], [], "a focus that nobody sees")

    def all_links_lead_to_files(self, count):
        self.show()
        links = self.browser.run("return [...document.querySelectorAll('main a')].map((a) => a.getAttribute('href')).filter((to) => !to.startsWith('#'))")
        self.assertEqual(len(links), count)
        for link in links:
            self.assertTrue((self.folder / link).is_file(), link)

    def it_fits(self):
        for width in (1440, 1024, 390, 320):
            self.browser.size(width, 800)
            self.show()
            room = self.browser.run("const s = document.scrollingElement; return s.clientWidth - s.scrollWidth")
            self.assertGreaterEqual(room, 0, width)

    def open_run_page(self):
        """Opens the focused link with Enter, in a tab of its own."""
        b = self.browser
        b.keys(ENTER)
        first, second = b.wait_for_tabs(2)
        b.tab(second)
        b.wait("the run page is ready", "return 'ready' in document.documentElement.dataset")
        broke = b.text("#broke")
        self.assertIsNone(b.run("return document.querySelector('#back')"), "there is nothing to go back to")
        b.keys(HOME)
        b.wait("keys work", "return page.view.event === 0")
        b.close_tab()
        b.tab(first)
        return broke


class Explored(Alone):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.folder = pathlib.Path(cls.desk.name, "orders")
        treequake("explore", "--from", "500ms", "--out", cls.folder, MOVED, codes=(1,))
        cls.path = cls.folder / "moved-host-orders.html"

    def test_it_says_what_the_command_line_says(self):
        self.show()
        b = self.browser
        told = json.loads(treequake("explore", "--from", "500ms", "--format", "json", MOVED, codes=(1,)))
        self.assertEqual(b.text(".verdict"), "✘ 1 of 3 endings fail; every order explored.")
        self.assertEqual(len(b.texts(".endings tbody tr")), len(told["endings"]))
        self.assertIn(told["endings"][0]["classes"][0], b.text(".endings tbody tr"))
        self.assertEqual(b.texts(".facts dd")[0], told["orders"])
        # The table of the states says what the picture shows.
        self.assertEqual(sum(map(int, b.texts(".states tbody td:nth-child(2)"))), len(b.texts("svg circle, svg rect")))
        self.assertEqual(sum(map(int, b.texts(".states tbody td:nth-child(3)"))), len(b.texts("svg circle.lost, svg rect.lost")))

    def test_tab_reaches_everything_and_is_seen(self):
        self.every_tab_is_seen()

    def test_the_keyboard_alone(self):
        b = self.browser
        self.show()
        # Past the head, at once.
        b.keys(TAB)
        self.assertEqual(b.run(f"{ACTIVE} [e.className, e.getBoundingClientRect().left >= 0]"), ["skip", True])
        b.keys(ENTER)
        self.assertTrue(b.url().endswith("#main"))
        # To the order that was lost.
        self.tab_to("the link to the order", "e.hash === '#ending-1'")
        b.keys(ENTER)
        b.wait("it is in sight", "const r = document.querySelector('#ending-1').getBoundingClientRect(); return r.top < innerHeight")
        # The states as a table.
        self.show()
        self.tab_to("the table of the states", "e.tagName === 'SUMMARY'")
        b.keys(ENTER)
        self.assertTrue(b.run("return document.querySelector('details').open && document.querySelector('.states').offsetHeight > 0"))
        # A picture that is wider than the window moves with the arrow keys.
        b.size(390, 844)
        self.show()
        self.tab_to("the picture", "e.querySelector(':scope > svg') !== null")
        b.keys(*[RIGHT] * 5)
        b.wait("it has moved", "return document.activeElement.scrollLeft > 0")

    def test_a_run_page_is_within_it(self):
        b = self.browser
        self.show(self.sent_alone())
        self.tab_to("the run page", "e.textContent === 'this order'")
        self.assertIn("What broke: context 0 has no route to 3", self.open_run_page())
        scenario = b.run("""
            const link = [...document.querySelectorAll('.endings a')].find((a) => a.textContent.endsWith('ending-2.json'));
            link.dispatchEvent(new Event('focus'));
            return [link.download, link.href.startsWith('blob:'), decoded(document.querySelector(`#alone > [data-link="${link.dataset.file}"]`).dataset.content)]""")
        self.assertEqual(scenario[:2], ["moved-host-ending-2.json", True])
        self.assertEqual(scenario[2], (self.folder / scenario[0]).read_text())

    def test_all_links_lead_to_files_of_the_folder(self):
        self.all_links_lead_to_files(6)

    def test_it_is_never_wider_than_its_window(self):
        self.it_fits()


class Worlds(Alone):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.folder = pathlib.Path(cls.desk.name, "worlds")
        treequake("explore", "--contexts", 2, "--steps", 2, "--reuse", "--out", cls.folder, codes=(1,))
        treequake("report", cls.folder)
        cls.path = cls.folder / "report.html"

    def test_it_says_what_the_summary_says(self):
        self.show()
        b = self.browser
        told = json.loads((self.folder / "summary.json").read_text())
        self.assertIn(f"{told['tally']['scenarios']:,} scenarios of up to 2 contexts and 2 steps", b.text(".verdict"))
        self.assertTrue(b.text(".verdict").endswith(f"complete; {len(told['findings'])} kinds of failure."))
        self.assertEqual(b.texts(".worlds th > a"), [finding["class"] for finding in told["findings"]])
        numbers = [[int(text.replace(",", "")) for text in b.texts(f".worlds tbody:nth-of-type({place + 1}) td.number")] for place in range(len(told["findings"]))]
        self.assertEqual(numbers, [[finding[name] for name in ("scenarios", "endings", "contexts", "steps")] for finding in told["findings"]])
        self.assertIn(told["findings"][0]["scenario"], b.text(".worlds tbody"))

    def test_the_keyboard_alone(self):
        self.every_tab_is_seen()
        self.show(self.sent_alone())
        self.tab_to("the run page", "e.closest('.worlds th') !== null")
        broke = json.loads((self.folder / "summary.json").read_text())["findings"][0]["sentence"]
        self.assertIn(broke, self.open_run_page())

    def test_all_links_lead_to_files_of_the_folder(self):
        self.all_links_lead_to_files(4)
        page = next((self.folder / "findings").glob("*.html"))
        self.opened.add(page.resolve().as_uri())
        self.opened.add(self.path.resolve().as_uri())
        self.browser.open(page)
        self.browser.wait("the run page is ready", "return 'ready' in document.documentElement.dataset")
        self.assertEqual(self.browser.text("#back"), "small worlds")
        self.browser.click("#back")
        self.browser.wait("it goes back", "return location.pathname.endsWith('/report.html')")

    def test_it_is_never_wider_than_its_window(self):
        self.it_fits()


if __name__ == "__main__":
    unittest.main(verbosity=2)
