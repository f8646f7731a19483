"""The run page in a real browser: driven by keys and clicks, read back, and compared with the command line.

    TREEQUAKE=target/debug/treequake python3 tests/browser/run_page.py [TEST...]

SCREENSHOTS=FOLDER keeps pictures to look at.
"""

import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest

from browser import ENTER, ESCAPE, HOME, END, LEFT, RIGHT, SHIFT, TAB, Browser

ROOT = pathlib.Path(__file__).resolve().parents[2]
TREEQUAKE = os.path.abspath(os.environ.get("TREEQUAKE", ROOT / "target/debug/treequake"))
CRASH = ROOT / "scenarios/bastion-crash.json"
STORM = ROOT / "scenarios/incidents/076-only-those-who-asked.json"
LOOP = ROOT / "scenarios/reused-id-loop.json"
CHURN = ROOT / "scenarios/fleets/mixed-churn.json"
MOVED = ROOT / "scenarios/orders/moved-host.json"
FLEET = ROOT / "scenarios/fleets/bastion-crash-no-keepalive.json"


def treequake(*args, codes=(0,)):
    done = subprocess.run([TREEQUAKE, *map(str, args)], capture_output=True, text=True, timeout=120)
    assert done.returncode in codes, (args, done.returncode, done.stderr)
    return done.stdout


class Page(unittest.TestCase):
    """One browser for all tests. After each test, the page has logged no error and loaded nothing."""

    @classmethod
    def setUpClass(cls):
        cls.desk = tempfile.TemporaryDirectory(prefix="treequake-pages-")
        cls.browser = Browser()
        cls.pages = {}

    @classmethod
    def tearDownClass(cls):
        cls.browser.close()
        cls.desk.cleanup()

    def setUp(self):
        self.opened = set()
        self.browser.size(1440, 900)
        self.browser.scheme("light")

    def tearDown(self):
        self.assertEqual(self.browser.errors(), [])
        asked = {url.split("#")[0] for url in self.browser.requests()}
        self.assertLessEqual(asked, self.opened, "the page has loaded something")

    def page(self, scenario, *args):
        """The page of a scenario, which is a path or an object."""
        key = json.dumps([scenario if isinstance(scenario, dict) else str(scenario), args])
        if key not in self.pages:
            if isinstance(scenario, dict):
                path = pathlib.Path(self.desk.name, f"scenario-{len(self.pages)}.json")
                path.write_text(json.dumps(scenario))
                scenario = path
            out = pathlib.Path(self.desk.name, f"page-{len(self.pages)}.html")
            said = treequake("report", scenario, "--out", out, *args)
            self.assertRegex(said, r"^wrote .*\.html \([\d,]+ kB\); open it in a browser\nshows: ")
            self.pages[key] = (out, scenario)
        return self.pages[key]

    def open(self, scenario, fragment="", *args):
        path, scenario = self.page(scenario, *args)
        self.opened.add(path.as_uri())
        # A new fragment alone would not load the page again.
        self.browser.go("about:blank")
        self.browser.open(path, fragment)
        self.ready()
        return scenario

    def ready(self):
        self.browser.wait("the page is ready", "return 'ready' in document.documentElement.dataset", seconds=20)
        self.rest()

    def rest(self):
        """Waits until the page shows its view and the fragment has it."""
        self.browser.wait("the view is shown", "return page.isWaiting !== true && location.hash === fragment(page.model, page.view)")

    def press(self, *keys, hold=None):
        self.browser.keys(*keys, hold=hold)
        self.rest()

    def event(self):
        """The number of the event, which every part of the page agrees on."""
        numbers = self.browser.run(
            "return [page.model.number(page.model.now), Number(document.querySelector('#event').value),"
            " page.model.number(Number(document.querySelector('#scrubber').value)), Number(/event=(\\d+)/.exec(location.hash)[1])]")
        self.assertEqual(len(set(numbers)), 1, numbers)
        return numbers[0]

    def table(self):
        """The rows of the route table: mark, to, via, should be, just now."""
        script = "return [...document.querySelectorAll('#table-rows .row')].map((row) => [...row.children].map((cell) => cell.textContent))"
        return self.browser.run(script)

    def keep(self, name):
        folder = os.environ.get("SCREENSHOTS")
        if folder:
            self.browser.screenshot(pathlib.Path(folder, name + ".png"))


