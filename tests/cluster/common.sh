# What both cluster checks share: the campaign, the machine that runs it whole, and the comparison.
#
# TREEQUAKE is the program (built if it is not said), SEEDS the campaign, PARTS in how many parts.

SEEDS=${SEEDS:-0..200000}
PARTS=${PARTS:-4}
here=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
if [ -z "${TREEQUAKE:-}" ]; then
    (cd "$here" && cargo build --release --locked --quiet)
    TREEQUAKE=${CARGO_TARGET_DIR:-$here/target}/release/treequake
fi
TREEQUAKE=$(realpath "$TREEQUAKE")
desk=$(mktemp -d "${TMPDIR:-/tmp}/treequake-cluster.XXXXXX")
# The daemons of Slurm want to see that nobody else can write there, and that they can read.
chmod 755 "$desk"

say() { printf '%6.1f s  %s\n' "$(($(date +%s%N) / 100000000 - start))e-1" "$*"; }
start=$(($(date +%s%N) / 100000000))

fail() {
    echo "error: $*" >&2
    exit 1
}

# Waits until a command succeeds, for so many seconds at most.
wait_for() {
    local seconds=$1
    shift
    local end=$((SECONDS + seconds))
    until "$@" >/dev/null 2>&1; do
        [ $SECONDS -lt $end ] || fail "nothing came of it in $seconds s: $*"
        sleep 0.02
    done
}

# Runs treequake where finding something is no failure.
treequake() {
    local code=0
    "$TREEQUAKE" "$@" || code=$?
    [ $code -le 1 ] || fail "exit $code of treequake $*"
}

# Two lines of the journal: what is killed now has done something, and has more to do.
is_under_way() { [ "$(wc -l <"$1/progress.journal")" -ge 2 ]; }

# Merges the parts, and holds the result against that of one machine, byte for byte.
compare() {
    say "merging, and running the same on one machine"
    treequake merge "$1"/part-* --out "$desk/merged" >"$desk/merge.txt"
    treequake fuzz --seeds "$SEEDS" --partition none --out "$desk/single" >"$desk/single.txt"
    diff -r "$desk/single" "$desk/merged" || fail "the merged campaign is not that of one machine"
    say "equal to the byte: $(sha256sum <"$desk/merged/results.ndjson" | cut -c1-16), $(wc -l <"$desk/merged/results.ndjson") rows"
    tail -n 1 "$desk/merge.txt"
}
