#!/usr/bin/env bash
# A campaign as jobs of GNU parallel. One is killed on the way, and resumed with --resume-failed; the parts are merged and
# compared with what one machine makes, byte for byte. Installs parallel where it is missing.
set -euo pipefail
if ! command -v parallel >/dev/null; then
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends parallel >/dev/null
fi
source "$(dirname "$0")/common.sh"
trap 'rm -rf "$desk"' EXIT

mkdir -p "$desk/campaign"
# Finding something is no failure of a job; being killed is.
cat >"$desk/job.sh" <<JOB
"$TREEQUAKE" fuzz --seeds "$SEEDS" --partition "slice:\$1/$PARTS" --out "$desk/campaign" --resume --jobs 1 >"$desk/job-\$1.txt" 2>&1 &
echo \$! >"$desk/job-\$1.pid"
{ wait \$!; } 2>/dev/null
code=\$?
[ \$code -le 1 ]
JOB
jobs() { parallel --joblog "$desk/joblog" --jobs 2 "$@" bash "$desk/job.sh" ::: $(seq "$PARTS"); }

jobs &
parallel=$!
part=$desk/campaign/part-2-of-$PARTS
wait_for 60 is_under_way "$part"
kill -9 "$(cat "$desk/job-2.pid")"
[ ! -e "$part/summary.json" ] || fail "part 2 was done before it was killed; run this with more SEEDS"
say "part 2 is killed, after $(wc -l <"$part/progress.journal") chunks"
if wait "$parallel"; then fail "parallel does not know that a job failed"; fi
say "parallel has run the others, and says that one failed"
jobs --resume-failed
[ "$(wc -l <"$desk/joblog")" -eq $((PARTS + 2)) ] || fail "more than the failed job was run again"
say "the failed job is resumed"
compare "$desk/campaign"