class Driven(Page):
    """The crash of a bastion with hosts behind it, driven by keys and clicks."""

    def test_it_opens_where_most_is_wrong(self):
        self.open(CRASH)
        b = self.browser
        self.assertEqual(b.text("#name"), "bastion-crash")
        self.assertEqual(b.text("#verdict"), "converged Every route is right again 26ms after the last change; the slowest change took 27ms.")
        self.assertEqual(b.text("#now"), "1s kill 1 ◆ 5 entries wrong")
        self.assertEqual([row[0] for row in self.table()], ["◆ stale"] * 5 + ["● right"])
        self.assertEqual(self.table()[0][1:4], ["1 ssh.bastion", "1", "none"])
        self.assertIn("treequake replay --monitor mitogen-0.3", b.text("#commands"))
        self.assertIn("digest", b.text("#facts"))

    def test_keys(self):
        self.open(CRASH, "#event=22&context=0")
        self.assertEqual(self.event(), 22)
        self.press(RIGHT, RIGHT, RIGHT)
        self.assertEqual(self.event(), 25)
        self.press(LEFT)
        self.assertEqual(self.event(), 24)
        self.press(LEFT, hold=SHIFT)
        self.assertEqual((self.event(), self.browser.text("#now-words")), (22, "kill 1"))
        self.press(LEFT, hold=SHIFT)
        self.assertEqual(self.browser.text("#now-words"), "call 6 to 4")
        self.press(RIGHT, hold=SHIFT)
        self.assertEqual(self.event(), 22)
        self.press("]")
        self.assertEqual(self.browser.text("#now-wrong"), "● every entry right")
        right = self.event()
        self.press("[")
        self.assertEqual(self.event(), 22)
        self.press("]", END)
        self.assertEqual(self.event(), 36)
        self.press(HOME)
        self.assertEqual(self.event(), 0)
        self.assertEqual(self.browser.text("#now-words"), "before the first event")
        self.press(LEFT)
        self.assertEqual(self.event(), 0)
        # At this turn, the command line says that everything is right.
        seen = json.loads(treequake("inspect", "--at", "1.026s", "--format", "json", CRASH))
        self.assertEqual((seen["wrong"], right >= seen["moment"]), (0, True))

    def test_keys_choose_contexts(self):
        self.open(CRASH, "#event=22&context=0")
        self.press("j")
        self.assertEqual(self.browser.run("return document.querySelector('#context').value"), "1")
        self.press("j", "p")
        self.press("p")
        self.assertIn("context=0", self.browser.url())
        self.press("n")
        self.assertIn("route=1", self.browser.url())
        self.press("n")
        self.assertIn("route=2", self.browser.url())
        self.assertIn("stale", self.browser.text("#why"))
        self.press(ESCAPE)
        self.assertNotIn("route", self.browser.url())

    def test_the_keys_are_told(self):
        self.open(CRASH)
        self.browser.keys("?")
        self.browser.wait("the dialog is open", "return document.querySelector('#keys').open")
        at = self.event()
        self.browser.keys(RIGHT)
        self.assertEqual(self.event(), at, "keys do nothing behind the dialog")
        self.browser.keys(ESCAPE)
        self.browser.wait("the dialog is closed", "return !document.querySelector('#keys').open")

    def test_typing_moves_nothing(self):
        self.open(CRASH, "#event=22&context=0")
        self.browser.click("#context")
        self.browser.run("document.querySelector('#context').select()")
        self.browser.keys(*"3jn?]", LEFT, RIGHT, HOME, END)
        self.assertEqual(self.browser.run("return [document.querySelector('#context').value, page.view.event, page.view.context]"),
                         ["3jn?]", 22, 0])
        self.browser.run("document.querySelector('#context').select()")
        self.press(*"ssh.web2", ENTER)
        self.assertIn("context=3", self.browser.url())
        self.browser.click("#event")
        self.browser.run("document.querySelector('#event').select()")
        self.press(*"5", ENTER)
        self.browser.wait("the page is at the event", "return page.view.event === 5")

    def test_the_fragment_keeps_the_view(self):
        self.open(CRASH, "#event=22&context=1&route=3")
        self.browser.reload()
        self.ready()
        self.assertEqual(self.browser.run("return page.view"), {"event": 22, "context": 1, "route": 3, "call": None})
        self.press(END)
        self.press("p")
        self.browser.back()
        self.rest()
        self.assertEqual(self.browser.run("return page.view"), {"event": 36, "context": 1, "route": 3, "call": None})
        self.browser.back()
        self.rest()
        self.assertEqual(self.event(), 22)
        self.browser.forward()
        self.rest()
        self.assertEqual(self.event(), 36)

    def test_a_fragment_of_nonsense_is_forgiven(self):
        for nonsense in ["#event=99999&context=77&route=x", "#event=-3", "#context=%3Cscript%3E", "#whatever"]:
            self.open(CRASH, nonsense)
            self.assertLessEqual(self.event(), 36)

    def test_clicks(self):
        self.open(CRASH)
        b = self.browser
        b.click("#tab-steps")
        b.click("#step-rows .row[data-place='0']")
        self.rest()
        self.assertEqual(self.event(), 6)
        b.click("#tab-events")
        b.click("#event-rows .row[data-place='11']")
        self.rest()
        self.assertEqual(self.event(), 12)
        b.click("#tab-findings")
        b.click("#finding-rows .row")
        self.rest()
        self.assertEqual(b.run("return page.model.at[page.view.event - 1]"), 1_026_000_000)
        # The chart: a time between the kill and its end.
        x = b.run("return page.chart.xOf(1.01e9)")
        b.click_at("#chart canvas", x, 120)
        self.rest()
        self.assertTrue(1_000_000_000 <= b.run("return page.model.time()") <= 1_012_000_000)
        cursor, wanted = b.run("""
            const chart = document.querySelector('#chart').getBoundingClientRect();
            const cursor = document.querySelector('#chart .cursor').getBoundingClientRect();
            return [cursor.left - chart.left, page.chart.xOf(page.model.time())]""")
        self.assertLess(abs(cursor - wanted), 2)
        self.assertTrue(0 <= x - wanted < 120, "the last event that is not after the time that was clicked")
        # The tree: context 3.
        b.run("document.querySelector('#tree').scrollIntoView()")
        b.click_at("#tree-canvas", *b.run("return [page.tree.px(3), page.tree.py(3)]"))
        self.rest()
        self.assertIn("context=3", b.url())
        # The messages: the row of the kill.
        b.run("document.querySelector('#sequence').scrollIntoView(); page.sequence.box.scrollTop = page.sequence.rowOf[21] * ROW - 40")
        b.wait("it has scrolled", "return page.sequence.isWaiting !== true && page.sequence.top > 0 && page.sequence.top === page.sequence.box.scrollTop")
        b.click_at("#sequence", 300, b.run("return page.sequence.y(page.sequence.rowOf[21])"))
        self.rest()
        self.assertEqual(self.event(), 22)
        b.click("#transport [data-go='on']")
        self.rest()
        self.assertEqual(self.event(), 23)

    def test_an_entry_tells_why_and_its_links_jump(self):
        self.open(CRASH, "#event=22&context=0")
        self.browser.click("#table-rows .row[data-place='4']")
        self.rest()
        chain = self.browser.run("return [...document.querySelectorAll('#why-chain li')].map((item) => Number(item.dataset.moment))")
        told = json.loads(treequake("why", "--context", 0, "--route", 5, "--at", "1s", "--format", "json", CRASH))
        self.assertEqual(chain, [link["moment"] for link in told["chain"]])
        self.browser.click("#why-chain li:nth-child(2) a")
        self.rest()
        self.assertEqual(self.event(), chain[1] + 1)

    def test_the_moment_is_said(self):
        self.open(CRASH, "#event=21&context=0")
        self.press(RIGHT)
        said = self.browser.wait("it is said", "return document.querySelector('#aloud').textContent.startsWith('Event 22') && document.querySelector('#aloud').textContent")
        self.assertEqual(said, "Event 22 at 1s: kill 1; 5 entries wrong")

    def test_light_and_dark(self):
        self.open(CRASH)
        ground = "return getComputedStyle(document.documentElement).backgroundColor"
        for scheme, colour in [("light", "rgb(255, 255, 255)"), ("dark", "rgb(20, 24, 29)")]:
            self.browser.scheme(scheme)
            self.assertEqual(self.browser.run(ground), colour)
        self.browser.wait("the button knows", "return document.querySelector('#theme').getAttribute('aria-pressed') === 'true'")
        self.browser.click("#theme")
        self.assertEqual(self.browser.run(ground), "rgb(255, 255, 255)")
        self.assertEqual(self.browser.run("return Theme.colours.ground"), "#ffffff")
        # The choice is kept if the browser keeps anything.
        self.browser.reload()
        self.ready()
        kept = "try { return localStorage.getItem('treequake-theme'); } catch { return null; }"
        if self.browser.run(kept):
            self.assertEqual(self.browser.run(ground), "rgb(255, 255, 255)")
            self.browser.run("localStorage.clear()")

    def test_it_plays(self):
        self.open(CRASH, "#event=10&context=0")
        self.browser.keys(" ")
        self.browser.wait("it goes on", "return page.view.event >= 13")
        self.browser.keys(" ")
        self.rest()
        at = self.event()
        self.assertEqual(self.browser.text("#play"), "Play")
        self.assertEqual(self.event(), at)
        # From the end, it starts over.
        self.press(END)
        self.browser.keys(" ")
        self.browser.wait("it goes on", "return page.view.event >= 2 && page.view.event < 20")
        self.browser.keys(" ")
        self.rest()

    def typed(self, box, text):
        self.browser.run("document.activeElement.blur()")
        self.browser.click(box)
        self.press(*text, ENTER)
        return self.browser.run("""const told = document.querySelector(arguments[0] + '-mistake');
            return told.checkVisibility() ? told.textContent : ''""", box)

    def test_a_mistake_in_a_box_is_told_and_changes_nothing(self):
        self.open(CRASH, "#event=22&context=0")
        for text in ["-3", "1e3", "2.5", "x", "37"]:
            self.assertIn("event", self.typed("#event", text), text)
            self.assertEqual(self.browser.run("return page.view.event"), 22)
        self.assertEqual(self.typed("#event", "12"), "")
        self.assertEqual(self.event(), 12)
        self.assertEqual(self.typed("#context", "nobody"), "There is no context nobody.")
        self.keep("mistake")
        self.assertEqual(self.typed("#context", "web2"), "", "a part of a name finds its context")
        self.assertEqual(self.browser.run("return page.view.context"), 3)
        self.browser.run("document.activeElement.blur()")
        self.rest()
        self.assertEqual(self.browser.run("return document.querySelector('#context').value"), "3")

    def test_a_hung_call_tells_why(self):
        scenario = {
            "version": 1, "contexts": [{"id": 1, "parent": 0}, {"id": 2, "parent": 1}, {"id": 3, "parent": 0}],
            "events": [{"at": "1s", "do": "partition", "id": 1}, {"at": "2s", "do": "call", "from": 3, "to": 2}],
        }
        path = self.open(scenario)
        b = self.browser
        places = b.run("return page.model.data.findings.flatMap((finding, place) => (finding.kind === 'hung' ? [place] : []))")
        b.click(f"#finding-rows .row[data-place='{places[0]}']")
        self.rest()
        told = json.loads(treequake("why", "--call", 1, "--format", "json", path))
        chain = b.run("return [...document.querySelectorAll('#why-chain li')].map((item) => Number(item.dataset.moment))")
        self.assertEqual(chain, [link["moment"] for link in told["chain"]])
        words = b.text("#why")
        for sentence in [told["headline"], *told["sentences"], "--call 1"]:
            self.assertIn(sentence, words)
        self.assertTrue(b.url().endswith("&call=1"))
        b.reload()
        self.ready()
        self.assertEqual(b.text("#why"), words)
        b.click("#why-chain li:nth-child(1) a")
        self.rest()
        self.assertEqual((b.text("#why"), b.run("return page.view.event")), (words, chain[0] + 1))
        self.keep("hung")
        self.press(ESCAPE)
        self.assertIn("Choose an entry", b.text("#why"))

    def test_without_scripts_the_verdict_and_the_commands_are_there(self):
        path, _ = self.page(CRASH)
        self.opened.add(path.as_uri())
        self.browser.command("Emulation.setScriptExecutionDisabled", {"value": True})
        try:
            self.browser.go("about:blank")
            self.browser.open(path)
            script = "[document.querySelector('.headline').innerText, document.querySelector('#commands').textContent, document.querySelector('noscript').innerText]"
            seen = self.browser.command("Runtime.evaluate", {"expression": script, "returnByValue": True})["result"]["value"]
        finally:
            self.browser.command("Emulation.setScriptExecutionDisabled", {"value": False})
        self.assertIn("bastion-crash under mitogen-0.3", seen[0])
        self.assertIn("converged Every route is right again 26ms after the last change", seen[0])
        self.assertIn("treequake why --monitor mitogen-0.3", seen[1])
        self.assertNotIn("shrink", seen[1], "there is nothing to shrink")
        self.assertIn("scripts", seen[2])


