#!/usr/bin/env bash
# Makes the gallery: every picture and page that the README shows, from the scenario library alone.
#
#   output/gallery.sh            makes output/gallery anew
#   output/gallery.sh --check    says whether it is what would be drawn today, and changes nothing
#
# Each line below is a command that you can run yourself. TREEQUAKE=PROGRAM says which treequake draws; the one of this
# checkout is built and taken if nothing is said. The same version draws the same bytes on every machine; only the
# screenshot, for which a chromium is needed, may differ, and is kept where there is none.
set -euo pipefail
cd "$(dirname "$0")/.."
kept=$PWD/output/gallery
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
out=$work/gallery
mkdir "$out"

if [ -n "${TREEQUAKE:-}" ]; then
    program=$(realpath "$TREEQUAKE")
else
    cargo build --release --quiet --locked
    program=${CARGO_TARGET_DIR:-$PWD/target}/release/treequake
fi
treequake() { "$program" "$@" > /dev/null; }
# The exit code 1 of a campaign says that it found something: that is what it is for.
campaign() { treequake fuzz "$@" || [ $? -eq 1 ]; }

# One run.
treequake chart convergence scenarios/bastion-crash.json --out "$out/bastion-crash.svg"
treequake chart convergence scenarios/branch-partition.json --out "$out/branch-partition.svg"
treequake chart convergence scenarios/fleets/bastion-crash-no-keepalive.json --out "$out/stale-for-good.svg"
treequake chart convergence --monitor mitogen-seed scenarios/reused-id-loop.json --out "$out/storm.svg"
treequake chart convergence scenarios/fleets/mixed-churn.json --out "$out/mixed-churn.svg"
treequake chart tree --at 1.01s scenarios/bastion-crash.json --out "$out/tree.svg"
treequake chart tree scenarios/fleets/bastion-crash-no-keepalive.json --out "$out/tree-of-1002.svg"
treequake report scenarios/fleets/bastion-crash-no-keepalive.json --out "$out/run.html"

# One run, for other tools.
treequake export mermaid scenarios/bastion-crash.json --out "$out/bastion-crash.md"
treequake export graphviz --at 1.01s scenarios/bastion-crash.json --out "$out/bastion-crash.dot"
treequake export perfetto scenarios/bastion-crash.json --out "$out/bastion-crash.perfetto.json"

# Many runs. Pages name the folder as it was given, so it is given without what differs from machine to machine.
treequake chart scaling --out "$out/scaling.svg"
treequake chart compare --monitors mitogen-seed,mitogen-0.3 --profile reuse --seeds 0..5000 --out "$out/compare.svg"
cd "$work"
campaign --seeds 0..20000 --out campaign
treequake chart cdf campaign --out "$out/cdf.svg"
campaign --profile reuse --seeds 0..500 --out found
treequake report found
mkdir -p "$out/found/findings"
cp found/report.html "$out/found/"
cp found/findings/*.html "$out/found/findings/"

if [ "${1:-}" = --check ]; then
    diff --recursive --brief --exclude='*.png' "$out" "$kept" && echo "the gallery is what is drawn today" && exit
    echo "error: output/gallery is not what is drawn today; make it anew with output/gallery.sh, and look at it" >&2
    exit 1
fi

# What a browser makes of the page, at the moment of the crash.
if command -v chromium > /dev/null; then
    chromium --headless=new --no-sandbox --hide-scrollbars --window-size=1440,1010 --virtual-time-budget=3000 \
        --screenshot="$out/run.png" "file://$out/run.html#event=2755&context=0&route=3" 2> /dev/null
elif [ -e "$kept/run.png" ]; then
    cp "$kept/run.png" "$out/"
fi
rm -rf "$kept"
cp -r "$out" "$kept"
echo "made output/gallery; look at it before you commit it"
