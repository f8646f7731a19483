"""The pages under axe, a checker of accessibility: no violation, in light and in dark.

    AXE=axe.min.js TREEQUAKE=target/debug/treequake python3 tests/browser/axe_page.py [TEST...]
"""

import os
import pathlib
import unittest

from run_page import CHURN, CRASH, FLEET, LOOP, MOVED, Page, treequake

AXE = os.environ.get("AXE")


@unittest.skipUnless(AXE, "AXE names no axe.min.js")
class Axe(Page):
    def check(self, path):
        self.opened.add(path.as_uri())
        for scheme in ("light", "dark"):
            self.browser.scheme(scheme)
            self.browser.go("about:blank")
            self.browser.open(path)
            self.browser.wait("the page is there", "return document.readyState === 'complete' && (document.querySelector('#data') === null || 'ready' in document.documentElement.dataset)")
            self.browser.run(pathlib.Path(AXE).read_text())
            found = self.browser.run("""
                return axe.run(document).then(({ violations, passes }) => [passes.length,
                  violations.map(({ id, nodes }) => [id, nodes.slice(0, 3).map(({ html }) => html.slice(0, 200))])])""")
            print(f"\n{path.name}, {scheme}: {found[0]} rules pass", flush=True)
            self.assertEqual(found[1], [])

    def test_run_pages(self):
        for scenario in (CRASH, FLEET, LOOP, CHURN):
            self.check(self.page(scenario)[0])

    def test_a_page_of_two_monitors(self):
        out = pathlib.Path(self.desk.name, "pair.html")
        treequake("report", "--compare", "mitogen-seed,mitogen-0.3", LOOP, "--out", out)
        self.check(out)

    def test_a_campaign(self):
        folder = pathlib.Path(self.desk.name, "campaign")
        treequake("fuzz", "--profile", "reuse", "--seeds", "0..200", "--out", folder, codes=(0, 1))
        treequake("report", folder)
        self.check(folder / "report.html")

    def test_explorations(self):
        folder = pathlib.Path(self.desk.name, "orders")
        treequake("explore", "--from", "500ms", "--out", folder, MOVED, codes=(1,))
        self.check(folder / "moved-host-orders.html")
        self.check(folder / "moved-host-ending-1.html")
        # Many endings that fail, and loops.
        treequake("explore", "--monitor", "mitogen-0.2.4", "--out", folder / "loop", LOOP, codes=(0, 1))
        self.check(folder / "loop/reused-id-loop-orders.html")

    def test_small_worlds(self):
        for name, more in (("fail", ["--reuse"]), ("pass", [])):
            folder = pathlib.Path(self.desk.name, name)
            treequake("explore", "--contexts", 2, "--steps", 2, "--out", folder, *more, codes=(0, 1))
            treequake("report", folder)
            self.check(folder / "report.html")


if __name__ == "__main__":
    unittest.main(verbosity=2)