class Accessible(Page):
    def test_everything_has_a_name_and_a_place(self):
        self.open(CRASH)
        unnamed = self.browser.run("""
            const named = (e) => e.getAttribute('aria-label') || e.getAttribute('aria-labelledby') || e.labels?.length || e.textContent.trim();
            return [...document.querySelectorAll('button, input, select, section, nav, [role], canvas:not([aria-hidden])')]
              .filter((e) => !named(e) && e.id !== 'aloud' && !e.hidden && !e.hasAttribute('aria-hidden')).map((e) => e.outerHTML.slice(0, 90))""")
        self.assertEqual(unnamed, [])
        landmarks = self.browser.run("return ['header', 'nav', 'main'].map((tag) => document.querySelectorAll(tag).length)")
        self.assertEqual(landmarks, [1, 1, 1])
        ids = self.browser.run("const ids = [...document.querySelectorAll('[id]')].map((e) => e.id); return ids.filter((id, i) => ids.indexOf(id) !== i)")
        self.assertEqual(ids, [])

    def test_the_tab_key_reaches_all_and_the_focus_is_seen(self):
        self.open(CRASH)
        seen = set()
        for _ in range(60):
            self.browser.keys(TAB)
            name, outline = self.browser.run(
                "const e = document.activeElement; return [e.id || e.dataset.go || e.tagName, getComputedStyle(e).outlineStyle]")
            if name != "BODY":
                self.assertNotEqual(outline, "none", name)
            seen.add(name)
        wanted = {"theme", "keys-open", "home", "on", "fault-on", "event", "scrubber", "play", "tab-findings", "finding-rows",
                  "tree-canvas", "tree-fit", "sequence", "fold-all", "context", "table-rows", "table-only"}
        self.assertEqual(wanted - seen, set())

    def test_lists_by_keys_alone(self):
        self.open(CRASH, "#event=36&context=0")
        self.browser.run("document.querySelector('#tab-findings').focus()")
        self.browser.keys(RIGHT, RIGHT, RIGHT)
        self.assertEqual(self.browser.run("return [document.activeElement.id, page.view.event]"), ["tab-events", 36])
        self.browser.run("document.querySelector('#event-rows').focus()")
        self.press("\ue013", "\ue013", ENTER)
        self.assertEqual(self.event(), 34)
        self.press(RIGHT)
        self.assertEqual(self.event(), 35)

    def test_narrow_and_wide(self):
        for width in (800, 1440):
            self.browser.size(width, 900)
            self.open(FLEET)
            wide = self.browser.run("return [document.documentElement.scrollWidth, innerWidth]")
            self.assertLessEqual(wide[0], wide[1], f"it is wider than its window of {width}")


class Causes(Page):
    """Findings of one cause are one line; what repeats is named once."""

    def test_stale_entries_of_one_cause_unfold(self):
        self.open(FLEET)
        b = self.browser
        kinds = "return [...document.querySelectorAll('#finding-rows .row .badge')].map((badge) => badge.textContent)"
        self.assertEqual(b.run(kinds), ["stale", "hung", "hung"])
        line = b.text("#finding-rows .row")
        self.assertIn("501 entries since kill 1: master to 1, 3..252, 503..752, via 1", line)
        b.run("document.querySelector('#finding-rows').focus()")
        self.press(ENTER)
        self.assertEqual(b.run("return document.querySelector('#finding-rows .row').getAttribute('aria-expanded')"), "true")
        self.assertEqual(b.run("return page.findingLines.length"), 504)
        self.press("\ue015", "\ue015", ENTER)
        self.assertEqual(b.run("return [page.view.context, page.view.route]"), [0, 3])
        self.press("\ue013", "\ue013", ENTER)
        self.assertEqual(b.run("return page.findingLines.length"), 3)

    def test_a_storm_is_named_as_what_it_is(self):
        self.open(LOOP)
        b = self.browser
        found = b.text("#finding-rows .row[data-place='0']")
        self.assertRegex(found, r"^storm 402ms 2 → 1' → 2, 9,995 rounds, 2ms each, from 402ms on: request to 0$")
        # The way of the hung call: three lines, of which one is the rounds.
        self.assertLessEqual(len(b.run("return [...document.querySelectorAll('#why-chain > li')].map((item) => item.textContent)")), 4)
        rounds = b.run("return page.sequence.kinds.filter((kind) => kind === ROUNDS).length")
        self.assertEqual(rounds, 1)
        self.assertLess(b.run("return page.sequence.rows.length"), 40)
        # The moments of the rounds are still there, one by one.
        self.press(LEFT)
        self.assertEqual(b.text("#now-words"), "request to 0 from 2 arrives at 1'")

    def test_rounds_are_those_that_repeat(self):
        self.open(CRASH)
        rounds = self.browser.run("return arguments[0].map((signs) => Story.rounds(signs).map(({ from, to, period }) => [from, to, period]))",
                                  [[1, 2, 3], [1, 2] * 4, [9] + [5] * 6 + [1], [1, 2, 1, 2, 1, 3]])
        self.assertEqual(rounds, [[[0, 1, 0], [1, 2, 0], [2, 3, 0]], [[0, 8, 2]], [[0, 1, 0], [1, 7, 1], [7, 8, 0]],
                                  [[i, i + 1, 0] for i in range(6)]])


