"""Exports some scenarios in all formats, and reads them back. Called by check.sh, which knows where the readers are."""

import csv
import html
import json
import pathlib
import re
import subprocess
import sys
import tempfile

TREEQUAKE, SCENARIOS, MERMAID, PERFETTO = sys.argv[1:]
HERE = pathlib.Path(__file__).parent

# Small cases go through all readers; large ones through those that are for large ones.
SMALL = [
    "bastion-crash.json",
    "branch-partition.json",
    "incidents/426-forty-hops.json",
    "incidents/533-play-over-a-rebooting-host.json",
    "links/half-open-up.json",
    "links/latency-log-normal.json",
    "reused-id-loop.json",
]
LARGE = ["fleets/bastion-crash-no-keepalive.json", "fleets/churn-flood.json", "fleets/mixed-churn.json"]

# Names that are syntax in one format or another.
NAMES = ["</script><b>", 'say "x"; #1', "a\\nb\\N\\", "=1+1", "%% no", "end", "c0->>c1: hi", "{{x}}|y|", "`a`[b](c)",
         "it's, here\r\nand there", "&lt;&#35;\u00e9\u4e2d", "x" * 500, "subgraph", "wrap: y", " ", "-->", "a:::b"]


def hostile():
    ids = range(1, len(NAMES) + 1)
    contexts = [{"id": n, "parent": 0 if n == 1 else n // 2, "name": NAMES[n - 1]} for n in ids]
    events = [{"at": "10ms", "do": "kill", "id": 2}, {"at": "20ms", "do": "partition", "id": 3, "way": "up"},
              {"at": "20ms", "do": "call", "from": 0, "to": 7}, {"at": "40ms", "do": "kill", "id": 7},
              {"at": "50ms", "do": "connect", "id": 2, "parent": 1, "name": NAMES[1]},
              {"at": "60ms", "do": "slow", "id": 2, "factor": 3}]
    return {"version": 1, "name": NAMES[1] + NAMES[0], "contexts": contexts, "events": events}


def export(kind, scenario, out, *more):
    subprocess.run([TREEQUAKE, "export", kind, scenario, "--out", out, *more], check=True)


def check_csv(path):
    """Every row has every column; what is counted from the start never falls; the last row is the end of the run."""
    with open(path, newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file, strict=True))
    assert rows, path
    for row in rows:
        assert None not in row and None not in row.values(), (path, row)
    for column in ["time_ns", "event", "add_route", "del_route", "data", "reply", "dead", "eof", "lost"]:
        values = [int(row[column]) for row in rows]
        assert values == sorted(values), (path, column)
    assert int(rows[-1]["event"]) == sum(int(row["times"]) for row in rows)
    return rows


def check_shiviz(path):
    """The laws of vector clocks: a host counts its own events one by one; it knows of no event that has not been, and of
    all that was known there."""
    text = path.read_text(encoding="utf-8")
    expression, blank, log = text.split("\n", 2)
    assert expression == r"(?<event>.*)\n(?<host>\S*) (?<clock>{.*})" and blank == ""
    pattern = re.compile("^" + expression.replace("(?<", "(?P<") + "$", re.MULTILINE)
    events = list(pattern.finditer(log))
    assert len(events) * 2 == log.count("\n"), "nothing is left over"
    clocks, last, heard = {}, {}, 0
    for event in events:
        host, clock = event["host"], json.loads(event["clock"])
        before = last.get(host, {})
        assert clock[host] == before.get(host, 0) + 1, (path, event[0])
        assert all(clock.get(other, 0) >= count for other, count in before.items()), (path, event[0])
        for other, count in clock.items():
            if other != host and count > before.get(other, 0):
                known = clocks[other, count]
                assert all(clock.get(third, 0) >= third_count for third, third_count in known.items()), (path, event[0])
                heard += 1
        clocks[host, clock[host]] = last[host] = clock
    return len(events), heard


def check_graphviz(path):
    svg = subprocess.run(["dot", "-Tsvg", path], check=True, capture_output=True, text=True)
    assert not svg.stderr, svg.stderr
    return svg.stdout.count('class="node"'), html.unescape(svg.stdout)


def check_mermaid(folder, paths):
    """Draws all diagrams in a browser; returns the text of each."""
    diagrams = json.dumps([path.read_text(encoding="utf-8") for path in paths]).replace("<", "\\u003c")
    page = folder / "mermaid.html"
    page.write_text(f"""<!doctype html><meta charset="utf-8"><script src="file://{MERMAID}"></script><pre id="out">nothing</pre>
<script>
mermaid.initialize({{ startOnLoad: false }});
(async () => {{
  const results = [];
  for (const [place, text] of {diagrams}.entries()) {{
    try {{
      const {{ svg }} = await mermaid.render("d" + place, text);
      const holder = document.createElement("div");
      holder.innerHTML = svg;
      results.push({{ text: holder.textContent, tags: [...holder.querySelectorAll("script, b")].length }});
    }} catch (error) {{
      results.push({{ error: String(error) }});
    }}
  }}
  document.getElementById("out").textContent = JSON.stringify(results);
  document.querySelectorAll("div").forEach((div) => div.remove());
}})();
</script>""", encoding="utf-8")
    chromium = ["chromium", "--headless=new", "--no-sandbox", "--disable-gpu", f"--user-data-dir={folder}/profile",
                "--virtual-time-budget=60000", "--dump-dom", f"file://{page}"]
    dom = subprocess.run(chromium, check=True, capture_output=True, text=True, timeout=120).stdout
    out = re.search(r'<pre id="out">(.*?)</pre>', dom, re.DOTALL)
    results = json.loads(html.unescape(out[1]))
    for path, result in zip(paths, results, strict=True):
        assert "error" not in result, f"{path.name}: {result['error'][:1000]}"
        assert result["tags"] == 0, f"{path.name} has markup"
    return [result["text"] for result in results]


def main(folder):
    (folder / "hostile.json").write_text(json.dumps(hostile()), encoding="utf-8")
    small = [folder / "hostile.json"] + [pathlib.Path(SCENARIOS) / name for name in SMALL]
    traces, diagrams = [], []
    for scenario in small + [pathlib.Path(SCENARIOS) / name for name in LARGE]:
        out = folder / scenario.stem
        for kind, ending in [("perfetto", "perfetto"), ("csv", "csv"), ("shiviz", "shiviz")]:
            export(kind, scenario, f"{out}.{ending}")
        rows = check_csv(f"{out}.csv")
        pathlib.Path(f"{out}.rows").write_text(json.dumps(rows), encoding="utf-8")
        traces += [f"{out}.perfetto", f"{out}.rows"]
        print(f"csv: {scenario.stem}: {len(rows)} rows")
        events, heard = check_shiviz(pathlib.Path(f"{out}.shiviz"))
        print(f"shiviz: {scenario.stem}: {events} events, {heard} times one hears of another")
    for scenario in small:
        out = folder / scenario.stem
        export("mermaid", scenario, f"{out}.sequence")
        diagrams.append(pathlib.Path(f"{out}.sequence"))
        for at in ["25ms", "end"]:
            export("graphviz", scenario, f"{out}.dot", "--at", at)
            nodes, text = check_graphviz(f"{out}.dot")
            print(f"graphviz: {scenario.stem} at {at}: {nodes} nodes")
            assert scenario.stem != "hostile" or all(name in text for name in [NAMES[0], NAMES[1], NAMES[2], NAMES[16]])
            export("mermaid", scenario, f"{out}-{at}.tree", "--diagram", "tree", "--at", at)
            diagrams.append(pathlib.Path(f"{out}-{at}.tree"))
    texts = dict(zip([path.name for path in diagrams], check_mermaid(folder, diagrams)))
    for name in [NAMES[0], NAMES[1], NAMES[2], NAMES[4], NAMES[6], NAMES[7]]:
        for diagram in ["hostile.sequence", "hostile-end.tree"]:
            assert name in texts[diagram], (name, diagram, texts[diagram][:3000])
    print(f"mermaid: {len(texts)} diagrams drawn")
    sys.stdout.flush()
    subprocess.run(["node", HERE / "perfetto.mjs", PERFETTO, *traces], check=True)


with tempfile.TemporaryDirectory() as temporary:
    main(pathlib.Path(temporary))
