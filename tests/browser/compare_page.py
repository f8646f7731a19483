"""The page of a scenario under two monitors in a real browser: what it marks is where the runs part.

    TREEQUAKE=target/debug/treequake python3 tests/browser/compare_page.py [TEST...]
"""

import json
import pathlib
import unittest

from browser import HOME, END, LEFT, RIGHT, SHIFT
from run_page import CHURN, CRASH, LOOP, ROOT, Page as RunPage, treequake


class Page(RunPage):
    def pair(self, scenario, one, other):
        key = (str(scenario), one, other)
        if key not in self.pages:
            out = pathlib.Path(self.desk.name, f"pair-{len(self.pages)}.html")
            treequake("report", "--compare", f"{one},{other}", scenario, "--out", out)
            self.pages[key] = out
        self.opened.add(self.pages[key].as_uri())
        self.browser.go("about:blank")
        self.browser.open(self.pages[key])
        self.browser.wait("the page is ready", "return 'ready' in document.documentElement.dataset", seconds=30)
        self.rest()

    def rest(self):
        self.browser.wait("the view is shown", "return page.isWaiting !== true && (Math.abs(page.time() - Number(/at=(\\d+)/.exec(location.hash)?.[1] ?? 0)) === 0)")

    def time(self):
        return self.browser.run("return page.time()")


class Together(Page):
    def test_it_opens_where_they_part(self):
        self.pair(LOOP, "mitogen-seed", "mitogen-0.3")
        b = self.browser
        self.assertEqual(b.text("#verdict-0"), "storm")
        self.assertEqual(b.text("#verdict-1"), "converged")
        self.assertEqual(self.time(), 201_000_000)
        self.assertTrue(b.text("#parting").startswith("They part at 201ms. Only mitogen-seed: nothing. Only mitogen-0.3: in 0, the disconnect signal of 1 fires again"))
        # The traces differ before: a message is written in another way.
        parting = json.loads(treequake("compare", "--monitors", "mitogen-seed,mitogen-0.3", "--format", "json", LOOP, codes=(0, 1)))["partings"][0]
        self.assertEqual(b.run("return [page.difference.line, page.difference.records.map(JSON.parse)]"), [parting["line"], parting["records"]])
        marks = b.run("return [...document.querySelectorAll('.mark-first')].map((mark) => mark.getBoundingClientRect().left)")
        self.assertEqual(len(set(marks)), 1, "one time axis")
        wanted = b.run("return document.querySelector('#chart-0').getBoundingClientRect().left + page.charts[0].xOf(201e6) - 1")
        self.assertLess(abs(marks[0] - wanted), 1)
        self.keep("pair")

    def test_both_are_at_one_time(self):
        self.pair(CHURN, "mitogen-0.2.4", "mitogen-0.3")
        b = self.browser
        for keys in [(RIGHT, RIGHT), (END,), (LEFT,), (HOME,), ("d",)]:
            self.press(*keys)
            times = b.run("return page.models.map((model) => [model.time() <= page.time(), model.now === model.count || page.view.place === 0 || model.at[model.now] > page.time()])")
            self.assertEqual(times, [[True, True]] * 2, keys)

    def test_the_strip_counts_the_entries_that_differ(self):
        for one, other in [("mitogen-0.2.4", "mitogen-0.3"), ("mitogen-0.2.3", "mitogen-0.3")]:
            self.pair(CHURN, one, other)
            wrong = self.browser.run("""
                const out = [];
                for (let i = 1; i <= 25; i++) {
                  const place = i === 25 ? page.apart.findIndex((count) => count > 0) : Math.floor(page.times.length * i / 25);
                  if (place < 1) continue;
                  page.models.forEach((model) => model.go(model.eventAt(page.times[place - 1])));
                  const count = page.differing(1e6).length;
                  if (count !== page.apart[place]) out.push([place, count, page.apart[place]]);
                }
                page.show();
                return out""")
            self.assertEqual(wrong, [])

    def test_differences_by_keys(self):
        self.pair(CHURN, "mitogen-0.2.4", "mitogen-0.3")
        self.press(RIGHT, hold=SHIFT)
        self.assertEqual(self.browser.run("return page.apart[page.view.place] > 0"), True)
        rows = self.browser.texts("#differing tbody tr")
        self.assertEqual(len(rows), self.browser.run("return page.apart[page.view.place]"))
        self.browser.click("#differing tbody a")
        self.rest()
        self.assertGreater(len(self.browser.texts(".row.apart")), 0)

    def test_rows_that_differ_are_marked_and_no_others(self):
        self.pair(CHURN, "mitogen-0.2.4", "mitogen-0.3")
        self.assertEqual(self.browser.text("#differing"), "The route tables are the same.")
        self.assertEqual(self.browser.texts(".row.apart"), [])

    def test_two_runs_that_are_the_same(self):
        self.pair(ROOT / "scenarios/incidents/426-forty-hops.json", "mitogen-0.2.9", "mitogen-0.3")
        words = self.browser.text("#parting")
        self.assertTrue(words == "Both runs are the same, record by record." or words.startswith("They"), words)

    def test_sizes(self):
        for width in (390, 1024, 1440):
            self.browser.size(width, 800)
            self.pair(CRASH, "mitogen-0.2.4", "mitogen-0.3")
            self.assertLessEqual(self.browser.run("return document.documentElement.scrollWidth"), width)


if __name__ == "__main__":
    unittest.main(verbosity=2)