class Chart(Page):
    """Time that can be zoomed."""

    def window(self):
        return self.browser.run("return [page.chart.axis.from, page.chart.axis.to]")

    def test_the_window_skips_the_join(self):
        self.open(FLEET)
        from_, to = self.window()
        self.assertGreater(from_, 30e9)
        self.assertGreater(to, 61.0267e9)
        self.browser.click("#chart-all")
        self.assertLess(self.window()[0], 0)
        self.browser.click("#chart-faults")
        self.assertEqual(self.window(), [from_, to])

    GAPS = {
        "version": 1, "name": "gaps", "link": "lan", "contexts": [{"id": 1, "parent": 0}, {"id": 2, "parent": 1}, {"id": 3, "parent": 0}],
        "events": [{"at": "10s", "do": "kill", "id": 2}, {"at": "55s", "do": "kill", "id": 1}, {"at": "355s", "do": "kill", "id": 3}],
    }

    def test_a_longer_pause_is_wider(self):
        """Also where pauses are cut short; and a change of the axis loses no step."""
        self.open(self.GAPS)
        places = "return [10e9, 55e9, 355e9].map((time) => page.chart.axis.place(time))"
        seen = "return [...document.querySelectorAll('#chart-cut')].map((box) => box.checked)[0]"
        self.assertTrue(self.browser.run(seen), "the run is nothing but pauses")
        for _ in range(2):
            for place in self.browser.run(places):
                self.assertTrue(0 <= place <= 0.99, place)
            is_cut = self.browser.run(seen)
            widths = self.browser.run("return page.chart.axis.pauses().map(([from, to, start, end]) => [to - from, end - start])")
            self.assertEqual(len(widths), 3 if is_cut else 0)
            self.assertEqual(sorted(widths), sorted(widths, key=lambda pause: pause[1]))
            one, two, three = self.browser.run(places)
            if not is_cut:
                self.assertAlmostEqual((three - two) / (two - one), 300 / 45, 2)
            self.browser.click("#chart-cut")
        # Time and place are each other's inverse.
        self.browser.click("#chart-cut")
        wrong = self.browser.run("""
            const { axis } = page.chart;
            return [-1, 0, 0.01, 0.3, 0.5, 0.99, 1, 1.5].filter((place) => Math.abs(axis.u(axis.t(place)) - place) > 1e-6)""")
        self.assertEqual(wrong, [])

    def test_a_drag_zooms_and_keys_zoom(self):
        self.open(CRASH)
        b = self.browser
        ends = b.run("return [1.005e9, 1.02e9].map((time) => page.chart.xOf(time))")
        left, top = b.run("const r = document.querySelector('#chart').getBoundingClientRect(); return [r.left, r.top]")
        moves = [{"type": "pointerMove", "duration": 0, "x": round(left + ends[0]), "y": round(top + 80)}, {"type": "pointerDown", "button": 0},
                 {"type": "pointerMove", "duration": 50, "x": round(left + ends[1]), "y": round(top + 80)}, {"type": "pointerUp", "button": 0}]
        b._ask("POST", "/actions", {"actions": [{"type": "pointer", "id": "mouse", "parameters": {"pointerType": "mouse"}, "actions": moves}]})
        from_, to = self.window()
        self.assertLess(abs(from_ - 1.005e9), 2e5)
        self.assertLess(abs(to - 1.02e9), 2e5)
        before = b.run("return page.view.event")
        self.press("-")
        self.assertGreater(self.window()[1] - self.window()[0], to - from_)
        self.press("0")
        self.assertEqual(b.run("return page.view.event"), before)
        # A moment outside the window brings the window along.
        self.press(HOME)
        self.assertLessEqual(self.window()[0], 0)

    def test_places_and_times_are_inverse(self):
        self.open(LOOP)
        for cut in ("false", "true"):
            worst = self.browser.run(f"""
                const axis = page.chart.axis;
                axis.cut({cut});
                let worst = 0;
                for (let i = 0; i <= 50; i++) {{
                  const time = axis.from + (axis.to - axis.from) * i / 50;
                  worst = Math.max(worst, Math.abs(axis.timeAt(axis.place(time)) - time));
                }}
                return worst""")
            self.assertLess(worst, 1000)

    def test_lanes_say_who_was_wrong_when(self):
        for scenario in (CRASH, CHURN):
            self.open(scenario)
            differs = self.browser.run("""
                const m = page.model, { byLife, moments, counts } = new Lanes(m, null), out = [];
                for (let i = 1; i <= 20; i++) {
                  const moment = Math.floor(m.count * i / 21);
                  m.go(moment + 1);
                  for (let life = 0; life < m.lives; life++) {
                    const lane = byLife.get(life), value = lane ? valueAt(lane, moment) : 0;
                    if (value !== (m.isAlive[life] ? m.wrongCount(life) : 0)) out.push([moment, life, value, m.wrongCount(life)]);
                  }
                  if (valueAt({ moments, counts }, moment) !== m.wrongAfter[moment] - 1) out.push([moment, valueAt({ moments, counts }, moment)]);
                }
                m.go(page.view.event);
                return out""")
            self.assertEqual(differs, [])

    def test_hover_reads_values(self):
        self.open(CRASH)
        b = self.browser
        b.run("page.chart.hover(page.chart.xOf(1.01e9), 90)")
        words = b.run("return document.querySelector('#chart .tip').textContent")
        self.assertIn("5 entries wrong", words)
        self.assertIn("on the wires", words)


class Only(Page):
    """What is about one destination, or of one kind, on all of the page."""

    def test_a_filter_holds_for_all_parts(self):
        self.open(CHURN)
        b = self.browser
        b.click("#tab-events")
        b.click("#only-route")
        self.press(*"229", ENTER)
        self.assertIn("about=229", b.url())
        count = b.run("return page.filtered.length")
        self.assertLess(0, count)
        self.assertLess(count, 3000)
        others = b.run("""
            return page.sequence.rows.filter((moment, row) => page.sequence.kinds[row] >= EVENT && !page.only.moment(moment)).length""")
        self.assertEqual(others, 0)
        self.assertLessEqual(b.run("return Math.max(...page.chart.lanes.counts)"), 24)
        b.reload()
        self.ready()
        self.assertEqual(b.run("return [page.only.route, document.querySelector('#only-route').value]"), [229, "229"])
        b.click("#only-none")
        self.rest()
        self.assertNotIn("about", b.url())
        self.assertEqual(b.run("return page.filtered"), None)

    def test_a_kind(self):
        self.open(CRASH, "#event=36&context=0&kind=d")
        kinds = self.browser.run("""
            const { sequence, model } = page;
            return sequence.rows.filter((moment, row) => sequence.kinds[row] >= EVENT && model.kind[moment] === 'a')
              .map((moment) => model.items.kind[model.item[model.cause[moment]]])""")
        self.assertEqual(set(kinds), {"d"})

    def test_kinds_have_the_words_of_the_protocol(self):
        def words():
            legend = self.browser.texts("#sequence-legend li")
            self.assertEqual(self.browser.texts("#only-kind option"), ["all messages", *legend[:-1]])
            return legend
        self.open(CRASH)
        self.assertEqual(words(), ["ADD_ROUTE", "DEL_ROUTE", "EOF", "calls", "lost"])
        # Nothing was taken back.
        self.open(FLEET)
        self.assertEqual(words(), ["ADD_ROUTE", "EOF", "calls", "lost"])
        self.open(CRASH, "", "--protocol", f"{sys.executable} {ROOT / 'protocols/distance_vector.py'}")
        self.assertEqual(words(), ["announcement", "retraction", "EOF", "calls", "lost"])


