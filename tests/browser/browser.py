"""A browser for tests: a small WebDriver client for chromedriver that needs only the standard library.

    with Browser() as browser:
        browser.open(path, "#event=3")
        browser.keys(ARROW_RIGHT)
        assert browser.text("#now-words") == "kill 1"

`errors()` has what the page logs, `requests()` what it asks the network for.
"""

import base64
import json
import os
import pathlib
import shutil
import subprocess
import tempfile
import time
import urllib.error
import urllib.request

ELEMENT = "element-6066-11e4-a52e-4f735466cecf"
LEFT, UP, RIGHT, DOWN = "\ue012", "\ue013", "\ue014", "\ue015"
SHIFT, ENTER, ESCAPE, TAB, HOME, END = "\ue008", "\ue007", "\ue00c", "\ue004", "\ue011", "\ue010"


class WebDriverError(Exception):
    pass


class Browser:
    """A headless chromium and its chromedriver. Closing it ends both."""

    def __init__(self, width=1440, height=900, dark=False):
        self.profile = tempfile.mkdtemp(prefix="treequake-browser-")
        self.log = open(os.path.join(self.profile, "chromedriver.log"), "wb")
        self.driver = subprocess.Popen(
            [shutil.which("chromedriver") or "chromedriver", "--port=0"], stdout=subprocess.PIPE, stderr=self.log
        )
        self.session = None
        try:
            self.server = f"http://127.0.0.1:{self._port()}"
            self._start(width, height, dark)
        except BaseException:
            self.close()
            raise

    def _port(self):
        # "ChromeDriver was started successfully on port N."
        for line in self.driver.stdout:
            words = line.decode(errors="replace").strip().rstrip(".").split()
            if "port" in words and words[-1].isdigit() and "successfully" in words:
                return int(words[-1])
        raise WebDriverError("chromedriver has not started; see " + self.log.name)

    def _start(self, width, height, dark):
        arguments = [
            "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--hide-scrollbars=0",
            "--disable-background-networking", "--disable-component-update", "--no-first-run",
            f"--user-data-dir={self.profile}/profile", f"--window-size={width},{height}",
        ]
        options = {"args": arguments}
        binary = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
        if binary:
            options["binary"] = binary
        capabilities = {
            "browserName": "chrome",
            "goog:chromeOptions": options,
            "goog:loggingPrefs": {"browser": "ALL", "performance": "ALL"},
        }
        answer = self._ask("POST", "/session", {"capabilities": {"alwaysMatch": capabilities}}, root=True)
        self.session = answer["sessionId"]
        self.command("Emulation.setDeviceMetricsOverride",
                     {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False})
        self.scheme("dark" if dark else "light")
        # Requests of the browser's own first page do not count.
        self.go("about:blank")
        self.requests()
        self.errors()

    def _ask(self, method, path, body=None, root=False):
        url = self.server + (path if root else f"/session/{self.session}{path}")
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(url, data, {"Content-Type": "application/json"}, method=method)
        # Chromedriver runs on this machine; no proxy may come between.
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            with opener.open(request, timeout=60) as answer:
                return json.load(answer)["value"]
        except urllib.error.HTTPError as error:
            value = json.load(error)["value"]
            raise WebDriverError(f"{value['error']}: {value['message']}") from None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        if self.session:
            try:
                self._ask("DELETE", "")
            except (OSError, WebDriverError):
                pass
            self.session = None
        self.driver.terminate()
        try:
            self.driver.wait(10)
        except subprocess.TimeoutExpired:
            self.driver.kill()
        self.driver.stdout.close()
        self.log.close()
        shutil.rmtree(self.profile, ignore_errors=True)

    # Pages.

    def open(self, path, fragment=""):
        """Opens a file."""
        self.go(pathlib.Path(path).resolve().as_uri() + fragment)

    def go(self, url):
        self._ask("POST", "/url", {"url": url})

    def reload(self):
        self._ask("POST", "/refresh", {})

    def back(self):
        self._ask("POST", "/back", {})

    def forward(self):
        self._ask("POST", "/forward", {})

    def url(self):
        return self._ask("GET", "/url")

    def wait_for_tabs(self, count, seconds=10):
        """Waits until there are so many tabs, and returns their handles, the oldest first."""
        end = time.monotonic() + seconds
        while len(handles := self._ask("GET", "/window/handles")) < count:
            assert time.monotonic() < end, f"there are {len(handles)} tabs after {seconds} s"
            time.sleep(0.02)
        return handles

    def tab(self, handle):
        self._ask("POST", "/window", {"handle": handle})

    def close_tab(self):
        self._ask("DELETE", "/window")

    def size(self, width, height):
        self.command("Emulation.setDeviceMetricsOverride",
                     {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False})

    def scheme(self, name, reduced_motion=False):
        """Sets the colour scheme of the system: light or dark."""
        features = [{"name": "prefers-color-scheme", "value": name}]
        if reduced_motion:
            features.append({"name": "prefers-reduced-motion", "value": "reduce"})
        self.command("Emulation.setEmulatedMedia", {"features": features})

    def command(self, name, params):
        """Sends a command of the DevTools protocol."""
        return self._ask("POST", "/goog/cdp/execute", {"cmd": name, "params": params})

    # Actions.

    def run(self, script, *args):
        """Runs JavaScript in the page; `return` gives a value back."""
        return self._ask("POST", "/execute/sync", {"script": script, "args": list(args)})

    def find(self, selector):
        return self._ask("POST", "/element", {"using": "css selector", "value": selector})[ELEMENT]

    def click(self, selector):
        self._ask("POST", f"/element/{self.find(selector)}/click", {})

    def click_at(self, selector, x, y):
        """Clicks at a point of an element, counted from its top left corner."""
        box = self.run("const r = document.querySelector(arguments[0]).getBoundingClientRect(); return [r.left, r.top]",
                       selector)
        moves = [
            {"type": "pointerMove", "duration": 0, "x": round(box[0] + x), "y": round(box[1] + y)},
            {"type": "pointerDown", "button": 0}, {"type": "pointerUp", "button": 0},
        ]
        self._ask("POST", "/actions", {"actions": [
            {"type": "pointer", "id": "mouse", "parameters": {"pointerType": "mouse"}, "actions": moves}]})

    def keys(self, *keys, hold=None):
        """Presses keys, one after the other."""
        actions = [{"type": "keyDown", "value": hold}] if hold else []
        for key in keys:
            actions += [{"type": "keyDown", "value": key}, {"type": "keyUp", "value": key}]
        if hold:
            actions.append({"type": "keyUp", "value": hold})
        self._ask("POST", "/actions", {"actions": [{"type": "key", "id": "keyboard", "actions": actions}]})

    # What the page shows and does.

    def text(self, selector):
        return self.run("return document.querySelector(arguments[0])?.textContent.replace(/\\s+/g, ' ').trim()", selector)

    def texts(self, selector):
        script = "return [...document.querySelectorAll(arguments[0])].map((e) => e.textContent.replace(/\\s+/g, ' ').trim())"
        return self.run(script, selector)

    def wait(self, what, script, *args, seconds=10):
        """Waits until a script returns something true, and returns that."""
        end = time.monotonic() + seconds
        while True:
            value = self.run(script, *args)
            if value:
                return value
            if time.monotonic() > end:
                raise AssertionError(f"{what}: not within {seconds} s")
            time.sleep(0.02)

    def screenshot(self, path, whole=False):
        options = {"format": "png", "captureBeyondViewport": whole}
        if whole:
            size = self.command("Page.getLayoutMetrics", {})["cssContentSize"]
            options["clip"] = {"x": 0, "y": 0, "width": size["width"], "height": size["height"], "scale": 1}
        data = self.command("Page.captureScreenshot", options)["data"]
        pathlib.Path(path).write_bytes(base64.b64decode(data))

    def _log(self, kind):
        return self._ask("POST", "/se/log", {"type": kind})

    def errors(self):
        """The errors and warnings that the page has logged since the last call."""
        return [entry["message"] for entry in self._log("browser") if entry["level"] in ("SEVERE", "WARNING")]

    def requests(self):
        """What the browser has requested since the last call, without data that is in the page."""
        messages = (json.loads(entry["message"])["message"] for entry in self._log("performance"))
        urls = (m["params"]["request"]["url"] for m in messages if m["method"] == "Network.requestWillBeSent")
        return [url for url in urls if not url.startswith(("data:", "blob:", "about:", "devtools:"))]
