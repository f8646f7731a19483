#!/usr/bin/env bash
# A nightly job, from an empty folder to the night on which something breaks: what docs/ci.md describes, and what each night
# must say. The fault of the last night is one line of the protocol, broken on purpose.
#
# TREEQUAKE is the program, built with the feature `mutations`; it is built if it is not given.
set -euo pipefail
here=$(cd "$(dirname "$0")/.." && pwd)
if [ -z "${TREEQUAKE:-}" ]; then
    target=${CARGO_TARGET_DIR:-$here/target}/nightly
    (cd "$here" && cargo build --release --locked --quiet --features mutations --target-dir "$target")
    TREEQUAKE=$target/release/treequake
fi
TREEQUAKE=$(realpath "$TREEQUAKE")
desk=$(mktemp -d "${TMPDIR:-/tmp}/treequake-nightly.XXXXXX")
trap 'rm -rf "$desk"' EXIT
cd "$desk"
mkdir known nights

fail() {
    echo "error: $*" >&2
    exit 1
}

# One night: `night NUMBER EXPECTED-EXIT OPTIONS`. The log is what a reader of the job sees in the morning.
night() {
    local number=$1 expected=$2 code=0
    shift 2
    local job=(fuzz --known known --seeds "$((number * 1000 - 1000))+1000" --partition none "$@" --out "nights/$number"
        --junit "nights/$number.xml")
    echo "\$ treequake ${job[*]}"
    "$TREEQUAKE" "${job[@]}" >"nights/$number.log" || code=$?
    # Without the table of coverage, which is long.
    awk '/^what followed each step/ { skip = 1 } /^folder / { skip = 0 } !skip' "nights/$number.log"
    echo "exit $code"
    echo
    [ "$code" -eq "$expected" ] || fail "night $number: exit $code, not $expected"
}
says() { grep -qF -- "$2" "$1" || fail "$1 does not say: $2"; }

night 1 1
says nights/1.log "in 3 classes: 3 new, 0 known"
says nights/1.xml 'failures="3"'

echo "They are looked at, and recorded."
cp nights/1/findings/*.json known/
ls known
echo
# What is recorded is also a test of its own.
"$TREEQUAKE" replay known >/dev/null || fail "a recorded failure does not do what its file says"

night 2 0
says nights/2.log "ok, no new class: "
says nights/2.xml 'failures="0"'

echo "A line of the protocol breaks: after the loss of a stream, only the first route is retracted."
night 3 1 --monitor mitogen-0.3+first-route-only
says nights/3.log "stale-on-add-route-mitogen-0.3+first-route-only"
says nights/3.log " new, "
# The new failure can be replayed from its file.
"$TREEQUAKE" replay nights/3/findings/stale-on-add-route-mitogen-0.3+first-route-only.json >/dev/null ||
    fail "the new failure cannot be replayed"

# To ask again costs nothing, and gives the same answer.
code=0
"$TREEQUAKE" fuzz --known known --seeds 2000+1000 --partition none --monitor mitogen-0.3+first-route-only --out nights/3 \
    --resume >again.log || code=$?
[ "$code" -eq 1 ] || fail "exit $code of --resume"
cmp nights/3.log again.log || fail "--resume says something else"
echo "red, green, red: as it should be"