class Messages(Page):
    def test_the_panel_opens_where_the_story_is(self):
        for scenario in (FLEET, LOOP, CHURN, CRASH, STORM, ROOT / "scenarios/fleets/churn-flood.json"):
            self.open(scenario)
            seen = self.browser.run("""
                const { sequence: s, model } = page, first = Math.floor(s.box.scrollTop / ROW), rows = Math.floor((s.box.clientHeight - HEAD) / ROW);
                const kinds = Array.from(s.kinds.slice(first, first + rows));
                return [kinds.filter((kind) => kind >= EVENT).length, kinds.length, s.kinds[s.rowOf[model.now - 1]]]""")
            self.assertGreaterEqual(seen[0], seen[1] // 3, f"{scenario}: {seen}")
            self.assertGreaterEqual(seen[2], 0, "the moment has a row of its own")

    def test_words_are_whole(self):
        for scenario in (CRASH, FLEET, LOOP):
            self.open(scenario)
            cut = self.browser.run("""
                const s = page.sequence, g = s.canvas.getContext('2d'), out = [];
                for (let row = 0; row < Math.min(s.rows.length, 200); row++) {
                  g.font = `600 11px ${Theme.sans}`;
                  if (g.measureText(s.rowWords(row)).width > s.beside - 14 && s.beside < s.box.clientWidth * 0.5) out.push(s.rowWords(row));
                }
                return out""")
            self.assertEqual(cut, [])

    def test_one_moment_is_one_row_that_unfolds(self):
        self.open(CRASH)
        b = self.browser
        row = b.run("return page.sequence.rowOf[page.model.now]")
        self.assertRegex(b.run("return page.sequence.rowWords(arguments[0])", row), r"^▸ 3 × EOF from 1 to 3 contexts$")
        count = b.run("return page.sequence.rows.length")
        b.click_at("#sequence", 60, b.run("return page.sequence.y(arguments[0])", row))
        self.rest()
        self.assertEqual(b.run("return page.sequence.rows.length"), count + 2)


class Outline(Page):
    """Trees with too many contexts for a picture."""

    def test_alike_contexts_are_one_line(self):
        self.open(FLEET)
        b = self.browser
        b.click("#tree-outline")
        lines = b.texts("#outline .row .name")
        self.assertEqual(lines, ["master", "1 bastion-1", "3..252: 250 contexts, each with 1 below", "2 bastion-2",
                                 "253..502: 250 contexts, each with 1 below"])
        self.assertIn("500 orphans", b.text("#outline .row[data-place='2']"))
        b.run("document.querySelector('#outline').focus()")
        self.press("\ue015", "\ue015", ENTER)
        self.assertEqual(b.run("return page.outline.lines.length"), 5 + 500)
        # A context that is folded away says so on its line.
        b.run("page.outline.pick(page.outline.lines[2])")
        b.run("page.set({ context: 17, route: null })")
        self.rest()
        self.assertIn("chosen: 17", b.text("#outline .row[data-place='2']"))
        self.assertEqual(b.texts("#crumbs a"), ["master", "1 bastion-1", "17 bastion-1.host-15"])
        b.click("#tree-outline")
        self.assertTrue(b.run("return document.querySelector('#tree').checkVisibility()"))

    def test_the_context_of_a_fault_has_its_name(self):
        for scenario in (CHURN, CRASH):
            self.open(scenario)
            self.browser.run("page.turnTree(false)")
            named = self.browser.run("""
                const drawn = [], { text } = Marks;
                Marks.text = function (g, words, ...rest) { drawn.push(words); return text.call(this, g, words, ...rest); };
                page.tree.draw();
                Marks.text = text;
                const life = page.tree.subject();
                return [drawn.some((words) => words.startsWith(Words.short(page.model, life))), life]""")
            self.assertTrue(named[0], named)


class Folded(Page):
    """Trees in which siblings that are alike, with everything below them, are drawn as one."""

    def labels(self):
        """What is written in the picture."""
        return self.browser.run("""
            const drawn = [], { text } = Marks;
            Marks.text = function (g, words, ...rest) { drawn.push(words); return text.call(this, g, words, ...rest); };
            page.tree.draw();
            Marks.text = text;
            return drawn""")

    def test_the_fleet_is_seven_marks(self):
        self.open(FLEET)
        b = self.browser
        self.assertTrue(b.run("return document.querySelector('#tree').checkVisibility()"))
        self.assertEqual(b.run("return [page.tree.scene.count, page.model.lives]"), [7, 1003])
        labels = self.labels()
        for words in ("master", "501", "1 bastion-1", "3..252: 250 contexts, each with 1 below", "×250: 503..752", "2 bastion-2"):
            self.assertIn(words, labels)
        # A press of the button draws each alone.
        b.click("#tree-fold")
        self.assertEqual(b.run("return page.tree.scene.count"), 1003)
        self.assertEqual(b.run("return document.querySelector('#tree-fold').getAttribute('aria-pressed')"), "false")
        b.click("#tree-fold")
        # A click on a stack chooses one of it, and the stack says which.
        b.click_at("#tree-canvas", *b.run("const node = page.tree.scene.node(17); return [page.tree.px(node), page.tree.py(node)]"))
        self.rest()
        chosen = b.run("return page.view.context")
        self.assertEqual(b.run("return page.tree.scene.node(arguments[0]) === page.tree.scene.node(17)", chosen), True)
        self.assertTrue(any(words.endswith(f"chosen: {chosen} bastion-1.host-1") for words in self.labels()), self.labels())

    def test_it_has_what_the_whole_picture_has(self):
        """At any moment, each context is in one node, below the node of its parent, with its health."""
        for scenario in (FLEET, CHURN, ROOT / "scenarios/fleets/retraction-flood.json", ROOT / "scenarios/fleets/rack-comes-back.json"):
            self.open(scenario)
            if not self.browser.run("return page.scenes.folded !== null"):
                continue
            for part in (0, 0.2, 0.5, 0.8, 1):
                self.browser.run("page.set({ event: Math.floor(page.model.count * arguments[0]) })", part)
                self.rest()
                wrong = self.browser.run("""
                    const { model } = page, { folded } = page.scenes, count = { fine: 0, wrong: 0, orphan: 0, dead: 0 };
                    folded.refresh();
                    for (let life = 0; life < model.lives; life++) if (model.health(life)) count[model.health(life)]++;
                    for (const counts of folded.counts) for (const health in count) count[health] -= counts[health];
                    const parents = [];
                    for (let life = 1; life < model.lives; life++) {
                      if (folded.parent[folded.node(life)] !== folded.node(model.parent[life])) parents.push(life);
                    }
                    return [Object.values(count).filter((left) => left !== 0), parents]""")
                self.assertEqual(wrong, [[], []], f"{scenario.name} at {part}")

    def test_the_context_of_a_fault_is_alone_and_named(self):
        names = [{"id": id, "parent": 0, "name": f"prod.eu-west.web-{id}"} for id in range(1, 301)]
        self.open({"version": 1, "name": "one-of-many", "contexts": names, "events": [{"at": "10s", "do": "kill", "id": 77}]})
        self.assertEqual(self.browser.run("return page.tree.scene.count"), 3)
        labels = self.labels()
        # Without what all names share.
        self.assertIn("77 ….web-77", labels)
        self.assertIn("1..76, 78..300: 299 contexts", labels)
        # Before the fault, too: nothing moves.
        self.press(HOME)
        self.browser.run("page.set({ event: page.model.eventAt(9e9) })")
        self.rest()
        self.assertIn("77 ….web-77", self.labels())


class Layout(Page):
    def test_chart_tree_and_messages_are_above_the_fold(self):
        for scenario in (FLEET, LOOP, CHURN):
            self.open(scenario)
            for part in ("#chart", "#tree-panel", "#sequence"):
                top, bottom = self.browser.run("const r = document.querySelector(arguments[0]).getBoundingClientRect(); return [r.top, r.bottom]", part)
                self.assertLess(0, top)
                self.assertLessEqual(bottom, 900, part)
                self.assertGreater(bottom - top, 120, part)

    def test_each_size_has_room_and_readable_text(self):
        for width, height in [(1440, 900), (1024, 700), (720, 450), (390, 844)]:
            self.browser.size(width, height)
            self.open(CHURN)
            wide = self.browser.run("return document.documentElement.scrollWidth")
            self.assertLessEqual(wide, width)
            sizes = self.browser.run("""
                const sizes = new Set(), { fillText } = CanvasRenderingContext2D.prototype;
                CanvasRenderingContext2D.prototype.fillText = function (...args) { sizes.add(parseFloat(/([\\d.]+)px/.exec(this.font)[1])); return fillText.apply(this, args); };
                page.chart.draw();
                page.sequence.draw();
                CanvasRenderingContext2D.prototype.fillText = fillText;
                return [...sizes]""")
            self.assertGreaterEqual(min(sizes), 9, f"{width}: {sizes}")
            self.assertGreaterEqual(self.browser.run("return page.chart.box.clientHeight"), 150)
            if width > 860:
                # Also with the button and the sign of a folded tree, the heads have one line.
                self.open(FLEET)
                heads = self.browser.run("return [...document.querySelectorAll('.middle .panel-head')].map((head) => head.clientHeight)")
                self.assertLess(max(heads), 40, f"{width}: {heads}")
                self.open(CHURN)
            self.keep(f"churn-{width}")

    def test_a_part_can_have_all_the_room(self):
        self.open(CHURN)
        b = self.browser
        before = b.run("return document.querySelector('#sequence').clientHeight")
        b.click(".enlarge[data-part='sequence']")
        self.assertGreater(b.run("return document.querySelector('#sequence').clientHeight"), 2 * before)
        self.assertFalse(b.run("return document.querySelector('#chart').checkVisibility()"))
        b.click(".enlarge[data-part='sequence']")
        self.assertEqual(b.run("return document.querySelector('#sequence').clientHeight"), before)

    def test_paper_has_the_whole_story(self):
        self.browser.scheme("dark")
        self.open(FLEET)
        b = self.browser
        b.run("dispatchEvent(new Event('beforeprint'))")
        words = b.text("#paper")
        for part in ("501 entries since kill 1", "call 1 of master never ends", "kill 1", "Messages around this moment", "Wrong entries of master"):
            self.assertIn(part, words)
        self.assertEqual(b.run("return Theme.colours.ground"), "#ffffff")
        width, canvas = b.run("return [document.querySelector('#chart').clientWidth, page.chart.canvas.style.width]")
        self.assertEqual(canvas, f"{width}px")
        b.run("dispatchEvent(new Event('afterprint'))")
        self.assertEqual(b.text("#paper"), "")
        self.assertEqual(b.run("return Theme.colours.ground"), "#14181d")


class Tree(Page):
    def test_labels_lie_on_nothing(self):
        for scenario in (CRASH, FLEET, ROOT / "scenarios/fleets/mixed-churn.json"):
            for width in (800, 1440):
                self.browser.size(width, 900)
                self.open(scenario)
                self.browser.run("page.turnTree(false)")
                for part, isFolded in [(part, folded) for part in (0.1, 0.5, 0.8, 1) for folded in (False, True)]:
                    self.browser.run("page.turnFold(arguments[0] && page.scenes.folded !== null)", isFolded)
                    clashes, count = self.browser.run("""
                        const tree = page.tree, taken = [], labels = [], { take } = Places.prototype, { label } = tree;
                        Places.prototype.take = function (...part) { taken.push(part); return take.apply(this, part); };
                        tree.label = function (g, text, ...rest) {
                          const at = label.call(this, g, text, ...rest);
                          if (at) labels.push([text, ...taken.pop()]);
                          return at;
                        };
                        page.model.go(Math.floor(page.model.count * arguments[0]));
                        tree.draw();
                        Places.prototype.take = take;
                        delete tree.label;
                        const meets = ([, l, t, r, b], [L, T, R, B]) => l < R && r > L && t < B && b > T;
                        const clashes = labels.filter((one) => taken.some((mark) => meets(one, mark))
                          || labels.some((other) => other !== one && meets(one, other.slice(1))));
                        page.model.go(page.view.event);
                        return [clashes, labels.length]""", part)
                    self.assertEqual(clashes, [], f"{scenario.name} at {width}")
                    self.assertGreater(count, 0)


class Truth(Page):
    """The page says what the command line says."""

    def state_at(self, event):
        return self.browser.run("""
            const m = page.model;
            m.go(arguments[0]);
            const contexts = [], health = { fine: "alive", wrong: "alive", orphan: "orphaned", dead: "dead" };
            for (let life = 0; life < m.lives; life++) {
              if (m.isBorn(life)) contexts.push([m.id[life], m.earlier[life] + 1, health[m.health(life)], m.wrongCount(life)]);
            }
            const wires = [...m.onWire].sort((a, b) => a - b)
              .map((f) => [m.id[m.sender(f)], m.id[m.receiver(f)], Words.item(m, f), m.isHeld(f)]);
            const hop = (life) => (life < 0 ? null : m.id[life]), entries = [];
            for (let life = 0; life < m.lives; life++) {
              for (const entry of m.entries(life)) {
                if (entry.isWrong) entries.push([m.id[life], entry.destination, hop(entry.via), hop(entry.expected), difference(entry)]);
              }
            }
            const now = m.now;
            m.go(page.view.event);
            return { contexts, wires, entries, now, number: m.number(now), time: now ? m.at[now - 1] : 0, count: m.count }""", event)

    def check_state(self, scenario, at, *args):
        told = json.loads(treequake("inspect", "--at", at, "--format", "json", *args, scenario))
        event = 0 if told["moment"] is None else told["moment"] + 1
        state = self.state_at(event)
        self.assertEqual(state["time"], told["at_ns"] if event else 0)
        self.assertEqual(len(state["entries"]), told["wrong"], at)
        wrong = [[e["context"], e["destination"], e["via"], e["expected"], e["kind"]] for e in told["entries"]]
        text = lambda rows: sorted(map(str, rows))
        self.assertEqual(text(state["entries"]), text(wrong), f"{scenario} at {at}")
        self.assertEqual(state["number"], told["events"], at)
        mine = sorted(state["contexts"])
        theirs = sorted([c["id"], c["life"], c["health"], c["wrong"]] for c in told["contexts"])
        self.assertEqual(mine[:len(theirs)] if len(theirs) < len(mine) else mine, theirs)
        self.assertEqual(state["wires"][:len(told["on_wire"])],
                         [[w["from"], w["to"], w["what"], w["held"]] for w in told["on_wire"]])

    def scenarios(self):
        folders = ["scenarios", "scenarios/incidents", "scenarios/regressions", "scenarios/links"]
        return [path for folder in folders for path in sorted((ROOT / folder).glob("*.json"))]

    def test_states_and_reasons_are_those_of_the_command_line(self):
        checked = [0, 0]
        for scenario in self.scenarios():
            self.open(scenario)
            count = self.browser.run("return page.model.count")
            times = self.browser.run("return [0.2, 0.6, 0.9].map((part) => page.model.at[Math.floor(part * (page.model.count - 1))])") if count else []
            for at in [f"{round(time)}ns" for time in times] + ["end"]:
                self.check_state(scenario, at)
            checked = [sum(pair) for pair in zip(checked, self.check_reasons(scenario))]
        print(f"\n{checked[0]} reasons and {checked[1]} chains", flush=True)
        self.assertGreater(min(checked), 30)

    def check_reasons(self, scenario):
        """Asks the page why: entries at the end and where most are wrong, and some in the middle of their intervals."""
        asked = self.browser.run("""
            const m = page.model, ask = [];
            const isLatest = (life) => m.latest.get(m.id[life]) === life && m.isBorn(life);
            // The last moment of a time: the command line takes times.
            const isEnd = (moment) => moment + 1 === m.count || m.at[moment + 1] > m.at[moment];
            const add = (life, route) => {
              page.why.show(life, route, undefined, null);
              const box = page.why.box, reason = m.reasonOf(life, route), moment = reason ? reason.asked : m.now - 1;
              if (!isEnd(moment)) return;
              ask.push({
                at: m.at[moment], now: m.now, isReason: reason !== undefined, context: m.id[life], route,
                standing: box.querySelector(".badge").textContent, text: box.textContent,
                sentences: [...box.querySelectorAll(":scope > ol ~ p")].map((p) => p.textContent),
                chain: [...box.querySelectorAll("#why-chain li")].map((item) => Number(item.dataset.moment)),
              });
            };
            let worst = 0;
            for (let i = 1; i < m.count; i++) if (m.wrongAfter[i] > m.wrongAfter[worst] && m.at[i] > 0) worst = i;
            for (const event of new Set([m.count ? m.eventAt(m.at[worst]) : 0, m.count])) {
              if (event === 0) continue;
              m.go(event);
              const entries = m.order.filter(isLatest).flatMap((life) => m.entries(life).map((entry) => [life, entry]));
              const [wrong, right] = [true, false].map((isWrong) => entries.filter(([, entry]) => entry.isWrong === isWrong));
              for (const [life, { destination }] of [...wrong.slice(0, 2), ...right.slice(0, 2)]) add(life, destination);
            }
            for (let i = 0; i < m.reasons.length; i += Math.ceil(m.reasons.length / 4)) {
              const { context, route, first, last } = m.reasons[i];
              m.go(((first + last) >> 1) + 1);
              if (isLatest(context)) add(context, route);
            }
            m.go(page.view.event);
            page.show();
            return ask""")
        for one in asked:
            told = json.loads(treequake("why", "--context", one["context"], "--route", one["route"], "--at", f"{round(one['at'])}ns",
                                        "--format", "json", scenario))
            where = f"{scenario.name}: {one}"
            chain = [link["moment"] for link in told["chain"]]
            self.assertEqual(one["standing"], told["standing"], where)
            if one["isReason"]:
                self.assertTrue(one["text"].startswith(f"{told['standing']} {told['headline']}."), where)
                self.assertEqual(one["sentences"], told["sentences"], where)
                self.assertEqual(one["chain"], chain[:60], where)
            elif one["standing"] == "right":
                self.assertEqual(one["chain"], chain[:60], where)
        return [sum(one["isReason"] for one in asked), sum(not one["isReason"] for one in asked)]

    def test_what_is_held_to_reach_is_judged_by_that(self):
        contexts = [{"id": id, "parent": parent} for id, parent in [(1, 0), (2, 1), (3, 2), (4, 1), (5, 0)]]
        events = [{"at": "1s", "do": "kill", "id": 3}, {"at": "1001ms", "do": "connect", "id": 3, "parent": 5},
                  {"at": "1002ms", "do": "connect", "id": 6, "parent": 5}]
        program = ["--protocol", f"{sys.executable} {ROOT / 'protocols/distance_vector.py'}"]
        scenario = self.open({"version": 1, "name": "moved", "link": {"latency": "5ms"}, "contexts": contexts, "events": events,
                              "until": "1004ms"}, "", *program)
        for at in ["0s", "5ms", "1001ms", "end"]:
            self.check_state(scenario, at, *program)
        self.open(scenario, "#event=9999&context=4", *program)
        self.assertEqual(self.table()[0], ["◆ wrong", "3", "1", "as it is", ""])
        self.assertEqual(self.browser.run("return document.querySelector('#table-rows .row').title"), "to 3' via 1, but the way fails further on")
        self.assertEqual(self.table()[1], ["◆ missing", "6", "—", "1", ""])
        self.keep("reach")

    def test_a_wrong_entry_without_a_reason_has_its_chain_and_the_command(self):
        self.open(FLEET)
        b = self.browser
        event, context, route = b.run("""
            const m = page.model;
            for (let i = 0; i < m.turns.context.length; i++) {
              const context = m.turns.context[i], route = m.turns.destination[i];
              let moment = 0;
              while (m.turnsOf[moment + 1] <= i) moment++;
              m.go(moment + 1);
              const isLost = m.entry(context, route).isWrong && m.reasonOf(context, route) === undefined && m.lastTurn(context, route) >= 0;
              if (isLost) { m.go(page.view.event); return [moment + 1, context, route]; }
            }""")
        b.run("page.set({ event: arguments[0], context: arguments[1], route: arguments[2] })", event, context, route)
        self.rest()
        words, explained = b.text("#why"), b.run("return [page.model.reasons.length, page.model.intervals]")
        self.assertEqual(explained, [250, 2001])
        self.assertIn("This page explains 250 of the 2,001 times that an entry was wrong", words)
        self.assertGreater(len(b.texts("#why-chain li")), 0)
        self.assertRegex(words, r"treequake why .*--context \d+ --route \d+ --at \S+$")

    def test_finds_of_the_fuzzer(self):
        folder = pathlib.Path(self.desk.name, "found")
        treequake("fuzz", "--profile", "reuse", "--seeds", "0..200", "--out", folder, codes=(0, 1))
        finds = sorted((folder / "findings").glob("*.json"))
        self.assertGreater(len(finds), 0)
        for find in finds[:6]:
            self.open(find)
            self.check_state(find, "end")
            self.check_reasons(find)

    def test_events_in_a_group_are_counted_as_the_command_line_counts_them(self):
        scenario = self.open(STORM)
        b = self.browser
        moments, groups = b.run("return [page.model.count, page.model.data.moments.times]")
        self.assertGreater(len(groups), 0)
        said = treequake("inspect", scenario, codes=(0, 1))
        total = int(re.search(r"after event [\d,]+ of ([\d,]+)", said)[1].replace(",", ""))
        self.assertEqual(b.run("return document.querySelector('#count').textContent"), f"{total:,}")
        self.press(END)
        self.assertEqual(self.event(), total)
        self.assertGreater(total, moments)
        place, times = groups[0]
        last = b.run("return page.model.number(arguments[0] + 1)", place)
        for inside in (last - times + 1, last - 1, last):
            self.open(STORM, f"#event={inside}&context=0")
            self.assertEqual((self.event(), b.run("return page.model.now")), (last, place + 1))

    def test_back_is_the_way_there_turned_around(self):
        self.open(ROOT / "scenarios/incidents/426-forty-hops.json")
        same = self.browser.run("""
            const m = page.model;
            const sorted = (list) => [...list].sort((a, b) => a - b), pairs = (map) => [...map].sort((a, b) => a[0] - b[0]);
            const all = () => JSON.stringify([m.tables.map(pairs), [...m.isAlive], [...m.isAttached], [...m.isOpen], [...m.cut],
              [...m.factor], Array.from(m.wrong, (set) => sorted(set ?? [])), sorted(m.onWire), pairs(m.latest)]);
            const there = [];
            for (let i = 0; i <= m.count; i++) { m.go(i); there.push(all()); }
            for (let i = m.count; i >= 0; i--) { m.go(i); if (all() !== there[i]) return i; }
            m.go(page.view.event);
            return -1""")
        self.assertEqual(same, -1)

    def test_words_of_events_are_those_of_the_command_line(self):
        self.open(CRASH)
        chain = json.loads(treequake("why", "--context", 0, "--route", 5, "--at", "1s", "--format", "json", CRASH))["chain"]
        for link in chain:
            self.assertEqual(self.browser.run("return Words.moment(page.model, arguments[0])", link["moment"]), link["what"])


class Hostile(Page):
    def test_names_and_descriptions_are_data(self):
        bad = "</script><script>window.hacked=1</script><img src=x onerror='window.hacked=2'>"
        rtl, control = "\u202e\u05e9\u05dc\u05d5\u05dd \U0001f600", "bell\u0007 null\u0000 esc\u001b[31m"
        description = (bad + rtl + control + " & <b>bold</b>\n") * 80
        self.assertGreater(len(description.encode()), 10_000)
        scenario = {
            "version": 1, "name": bad, "description": description,
            "contexts": [{"id": 1, "parent": 0, "name": bad}, {"id": 2, "parent": 1, "name": rtl + "x" * 300},
                         {"id": 3, "parent": 1, "name": control}],
            "events": [{"at": "1s", "do": "kill", "id": 1, "label": bad[:50]}],
        }
        self.open(scenario)
        b = self.browser
        self.assertIsNone(b.run("return window.hacked ?? null"))
        self.assertEqual(b.run("return [document.scripts.length, document.images.length]"), [2, 0])
        self.assertEqual(b.run("return document.querySelector('#name').textContent"), bad)
        self.assertEqual(b.run("return document.title"), f"{bad} under mitogen-0.3")
        shown = b.run("return document.querySelector('#description').textContent")
        self.assertEqual(shown, re.sub("[\0-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]", "\ufffd", description))
        b.run("document.querySelector('#about').open = true")
        self.assertLess(b.run("return document.querySelector('#description').clientHeight"), 120)
        b.click("#description-more")
        self.assertGreater(b.run("return document.querySelector('#description').clientHeight"), 500)
        for event in (0, 2, 4, 99):
            for context in "0123":
                b.run("page.set({ event: arguments[0], context: Number(arguments[1]), route: 1 })", event, context)
                self.rest()
        b.click("#tab-steps")
        b.click("#tab-events")
        self.assertIsNone(b.run("return window.hacked ?? null"))
        self.assertEqual(b.run("return [document.scripts.length, document.images.length]"), [2, 0])
        self.assertLessEqual(*b.run("return [document.documentElement.scrollWidth, innerWidth]"))
        self.keep("hostile")

    def test_a_name_from_right_to_left_hides_no_id(self):
        name = "\u0645\u0636\u064a\u0641-\u0637\u0648\u064a\u0644-\u062c\u062f\u0627-\u0644\u0644\u0627\u062e\u062a\u0628\u0627\u0631-" * 3
        self.open({"version": 1, "contexts": [{"id": 42, "parent": 0, "name": name}, {"id": 7, "parent": 42, "name": "\u05e9\u05dc\u05d5\u05dd"}],
                   "events": [{"at": "1s", "do": "kill", "id": 42}]})
        self.browser.run("page.set({ event: 2, context: 0, route: null })")
        self.rest()
        # The id is at the left edge of its cell, and within it.
        for row, id in ((0, "7"), (1, "42")):
            places = self.browser.run("""
                const cell = [...document.querySelectorAll('#table-rows .row')].map((row) => row.children[1]).find((cell) => cell.textContent.startsWith(arguments[0]));
                const node = document.createTreeWalker(cell, NodeFilter.SHOW_TEXT).nextNode(), range = document.createRange();
                range.setStart(node, 0);
                range.setEnd(node, arguments[0].length);
                const at = range.getBoundingClientRect(), box = cell.getBoundingClientRect();
                return [at.left - box.left, box.right - at.right]""", id)
            self.assertLess(abs(places[0]), 2, id)
            self.assertGreater(places[1], 0, id)

    def test_an_empty_scenario_has_a_page(self):
        self.open({"version": 1})
        self.assertEqual(self.browser.text("#now-words"), "before the first event")
        self.press(RIGHT, "]", END)
        self.assertEqual(self.event(), 0)


class Large(Page):
    """More than 100,000 events in a fleet of a thousand contexts."""

    SCENARIO = {
        "version": 1, "name": "a-thousand-contexts", "seed": 7, "link": "lan", "max_events": 1_000_000,
        "topology": {"shape": "fleet", "levels": [{"name": "bastion", "count": 10}, {"name": "host", "count": 50},
                                                  {"name": "sudo", "count": 1, "link": "local-pipe"}]},
        "events": [{"at": "160s", "do": "kill", "id": 1010}, {"at": "200s", "do": "partition", "id": 5},
                   {"at": "201s", "do": "kill", "id": 5}],
        "churn": {"at": "10s", "for": "300s", "partitions": "2/s", "partition_for": "500ms", "calls": "33/s"},
    }

    def test_it_opens_at_once(self):
        self.open(self.SCENARIO)
        path, _ = self.page(self.SCENARIO)
        times = []
        for _ in range(3):
            self.browser.reload()
            self.ready()
            times.append(self.browser.run("return performance.getEntriesByName('ready')[0].startTime"))
        count = self.browser.run("return page.model.count")
        print(f"\n{count} events: {path.stat().st_size / 1e6:.1f} MB, open in {min(times):.0f} ms", flush=True)
        self.assertGreater(count, 100_000)
        self.assertLess(path.stat().st_size, 15_000_000)
        self.assertLess(min(times), 2000)

    def test_it_scrolls_smoothly(self):
        self.open(self.SCENARIO)
        b = self.browser
        b.click("#tab-events")
        for box, step in [("#event-rows", 700), ("#sequence", 400)]:
            took = b.run("""
                const box = document.querySelector(arguments[0]), of = arguments[1], took = [];
                const draw = box.id === 'sequence' ? () => page.sequence.draw() : () => page.eventRows.window();
                for (let i = 0; i < 100; i++) {
                  box.scrollTop = i * of * 17;
                  const start = performance.now();
                  draw();
                  took.push(performance.now() - start);
                }
                return took.sort((a, b) => a - b)""", box, step)
            print(f"\n{box}: a frame in {took[50]:.1f} ms, the slowest of 100 in {took[-1]:.1f} ms", flush=True)
            self.assertLess(took[90], 50)
        # Rows come and go; what stays is the chart, with bars for 600 partitions.
        outside = "return [...document.querySelectorAll('*')].filter(e => !e.closest('svg')).length"
        self.assertLess(b.run(outside), 3000)
        self.assertLess(b.run("return document.querySelectorAll('*').length"), 8000)
        took = b.run("""
            const took = [];
            for (let i = 0; i < 60; i++) {
              page.view = { ...page.view, event: 40000 + i };
              const start = performance.now();
              page.show();
              took.push(performance.now() - start);
            }
            return took.sort((a, b) => a - b)""")
        print(f"\na step: {took[30]:.1f} ms, the slowest of 60 {took[-1]:.1f} ms", flush=True)
        self.assertLess(took[54], 100)

    def test_keys_are_fast_among_ten_thousand_contexts(self):
        self.open({"version": 1, "name": "ten-thousand-contexts", "link": "lan", "max_events": 1_000_000, "topology": {"shape": "fleet", "levels": [
            {"name": "bastion", "count": 10}, {"name": "host", "count": 500}, {"name": "sudo", "count": 1, "link": "local-pipe"}]},
            "events": [{"at": "160s", "do": "kill", "id": 1}]})
        shown = [("folded", "page.turnFold(true)"), ("each alone", "page.turnFold(false)"), ("an outline", "page.turnTree(true)")]
        for name, turn in shown:
            self.browser.run(turn)
            self.keys_are_fast(name)

    def keys_are_fast(self, what):
        times = self.browser.run("""
            const out = {};
            for (const [name, key, shift] of [['on', 'ArrowRight'], ['back', 'ArrowLeft'], ['step', 'ArrowLeft', true], ['context', 'j'], ['wrong', 'n'], ['end', 'End'], ['zoom', '+']]) {
              const took = [];
              for (let i = 0; i < 12; i++) {
                const start = performance.now();
                document.body.dispatchEvent(new KeyboardEvent('keydown', { key, shiftKey: shift === true, bubbles: true }));
                page.show();
                if (name === 'zoom') page.chart.draw();
                took.push(performance.now() - start);
              }
              // Others use this machine, too: the slower ones say more about them.
              out[name] = Math.min(...took);
            }
            return out""")
        print(f"\n10,010 contexts, {what}: {({name: round(took, 1) for name, took in times.items()})} ms", flush=True)
        for name, took in times.items():
            # Ten thousand marks are drawn only if the reader asks for them. On an idle machine the longest takes 31 ms; what
            # looks at each context for each other would take minutes.
            self.assertLess(took, 400 if what == "each alone" else 200, f"{what}: {name}")

    def test_it_goes_anywhere(self):
        self.open(self.SCENARIO, "#event=1&context=0")
        for keys in [(END,), (HOME,), (END,)]:
            self.press(*keys)
        self.press("[")
        self.assertEqual(self.browser.text("#now-words"), "kill 5")
        self.assertEqual(self.browser.text("#now-wrong"), "◆ 101 entries wrong")
        self.keep("large")


if __name__ == "__main__":
    unittest.main(verbosity=2)
